"""The one error tree. An error has a code, a text for the caller and private facts for the log.

    TrendwireError
    ├── InvalidInput          a value the caller sent is not accepted (names what is)
    ├── MissingParameter      a value the caller must send is absent
    ├── NotFound              the subject does not exist
    ├── Gone                  the edition asked for is no longer kept
    ├── MethodNotAllowed      the path exists, but not with this method
    ├── NoCredential          no key was given
    ├── BadCredential         the key given is not one of ours, or no longer
    ├── Refused               a known key is refused
    │   ├── NotAllowed        the key may not use this endpoint, or not from this address
    │   ├── OutOfCredits      the balance, or the key's cap, does not cover the cost
    │   └── RateLimited       too many requests in the window (says when to come again)
    ├── NotReady              no edition is published yet, or the store is in trouble
    ├── BadFile               a file that cannot be read as posts
    ├── Conflict              what is asked for is already so, or in another's hands
    ├── Corrupt               a store holds what it must not
    └── SourceError           an outside source fails; the collector's own, never raised while serving
        └── BudgetSpent       what a source allows in a day is used up (says when it goes on)

Each dialect maps the codes to its own status and text, once; private facts never reach a body.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    INVALID_INPUT = "invalid_input"
    MISSING_PARAMETER = "missing_parameter"
    NOT_FOUND = "not_found"
    GONE = "gone"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NO_CREDENTIAL = "no_credential"
    BAD_CREDENTIAL = "bad_credential"
    NOT_ALLOWED = "not_allowed"
    OUT_OF_CREDITS = "out_of_credits"
    RATE_LIMITED = "rate_limited"
    NOT_READY = "not_ready"
    BAD_FILE = "bad_file"
    CONFLICT = "conflict"
    CORRUPT = "corrupt"
    SOURCE_FAILED = "source_failed"
    INTERNAL = "internal"


class TrendwireError(Exception):
    """Base of all errors of ours.

    `public` is shown to the caller and must name nothing private; `facts` go to the log alone.
    """

    code = Code.INTERNAL

    def __init__(self, public: str, **facts: object) -> None:
        super().__init__(public)
        self.public = public
        self.facts = facts


class InvalidInput(TrendwireError):
    """`name` is the parameter; `accepted` says in words what is accepted."""

    code = Code.INVALID_INPUT

    def __init__(self, name: str, accepted: str, **facts: object) -> None:
        super().__init__(f"{name} {accepted}", **facts)
        self.name = name
        self.accepted = accepted


class MissingParameter(TrendwireError):
    code = Code.MISSING_PARAMETER

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is required")
        self.name = name


class NotFound(TrendwireError):
    """`what` is the kind of the subject: `hashtag`, `music`, `edition`, `key`."""

    code = Code.NOT_FOUND

    def __init__(self, what: str, **facts: object) -> None:
        super().__init__(f"{what} not found", **facts)
        self.what = what


class Gone(TrendwireError):
    code = Code.GONE


class MethodNotAllowed(TrendwireError):
    """`allowed` names the methods that the path has, separated by commas."""

    code = Code.METHOD_NOT_ALLOWED

    def __init__(self, allowed: str) -> None:
        super().__init__("method not allowed", allowed=allowed)
        self.allowed = allowed


class NoCredential(TrendwireError):
    code = Code.NO_CREDENTIAL


class BadCredential(TrendwireError):
    code = Code.BAD_CREDENTIAL


class Refused(TrendwireError):
    """Base of what a known key is refused for; what the headers of the refusal say of it.

    `per_second_limit`, `per_second_remaining`: requests of the key. `reset`: whole seconds until its window
    is empty. `credits`: of its account, None where that was not looked at.
    """

    def __init__(
        self,
        public: str,
        *,
        key_id: int | None = None,
        account_id: int | None = None,
        per_second_limit: int = 1,
        per_second_remaining: int = 0,
        reset: int = 1,
        credits: int | None = None,  # noqa: A002
        **facts: object,
    ) -> None:
        super().__init__(public, key_id=key_id, **facts)
        self.key_id = key_id
        self.account_id = account_id
        self.per_second_limit = per_second_limit
        self.per_second_remaining = per_second_remaining
        self.reset = reset
        self.credits = credits


class NotAllowed(Refused):
    code = Code.NOT_ALLOWED


class OutOfCredits(Refused):
    code = Code.OUT_OF_CREDITS


class RateLimited(Refused):
    """`retry_after` is in seconds, above 0; nothing remains in this second."""

    code = Code.RATE_LIMITED

    def __init__(self, public: str, retry_after: float, **told: Any) -> None:
        super().__init__(public, **told)
        self.retry_after = retry_after


class NotReady(TrendwireError):
    code = Code.NOT_READY


class BadFile(TrendwireError):
    code = Code.BAD_FILE


class Conflict(TrendwireError):
    code = Code.CONFLICT


class Corrupt(TrendwireError):
    code = Code.CORRUPT


class SourceError(TrendwireError):
    """`status`: what the source refused with, if it did. `resumes`: no use asking before (UTC)."""

    code = Code.SOURCE_FAILED

    def __init__(
        self, public: str, *, status: int | None = None, resumes: datetime | None = None, **facts: object
    ) -> None:
        super().__init__(public, **facts)
        self.status = status
        self.resumes = resumes


class BudgetSpent(SourceError):
    """Nothing is wrong with the source: `resumes` is the start of its next day."""
