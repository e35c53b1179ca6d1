"""Commands that read an edition: chart, explain."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from trendwire.cli import printing
from trendwire.cli.parameters import Industry, Period, Region, industry_of, period_of, region_of
from trendwire.cli.program import Home, Json, app, examples, settings_for
from trendwire.domain.charts import NO_INDUSTRY, WORLD, ChartKey, HashtagEntry, Kind, Move, SoundEntry
from trendwire.domain.queries import ChartPage, ChartQuery, DetailAnswer, DetailQuery
from trendwire.domain.subjects import hashtag_identity
from trendwire.domain.taxonomy import industries
from trendwire.editions import Edition, Editions
from trendwire.errors import InvalidInput
from trendwire.publishing.day import resources
from trendwire.publishing.details import HomeDetails
from trendwire.web.answers import answer, answer_from
from trendwire.web.reasons import Explanation, explanation

_ARROWS = {Move.UP: "▲", Move.DOWN: "▼", Move.SAME: "=", Move.NEW: "new"}


class Charted(StrEnum):
    """What `chart` shows."""

    HASHTAGS = "hashtags"
    MUSIC = "music"

    @property
    def kind(self) -> Kind:
        return Kind.HASHTAG if self is Charted.HASHTAGS else Kind.SOUND


class Explained(StrEnum):
    """What `explain` explains."""

    HASHTAG = "hashtag"
    MUSIC = "music"


Number = Annotated[
    int | None, typer.Option("--edition", help="Read this edition. [default: the current one]")
]


@app.command(
    epilog=examples(
        "trendwire chart hashtags --period 30 --region VN",
        "trendwire chart hashtags --industry Sports",
        "trendwire chart music --period 7",
    )
)
def chart(
    context: typer.Context,
    what: Annotated[Charted, typer.Argument(help="hashtags or music", show_default=False)],
    period: Period = "7",
    region: Region = WORLD,
    industry: Industry = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Rows shown.")] = 20,
    edition: Number = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print a chart: rank, move, trend, posts and views in the window, heat."""
    key = ChartKey(what.kind, period_of(period), region_of(region), industry_of(industry))
    page = answer(
        ChartQuery(key=key, limit=limit, edition=edition), Editions(settings_for(context, home).home)
    )
    assert isinstance(page, ChartPage)  # noqa: S101  what a ChartQuery is answered with
    if as_json:
        printing.as_json(_as_document(page))
        return
    shown = "the whole world" if key.region == WORLD else key.region
    if key.industry != NO_INDUSTRY:
        shown += f", {industries()[key.industry].name}"
    printing.line(f"{what.title()}, {period} days up to {page.as_of}, {shown} (edition {page.edition})")
    if not page.entries:
        printing.line("No rows: nothing here rises above its own past, or there are no posts.")
        return
    rows = [_cells(entry) for entry in page.entries if isinstance(entry, HashtagEntry | SoundEntry)]
    columns = ("rank", "move", "name", "trend", "posts", "views", "heat")
    printing.table(columns, rows, right=("rank", "posts", "views", "heat"))


@app.command(epilog=examples("trendwire explain hashtag tet2026 --period 7 --region VN"))
def explain(
    context: typer.Context,
    what: Annotated[Explained, typer.Argument(help="hashtag or music", show_default=False)],
    name: Annotated[str, typer.Argument(help="The hashtag, or the clip id of the sound.")],
    period: Period = "7",
    region: Region = WORLD,
    edition: Number = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show how a heat came about, component by component, and how the heat became a rank."""
    kind = Kind.HASHTAG if what is Explained.HASHTAG else Kind.SOUND
    settings = settings_for(context, home)
    editions = Editions(settings.home, HomeDetails(settings.home, resources(settings)))
    query = DetailQuery(
        kind=kind,
        subject=_subject(kind, name),
        period=period_of(period),
        region=region_of(region),
        edition=edition,
    )
    told = editions.read(edition, partial(_explained, query))
    if as_json:
        printing.as_json(told.document)
        return
    printing.lines(told.lines)


def _explained(query: DetailQuery, edition: Edition) -> Explanation:
    found = answer_from(query, edition)
    chart = answer_from(ChartQuery(key=ChartKey(query.kind, query.period, query.region), limit=100), edition)
    assert isinstance(found, DetailAnswer)  # noqa: S101
    assert isinstance(chart, ChartPage)  # noqa: S101
    return explanation(found, chart)


def _cells(entry: HashtagEntry | SoundEntry) -> Sequence[object]:
    arrow = _ARROWS[entry.move] + (str(entry.steps) if entry.steps else "")
    return (
        entry.rank,
        arrow,
        _name(entry),
        printing.sparkline(entry.curve),
        f"{entry.posts:,}",
        f"{entry.views:,}",
        f"{entry.heat:,.1f}",
    )


def _name(entry: HashtagEntry | SoundEntry) -> str:
    if isinstance(entry, HashtagEntry):
        return f"#{entry.name}"
    return " - ".join(part for part in (entry.title, entry.author) if part) or entry.clip_id


def _as_document(page: ChartPage) -> dict[str, object]:
    key = page.query.key
    return {
        "edition": page.edition,
        "as_of": page.as_of,
        "kind": key.kind,
        "period": key.period,
        "region": key.region,
        "industry": key.industry,
        "total": page.total,
        "rows": page.entries,
    }


def _subject(kind: Kind, name: str) -> str:
    if kind is Kind.SOUND:
        return name
    identity = hashtag_identity(name)
    if identity is None:
        raise InvalidInput("the name", "must be a hashtag: no white space inside, not starting with @")
    return identity
