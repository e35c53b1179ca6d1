"""From one raw row of a post record to the fact that is kept, or to the reason why it cannot be.

Driven by `domain.posts.RECORD_FIELDS`: the same parser serves files, pushes, connectors and the simulator.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from trendwire.domain import posts
from trendwire.domain.posts import RECORD_FIELDS, Observation, WireType
from trendwire.errors import InvalidInput
from trendwire.sources import fields
from trendwire.sources.reading import cells, rows
from trendwire.sources.reading.mapping import ColumnMap

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
_READERS: dict[str, tuple[str, Callable[[object], Any], bool]] = {
    field.name: (
        field.name if field.type in _LISTS else field.column,
        fields.READERS[field.type],
        field.type in _LISTS,
    )
    for field in RECORD_FIELDS
}
"""Field -> where its value is kept, its reader, and whether it is a list of hashtags."""

DAMAGED = "is a floating-point number, which has lost digits of the id: export the column as text"
NO_ID = "is missing, empty or no id"
NO_POST = "is an address, but not of a post"


class Counts:
    """What the rows of one ingest said beside their facts; several parsers may share one.

    `unknown`: names of fields that mean nothing here. `unread`: fields of the record whose value was not
    understood. `shapes`: rows by the shape they were recognised as. `mapped`: mapped fields that a row had.
    """

    __slots__ = ("mapped", "shapes", "unknown", "unread")

    def __init__(self) -> None:
        self.unknown: Counter[str] = Counter()
        self.unread: Counter[str] = Counter()
        self.shapes: Counter[str] = Counter()
        self.mapped: Counter[str] = Counter()


class RecordParser:
    """Parses the rows of one ingest. `at`: ingest time, Unix seconds; `source`: what the rows come from."""

    __slots__ = ("at", "columns", "counts", "source")

    def __init__(self, at: int, source: str, columns: ColumnMap | None = None) -> None:
        self.at = at
        self.source = source
        self.columns = columns
        self.counts = Counts()

    def parse(self, row: object) -> Observation:
        """The row as a fact. InvalidInput says why it is none."""
        if not isinstance(row, dict):
            raise InvalidInput("the row", "is not an object with fields")
        values = self._read(row)
        said = _said(values)
        if said is None:
            # counted once
            values = RecordParser(self.at, self.source, self.columns)._read(_scrubbed(row))
            said = _said(values) or b""
        _check(values, said)
        stated = values.get("create_time")
        self._place(values)
        if values.get("create_time") != stated:
            values["row_key"] = posts.key_of(values | {"create_time": stated})
        return Observation(**values, ingested_at=self.at, source=self.source)

    def _read(self, row: dict[str, object]) -> dict[str, Any]:
        """The clean values by column, unknown ones left out. InvalidInput where none is the id."""
        if self.columns is not None:
            row, mapped = self.columns.applied(row)
            self.counts.mapped.update(mapped)
        values: dict[str, Any] = {}
        if rows.is_record(row):
            self.counts.shapes[rows.RECORD] += 1
            self._take_record(values, row)
        else:
            self._take_said(values, rows.said(row))
        _gather_tags(values)
        return values

    def _take_record(self, values: dict[str, Any], row: dict[str, object]) -> None:
        """The values of a row that has the names of the record; nearly all rows do, so this is fast."""
        for name, raw in row.items():
            column, read, is_list = _READERS[name]
            value = read(raw)
            if value is None or (is_list and (type(raw) is not list or len(value) != len(raw))):
                if raw is not None:
                    self._take(values, name, (raw,))
            else:
                values[column] = value

    def _take_said(self, values: dict[str, Any], said: rows.Said) -> None:
        """The values of a row of another shape, or with names beside those of the record."""
        self.counts.shapes[said.shape] += 1
        for name in said.ignored:
            self._count_unknown(name)
        for name, raws in said.values.items():
            self._take(values, name, raws)

    def _take(self, values: dict[str, Any], name: str, raws: Sequence[object]) -> None:
        """The first value that can be read; what was given and cannot be is counted."""
        column, read, is_list = _READERS[name]
        for raw in raws:
            value = read(raw)
            if value is not None and value != []:
                values[column] = value
                if is_list and not fields.all_tags(raw, value):
                    self.counts.unread[name] += 1
                return
            if value is not None:
                values.setdefault(column, value)
        if not all(_is_blank(raw) or (is_list and fields.all_tags(raw, [])) for raw in raws):
            if name == "id":
                raise InvalidInput("id", _why_no_id(raws))
            self.counts.unread[name] += 1

    def _count_unknown(self, name: str) -> None:
        unknown = self.counts.unknown
        label = name[:100] if len(unknown) < MAX_UNKNOWN or name in unknown else MORE_UNKNOWN
        unknown[label] += 1

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
        said = posts.said(values)
    except UnicodeEncodeError:
        return None
    return None if b"\\u0000" in said else said


def _check(values: dict[str, Any], said: bytes) -> None:
    if "id" not in values:
        raise InvalidInput("id", NO_ID)
    if len(said) > MAX_ROW_BYTES:
        raise InvalidInput("the row", f"is longer than {MAX_ROW_BYTES:,} bytes")
    if len(values.get("tags", ())) > MAX_TAGS:
        raise InvalidInput("hashtag_names", f"holds more than {MAX_TAGS} hashtags")


def _is_blank(raw: object) -> bool:
    return raw is None or raw in ([], {}) or (isinstance(raw, str) and not raw.strip())


def _why_no_id(raws: Sequence[object]) -> str:
    if any(isinstance(raw, float) or (isinstance(raw, str) and cells.is_float(raw.strip())) for raw in raws):
        return DAMAGED
    return NO_POST if any(isinstance(raw, str) and cells.is_url(raw.strip()) for raw in raws) else NO_ID


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
