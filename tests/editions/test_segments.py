"""Segments: whatever the sequence of bases, overlays and absorptions, they answer like one dict."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.editions.lean_worlds import (
    TODAY,
    Memory,
    World,
    absorb,
    editions_of,
    facts,
    post,
    publish_lean,
    rendered,
    used,
)
from tests.editions.worlds import DAY
from trendwire.domain.charts import Kind
from trendwire.domain.periods import epoch_day
from trendwire.domain.records import PostRecord
from trendwire.editions import Edition
from trendwire.editions.absorbing import due
from trendwire.editions.blocks import NUMBERS, POSTS, SUBJECTS
from trendwire.editions.catalog import Segment
from trendwire.editions.documents import Section
from trendwire.editions.segments import OpenSegment, Rows, write
from trendwire.errors import Corrupt

TAGS = ("a", "aa", "b", "ü", "\U0001f389", "zz")

records = st.builds(
    post,
    st.sampled_from("123456"),
    st.sampled_from(TAGS),
    st.sampled_from(TAGS),
    sound=st.none() | st.sampled_from("st"),
    day=st.integers(TODAY - 1, TODAY + 1),
    views=st.integers(1, 3),
)
batches = st.lists(records, max_size=6, unique_by=lambda one: one.id)
documents = st.dictionaries(st.sampled_from("xyz"), st.none() | st.integers(0, 3).map(str), max_size=3)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["overlay", "overlay", "overlay", "base", "absorb", "roll"]),
        batches,
        documents,
        st.booleans(),
    ),
    min_size=1,
    max_size=7,
)


@settings(deadline=None, max_examples=25)
@given(STEPS)
def test_it_answers_like_one_dict(
    steps: list[tuple[str, list[PostRecord], dict[str, str | None], bool]],
) -> None:
    with TemporaryDirectory() as folder:
        home, world, after, as_of = Path(folder), World(), None, DAY
        told: dict[str, str] = {}
        for turn, (step, batch, changes, complete) in enumerate(steps):
            if step == "absorb":
                absorb(home)
                continue
            as_of += timedelta(days=step == "roll")
            after = None if step == "base" else after
            for kind, identity in used({one.id: one for one in batch}):
                world.facts[kind, identity] = facts(kind, identity, turn)
            told = (
                told | {key: text for key, text in changes.items() if text}
                if not complete
                else {key: text for key, text in changes.items() if text}
            )
            told = {key: text for key, text in told.items() if changes.get(key, text) is not None}
            given_whole = after is None or complete
            made = world.content(
                home,
                batch,
                after,
                as_of=as_of,
                listed=[
                    ("hashtag", key, f'{{"VN":{text}}}' if text else None)
                    for key, text in (told if given_whole else changes).items()
                ],
                complete={Section.LISTED} if complete else (),
            )
            after = publish_lean(home, made).number
        if after is not None:
            _agree(home, world, as_of, told)


def _agree(home: Path, world: World, as_of: object, told: Mapping[str, str]) -> None:
    edition = editions_of(home).current()
    memory = Memory(world, edition.as_of, {key: int(text) for key, text in told.items()})
    assert edition.as_of == as_of
    assert edition.verify()
    for kind in (Kind.HASHTAG, Kind.SOUND):
        for name in (*TAGS, "s", "t", "never"):
            assert edition.detail(kind, name) == rendered(memory, kind, name)
        counted = sorted(name for own, name in world.counted(edition.as_of) if own is kind)
        assert edition.identities(kind, "", 99) == tuple(counted)
        assert edition.identities(kind, "a", 1) == tuple(one for one in counted if one.startswith("a"))[:1]
    assert edition.record.subjects == len(world.counted(edition.as_of))
    again = publish_lean(
        home,
        world.content(
            home,
            as_of=edition.as_of,
            listed=[("hashtag", key, f'{{"VN":{text}}}') for key, text in told.items()],
        ),
    )
    assert again.content_hash == edition.content_hash
    assert epoch_day(again.as_of) >= TODAY


def test_many_posts_and_subjects_take_many_blocks(tmp_path: Path) -> None:
    names = [f"t{number:05}" for number in range(3 * SUBJECTS)]
    world = World()
    posts = [post(str(number), "all", names[number % len(names)]) for number in range(2 * NUMBERS + POSTS)]
    record = publish_lean(tmp_path, world.content(tmp_path, posts))
    edition = editions_of(tmp_path).current()
    assert record.subjects == len(names) + 1
    assert edition.identities(Kind.HASHTAG, "t", 10_000) == tuple(names)
    assert edition.identities(Kind.HASHTAG, "t0010", 3) == tuple(names[100:103])
    found = edition.detail(Kind.HASHTAG, "all")
    assert found is not None
    assert found.posts_all == len(posts)
    assert edition.detail(Kind.HASHTAG, names[-1]) is not None
    assert edition.detail(Kind.HASHTAG, "zzz") is None
    assert edition.verify()


def test_numbers_need_not_be_dense(tmp_path: Path) -> None:
    segment = _written(
        tmp_path,
        Rows(
            posts=[
                (7 * n, f'["{n}",1,null,null,null,null,false,[],["a"],null,null,null,null,null]')
                for n in range(40)
            ],
            subjects=[("hashtag", "a", None, [7 * n for n in range(0, 40, 3)])],
        ),
    )
    listed = segment.subject("hashtag", "a")
    assert listed is not None
    assert {one.id for one in segment.records(listed)} == {str(n) for n in range(0, 40, 3)}


@pytest.mark.parametrize(
    "rows",
    [
        Rows(posts=[(2, "[]"), (1, "[]")]),
        Rows(posts=[(1, "[]"), (1, "[]")]),
        Rows(posts=[(n % 8 + n // 8, "[]") for n in range(16)]),
        Rows(subjects=[("hashtag", "b", None, [1]), ("hashtag", "a", None, [1])]),
        Rows(subjects=[("hashtag", "a", None, [1]), ("hashtag", "a", None, [2])]),
        Rows(subjects=[("sound", "a", None, [1]), ("hashtag", "b", None, [2])]),
        Rows(documents=[("chart", "a", b"", b""), ("chart", "a", b"", b"")]),
    ],
)
def test_rows_that_do_not_ascend_are_refused(tmp_path: Path, rows: Rows) -> None:
    with pytest.raises(Corrupt):
        _written(tmp_path, rows)


@pytest.mark.parametrize(
    ("sizes", "taken"),
    [
        ([], 0),
        ([5], 0),
        ([100, 10], 0),
        ([5, 10], 0),
        ([100, 10, 10], 2),
        ([100, 40, 10, 10], 2),
        ([100, 39, 10, 10], 3),
        ([100, 90, 40, 20], 0),
        ([1, 1, 1, 1], 3),
    ],
)
def test_a_base_is_never_absorbed_and_overlays_halve(sizes: list[int], taken: int) -> None:
    chain = [Segment(str(place), 0, 0, 0, size, "") for place, size in enumerate(sizes)]
    assert due(chain) == tuple(chain[len(chain) - taken :])


def test_a_post_that_moves_on_leaves_where_it_was_when_overlays_are_absorbed(tmp_path: Path) -> None:
    """From one hashtag to another, and on: the overlay that took in both says so of all of them."""
    world = World()
    publish_lean(tmp_path, world.content(tmp_path, [post("1", "a"), post("2", "stays")]))
    publish_lean(tmp_path, world.content(tmp_path, [post("3", "new"), post("1", "b")], 1))
    publish_lean(tmp_path, world.content(tmp_path, [post("4", "newer"), post("1", "c")], 2))
    assert absorb(tmp_path)
    edition = editions_of(tmp_path).current()
    assert edition.identities(Kind.HASHTAG, "", 9) == ("c", "new", "newer", "stays")
    assert {one: _ids(edition, one) for one in ("a", "b", "c", "new", "newer")} == {
        "a": set(),
        "b": set(),
        "c": {"1"},
        "new": {"3"},
        "newer": {"4"},
    }
    assert edition.verify()


def _ids(edition: Edition, tag: str) -> set[str]:
    found = edition.detail(Kind.HASHTAG, tag)
    return set() if found is None else set(found.regions["VN"].covers)


def test_overlays_stay_few(tmp_path: Path) -> None:
    world, after = World(), None
    for number in range(24):
        after = publish_lean(tmp_path, world.content(tmp_path, [post(str(number), "a")], after)).number
        absorb(tmp_path)
    edition = editions_of(tmp_path).current()
    assert len(edition.record.segments) <= 6
    found = edition.detail(Kind.HASHTAG, "a")
    assert found is not None
    assert found.posts_all == 24


def _written(folder: Path, rows: Rows) -> OpenSegment:
    path = folder / "one.sqlite"
    return OpenSegment(path, write(path, "one", rows))
