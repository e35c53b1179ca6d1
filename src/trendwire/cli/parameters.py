"""Options and arguments that several commands read: what is accepted, and what is said of anything else."""

from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from typing import Annotated

import typer

from trendwire.accounts.credential import SHOWN_LENGTH
from trendwire.accounts.operations import Key, ListKeys
from trendwire.cli.desk import Desk
from trendwire.domain.charts import NO_INDUSTRY, WORLD
from trendwire.domain.periods import CHART_PERIODS
from trendwire.domain.taxonomy import countries, industries, parent_industry, region_code
from trendwire.errors import InvalidInput

LATEST = "latest"

_WORLD_WORDS = ("all", "all_regions", "world")
_MOST_CANDIDATES = 5
_PERIODS = ", ".join(map(str, CHART_PERIODS))


def _starting(names: Iterable[str], text: str) -> list[tuple[str, str]]:
    return [(name, "") for name in names if name.lower().startswith(text.lower())]


def _complete_industry(incomplete: str) -> list[tuple[str, str]]:
    """First words, which name an industry as well: shells do not quote the blanks of whole names."""
    return _starting((one.name.split()[0].rstrip(",") for one in industries().values()), incomplete)


def _complete_region(incomplete: str) -> list[tuple[str, str]]:
    found = [(code, one.name) for code, one in countries().items() if code.startswith(incomplete.upper())]
    return [*_starting(_WORLD_WORDS[:1], incomplete), *found]


Period = Annotated[str, typer.Option("--period", metavar="DAYS", help=f"One of {_PERIODS}.")]
Region = Annotated[
    str,
    typer.Option(
        "--region",
        metavar="COUNTRY",
        help="ISO code or name of a country, such as VN, or all for the whole world.",
        autocompletion=_complete_region,
        show_default=False,
    ),
]
Industry = Annotated[
    str | None,
    typer.Option(
        "--industry",
        metavar="NAME",
        help="Name or id of an industry, such as Sports.",
        autocompletion=_complete_industry,
    ),
]
KeyId = Annotated[
    str, typer.Argument(metavar="KEY", help="Its id, or its beginning, as `trendwire keys list` shows them.")
]
OfKey = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="Of this key alone: its id, or its beginning."),
]


def period_of(text: str) -> int:
    """One of the periods of charts, in days."""
    if not text.isdecimal() or int(text) not in CHART_PERIODS:
        raise InvalidInput("--period", f"must be one of {_PERIODS}, not {text!r}")
    return int(text)


def region_of(text: str) -> str:
    """The code of a country given by code or name, or the whole world."""
    if text == WORLD or text.lower() in _WORLD_WORDS:
        return WORLD
    names = {one.name.casefold(): code for code, one in countries().items()}
    code = region_code(text) or names.get(text.strip().casefold())
    if code is None:
        close = [f"{countries()[names[name]].name} ({names[name]})" for name in _close(text, names)]
        accepted = "must be the ISO 3166-1 code or the name of a country, such as VN, or all"
        raise InvalidInput("--region", f"{accepted}, not {text!r}{_meant(close)}")
    return code


def industry_of(text: str | None) -> int:
    """The first-level industry of an id, a name, or the beginning of the words of a name."""
    if text is None:
        return NO_INDUSTRY
    if text.isdecimal():
        found = parent_industry(int(text))
        candidates = {} if found is None else {found}
    else:
        candidates = _industries_named(text.strip().casefold())
    if len(candidates) == 1:
        return next(iter(candidates))
    names = {one.name.casefold(): one.name for one in industries().values()}
    if candidates:
        close = [industries()[id_].name for id_ in sorted(candidates)]
    else:
        close = [names[name] for name in _close(text, names)]
    one_of = f"; the industries are {', '.join(names.values())}" if not close else _meant(close)
    raise InvalidInput("--industry", f"must be the name or the id of one industry, not {text!r}{one_of}")


def _industries_named(text: str) -> set[int]:
    """Those of this name, else with words that begin so, else with a second-level industry of this name."""
    level = {one.id: one.name.casefold() for one in industries().values()}
    exact = {id_ for id_, name in level.items() if name == text}
    begins = {id_ for id_, name in level.items() if text and f" {text}" in f" {name}"}
    below = {
        one.id for one in industries().values() if text in (name.casefold() for name in one.children.values())
    }
    return exact or begins or below


def day_of(option: str, text: str, also: str = "") -> date:
    """A day like 2026-01-31. `also`: what else is accepted, for the error."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        or_else = f", or {also}" if also else ""
        raise InvalidInput(option, f"must be a day like 2026-01-31{or_else}, not {text!r}") from None


def key_of(desk: Desk, option: str, text: str) -> int:
    """The id of a key given by its id or by its beginning; of a whole key no more is read than lists show."""
    if text.isdecimal() and 0 < int(text) < 2**63:
        return int(text)
    beginning = text[:SHOWN_LENGTH]
    found = [key for key in desk.do(ListKeys()) if beginning and key.shown.startswith(beginning)]
    if len(found) == 1:
        return found[0].id
    if not found:
        raise InvalidInput(
            option, f"must be the id or the beginning of a key; none begins with {beginning!r}"
        )
    more = f" and {len(found) - _MOST_CANDIDATES} more" if len(found) > _MOST_CANDIDATES else ""
    shown = ", ".join(map(_candidate, found[:_MOST_CANDIDATES])) + more
    raise InvalidInput(option, f"must be the beginning of one key; with {beginning!r} begin {shown}")


def _candidate(key: Key) -> str:
    return f"{key.shown} (id {key.id}, {key.account}{', revoked' if key.revoked_at is not None else ''})"


def _close(text: str, names: Iterable[str]) -> list[str]:
    return get_close_matches(text.strip().casefold(), list(names), n=3, cutoff=0.5)


def _meant(candidates: list[str]) -> str:
    return f"; did you mean {' or '.join(candidates)}?" if candidates else ""
