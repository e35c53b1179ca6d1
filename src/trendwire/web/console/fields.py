"""What a person filled in: the fields of a query or a form, read as what they stand for. Pure.

An empty field is one that was not filled in. Days are UTC days.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl

from trendwire.accounts.credential import SHOWN_LENGTH
from trendwire.accounts.redaction import redacted
from trendwire.errors import InvalidInput, MissingParameter

MOST_FIELDS = 200


class Fields:
    """Names and texts; a name may come more than once. Of a key no more is kept than lists show."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._texts: dict[str, list[str]] = {}
        for name, text in pairs:
            if text.strip():
                self._texts.setdefault(name, []).append(_without_key(text.strip()))

    def text(self, name: str, default: str = "") -> str:
        """The first text of that name."""
        return self._texts.get(name, [default])[0]

    def optional(self, name: str) -> str | None:
        """The same, None where it was left empty."""
        return self.text(name) or None

    def needed(self, name: str) -> str:
        """The same. Raises MissingParameter where it was left empty."""
        if not self.text(name):
            raise MissingParameter(name)
        return self.text(name)

    def many(self, name: str) -> tuple[str, ...]:
        """All texts of that name."""
        return tuple(self._texts.get(name, ()))

    def lines(self, name: str) -> tuple[str, ...]:
        """One text a line (or separated by commas)."""
        parts = self.text(name).replace(",", "\n").splitlines()
        return tuple(part.strip() for part in parts if part.strip())

    def number(self, name: str) -> int | None:
        """A whole number. Raises InvalidInput."""
        text = self.optional(name)
        if text is None:
            return None
        try:
            return int(text)
        except ValueError as error:
            raise InvalidInput(name, "must be a whole number") from error

    def whole(self, name: str, default: int) -> int:
        """The same with a default."""
        number = self.number(name)
        return default if number is None else number

    def day(self, name: str) -> date | None:
        """A day. Raises InvalidInput."""
        text = self.optional(name)
        if text is None:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise InvalidInput(name, "must be a day like 2026-01-31") from error

    def start(self, name: str) -> int | None:
        """The first moment of a day, in Unix milliseconds."""
        return _moment(self.day(name))

    def end(self, name: str) -> int | None:
        """The first moment after a day."""
        day = self.day(name)
        return None if day is None else _moment(day + timedelta(days=1))

    def pairs(self, *, without: Iterable[str] = ()) -> list[tuple[str, str]]:
        """What was filled in, for a link that keeps it."""
        left_out = set(without)
        return [(name, text) for name, texts in self._texts.items() if name not in left_out for text in texts]


def decoded(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form as browsers send it. Raises InvalidInput where there are too many."""
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise InvalidInput("the form", f"must have at most {MOST_FIELDS} fields") from error


def _without_key(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH else redacted(text)


def day_of(at: int) -> date:
    """The day of a moment in Unix milliseconds."""
    return datetime.fromtimestamp(at / 1000, UTC).date()


def _moment(day: date | None) -> int | None:
    if day is None:
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
