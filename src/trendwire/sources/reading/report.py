"""What an ingest tells of what it read: shapes, fields, values and rows that were not understood."""

from collections import Counter

import msgspec

from trendwire.escaping import terminal
from trendwire.facts.quarantine import Refused
from trendwire.sources.parsing import Parsed
from trendwire.sources.reading.columns import nearest
from trendwire.sources.records import MAX_UNKNOWN, MORE_UNKNOWN

MOST_REASONS = 3
"""Reasons of refused rows that are told with an example each."""

MAX_REASONS = 1000
"""Reasons that are counted one by one."""

MAX_EXAMPLE = 200
"""Characters of a refused row that are shown."""

_OTHERS = "other reasons"


class Reason(msgspec.Struct, frozen=True):
    """Why rows were refused, how many, and the first of them."""

    reason: str
    rows: int
    file: str
    line: int
    example: str


class NotUnderstood(msgspec.Struct, frozen=True):
    """A file in none of whose rows an id was found. `nearest`: column -> field its name is nearest to."""

    file: str
    columns: tuple[str, ...]
    nearest: dict[str, str]


class Understanding(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows were understood. Counts are of rows.

    `shapes`: by what they were recognised as. `unread_values`: by field whose value was not understood.
    `unknown_fields`: by name of a field that means nothing here. `mapped_fields`: by field that was mapped.
    `reasons`: the commonest of refused rows.
    """

    shapes: dict[str, int]
    unread_values: dict[str, int]
    unknown_fields: dict[str, int]
    mapped_fields: dict[str, int]
    reasons: tuple[Reason, ...]
    not_understood: tuple[NotUnderstood, ...]


class Tally:
    """Adds up what batches tell."""

    def __init__(self) -> None:
        self._shapes: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self._mapped: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._examples: dict[str, Refused] = {}
        self._nameless: dict[str, tuple[str, ...]] = {}
        self._understood: set[str] = set()

    def add(self, parsed: Parsed) -> None:
        self._shapes.update(parsed.counts.shapes)
        self._unread.update(parsed.counts.unread)
        self._mapped.update(parsed.counts.mapped)
        for name, count in parsed.counts.unknown.items():
            full = name not in self._unknown and len(self._unknown) >= MAX_UNKNOWN
            self._unknown[MORE_UNKNOWN if full else name] += count
        for refused in parsed.refused:
            self._refuse(refused)
        if parsed.rows > len(parsed.refused):
            self._understood.add(parsed.name)
        if parsed.columns:
            self._nameless.setdefault(parsed.name, parsed.columns)

    def understanding(self) -> Understanding:
        return Understanding(
            shapes=dict(self._shapes.most_common()),
            unread_values=dict(self._unread.most_common()),
            unknown_fields={terminal(name): count for name, count in self._unknown.most_common()},
            mapped_fields=dict(self._mapped),
            reasons=tuple(self._reason(*counted) for counted in self._reasons.most_common(MOST_REASONS)),
            not_understood=tuple(
                NotUnderstood(file, columns, nearest(columns))
                for file, columns in self._nameless.items()
                if file not in self._understood
            ),
        )

    def _refuse(self, refused: Refused) -> None:
        full = refused.reason not in self._reasons and len(self._reasons) >= MAX_REASONS
        reason = _OTHERS if full else refused.reason
        self._reasons[reason] += 1
        self._examples.setdefault(reason, refused)

    def _reason(self, reason: str, rows: int) -> Reason:
        first = self._examples[reason]
        return Reason(reason, rows, first.file, first.line, first.row[:MAX_EXAMPLE])
