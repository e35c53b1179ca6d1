"""A whole build: documents in the shapes of the vocabulary, and the same bytes from the same facts; of no
posts, of a day before all of them, and what it leaves behind.
"""

import random
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from types import GenericAlias
from typing import Any

import duckdb
import msgspec
import pytest

from tests.agreement.pair import silent
from tests.engine.rows import AS_OF, Row, at, fact, make_facts, write_parts
from trendwire.domain.charts import (
    ENTRY_TYPES,
    ChartKey,
    CreatorEntry,
    CreatorPost,
    Entry,
    Face,
    HashtagEntry,
    Kind,
    Move,
    PostLink,
    SoundEntry,
    VideoEntry,
)
from trendwire.domain.details import Detail
from trendwire.domain.periods import buckets
from trendwire.engine.build import Build, build
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources


def documents(
    folder: Path, facts: Sequence[Row], parts: int = 1, threads: int = 1
) -> dict[tuple[str, ...], str]:
    """All documents of a build, by what names them."""
    folder.mkdir()
    with built(folder, facts, parts, threads) as made:
        charts: dict[tuple[str, ...], str] = {(key,): text for key, text in made.charts()}
        subjects: dict[tuple[str, ...], str] = {(k, i): text for k, i, text in made.subjects()}
    return charts | subjects


def built(
    folder: Path, facts: Sequence[Row], parts: int = 1, threads: int = 1, as_of: date = AS_OF
) -> AbstractContextManager[Build]:
    written = write_parts(folder, facts, parts) if facts else []
    return build(written, as_of, {}, folder, silent, Resources(threads))


def chart(made: Build, key: ChartKey) -> tuple[Entry, ...]:
    return decoded(key.kind, dict(made.charts()).get(key.text, "[]"))


def decoded(kind: Kind, document: str) -> tuple[Entry, ...]:
    entries: tuple[Entry, ...] = msgspec.json.decode(
        document, type=GenericAlias(tuple, (ENTRY_TYPES[kind], ...))
    )
    return entries


@pytest.fixture
def past() -> list[Row]:
    """Ten quiet weeks of one region, so that what starts in the last week is a surprise."""
    return [
        fact(f"9{week:02}{n:03}", AS_OF - timedelta(days=7 * week + 3), username=f"old{n}", region="VN")
        for week in range(10)
        for n in range(40)
    ]


def burst(size: int = 12, **columns: Any) -> list[Row]:
    """Posts of that many creators, of the day before AS_OF, with growing views seen the same day."""
    day = AS_OF - timedelta(days=1)
    return [
        fact(
            str(1000 + number),
            day,
            **{
                "username": f"new{number:02}",
                "region": "VN",
                "observed_at": at(day),
                "view_count": 100 + number,
                **columns,
            },
        )
        for number in range(size)
    ]


def test_order_split_copies_and_threads_change_no_byte(tmp_path: Path) -> None:
    facts = make_facts()
    first = documents(tmp_path / "once", facts, threads=1)
    again = [*facts, *facts[::3]]
    random.Random(5).shuffle(again)
    assert documents(tmp_path / "again", again, parts=4, threads=4) == first
    assert ("hashtag/7/VN/0",) in first


def test_every_document_decodes_strictly(tmp_path: Path) -> None:
    with built(tmp_path, make_facts()) as made:
        charts = list(made.charts())
        for key, text in charts:
            entries = decoded(Kind(key.partition("/")[0]), text)
            assert [entry.rank for entry in entries] == list(range(1, len(entries) + 1))
        for kind_name, identity, text in made.subjects():
            detail = msgspec.json.decode(text, type=Detail)
            assert (detail.kind, identity) == (kind_name, getattr(detail.facts, "name", identity))
        assert [key for key, _ in charts] == sorted(key for key, _ in charts)
        subjects = [(kind, identity) for kind, identity, _ in made.subjects()]
        assert subjects == sorted(subjects)
        assert subjects


def test_a_hashtag_row_tells_what_happened_in_the_window(tmp_path: Path, past: list[Row]) -> None:
    facts = [*past, *burst(tags=["x"], industry=10, nickname="Nick")]
    facts += [fact("2000", AS_OF, region="VN", tags=["x"], tag_ids=["55"], is_promoted=True, view_count=70)]
    with built(tmp_path, facts) as made:
        (row,) = chart(made, ChartKey(Kind.HASHTAG, 7, "VN"))
        assert isinstance(row, HashtagEntry)
        assert (row.name, row.hashtag_id, row.industry, row.promoted) == ("x", "55", 10, True)
        assert row.curve == (0, 0, 0, 0, 0, sum(range(100, 112)), 10)
        assert row.creators == tuple(Face(name, "Nick") for name in ("new11", "new10", "new09"))
        assert (row.posts, row.views) == (13, sum(range(100, 112)) + 10)
        assert (row.rank, row.move, row.steps, row.first_time) == (1, Move.NEW, 0, True)
        (same,) = chart(made, ChartKey(Kind.HASHTAG, 7, "VN", 10))
        assert same == row
        assert chart(made, ChartKey(Kind.HASHTAG, 7, "VN", 20)) == ()


@pytest.mark.parametrize("period", [7, 30, 120])
def test_a_curve_has_the_points_of_its_period(tmp_path: Path, past: list[Row], period: int) -> None:
    with built(tmp_path, [*past, *burst(40, tags=["x"])]) as made:
        (row,) = chart(made, ChartKey(Kind.HASHTAG, period, "VN"))
        assert isinstance(row, HashtagEntry)
        assert len(row.curve) == len(buckets(period, AS_OF))
        inside = [b.window.holds(AS_OF - timedelta(days=1)) for b in buckets(period, AS_OF)]
        assert [bool(views) for views in row.curve] == inside


def test_a_sound_row_starts_with_its_first_use(tmp_path: Path, past: list[Row]) -> None:
    damaged = dict(burst(1, music_id="71")[0]) | {"id": "7e+18"}
    facts = [*past, *burst(music_id="71", music_title="Song", is_commercial_music=True), damaged]
    with built(tmp_path, facts) as made:
        (row,) = chart(made, ChartKey(Kind.SOUND, 7, "VN"))
        assert isinstance(row, SoundEntry)
        assert (row.clip_id, row.title, row.commercial, row.author) == ("71", "Song", True, None)
        assert row.curve == (sum(range(100, 112)) + 100, 0)
        assert row.top_posts == tuple(PostLink(str(1000 + n)) for n in reversed(range(12)))
        assert row.days_listed == 1


def test_a_video_row_tells_the_post(tmp_path: Path) -> None:
    seen = {"observed_at": at(AS_OF), "view_count": 9, "description": "hi", "duration": 15, "cover_url": "c"}
    with built(tmp_path, [fact("5", AS_OF, username="ann", **seen)]) as made:
        assert chart(made, ChartKey(Kind.VIDEO, 7, "VN")) == ()
        assert chart(made, ChartKey(Kind.VIDEO, 7)) == (
            VideoEntry(
                id="5",
                username="ann",
                title="hi",
                cover_url="c",
                duration=15,
                region=None,
                created=at(AS_OF),
                views=9,
                rank=1,
            ),
        )


def test_a_creator_row_tells_posts_by_the_counters_shown(tmp_path: Path) -> None:
    def post(id_: str, ago: int, views: int, **columns: Any) -> Row:
        day = AS_OF - timedelta(days=ago)
        return fact(id_, day, username="ann", observed_at=at(day), view_count=views, **columns)

    facts = [
        post("1", 0, 5, region="VN", nickname="Ann", like_count=2),
        post("2", 0, 9, region="VN", cover_url="c"),
        post("3", 0, 50, region="US"),
        post("4", 20, 90, region="VN"),
    ]
    with built(tmp_path, facts) as made:
        (row,) = chart(made, ChartKey(Kind.CREATOR, 7, "VN"))
    created = at(AS_OF)
    assert row == CreatorEntry(
        username="ann",
        nickname="Ann",
        avatar_url=None,
        region="US",
        posts=2,
        views=14,
        rank=1,
        top_posts=(
            CreatorPost(id="2", cover_url="c", views=9, likes=None, created=created),
            CreatorPost(id="1", cover_url=None, views=5, likes=2, created=created),
        ),
    )


def test_memberships_are_written_as_facts(tmp_path: Path, past: list[Row]) -> None:
    path = tmp_path / "members.parquet"
    with built(tmp_path, [*past, *burst(tags=["x"])]) as made:
        made.write_memberships(path)
    with duckdb.connect() as reader:
        found = reader.execute("FROM read_parquet($path) WHERE subject = 'x'", {"path": str(path)}).fetchall()
    assert ("hashtag/7/VN/0", "hashtag", 7, "VN", 0, "x", 1) in found


def test_a_day_before_all_posts_is_an_empty_edition(tmp_path: Path) -> None:
    with built(tmp_path, burst(), as_of=date(2020, 1, 1)) as made:
        assert list(made.charts()) == []
        assert list(made.subjects()) == []
        assert made.provenance("1") == {}


def test_without_facts_there_is_nothing_to_build(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="no posts yet"), built(tmp_path, []):
        pass


def test_nothing_is_left_in_scratch(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with build(write_parts(tmp_path, make_facts()), AS_OF, {}, scratch, silent, Resources(1)) as made:
        list(made.charts())
    assert list(scratch.iterdir()) == []
