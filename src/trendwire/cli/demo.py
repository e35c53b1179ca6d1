"""The command behind `make demo`: a made-up world, published and served, with a key and lines to paste.

The world of a demo home is named in its `demo.json`, written before anything else: a run that was cut off
goes on with the same world, and a later run finds everything there and starts at once.
"""

import os
import shlex
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec
import platformdirs
import typer

from trendwire import clock, pipeline
from trendwire.accounts.operations import CreateKey, ListKeys, RevokeKey
from trendwire.cli import printing
from trendwire.cli.desk import desk
from trendwire.cli.program import Home, app, examples, settings_for
from trendwire.cli.serving import Port, edition_words, listening, run
from trendwire.dialects.catalog import BY_NAME
from trendwire.domain.charts import ChartKey, HashtagEntry, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.editions import Edition, Editions
from trendwire.errors import Conflict
from trendwire.facts.durable import make_folder
from trendwire.facts.store import FactStore
from trendwire.settings import ENV_PREFIX, Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate
from trendwire.web.server import Tcp, check_free

POSTS, DAYS, REGIONS, SEED = 200_000, 400, 40, 1
LAST_DAY = date(2026, 10, 31)
"""The same on every machine, and so are all charts: a tour can show what its reader will see."""

ROWS_PER_POST = 2
"""About how often a post is observed; for the progress bar."""

KEY_NAME = "demo"
CREDITS, QPS = 100_000, 50

_MARK = "demo.json"


class Mark(msgspec.Struct, frozen=True):
    """Says that a home is a demo's, and of which world."""

    world: World


@app.command(epilog=examples("trendwire demo", "trendwire --home .demo demo --port 8001"))
def demo(
    context: typer.Context,
    port: Port = None,
    posts: int = typer.Option(POSTS, min=1000, help="Posts of the made-up world."),
    home: Home = None,
) -> None:
    """Make up a world, publish it, serve it, and print a key and three requests to paste."""
    given = home or context.obj or os.environ.get(f"{ENV_PREFIX}HOME")
    settings = settings_for(context, Path(given) if given else default_home(), port=port)
    check_free(Tcp(settings.host, settings.port))
    world = _world(settings, posts)
    if not Editions(settings.home).records():
        _build(settings, world)
    key = _fresh_key(settings)
    lines = greeting(settings, key, Editions(settings.home).current())
    run(settings, lambda: printing.lines(lines))


def default_home() -> Path:
    """Apart from the default data folder: a made-up world is not mixed with real posts."""
    return platformdirs.user_data_path("trendwire-demo", appauthor=False)


def _world(settings: Settings, posts: int) -> World:
    """The world of this home, written down now if it has none. Raises Conflict for a home of real posts."""
    mark = settings.home / _MARK
    if mark.exists():
        return msgspec.json.decode(mark.read_bytes(), type=Mark).world
    if FactStore(settings.home).snapshot().posts:
        raise Conflict(f"{settings.home} holds posts that are not a demo's: name another --home")
    world = World(posts=posts, days=DAYS, regions=REGIONS, seed=SEED, last_day=LAST_DAY)
    make_folder(settings.home)
    mark.write_bytes(msgspec.json.encode(Mark(world)))
    return world


def _build(settings: Settings, world: World) -> None:
    """The facts, each once however often this was begun, then the edition."""
    rows = RowSource("simulate", "simulator", simulate(world), world.posts * ROWS_PER_POST)
    with printing.progress() as told:
        pipeline.ingest_from(settings, [rows], clock.now(), told)
        pipeline.publish(settings, world.last_day, told)


def _fresh_key(settings: Settings) -> str:
    """A new key; those of earlier demos are revoked."""
    with desk(settings) as opened:
        for old in opened.do(ListKeys()):
            if old.account == KEY_NAME and old.revoked_at is None:
                opened.do(RevokeKey(key_id=old.id))
        return opened.do(CreateKey(account=KEY_NAME, credits=CREDITS, qps=QPS)).text


def greeting(settings: Settings, key: str, edition: Edition) -> list[str]:
    """What is printed once the server answers: the key, and requests that have something to answer."""
    url = listening(settings).url
    return [
        "",
        f"Trendwire serves {url} {edition_words(settings.home)}",
        "",
        f"Your key:  {key}",
        "",
        "Open in a browser:",
        f"  {url}/            what is rising, and why",
        f"  {url}/playground  try the API with your key",
        f"  {url}/docs        every endpoint, every guide",
        "",
        "Or ask from here:",
        *(f"  {line}" for line in requests(url, key, edition)),
        "",
        "Ctrl+C stops it.",
    ]


def requests(url: str, key: str, edition: Edition) -> list[str]:
    """Three curl lines: a chart, the detail of its first row, the same chart in the other dialect."""
    chart, top = _something(edition)
    asked: dict[str, dict[str, object]] = {
        "keyapi_trending_hashtags": {"region": chart.region, "period": chart.period, "limit": 5},
        "keyapi_trending_hashtag_detail": {
            "hashtag_name": top,
            "region": chart.region,
            "period": chart.period,
        },
        "crawlora_popular_hashtags": {"country_code": chart.region, "period": chart.period, "limit": 5},
    }
    return [_curl(url, key, name, values) for name, values in asked.items()]


def _curl(url: str, key: str, name: str, values: dict[str, object]) -> str:
    endpoint = BY_NAME[name]
    place = endpoint.dialect.credential
    header = f"{place.header}: {place.written(key)}"
    target = f"{url}{endpoint.path}?{urlencode(values, quote_via=quote)}"
    return f"curl -s -H {shlex.quote(header)} {shlex.quote(target)}"


def _something(edition: Edition) -> tuple[ChartKey, str]:
    """A country's chart that has rows, of the shortest period that has any, and the hashtag at its top."""
    for period in CHART_PERIODS:
        wanted = [ChartKey(Kind.HASHTAG, period, region) for region in edition.regions]
        charts = [(key, edition.chart(key) or ()) for key in wanted]
        key, rows = max(charts, key=lambda chart: len(chart[1]), default=(ChartKey(Kind.HASHTAG, period), ()))
        for row in rows:
            if isinstance(row, HashtagEntry):
                return key, row.name
    raise Conflict("no chart of this world has rows: delete its folder and run again")
