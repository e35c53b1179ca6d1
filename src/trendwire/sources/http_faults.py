"""What can go wrong with a call: in plain words, and whether it may be over when asked again."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import httpcore2
import httpx2

from trendwire.errors import SourceError
from trendwire.sources.http_body import BROKEN, Damaged
from trendwire.sources.pace import http_date, retry_after

_CREDENTIALS = frozenset({401, 403})
_PASSING = frozenset({408, 425, 429})


class Passing(Exception):
    """A failure that may be over when asked again. `retry_after`: seconds that the source asks for."""

    def __init__(self, words: str, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.status = status
        self.retry_after = retry_after


def refusal(status: int, headers: Mapping[str, str], said: str, now: datetime) -> SourceError | Passing:
    """What a reply's status means that is no success. `said`: the beginning of its body."""
    if status in _CREDENTIALS:
        return SourceError(f"the source does not accept the credentials: {said}", status=status)
    words = f"the source answered {status}: {said}"
    if status in _PASSING or status >= 500:
        since = http_date(headers.get("date", "")) or now  # its clock may differ from ours
        return Passing(words, status, retry_after(headers.get("retry-after"), since))
    return SourceError(words, status=status)


def of_one_call(status: int | None) -> bool:
    """Whether a refusal says nothing against the source: it is there, but has or wants no such call."""
    return status is not None and 400 <= status < 500 and status not in _CREDENTIALS | _PASSING


@contextmanager
def in_plain_words() -> Iterator[None]:
    """The client's exceptions as ours, without what it says of our own headers: secrets stand there."""
    try:
        yield
    except (httpcore2.LocalProtocolError, httpx2.InvalidURL, UnicodeError):
        raise SourceError("a header or the path holds characters that HTTP does not allow") from None
    except httpcore2.TimeoutException as error:
        raise Passing(f"it did not answer in time ({_reason(error)})") from error
    except httpcore2.ConnectError as error:
        raise Passing(f"it cannot be reached ({_reason(error)})") from error
    except BROKEN as error:
        raise Passing(f"the connection broke off ({_reason(error)})") from error
    except Damaged as error:
        raise Passing(f"it sent {error}") from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
