"""Owns the reading of one raw field: from what a source wrote to a clean value, or None for "unknown".

Written from the published definitions alone. It shares no code with the package, so that two programs
written apart can be compared; keep it so.
"""

import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import regex

Row = Mapping[str, object]

_COUNT = regex.compile(
    r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>[KMB]?)(?:\s+[a-z]+)?", regex.I
)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9}
_SECONDS = regex.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_DIGITS = regex.compile(r"[0-9]+")
# UAX #31, hashtag identifiers (extended: emoji are allowed). A start after a continue character starts none.
_CONTINUE = r"[[\p{XID_Continue}\p{Extended_Pictographic}\p{Emoji_Component}+_\-]--[#\uFE5F\uFF03]]"
_WRITTEN_TAG = regex.compile(rf"(?V1)(?<!{_CONTINUE})[#\uFE5F\uFF03]({_CONTINUE}+)")

# ISO 3166-1 alpha-2, the 249 codes officially assigned.
_ASSIGNED = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW
BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI
FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN
IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME
MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF
PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE
YT ZA ZM ZW
"""
REGIONS = frozenset(_ASSIGNED.split())

# First-level industry -> its second-level branches; ids are first * 10^9 + branch * 10^6.
_BRANCHES = {
    10: "100-106 999",
    11: "100-112 999",
    12: "100-110 999",
    13: "100-105 107-117 999",
    14: "100-107 999",
    15: "100-107 999",
    16: "100-102 104-105 999",
    17: "103 105-106 999",
    18: "100-112 999",
    19: "100-106 999",
    20: "100-112 999",
    21: "100-105 999",
    22: "101-102 105-113 999",
    23: "100-119 122-134 999",
    24: "100-120 999",
    25: "300-313 999",
    26: "100-109 111-114 999",
    27: "100-104 999",
    28: "100-101",
    29: "100-103 999",
    30: "100-102",
}


def _parents() -> dict[int, int]:
    """Every known industry id -> its first-level id."""
    parents = {}
    for first, written in _BRANCHES.items():
        parents[first * 10**9] = first * 10**9
        for part in written.split():
            low, _, high = part.partition("-")
            for branch in range(int(low), int(high or low) + 1):
                parents[first * 10**9 + branch * 10**6] = first * 10**9
    return parents


INDUSTRIES = _parents()


def text(value: object) -> str | None:
    """An opaque name or key: text without outer white space; a number as it prints; empty is unknown."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def post_id(value: object) -> str | None:
    """A post's id; a float has already lost digits and is no id."""
    return None if isinstance(value, float) else text(value)


def sound(value: object) -> str | None:
    """A sound's key; in scientific notation with at most ten characters before the `e` it names many."""
    key = text(value)
    rounded = key is not None and regex.fullmatch(r"(?P<kept>[+-]?[0-9]+([.,][0-9]+)?)[eE][+-]?[0-9]+", key)
    return None if rounded and len(rounded["kept"]) <= 10 else key


def id_seconds(identity: str) -> int | None:
    """The Unix second a numeric post id was made at."""
    return int(identity) >> 32 if _DIGITS.fullmatch(identity) else None


def seconds(value: object) -> int | None:
    """A moment as whole Unix seconds: Unix seconds or ISO 8601 (UTC where it names no zone)."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return math.floor(value) if math.isfinite(value) else None
    written = str(value).strip()
    if _SECONDS.fullmatch(written):
        return math.floor(Decimal(written))
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def count(value: object) -> int | None:
    """A counter; `541.2K`, `1.4M` and `3 videos` are counts; a blank, a label or a negative is unknown."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return math.floor(value) if math.isfinite(value) and value >= 0 else None
    found = _COUNT.fullmatch(str(value).strip())
    if found is None:
        return None
    return math.floor(Decimal(found["number"].replace(",", "")) * _UNITS[found["unit"].upper()])


def tag(name: str) -> str | None:
    """A hashtag's identity, or None where the name is none."""
    name = unicodedata.normalize("NFKC", name).strip()
    while name.startswith("#"):
        name = name[1:].lstrip()
    if not name or name.startswith("@") or any(letter.isspace() or letter in ",#" for letter in name):
        return None
    return unicodedata.normalize("NFC", name.casefold())


def _listed(value: object) -> list[object]:
    """A list as NDJSON has it, or as CSV has it: JSON text, or parts between `,;|#` and blanks."""
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        return []
    if value.strip().startswith("["):
        try:
            return list(json.loads(value))
        except ValueError:
            return []
    return list(regex.split(r"[,;|#\s]+", value))


def _named(entry: object) -> str | None:
    return text(entry.get("hashtag_name") if isinstance(entry, dict) else entry)


def tags(row: Row) -> list[str] | None:
    """A row's hashtags by identity, each once, in order of first appearance; None where there are none."""
    fields = [row.get("hashtag_names"), row.get("hashtag_info_list")]
    present = [value for value in fields if value is not None and value != ""]  # "": a blank CSV cell
    names: list[str | None] = []
    for value in present:
        names = names or [_named(entry) for entry in _listed(value)]
    if not present:
        names = list(_WRITTEN_TAG.findall(str(row.get("video_description") or "")))
    identities = [tag(name) for name in names if name]
    return list(dict.fromkeys(identity for identity in identities if identity)) or None


def region(row: Row) -> str | None:
    code = (text(row.get("region_code")) or "").upper()
    return code if code in REGIONS else None


def industry(row: Row) -> int | None:
    """The first-level industry."""
    written = text(row.get("industry_id")) or ""
    return INDUSTRIES.get(int(written)) if _DIGITS.fullmatch(written) else None


def flag(value: object) -> bool | None:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return value if isinstance(value, bool) else known.get(str(value).strip().casefold())


def weights(value: object) -> dict[str, float] | None:
    """An audience as written: label -> positive weight; None where nothing is left."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if not isinstance(value, dict):
        return None
    numbers = {key: number for key, number in value.items() if isinstance(number, int | float)}
    kept = {k.strip(): float(n) for k, n in numbers.items() if math.isfinite(n) and n > 0}
    return kept or None


def country_weights(value: object) -> dict[str, float] | None:
    """Weights by ISO code in any case; what is no country is no part of the audience."""
    kept: dict[str, float] = {}
    for label, weight in (weights(value) or {}).items():
        if label.upper() in REGIONS:
            kept[label.upper()] = kept.get(label.upper(), 0.0) + weight
    return kept or None


def shares(audience: Mapping[str, float]) -> dict[str, Fraction]:
    """The weights of one post, exactly normalised to a sum of 1."""
    whole = sum(Fraction(weight) for weight in audience.values())
    return {label: Fraction(weight) / whole for label, weight in audience.items()}
