"""Heat: its properties, and that Python, SQL and the page about it are one formula."""

import random
import re
from dataclasses import replace
from datetime import date, timedelta
from math import ceil
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.house.tree import ROOT
from tests.trends.conftest import AS_OF, WriteFacts, fact
from trendwire.trends import ranking, rollups, scoring
from trendwire.trends.scoring import Components, Heat, Surroundings, counted, floor_of, score

COLUMNS = (
    *("creators", "watched", "best", "now", "past", "last", "world"),
    *("all_now", "all_past", "all_last", "all_world"),
)
PAGE = ROOT / "docs/explanation/how-a-rank-is-made.md"


def subject(
    now: int, past: int = 0, last: int = 0, world: int | None = None, best: int = 10**6
) -> Components:
    """A subject all of whose creators are watched."""
    return Components(now, now, best, now, past, last, past if world is None else world)


def month(all_now: int = 500, windows: int = 8, world: int | None = None) -> Surroundings:
    """A region as many people post in as ever, `windows` windows long."""
    past = all_now * windows
    return Surroundings(all_now, past, all_now, past if world is None else world)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Components, Surroundings]:
    """Counts that can occur: parts are not larger than what they are part of."""

    def upto(most: int) -> int:
        return draw(st.integers(0, most))

    all_now, all_past, others = upto(10**6), upto(10**7), upto(10**8)
    all_last = upto(all_past)
    creators, past = upto(all_now), upto(all_past)
    last = upto(min(past, all_last))
    watched, now = upto(creators), upto(creators)
    of = Components(creators, watched, upto(10**13), now, past, last, past + upto(others))
    return of, Surroundings(all_now, all_past, all_last, all_past + others)


@settings(max_examples=60)
@given(st.lists(cases(), min_size=1, max_size=40))
def test_sql_and_python_give_the_same_bits(drawn: list[tuple[Components, Surroundings]]) -> None:
    columns = {name: [getattr(c[n > 6], name) for c in drawn] for n, name in enumerate(COLUMNS)}
    unnested = ", ".join(f"unnest(${name}::BIGINT[]) AS {name}" for name in COLUMNS)
    with duckdb.connect() as connection:
        scoring.install(connection)
        query = f"SELECT heat({', '.join(COLUMNS)}) FROM (SELECT {unnested})"
        found = connection.execute(query, columns).fetchall()
    assert [row[0] for row in found] == [score(*case).heat for case in drawn]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 10**12), max_size=60))
def test_the_floor_is_the_same_in_sql(first_posts: list[int]) -> None:
    with duckdb.connect() as connection:
        scoring.install(connection)
        found = connection.execute(
            "SELECT heat_floor(quantile_disc(v, $quantile)) FROM (SELECT unnest($views::BIGINT[]) AS v)",
            {"views": first_posts, "quantile": scoring.FLOOR_QUANTILE},
        ).fetchone()
    assert found == (floor_of(first_posts),)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=60))
def test_the_floor_lies_just_under_a_tenth_of_a_good_first_post(first_posts: list[int]) -> None:
    good = sorted(first_posts)[ceil(len(first_posts) * 0.8) - 1]
    assert floor_of(first_posts) <= good // 10
    assert floor_of(first_posts) >= good // 10 * 4 // 5


@given(cases())
def test_the_gate_lies_between_0_and_1_and_heat_is_never_negative(
    case: tuple[Components, Surroundings],
) -> None:
    heat = score(*case)
    assert 0 <= heat.gate <= 1
    assert heat.heat == heat.volume * heat.gate >= 0


@given(cases())
def test_more_creators_never_lower_it(case: tuple[Components, Surroundings]) -> None:
    of, among = case
    more = replace(of, creators=of.creators + 1, watched=of.watched + 1, now=of.now + 1)
    joined = replace(among, all_now=among.all_now + 1)
    assert score(more, among).heat >= score(of, among).heat
    assert score(more, joined).heat >= score(of, among).heat * (1 - 1e-9)


@given(cases())
def test_unwatched_creators_add_at_most_what_the_watched_carry(case: tuple[Components, Surroundings]) -> None:
    of, _ = case
    assert counted(of.creators + 100, of.watched) <= 2 * of.watched
    assert counted(of.creators, 0) == 0


@pytest.mark.parametrize("windows", [1, 2, 3, 8])
@pytest.mark.parametrize("usual", [2, 20, 170, 5000])
@pytest.mark.parametrize("swing", [0.8, 1.0, 1.2])
def test_an_evergreen_tag_has_no_heat_however_thin_its_past(windows: int, usual: int, swing: float) -> None:
    common = month(3 * usual, windows)
    assert score(subject(round(usual * swing), usual * windows, usual), common).heat == 0


@pytest.mark.parametrize("windows", [1, 2, 8])
@pytest.mark.parametrize("extra", [30, 60, 300])
def test_a_burst_has_heat(windows: int, extra: int) -> None:
    usual = extra // 4
    assert score(subject(extra + usual, usual * windows, usual), month(5000, windows)).gate > 0.2
    assert score(subject(extra), month(5000, windows)).gate > 0.7


def test_a_surprise_stays_one_for_several_periods_then_fades() -> None:
    """A tag leaps from nothing to 60 creators a window and stays there."""
    history = [0] * 8 + [60] * 9
    gates = [
        score(subject(60, sum(history[at - 8 : at]), history[at - 1]), month()).gate for at in range(8, 17)
    ]
    assert gates[0] > 0.9
    assert all(gate > 0.2 for gate in gates[:4])
    assert gates == sorted(gates, reverse=True)
    assert gates[-1] == 0


def test_a_burst_above_a_third_of_its_peak_is_still_hot_a_period_later() -> None:
    rising, peak, usual = 20, 90, 4
    past = usual * 6 + rising + peak
    assert score(subject(peak // 3 + usual, past, peak), month()).gate > 0


def test_what_is_common_elsewhere_needs_more_to_be_a_surprise_here() -> None:
    small = month(40, world=200_000)
    local, common = subject(4, 2, 0), subject(4, 2, 0, world=2_000)
    assert score(local, small).gate > 0
    assert score(common, small).gate == 0
    assert score(subject(40, 2, 0, world=2_000), small).gate > 0.5


def test_without_a_past_or_without_anybody_watching_nothing_is_hot() -> None:
    assert score(subject(50), month(windows=0)) == Heat(0, 0, 0, 0, 0, 0)
    assert score(replace(subject(50), watched=0), month()) == Heat(0, 0, 0, 0, 0, 0)


def facts_of_a_burst(rng: random.Random) -> list[dict[str, Any]]:
    """Ten weeks in which 25 people a day post on their own; in the last one 20 people share a tag."""
    rows = []
    for number in range(70):
        day = AS_OF - timedelta(days=69 - number)
        for n in range(25):
            tags = ["usual", "burst"] if number > 63 and n < 4 else ["usual"]
            person = f"u{rng.randrange(300)}" if len(tags) == 1 else f"b{number}.{n}"
            rows.append(post(f"{number:03}{n:03}", day, person, tags, rng.randrange(500, 5000)))
    return rows


def post(id_: str, day: date, username: str, tags: list[str], views: int) -> dict[str, Any]:
    return fact(id_, day, username=username, tags=tags, view_count=views, region="VN")


def scores(connection: duckdb.DuckDBPyConnection, parts: list[Any]) -> dict[str, float]:
    """Hashtag -> heat in VN over 7 days, as the engine counts it."""
    rollups.create(connection, parts, AS_OF, ranking.ends(AS_OF), lambda _stage, _share: None)
    ranking.create(connection, AS_OF, [], lambda _stage, _share: None)
    found = connection.execute(
        "SELECT identity, score FROM heat JOIN subjects USING (subject) WHERE period = 7 AND region = 'VN'"
    ).fetchall()
    return dict(found)


@pytest.fixture
def heats(write_facts: WriteFacts) -> Any:
    def measured(rows: list[dict[str, Any]]) -> dict[str, float]:
        with duckdb.connect(config={"threads": 1}) as connection:
            return scores(connection, write_facts(rows))

    return measured


def test_many_posts_by_one_creator_change_nothing(heats: Any) -> None:
    rows = facts_of_a_burst(random.Random(5))
    spam = [post(f"9{n:05}", AS_OF, "b69.0", ["burst", "usual"], 400) for n in range(56)]
    before, after = heats(rows), heats([*rows, *spam])
    assert before["burst"] > 0
    assert after == before


def test_a_ring_that_nobody_watches_has_no_heat(heats: Any) -> None:
    rng = random.Random(6)
    ring = [
        post(
            f"8{day}{n:04}{k}", AS_OF - timedelta(days=day), f"r{n}", ["ring", "usual"], rng.randrange(1, 250)
        )
        for day in range(7)
        for n in range(100)
        for k in range(3)
    ]
    found = heats([*facts_of_a_burst(rng), *ring])
    assert found["ring"] == 0
    assert found["burst"] > 0
    assert found["usual"] == 0


def test_the_page_states_every_constant_as_it_is() -> None:
    stated = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert stated == [(c.name, f"{c.value:g}", c.unit, c.why) for c in scoring.CONSTANTS]


def test_the_example_on_the_page_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = re.findall(r"```(?:python|text)\n(.*?)```", PAGE.read_text(), re.DOTALL)[-2:]
    exec(compile(code, str(PAGE), "exec"), {})
    assert capsys.readouterr().out.strip() == printed.strip()
