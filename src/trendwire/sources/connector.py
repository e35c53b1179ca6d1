"""What a connector is: paging plus mapping, and nothing else.

Pace, retries, budgets, time limits, redaction, validation, storing and cursors live once, outside: the
collector asks for one page after the other, stores what it holds, and only then remembers where the next one
begins. A connector keeps no state of its own; its cursor is a small JSON object that it alone understands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol

import msgspec

from trendwire.facts.quarantine import Refused
from trendwire.facts.recorded import RecordedChart

Cursor = Mapping[str, Any]
"""Where a page begins, as JSON."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what a connector may be told in its table of `trendwire.toml`."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What a source allows. `per_second`: requests; `requests_a_day`, `rows_a_day`: None = no limit known."""

    per_second: float = 1.0
    requests_a_day: int | None = None
    rows_a_day: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is joined to the source's address. Secrets go into `headers`, never elsewhere."""

    path: str
    method: Literal["GET", "POST"] = "GET"
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None


class Fetch(Protocol):
    """Sends calls: paced, counted, retried, bounded; what comes back is JSON."""

    def __call__(self, call: Call) -> Any:
        """The decoded reply. Numbers stay exact. Raises SourceError when giving up."""

    @property
    def at(self) -> datetime:
        """This moment, UTC."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one reply holds.

    `posts`: rows by the names of the post record. `charts`: charts as the source told them. `refused`: rows
    that cannot be understood. `cursor`: where the next page begins; None after the last. `stored`: everything
    up to here must be durable before the next page is asked for. `notes`: what the report of the run is to
    say. `file`, `lines`: where the posts stand, if they come from a file.
    """

    posts: Sequence[Mapping[str, object]] = ()
    charts: Sequence[RecordedChart] = ()
    refused: Sequence[Refused] = ()
    cursor: Cursor | None = None
    stored: bool = False
    notes: Sequence[str] = ()
    file: str = ""
    lines: Sequence[int] = ()


class Connector(Protocol):
    """One kind of source. Made for each source of the configuration: `Connector(name, options, secrets)`.

    `kind` names it in the configuration; `address` is where it is asked unless the configuration says
    otherwise; `options` what it may be told; `secrets` the names of what must stay hidden (each given in the
    configuration as `{ env = "NAME" }` or `{ file = "PATH" }`).
    """

    kind: ClassVar[str]
    address: ClassVar[str]
    options: ClassVar[type[Options]]
    secrets: ClassVar[tuple[str, ...]]
    quota: ClassVar[Quota]

    def __init__(self, name: str, options: Any, secrets: Mapping[str, str]) -> None: ...

    def begin(self, at: datetime, last: Cursor | None) -> Cursor:
        """Where a run that starts now begins; `last`: where the run before was left, None if it ended."""

    def page(self, fetch: Fetch, cursor: Cursor) -> Page:
        """One page. Raises SourceError where a reply is an error in the disguise of a success."""
