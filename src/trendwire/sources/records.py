"""From one raw row of a post record to the fact that is kept, or to the reason why it cannot be.

Driven by `domain.posts.RECORD_FIELDS`: the same parser serves files, pushes, connectors and the simulator.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from trendwire.domain.posts import RECORD_FIELDS, Observation, WireType
from trendwire.errors import InvalidInput
from trendwire.sources import fields

EARLIEST = 1_388_534_400
"""2014-01-01 UTC in Unix seconds: no post is older."""

DAY = 86_400

MAX_ROW_BYTES = 1 << 20
"""What a row says, as JSON. Posts are about 400 bytes; the limit keeps one row from filling the memory."""

MAX_TAGS = 500
"""Per post. Captions have room for far fewer; related hashtags cost the square of it."""

MAX_UNKNOWN = 1000
"""Names of unknown fields that are counted one by one; the rest is counted as `MORE_UNKNOWN`."""

MORE_UNKNOWN = "(others)"

_LISTS = (WireType.NAMES, WireType.TAGS)
_READERS: dict[str, tuple[str, Callable[[object], object]]] = {
    field.name: (field.name if field.type in _LISTS else field.column, fields.READERS[field.type])
    for field in RECORD_FIELDS
}
_ALIASES = {alias: field.name for field in RECORD_FIELDS for alias in field.aliases}
_encode = msgspec.json.Encoder(order="sorted").encode


class RecordParser:
    """Parses the rows of one ingest. `at`: ingest time, Unix seconds; `source`: what the rows come from.

    `unknown` counts the fields that mean nothing here, by name; several parsers may share it.
    """

    __slots__ = ("at", "source", "unknown")

    def __init__(self, at: int, source: str, unknown: Counter[str] | None = None) -> None:
        self.at = at
        self.source = source
        self.unknown: Counter[str] = Counter() if unknown is None else unknown

    def parse(self, row: object) -> Observation:
        """The row as a fact. InvalidInput says why it is none."""
        if not isinstance(row, dict):
            raise InvalidInput("the row", "is not an object with fields")
        values = self._read(row)
        said = _said(values)
        if said is None:
            values = self._read(_scrubbed(row))
            said = _said(values) or b""
        _check(values, said)
        values["row_key"] = hashlib.blake2b(said, digest_size=16).hexdigest()
        self._place(values)
        return Observation(**values, ingested_at=self.at, source=self.source)

    def _read(self, row: dict[str, object]) -> dict[str, Any]:
        """The clean values by column, unknown ones left out."""
        values: dict[str, Any] = {}
        for name, raw in row.items():
            known = _READERS.get(name) or self._other(name, row)
            if known is not None:
                value = known[1](raw)
                if value is not None:
                    values[known[0]] = value
        _gather_tags(values)
        return values

    def _other(self, name: str, row: dict[str, object]) -> tuple[str, Callable[[object], object]] | None:
        """The reader of an alias, which counts only where the field itself is absent."""
        field = _ALIASES.get(name)
        if field:
            return None if field in row else _READERS[field]
        label = name[:100] if len(self.unknown) < MAX_UNKNOWN or name in self.unknown else MORE_UNKNOWN
        self.unknown[label] += 1
        return None

    def _place(self, values: dict[str, Any]) -> None:
        """Sets `create_time` and `id_time` to what is valid of them."""
        latest = values.get("observed_at", self.at) + DAY
        stated, inside = values.pop("create_time", None), _id_seconds(values["id"])
        if stated is not None and EARLIEST <= stated <= latest:
            values["create_time"] = stated
        if inside is not None and EARLIEST <= inside <= latest:
            values["id_time"] = inside
        elif "create_time" not in values:
            raise InvalidInput("create_time", _why_unplaced(stated, latest))


def _gather_tags(values: dict[str, Any]) -> None:
    """`tags` and `tag_ids` from the first list that names any, without a list from the caption."""
    names, rows = values.pop("hashtag_names", None), values.pop("hashtag_info_list", None)
    found = names or rows
    if names is None and rows is None:
        found = fields.tags_in(values.get("description", ""))
    if not found:
        return
    values["tags"] = tags = list(dict(found))
    if rows and (ids := dict(reversed([tag for tag in rows if tag[1]]))):
        values["tag_ids"] = [ids.get(identity) for identity in tags]


def _said(values: dict[str, Any]) -> bytes | None:
    """What the row says in canonical form; None if its text must be scrubbed first."""
    try:
        said = _encode(values)
    except UnicodeEncodeError:
        return None
    return None if b"\\u0000" in said else said


def _check(values: dict[str, Any], said: bytes) -> None:
    if "id" not in values:
        raise InvalidInput("id", "is missing, empty or no id")
    if len(said) > MAX_ROW_BYTES:
        raise InvalidInput("the row", f"is longer than {MAX_ROW_BYTES:,} bytes")
    if len(values.get("tags", ())) > MAX_TAGS:
        raise InvalidInput("hashtag_names", f"holds more than {MAX_TAGS} hashtags")


def _id_seconds(id_: str) -> int | None:
    return int(id_) >> 32 if len(id_) <= 20 and id_.isascii() and id_.isdigit() else None


def _why_unplaced(stated: int | None, latest: int) -> str:
    if stated is None:
        return "is missing or no time, and the id holds none"
    if stated < EARLIEST:
        return "is before 2014, and the id holds no valid time"
    return f"is later than {latest} (a day after it was observed), and the id holds no valid time"


def _scrubbed(value: Any) -> Any:
    """The same value with U+FFFD for lone surrogates and nothing for NUL in all its strings."""
    if isinstance(value, str):
        joined = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return joined.replace("\0", "")
    if isinstance(value, list):
        return [_scrubbed(entry) for entry in value]
    if isinstance(value, dict):
        return {_scrubbed(key): _scrubbed(entry) for key, entry in value.items()}
    return value
