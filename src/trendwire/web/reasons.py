"""A heat and a rank in words with their numbers: pure, from one detail and one chart.

What the components mean is `domain/heat.py`'s; docs/explanation/how-a-rank-is-made.md says how they
become a heat.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from trendwire.domain.charts import CHART_SIZE, MIN_CREATORS, WORLD, HashtagEntry, Move, SoundEntry
from trendwire.domain.details import HashtagFacts, PeriodDetail
from trendwire.domain.heat import Components, score
from trendwire.domain.queries import ChartPage, DetailAnswer

MEANINGS: dict[str, str] = {
    "creators": "creators who posted it in the window",
    "watched": "of them, creators with a post that was watched enough to count",
    "best": "views of the most viewed post of each watched creator, summed",
    "now": "creators that count in the window (without a past here: in its later part)",
    "past": "creators that count in all earlier windows that the facts cover, summed",
    "last": "of these, in the window just before",
    "world": "past, in the whole world",
    "all_now": "now, over all posts of the region",
    "all_past": "past, over all posts of the region",
    "all_last": "last, over all posts of the region",
    "all_world": "past, over all posts of the world",
}
"""Component -> what it counts, in words."""

STEPS: dict[str, str] = {
    "usual": "past, with a surprise in the last window cut down",
    "expected": "creators to expect now, from this past and from what the world lends",
    "bound": "what now must exceed before it is a surprise",
    "gate": "how far now exceeds it: 0 not at all, towards 1 beyond any doubt",
    "volume": "creators^0.75 * (1 + best)^0.25, of creators that are watched",
    "heat": "volume * gate",
}
"""Step from the components to the heat -> what it is, in words."""

_MOVES = {
    Move.UP: "up {steps} against the preceding window",
    Move.DOWN: "down {steps} against the preceding window",
    Move.SAME: "unchanged against the preceding window",
    Move.NEW: "new against the preceding window",
}

Row = HashtagEntry | SoundEntry


@dataclass(frozen=True, slots=True)
class Explanation:
    """The same told twice: lines for people, a document for programs."""

    lines: list[str]
    document: dict[str, object]


def explanation(found: DetailAnswer, chart: ChartPage) -> Explanation:
    """Why the subject of `found` stands where it stands in `chart`, all rows of its region and period."""
    query = found.query
    over = found.detail.region(query.region).period(query.period)
    rows = [row for row in chart.entries if isinstance(row, HashtagEntry | SoundEntry)]
    place = next((n for n, row in enumerate(rows) if identity(row) == query.subject), None)
    verdict = _ranked(rows, place) if place is not None else _unranked(rows, over)
    document: dict[str, object] = {
        "edition": found.edition,
        "as_of": found.as_of,
        "kind": query.kind,
        "subject": query.subject,
        "period": query.period,
        "region": query.region,
        "heat": over.heat,
        "components": over.components or {},
        "steps": _steps(over),
        "rank": None if place is None else rows[place].rank,
        "rows": chart.total,
        "why": verdict,
        **_counts(found),
    }
    return Explanation([_title(found), *verdict, *_counted(found), *_component_lines(over)], document)


def identity(row: Row) -> str:
    """What a row's subject is asked for by."""
    return row.name if isinstance(row, HashtagEntry) else row.clip_id


def _title(found: DetailAnswer) -> str:
    query, facts = found.query, found.detail.facts
    name = f"#{facts.name}" if isinstance(facts, HashtagFacts) else f"{facts.title or query.subject}"
    where = "the whole world" if query.region == WORLD else query.region
    return f"{name} in {where}, {query.period} days up to {found.as_of} (edition {found.edition})"


def _ranked(rows: list[Row], place: int) -> list[str]:
    row = rows[place]
    words = [f"Rank {row.rank} of {len(rows)}: {_MOVES[row.move].format(steps=row.steps)}."]
    if place:
        words.append(f"Below {_neighbour(rows[place - 1])}: {_why_below(row, rows[place - 1])}.")
    if place + 1 < len(rows):
        words.append(f"Above {_neighbour(rows[place + 1])}: {_why_below(rows[place + 1], row)}.")
    return words


def _why_below(lower: Row, higher: Row) -> str:
    if lower.heat < higher.heat:
        return f"heat {lower.heat:,.3f} is less than {higher.heat:,.3f}"
    if lower.views < higher.views:
        return f"the same heat {lower.heat:,.3f}, and {lower.views:,} views are less than {higher.views:,}"
    return f"the same heat {lower.heat:,.3f} and {lower.views:,} views, and the names decide"


def _neighbour(row: Row) -> str:
    return f"#{row.name}" if isinstance(row, HashtagEntry) else f"{row.title or row.clip_id}"


def _unranked(rows: list[Row], over: PeriodDetail) -> list[str]:
    if over.creators < MIN_CREATORS:
        return [f"No rank: {over.creators} creators in the window; a chart asks for {MIN_CREATORS}."]
    if not over.heat:
        return ["No rank: heat 0, the window does not exceed what its own past lets expect."]
    last = f"; the last of the {len(rows)} rows has {rows[-1].heat:,.3f}" if rows else ""
    return [f"No rank: heat {over.heat:,.3f} is not among the first {CHART_SIZE}{last}."]


def _counts(found: DetailAnswer) -> dict[str, int]:
    region, period = found.detail.region(found.query.region), found.query.period
    return {
        "posts": region.posts_over(period, found.as_of),
        "views": region.views_over(period, found.as_of),
    }


def _counted(found: DetailAnswer) -> list[str]:
    counts = _counts(found)
    return [f"Posts created in the window: {counts['posts']:,}; views gained in it: {counts['views']:,}."]


def _component_lines(over: PeriodDetail) -> list[str]:
    if over.heat is None or not over.components:
        return ["No components: nothing of it was posted in the window and region."]
    how = "docs/explanation/how-a-rank-is-made.md explains each number."
    return [
        "Counted:",
        *_aligned(over.components, MEANINGS),
        "Made of it:",
        *_aligned(_steps(over), STEPS),
        how,
    ]


def _aligned(values: Mapping[str, float], meanings: Mapping[str, str]) -> list[str]:
    return [f"  {name:<9}{_number(value):>15}  {meanings.get(name, '')}" for name, value in values.items()]


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:,.4f}"


def _steps(over: PeriodDetail) -> dict[str, float]:
    """The steps from the components to the heat, recomputed by the formula's own function."""
    if not over.components:
        return {}
    return score(Components(*(int(over.components[name]) for name in Components._fields)))._asdict()
