"""Whatever is written as a tag, a handle, a name, a song or a caption arrives as text, and runs nothing."""

import csv
import io
import json
from collections.abc import Iterator
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from playwright.sync_api import APIRequestContext

from tests.browser.hostile_strings import HOSTILE
from tests.browser.hostile_world import REGIONS
from tests.browser.site import Site
from tests.browser.strangers import drawn, essence, formulas, missing, strangers, told_texts
from tests.browser.watching import Open, Tab
from trendwire.domain.charts import (
    WORLD,
    ChartKey,
    CreatorEntry,
    Entry,
    HashtagEntry,
    Kind,
    SoundEntry,
    VideoEntry,
)

PERIOD = 7
LISTS = {Kind.HASHTAG: "/hashtags", Kind.SOUND: "/sounds", Kind.CREATOR: "/creators", Kind.VIDEO: "/videos"}
SUBJECTS = {Kind.HASHTAG: "/hashtag", Kind.SOUND: "/sound"}
ASKED = (
    "/hashtags?q=",
    "/search?q=",
    "/hashtag?name=",
    "/compare/sounds?name=",
    "/hashtags?region=",
    "/docs/search?q=",
    "/playground?region=",
    "/console/sign-in?next=",
)
ATOM = "{http://www.w3.org/2005/Atom}"

_DIRECTIONS = dict.fromkeys((0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), " ")
"""Letters that turn the direction of what follows: a cell of CSV has blanks in their place."""

each_list = pytest.mark.parametrize("kind", LISTS)
each_subject = pytest.mark.parametrize("kind", SUBJECTS)
each_region = pytest.mark.parametrize("region", [*REGIONS, WORLD])


def _chart(site: Site, kind: Kind, region: str) -> tuple[Entry, ...]:
    found = site.words.edition.chart(ChartKey(kind, PERIOD, region))
    assert found
    return found


def _names(entries: tuple[Entry, ...]) -> Iterator[str]:
    """What every row of a chart is known by; empty where the source told nothing."""
    for one in entries:
        match one:
            case HashtagEntry():
                yield one.name
            case SoundEntry() | VideoEntry():
                yield one.title or ""
            case CreatorEntry():
                yield one.username


def _queries(site: Site, kind: Kind, region: str) -> Iterator[tuple[str, str]]:
    """The name of every subject of a chart, and the query that asks for it."""
    entries = _chart(site, kind, region)
    for one, name in zip(entries, _names(entries), strict=True):
        assert isinstance(one, HashtagEntry | SoundEntry)
        asked = one.clip_id if isinstance(one, SoundEntry) else one.name
        yield name, f"?name={_quoted(asked)}&region={region}&period={PERIOD}"


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _view(region: str) -> str:
    return f"?period={PERIOD}&region={region}"


def _fetched(request: APIRequestContext, address: str) -> bytes:
    reply = request.get(address)
    assert reply.status == 200, address
    return reply.body()


def _assert_plain(opened: Tab, address: str, *names: str) -> None:
    """A page runs nothing, holds nothing that no template wrote, and shows the names."""
    opened.page.goto(address)
    assert strangers(opened) == [], address
    assert missing(names, told_texts(opened)) == [], address
    opened.assert_quiet()


def test_the_strings_are_many_and_charted(hostile_site: Site) -> None:
    assert len(HOSTILE) >= 300
    for kind in LISTS:
        charted = {name for region in REGIONS for name in _names(_chart(hostile_site, kind, region))}
        assert len(charted) >= 300


@each_list
@each_region
def test_a_list_shows_text(hostile_site: Site, open_tab: Open, kind: Kind, region: str) -> None:
    address = f"{hostile_site.url}{LISTS[kind]}{_view(region)}"
    _assert_plain(open_tab(), address, *_names(_chart(hostile_site, kind, region)))


@each_subject
@pytest.mark.parametrize("region", REGIONS)
def test_a_subject_shows_text(hostile_site: Site, open_tab: Open, kind: Kind, region: str) -> None:
    opened = open_tab(guarded=False)  # with a cache: these are many
    for name, query in _queries(hostile_site, kind, region):
        _assert_plain(opened, f"{hostile_site.url}{SUBJECTS[kind]}{query}", name)


@each_subject
def test_a_comparison_shows_text(hostile_site: Site, open_tab: Open, kind: Kind) -> None:
    opened = open_tab(guarded=False)
    for region in REGIONS:
        queries = list(_queries(hostile_site, kind, region))
        for first in range(0, len(queries) - 5, 5):
            asked = queries[first : first + 5]
            names = "&".join(query.partition("&")[0].removeprefix("?") for _, query in asked)
            address = f"{hostile_site.url}/compare{LISTS[kind]}?{names}&region={region}"
            _assert_plain(opened, address, *[name for name, _ in asked])


@each_list
@each_region
def test_a_table_computes_nothing(hostile_site: Site, open_tab: Open, kind: Kind, region: str) -> None:
    body = _fetched(open_tab().context.request, f"{hostile_site.url}{LISTS[kind]}.csv{_view(region)}")
    table = body.decode("utf-8-sig")
    assert formulas(table) == []
    cells = {
        essence(cell.removeprefix("'")) for row in csv.reader(io.StringIO(table, newline="")) for cell in row
    }
    # a quote of its own, before what is no formula, is part of a name
    cells |= {essence(cell) for row in csv.reader(io.StringIO(table, newline="")) for cell in row}
    names = [name.translate(_DIRECTIONS) for name in _names(_chart(hostile_site, kind, region))]
    assert missing(names, cells) == []


@each_list
@each_region
def test_a_document_holds_the_names(hostile_site: Site, open_tab: Open, kind: Kind, region: str) -> None:
    body = _fetched(open_tab().context.request, f"{hostile_site.url}{LISTS[kind]}.json{_view(region)}")
    assert set(_names(_chart(hostile_site, kind, region))) - {""} <= set(_texts(json.loads(body)))


def _texts(document: object) -> Iterator[str]:
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        for one in document:
            yield from _texts(one)
    yield str(document)


@each_list
@each_region
def test_a_feed_parses(hostile_site: Site, open_tab: Open, kind: Kind, region: str) -> None:
    body = _fetched(open_tab().context.request, f"{hostile_site.url}{LISTS[kind]}.atom{_view(region)}")
    root = ElementTree.fromstring(body)
    assert [one.tag for one in root.iter() if not str(one.tag).startswith(ATOM)] == []
    titles = essence("\n".join(one.text or "" for one in root.iter(f"{ATOM}title")))
    assert [name for name in _names(_chart(hostile_site, kind, region)) if essence(name) not in titles] == []


@each_subject
@each_region
def test_a_drawing_holds_shapes_and_text(hostile_site: Site, open_tab: Open, kind: Kind, region: str) -> None:
    request = open_tab().context.request
    for name, query in _queries(hostile_site, kind, region):
        for form in (".svg", "-badge.svg"):
            drawing = _fetched(request, f"{hostile_site.url}{SUBJECTS[kind]}{form}{query}").decode()
            assert drawn(drawing) == [], query
            assert essence(name) in essence("".join(ElementTree.fromstring(drawing).itertext())), query


@each_subject
@each_region
def test_a_subjects_feed_and_table_parse(hostile_site: Site, open_tab: Open, kind: Kind, region: str) -> None:
    request = open_tab().context.request
    for _, query in _queries(hostile_site, kind, region):
        address = f"{hostile_site.url}{SUBJECTS[kind]}"
        assert formulas(_fetched(request, f"{address}.csv{query}").decode()) == []
        ElementTree.fromstring(_fetched(request, f"{address}.atom{query}"))
        json.loads(_fetched(request, f"{address}.json{query}"))


@pytest.mark.parametrize("path", ASKED)
def test_what_an_address_says_is_shown_as_text(hostile_site: Site, open_tab: Open, path: str) -> None:
    """Also what nobody wrote before, in a link that somebody was sent. Each string at one of the pages."""
    opened = open_tab(guarded=False)
    for text in HOSTILE[ASKED.index(path) :: len(ASKED)]:
        opened.page.goto(f"{hostile_site.url}{path}{_quoted(text)}")
        assert strangers(opened) == [], path + text
    opened.forgive()


def test_the_console_shows_text(hostile_site: Site, open_tab: Open) -> None:
    """Of what came in, of charts that changed, and of the requests of anybody."""
    opened = open_tab(storage_state=hostile_site.inside)
    key = {"authorization": f"Bearer {hostile_site.key}"}
    for text in HOSTILE[:200]:
        target = f"{hostile_site.url}/v1/tiktok/trending/hashtags?region={_quoted(text)}"
        opened.context.request.get(target, headers=key)
    quarantine = hostile_site.words.filled("/console/quarantine/{quarantine}")
    changes = [
        f"/console/editions/changes{_view(region)}&kind={kind}" for region in REGIONS for kind in LISTS
    ]
    for path in ("/console", "/console/requests", "/console/ingests", quarantine, *changes):
        _assert_plain(opened, f"{hostile_site.url}{path}")


@each_region
def test_the_playground_shows_text(hostile_site: Site, open_tab: Open, region: str) -> None:
    opened = open_tab()
    asked = "" if region == WORLD else f"&region={region}"
    opened.goto(f"{hostile_site.url}/playground?endpoint=keyapi_trending_hashtags&limit=100{asked}")
    opened.page.get_by_label("API key").fill(hostile_site.key)
    opened.page.get_by_role("button", name="Send", exact=True).click()
    answer = opened.page.get_by_role("region", name="Response", exact=True)
    answer.get_by_text("200 OK").wait_for()
    answer.get_by_role("tab", name="Raw").click()
    assert strangers(opened) == []
