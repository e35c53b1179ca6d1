"""Values as people and spreadsheets write them: addresses of posts, rounded ids, lists of hashtags, times."""

import ast
import re

MAX_LIST = 1 << 16
"""Characters of a list in the notation of Python that are read."""

LEAST_DIGITS = 10
"""Characters before the exponent up to which an id names many sounds: a float has 16, a cell 4."""

_URL = re.compile(r"(?:https?://|www\.|[a-z]+\.tiktok\.com/)", re.IGNORECASE)
_POST = re.compile(r"/(?:video|photo|v|embed/v2|embed|player/v1|share/video|share/item)/(\d{6,20})(?!\d)")
_ITEM = re.compile(r"[?&](?:item_id|share_item_id|aweme_id)=(\d{6,20})(?!\d)")
_FLOAT = re.compile(r"[+-]?\d+(?:[.,]\d+)?e[+-]?\d+|[+-]?\d+\.\d+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;|#\s，；｜＃﹟、]+")
_DAY = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_WRITTEN = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<rest>\d\d(?::\d\d(?:\.\d+)?)?)\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):([0-5]\d)(?:\.\d+)?")
_UNITS = re.compile(
    r"(?:P(?=T))?T?(?=\d)(?:(\d{1,6})\s*h(?:ours?|rs?)?)?\s*(?:(\d{1,6})\s*m(?:in(?:ute)?s?)?)?"
    r"\s*(?:(\d{1,9})(?:\.\d+)?\s*s(?:ec(?:ond)?s?)?)?",
    re.IGNORECASE,
)


def is_url(written: str) -> bool:
    """Whether a text is an address."""
    return _URL.match(written) is not None


def id_in_url(address: str) -> str | None:
    """The post's id in its address."""
    found = _POST.search(address) or _ITEM.search(address)
    return found[1] if found else None


def is_float(written: str) -> bool:
    """Whether a text is a number as a spreadsheet or a float writes it: `7.35e+18`, `7,35E+18`, `7.0`."""
    return _FLOAT.fullmatch(written) is not None


def is_rounded(written: str) -> bool:
    """Whether it is one in scientific notation that kept too few digits to be a key."""
    digits = written.lower().partition("e")[0]
    return len(digits) <= LEAST_DIGITS and digits != written and is_float(written)


def names(written: str) -> list[str]:
    """The hashtags of a cell: commas, blanks, semicolons, bars and `#` separate them."""
    return [name for name in _SEPARATORS.split(written) if name]


def python_list(written: str) -> list[object] | None:
    """A list in the notation of Python, as tables written by programs hold it; None for anything else."""
    if len(written) > MAX_LIST:
        return None
    try:
        value = ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return value if isinstance(value, list) else None


def is_day(written: str) -> bool:
    """Whether digits are a day such as `20250529`: as Unix seconds they would be of 1970."""
    return _DAY.fullmatch(written) is not None


def iso(written: str) -> str:
    """A time in ISO 8601, from `2025/05/29 9:15`, `2025-05-29 10:15:00 UTC`; others as they are."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return written
    day = f"{found['year']}-{found['month']:0>2}-{found['day']:0>2}"
    if found["hour"] is None:
        return day
    zone = (found["zone"] or "").upper()
    return f"{day}T{found['hour']:0>2}:{found['rest']}{'+00:00' if zone in ('Z', 'UTC', 'GMT') else zone}"


def seconds(written: str) -> int | None:
    """A length such as `0:31`, `1:02:03`, `PT1M5S`, `1m 5s`; None for all else, plain numbers included."""
    clock = _CLOCK.fullmatch(written)
    if clock:
        hours, minutes, rest = (int(part or 0) for part in clock.groups())
        return hours * 3600 + minutes * 60 + rest
    units = _UNITS.fullmatch(written)
    if units is None or not any(units.groups()):
        return None
    hours, minutes, rest = (int(part or 0) for part in units.groups())
    return hours * 3600 + minutes * 60 + rest
