"""The reading of one raw value of a post record: what fits becomes clean, all else is None, "unknown".

One reader per `WireType`, in `READERS`. A reader never raises, whatever it is given.
"""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
import regex

from trendwire.domain.posts import WireType
from trendwire.domain.subjects import hashtag_identity
from trendwire.domain.taxonomy import countries, parent_industry, region_code
from trendwire.sources.reading import cells
from trendwire.sources.reading.table import table

MAX_COUNT = 10**12
"""Larger counts are noise (no post has a thousandth of it), and would overflow sums."""

MILLISECONDS_FROM = 10**11
"""As seconds this is the year 5138; as milliseconds it is 1973."""

_LAST_SECOND = 253_402_300_799  # the end of the year 9999
_SHORT = 100  # longer names are not worth a place in the cache

_COUNT = regex.compile(
    r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,18}(?:\.[0-9]{1,18})?)"
    r"\s*(?P<unit>thousand|million|billion|[KMB])?(?:\s+[a-z]+)?",
    regex.IGNORECASE,
)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_NUMBER = regex.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

# UAX #31, UAX31-R8: start, then continue characters; no tag where a continue character precedes the start.
_CONTINUE = r"[[\p{XID_Continue}\p{Extended_Pictographic}\p{Emoji_Component}_+\-]--[#\uFE5F\uFF03]]"
_WRITTEN_TAG = regex.compile(rf"(?<!{_CONTINUE})[#\uFE5F\uFF03]({_CONTINUE}+)", regex.VERSION1)

Tag = tuple[str, str | None]
"""A hashtag's identity and the id its source gave it."""

_REGIONS = frozenset(countries())
_HASHTAG = table().hashtag
_decode = msgspec.json.Decoder().decode
_cached_identity = lru_cache(maxsize=1 << 17)(hashtag_identity)


def decode_json(text: bytes | str) -> Any:
    """Any JSON value, NaN and lone surrogates included. ValueError says what is wrong with it."""
    try:
        return _decode(text)
    except UnicodeDecodeError:
        raise
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None
    except ValueError as error:
        return _decode_leniently(text, error)


def time(value: object) -> int | None:
    """Whole Unix seconds, 1 second after 1970 at the earliest, in the year 9999 at the latest."""
    if type(value) is int:
        moment = value
    elif isinstance(value, str):
        moment = _written_time(value.strip())
    elif isinstance(value, float) and math.isfinite(value):
        moment = math.floor(value)
    else:
        return None
    if moment > MILLISECONDS_FROM:
        moment //= 1000
    return moment if 0 < moment <= _LAST_SECOND else None


def text(value: object) -> str | None:
    """A string without outer white space; a number as it prints."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits
        return None


def post_id(value: object) -> str | None:
    """A post's id: digits or text as they are, the digits of a post's URL; None for what a float damaged."""
    if isinstance(value, float):
        return None
    if not isinstance(value, str):
        return text(value)
    written = value.strip()
    if written.isdecimal() or not written:
        return written or None
    if cells.is_url(written):
        return cells.id_in_url(written)
    return None if cells.is_float(written) else written


def key(value: object) -> str | None:
    """An opaque key as text; None for one that a spreadsheet rounded so far that it names many things."""
    written = text(value)
    if written is None or written.isdecimal():
        return written
    return None if cells.is_rounded(written) else written


def region(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return value if value in _REGIONS else region_code(value)


def industry(value: object) -> int | None:
    number = count(value)
    return None if number is None else parent_industry(number)


def count(value: object) -> int | None:
    """A whole number from 0 to `MAX_COUNT`."""
    if type(value) is int:
        number = value
    elif isinstance(value, str):
        number = _written_count(value.strip())
    elif isinstance(value, float) and math.isfinite(value):
        number = math.floor(value)
    else:
        return None
    return number if 0 <= number <= MAX_COUNT else None


def duration(value: object) -> int | None:
    """Whole seconds, from a number, `mm:ss`, `h:mm:ss`, ISO 8601 or `1m 5s`."""
    if isinstance(value, str):
        seconds = cells.seconds(value.strip())
        if seconds is not None:
            return seconds if seconds <= MAX_COUNT else None
    return count(value)


def flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bool(value) if value in (0, 1) else None
    return _FLAGS.get(value.strip().casefold()) if isinstance(value, str) else None


def tags(value: object) -> list[Tag] | None:
    """The hashtags of a list of names or of `{hashtag_id, hashtag_name}`; None where no list was given."""
    if isinstance(value, str):
        value = _written_list(value.strip())
    if value is None:
        return None
    return [tag for entry in value if (tag := _tag(entry))] if isinstance(value, list) else []


def all_tags(value: object, found: list[Tag]) -> bool:
    """Whether `found` is all that a list of hashtags names; mentions and entries without a name are none."""
    if isinstance(value, str):
        value = _written_list(value.strip())
    if not isinstance(value, list):
        return False
    return len(found) == len(value) or all(_tag(entry) or _is_no_name(entry) for entry in value)


def tags_in(description: str) -> list[Tag]:
    """The hashtags written in a caption, by UAX #31."""
    return [tag for name in _WRITTEN_TAG.findall(description) if (tag := _tag(name))]


def weights(value: object) -> dict[str, float] | None:
    """Label -> weight, by label; finite weights above 0 only. Labels that read the same are added up."""
    return _weights(value, text)


def country_weights(value: object) -> dict[str, float] | None:
    return _weights(value, region)


READERS: dict[WireType, Callable[[object], object]] = {
    WireType.ID: post_id,
    WireType.TIME: time,
    WireType.TEXT: text,
    WireType.KEY: key,
    WireType.REGION: region,
    WireType.INDUSTRY: industry,
    WireType.COUNT: count,
    WireType.DURATION: duration,
    WireType.FLAG: flag,
    WireType.NAMES: tags,
    WireType.TAGS: tags,
    WireType.WEIGHTS: weights,
    WireType.COUNTRIES: country_weights,
}


def _decode_leniently(text: bytes | str, error: ValueError) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None
    except ValueError:
        raise error from None


def _written_time(written: str) -> int:
    """0, which is no time, for anything else."""
    if _NUMBER.fullmatch(written) and not cells.is_day(written):
        return math.floor(Decimal(written))
    try:
        moment = datetime.fromisoformat(cells.iso(written))
        return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return 0


def _written_count(written: str) -> int:
    """-1, which is no count, for anything else."""
    found = _COUNT.fullmatch(written)
    if found is None:
        return -1
    return math.floor(Decimal(found["number"].replace(",", "")) * _UNITS[(found["unit"] or "").lower()])


def _written_list(written: str) -> object:
    if not written:
        return None
    if not written.startswith("["):
        return cells.names(written)
    try:
        return decode_json(written)
    except ValueError:
        return cells.python_list(written) or {}  # no list, which is not the same as none given


def _tag(entry: object) -> Tag | None:
    name, id_ = entry, None
    if isinstance(entry, dict):
        name = entry.get("hashtag_name") or _named(entry, _HASHTAG.name)
        id_ = entry.get("hashtag_id") or _named(entry, _HASHTAG.id)
    if not isinstance(name, str):
        name = text(name) or ""
    identity = _cached_identity(name) if len(name) <= _SHORT else hashtag_identity(name)
    if not identity or "," in identity or "#" in identity:  # several names that nobody separated
        return None
    return identity, _challenge_id(id_) if id_ else None


def _named(entry: dict[str, object], names: tuple[str, ...]) -> object:
    return next((entry[name] for name in names if entry.get(name) not in (None, "")), None)


def _is_no_name(entry: object) -> bool:
    name = _named(entry, _HASHTAG.name) if isinstance(entry, dict) else entry
    written = text(name) or ""
    return not written or written.startswith("@")


def _challenge_id(value: object) -> str | None:
    """A wire id of a hashtag is digits, not 0."""
    id_ = post_id(value)
    return id_ if id_ and len(id_) <= 20 and id_.isascii() and id_.isdigit() and id_.strip("0") else None


def _weights(value: object, label: Callable[[object], str | None]) -> dict[str, float] | None:
    if isinstance(value, str):
        try:
            value = decode_json(value)
        except ValueError:
            return None
    if not isinstance(value, dict):
        return None
    kept: dict[str, float] = {}
    for key, weight in value.items():
        name = label(key)
        if name and type(weight) in (int, float) and 0 < weight <= MAX_COUNT:
            kept[name] = kept.get(name, 0.0) + float(weight)
    return dict(sorted(kept.items())) or None
