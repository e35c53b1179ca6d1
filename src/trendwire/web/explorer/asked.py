"""What a page of the explorer is asked for: one row of choices, read from an address and written into one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Literal, Self
from urllib.parse import urlencode

from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, Kind
from trendwire.domain.periods import CHART_PERIODS, DETAIL_PERIODS
from trendwire.domain.taxonomy import industries, region_code
from trendwire.editions import Editions
from trendwire.errors import InvalidInput, NotFound

MOST_COMPARED = 5
MOST_TEXT = 200
"""Characters of words to look for."""
MOST_NAME = 4000
"""Characters of a name: whatever is charted can be asked for."""

Only = Literal["", "rising", "new"]
ONLY: Mapping[str, str] = {"": "All rows", "rising": "Rising: up or new", "new": "New to the top 100"}

Values = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A view. `as_of` None: the newest edition. `names`: subjects, hashtag identities or clip ids."""

    kind: Kind = Kind.HASHTAG
    region: str = WORLD
    period: int = 7
    industry: int = NO_INDUSTRY
    only: Only = ""
    q: str = ""
    as_of: date | None = None
    names: tuple[str, ...] = ()

    @property
    def key(self) -> ChartKey:
        """The chart that is shown, or in which the subject is looked for."""
        period = self.period if self.period in CHART_PERIODS else CHART_PERIODS[-1]
        return ChartKey(self.kind, period, self.region, self.industry)

    @property
    def name(self) -> str:
        """The one subject of a subject's page."""
        return self.names[0] if self.names else ""

    def but(self, **changes: Any) -> Self:
        """The same view with something else in it."""
        return replace(self, **changes)

    def query(self) -> str:
        """What differs from the defaults, as the query of an address."""
        told = [("name", name) for name in self.names]
        for field in fields(self)[1:-1]:
            value = getattr(self, field.name)
            if value != field.default:
                told.append((field.name, str(value)))
        return urlencode(told)

    def at(self, path: str) -> str:
        """The address of this view under a path."""
        query = self.query()
        return f"{path}?{query}" if query else path


def read(kind: Kind, values: Values) -> Asked:
    """The view that an address asks for; unknown names are passed over. Raises InvalidInput."""
    first = dict(reversed(values))
    return Asked(
        kind=kind,
        region=_region(first.get("region", "")),
        period=_period(first.get("period", "")),
        industry=_industry(first.get("industry", "")),
        only=_only(first.get("only", "")),
        q=_short("q", first.get("q", "").strip(), MOST_TEXT),
        as_of=_day(first.get("as_of", "")),
        names=tuple(
            dict.fromkeys(_short(key, text, MOST_NAME) for key, text in values if key == "name" and text)
        ),
    )


def edition_of(asked: Asked, editions: Editions) -> int | None:
    """The edition of the day asked for: the current one, else the newest that is kept. None: no day is named.
    Raises NotFound.
    """
    if asked.as_of is None:
        return None
    kept = [one for one in editions.listed() if one.as_of == asked.as_of and one.kept]
    if not kept:
        raise NotFound(f"edition of {asked.as_of}")
    return max(kept, key=lambda one: (one.current, one.number)).number


def days_kept(editions: Editions) -> tuple[date, ...]:
    """The days that may be asked for, newest first."""
    return tuple(sorted({one.as_of for one in editions.records() if one.kept}, reverse=True))


def _region(text: str) -> str:
    if not text or text.upper() == WORLD:
        return WORLD
    code = region_code(text)
    if code is None:
        raise InvalidInput("region", "must be an ISO 3166-1 alpha-2 country code such as VN, or ALL")
    return code


def _period(text: str) -> int:
    if not text:
        return CHART_PERIODS[0]
    if not text.isascii() or not text.isdigit() or int(text) not in DETAIL_PERIODS:
        raise InvalidInput("period", f"must be one of {', '.join(map(str, DETAIL_PERIODS))} days")
    return int(text)


def _industry(text: str) -> int:
    if not text or text == str(NO_INDUSTRY):
        return NO_INDUSTRY
    known = {str(one): one for one in industries()}
    if text not in known:
        raise InvalidInput("industry", "must be one of the industries offered")
    return known[text]


def _only(text: str) -> Only:
    if text == "":
        return ""
    if text == "rising":
        return "rising"
    if text == "new":
        return "new"
    raise InvalidInput("only", "must be rising, new, or left out")


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("as_of", "must be a day such as 2026-05-31") from None


def _short(name: str, text: str, most: int) -> str:
    if len(text) > most:
        raise InvalidInput(name, f"must have at most {most} characters")
    return text
