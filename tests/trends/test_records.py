"""What details are rendered from, as the engine gives it: whole, canonical, and in order."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from tests.trends.conftest import AS_OF, Row, at, fact, write_parts
from tests.trends.test_build import make_facts
from trendwire.domain.details import HashtagFacts, SoundFacts
from trendwire.domain.records import Factors, PostRecord
from trendwire.trends import ranking, records, rollups


@dataclass(frozen=True, slots=True)
class Told:
    posts: dict[int, PostRecord]
    texts: list[str]
    subjects: dict[tuple[str, str], tuple[str, list[str]]]
    total: int
    factors: Factors
    reach: list[tuple[str, str]]
    listed: list[tuple[str, str, str]]


def told(folder: Path, facts: Sequence[Row], parts: int = 1, rows_at_once: int | None = None) -> Told:
    folder.mkdir()
    with ranked(write_parts(folder, facts, parts), rows_at_once) as connection:
        found = records.Records(connection)
        numbered = list(found.posts())
        posts = {number: msgspec.json.decode(text, type=PostRecord) for number, text in numbered}
        assert list(posts) == sorted(posts)
        subjects = list(found.subjects())
        assert [row[:2] for row in subjects] == sorted(row[:2] for row in subjects)
        return Told(
            posts,
            sorted(text for _, text in numbered),
            {(kind, name): (facts, sorted(posts[n].id for n in of)) for kind, name, facts, of in subjects},
            found.total,
            records.factors(connection, AS_OF),
            records.reach(connection),
            records.listed(connection),
        )


@contextmanager
def ranked(parts: list[Path], rows_at_once: int | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of rollups and ranking, without dropping what only leads to the charts."""
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": False}) as connection:
        rollups.create(
            connection, parts, AS_OF, ranking.ends(AS_OF), lambda _stage, _done: None, rows_at_once
        )
        ranking.create(connection, AS_OF, (), lambda _stage, _done: None)
        yield connection


def test_numbering_is_seen_in_no_record(tmp_path: Path) -> None:
    facts = make_facts()
    whole = told(tmp_path / "whole", facts)
    random.Random(3).shuffle(facts)
    again = told(tmp_path / "again", facts, parts=3, rows_at_once=1)
    assert (again.texts, again.subjects, again.total) == (whole.texts, whole.subjects, whole.total)
    assert (again.factors, again.reach, again.listed) == (whole.factors, whole.reach, whole.listed)
    assert whole.listed


def test_a_record_tells_all_of_a_post(tmp_path: Path) -> None:
    columns = {
        "username": "ann",
        "region": "VN",
        "tags": ["b", "a", "b"],
        "music_id": "77",
        "industry": 10,
        "is_promoted": True,
        "cover_url": "https://c.example/1",
        "audience_ages": {"18-24": 0.5},
    }
    seen = [("2025-05-01", 10), ("2025-05-11", 5), ("2025-05-12", 30)]
    facts = [fact("1", "2025-05-01", observed_at=at(day), view_count=n, **columns) for day, n in seen]
    (record,) = told(tmp_path / "one", facts).posts.values()
    day = record.day
    assert record == PostRecord(
        "1", day, "VN", "ann", 10, 30, True, ((10, day, 1), (20, day + 11, 1)), ("a", "b"), "77",
        "https://c.example/1", {"18-24": 0.5}, None, None,
    )  # fmt: skip


def test_every_post_is_under_its_subjects(tmp_path: Path) -> None:
    found = told(tmp_path / "world", make_facts())
    expected: dict[tuple[str, str], list[str]] = {}
    for post in found.posts.values():
        for subject in [("hashtag", tag) for tag in post.tags] + [("sound", s) for s in [post.sound] if s]:
            expected.setdefault(subject, []).append(post.id)
    assert {key: of for key, (_, of) in found.subjects.items()} == {
        key: sorted(of) for key, of in expected.items()
    }
    for (kind, identity), (facts, _) in found.subjects.items():
        if kind == "hashtag":
            assert msgspec.json.decode(facts, type=HashtagFacts).name == identity
        else:
            assert msgspec.json.decode(facts, type=SoundFacts).clip_id == identity


def test_the_total_is_over_every_record_and_all_facts(tmp_path: Path) -> None:
    found = told(tmp_path / "world", make_facts())
    said = [*found.texts, *(f"{kind}/{name}/{facts}" for (kind, name), (facts, _) in found.subjects.items())]
    assert found.total == sum(int(hashlib.sha256(text.encode()).hexdigest(), 16) for text in said)
