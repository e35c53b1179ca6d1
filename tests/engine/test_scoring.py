"""Heat: its properties, that it is one definition - explained without a compiler, and compiled to the same
bits - and that the page about it says the same.
"""

import random
import re
import subprocess
import sys
from datetime import date, timedelta
from math import ceil
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.day import Day
from tests.engine.rows import AS_OF, fact
from tests.house.tree import ROOT
from trendwire.domain import heat
from trendwire.domain.heat import FLOOR_QUANTILE, Components, Heat, counted
from trendwire.engine import compiled
from trendwire.engine.compiled import jit
from trendwire.engine.scoring import bucket_of, floor_at, floor_of, score
from trendwire.engine.surroundings import BUCKETS, floor_among

PAGE = ROOT / "docs/explanation/how-a-rank-is-made.md"
NONE = Heat(0, 0, 0, 0, 0, 0)

Surroundings = tuple[int, int, int, int]
"""Creators of all posts: now, past, last, and past in the world."""


def subject(
    now: int, past: int = 0, last: int = 0, world: int | None = None, best: int = 10**6
) -> tuple[int, ...]:
    """A subject all of whose creators are watched."""
    return now, now, best, now, past, last, past if world is None else world


def month(all_now: int = 500, windows: int = 8, world: int | None = None) -> Surroundings:
    """A region as many people post in as ever, `windows` windows long."""
    past = all_now * windows
    return all_now, past, all_now, past if world is None else world


def heat_of(own: tuple[int, ...], among: Surroundings) -> Heat:
    return score(Components._make((*own, *among)))


@st.composite
def cases(draw: st.DrawFn) -> Components:
    """Counts that can occur: parts are not larger than what they are part of."""

    def upto(most: int) -> int:
        return draw(st.integers(0, most))

    all_now, all_past, others = upto(10**6), upto(10**7), upto(10**8)
    all_last = upto(all_past)
    creators, past = upto(all_now), upto(all_past)
    last = upto(min(past, all_last))
    watched, now = upto(creators), upto(creators)
    world = past + upto(others)
    shared = (all_now, all_past, all_last, all_past + others)
    return Components(creators, watched, upto(10**13), now, past, last, world, *shared)


@jit
def _compiled(of: Components) -> Heat:
    return score(of)


def test_reasons_load_no_compiler() -> None:
    told = "import sys, trendwire.web.reasons; print('numba' in sys.modules, 'numpy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True)
    assert found.stdout.split() == ["False", "False"]


@pytest.mark.skipif(compiled.UNCOMPILED, reason="nothing is compiled")
@settings(max_examples=300)
@given(cases())
def test_compiled_and_explained_give_the_same_bits(drawn: Components) -> None:
    assert _compiled(drawn) == score(drawn)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60))
def test_the_floor_of_a_region_is_that_of_its_good_first_posts(first_posts: list[int]) -> None:
    """Counting floors by bucket finds the same as sorting views; just under a tenth of a good first post."""
    buckets = [bucket_of(floor_of(views)) for views in first_posts]
    counts = np.bincount(buckets, minlength=BUCKETS).astype(np.int32)
    good = sorted(first_posts)[ceil(len(first_posts) * FLOOR_QUANTILE) - 1]
    assert floor_among(counts) == floor_of(good)
    assert good // 10 * 4 // 5 <= floor_of(good) <= good // 10
    assert floor_at(bucket_of(floor_of(good))) == floor_of(good)


@given(cases())
def test_the_gate_lies_between_0_and_1_and_heat_is_never_negative(case: Components) -> None:
    found = score(case)
    assert 0 <= found.gate <= 1
    assert found.heat == found.volume * found.gate >= 0


@given(cases())
def test_more_creators_never_lower_it(of: Components) -> None:
    more = of._replace(creators=of.creators + 1, watched=of.watched + 1, now=of.now + 1)
    joined = more._replace(all_now=of.all_now + 1)
    assert score(more).heat >= score(of).heat
    assert score(joined).heat >= score(of).heat * (1 - 1e-9)


@given(cases())
def test_unwatched_creators_add_at_most_what_the_watched_carry(of: Components) -> None:
    assert counted(of.creators + 100, of.watched) <= 2 * of.watched
    assert counted(of.creators, 0) == 0


@pytest.mark.parametrize("windows", [1, 2, 3, 8])
@pytest.mark.parametrize("usual", [2, 20, 170, 5000])
@pytest.mark.parametrize("swing", [0.8, 1.0, 1.2])
def test_an_evergreen_tag_has_no_heat_however_thin_its_past(windows: int, usual: int, swing: float) -> None:
    common = month(3 * usual, windows)
    assert heat_of(subject(round(usual * swing), usual * windows, usual), common).heat == 0


@pytest.mark.parametrize("windows", [1, 2, 8])
@pytest.mark.parametrize("extra", [30, 60, 300])
def test_a_burst_has_heat(windows: int, extra: int) -> None:
    usual = extra // 4
    assert heat_of(subject(extra + usual, usual * windows, usual), month(5000, windows)).gate > 0.2
    assert heat_of(subject(extra), month(5000, windows)).gate > 0.7


def test_a_surprise_stays_one_for_several_periods_then_fades() -> None:
    """A tag leaps from nothing to 60 creators a window and stays there."""
    history = [0] * 8 + [60] * 9
    gates = [
        heat_of(subject(60, sum(history[at - 8 : at]), history[at - 1]), month()).gate for at in range(8, 17)
    ]
    assert gates[0] > 0.9
    assert all(gate > 0.2 for gate in gates[:4])
    assert gates == sorted(gates, reverse=True)
    assert gates[-1] == 0


def test_a_burst_above_a_third_of_its_peak_is_still_hot_a_period_later() -> None:
    rising, peak, usual = 20, 90, 4
    past = usual * 6 + rising + peak
    assert heat_of(subject(peak // 3 + usual, past, peak), month()).gate > 0


def test_what_is_common_elsewhere_needs_more_to_be_a_surprise_here() -> None:
    small = month(40, world=200_000)
    local, common = subject(4, 2, 0), subject(4, 2, 0, world=2_000)
    assert heat_of(local, small).gate > 0
    assert heat_of(common, small).gate == 0
    assert heat_of(subject(40, 2, 0, world=2_000), small).gate > 0.5


def test_without_a_past_or_without_anybody_watching_nothing_is_hot() -> None:
    assert heat_of(subject(50), month(windows=0)) == NONE
    assert score(Components._make((*subject(50), *month()))._replace(watched=0)) == NONE


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


def heats(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    """Hashtag -> heat in VN over 7 days."""
    day = Day(rows)
    tags = {tag for row in rows for tag in row["tags"]}
    return {tag: day.detail(tag).region("VN").period(7).heat for tag in tags}


def test_many_posts_by_one_creator_change_nothing() -> None:
    rows = facts_of_a_burst(random.Random(5))
    spam = [post(f"9{n:05}", AS_OF, "b69.0", ["burst", "usual"], 400) for n in range(56)]
    before, after = heats(rows), heats([*rows, *spam])
    assert (before["burst"] or 0) > 0
    assert after == before


def test_a_ring_that_nobody_watches_has_no_heat() -> None:
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
    assert (found["burst"] or 0) > 0
    assert found["usual"] == 0


def test_the_page_states_every_constant_as_it_is() -> None:
    stated = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert stated == [(c.name, f"{c.value:g}", c.unit, c.why) for c in heat.CONSTANTS]


def test_the_example_on_the_page_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = re.findall(r"```(?:python|text)\n(.*?)```", PAGE.read_text(), re.DOTALL)[-2:]
    exec(compile(code, str(PAGE), "exec"), {})
    assert capsys.readouterr().out.strip() == printed.strip()
