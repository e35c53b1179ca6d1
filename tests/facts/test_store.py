"""The store keeps each row once, as first accepted, whatever the order, split or repetition of batches."""

import random
from itertools import pairwise
from pathlib import Path

import duckdb
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.facts.conftest import Stored, seen
from trendwire.domain.posts import FACT_COLUMNS, Observation
from trendwire.errors import Conflict, Corrupt
from trendwire.facts.durable import exclusive
from trendwire.facts.store import DrainResult, FactStore


def test_an_empty_store_has_no_parts(store: FactStore) -> None:
    assert store.parts() == []
    assert store.drain() == DrainResult()


def test_observation_and_columns_are_the_same_fields() -> None:
    assert set(Observation.__struct_fields__) == set(FACT_COLUMNS)


def test_parts_have_the_columns_of_a_fact(store: FactStore) -> None:
    store.inbox.append([seen(1)])
    store.drain()
    described = duckdb.execute(
        "describe from read_parquet($p)", {"p": [str(p) for p in store.parts()]}
    ).fetchall()
    assert {row[0]: row[1] for row in described} == FACT_COLUMNS


def test_values_survive_the_way(store: FactStore) -> None:
    store.inbox.append([seen(1, 3)])
    store.drain()
    query = "select tags, tag_ids, view_count, audience_ages, region from read_parquet($p)"
    row = duckdb.execute(query, {"p": [str(p) for p in store.parts()]}).fetchone()
    assert row == (["a", "tag1"], ["1", None], 300, {"18-24": 0.1}, None)


def test_counts_new_posts_new_observations_and_duplicates(store: FactStore) -> None:
    store.inbox.append([seen(1, 1), seen(1, 2), seen(2, 1), seen(1, 1)])
    assert store.drain() == DrainResult(posts_new=2, observations_new=3, duplicates=1, batches=1)
    store.inbox.append([seen(1, 2), seen(1, 3), seen(3, 1)])
    assert store.drain() == DrainResult(posts_new=1, observations_new=2, duplicates=1, batches=1)
    assert (store.snapshot().posts, store.snapshot().observations) == (3, 5)


def test_a_post_seen_in_another_month_is_not_new(store: FactStore) -> None:
    first, second = seen(1, 1), seen(1, 2)
    store.inbox.append([first])
    store.drain()
    store.inbox.append([msgspec.structs.replace(second, create_time=1_700_000_000)])
    assert store.drain() == DrainResult(posts_new=0, observations_new=1, duplicates=0, batches=1)


def test_a_repeated_row_keeps_its_first_ingest_time(store: FactStore, stored: Stored) -> None:
    store.inbox.append([seen(1, at=1000), seen(2, at=1000)])
    store.inbox.append([seen(2, at=900)])
    store.drain()
    store.inbox.append([seen(1, at=2000)])
    store.drain()
    assert [row[2] for row in stored(store)] == [1000, 900]


def test_a_batch_is_taken_once_by_its_id(store: FactStore, stored: Stored) -> None:
    receipt = store.inbox.append([seen(1)], batch_id="push/1 ü")
    assert not receipt.repeated
    assert store.inbox.append([seen(2)], batch_id="push/1 ü").repeated
    store.drain()
    assert store.inbox.append([seen(3)], batch_id="push/1 ü").repeated
    assert store.drain() == DrainResult()
    assert len(stored(store)) == 1


def test_parts_are_filed_by_month_and_sorted_by_id(store: FactStore) -> None:
    store.inbox.append([seen(post, month=post % 3) for post in random.Random(1).sample(range(300), 300)])
    store.drain()
    assert [part.month for part in store.snapshot().parts] == ["2025-05", "2025-06", "2025-07"]
    for path in store.parts():
        ids = [
            row[0] for row in duckdb.execute("select id from read_parquet($p)", {"p": str(path)}).fetchall()
        ]
        assert ids == sorted(ids)


def test_compaction_keeps_every_row_and_leaves_one_part_a_month(store: FactStore, stored: Stored) -> None:
    for batch in range(5):
        store.inbox.append([seen(post, batch, month=post % 2) for post in range(20)])
        store.drain()
    before = stored(store)
    assert store.compact(least=2) == 8
    assert stored(store) == before
    assert len(store.parts()) == 2 == len(list((store.folder / "parts").glob("*/*")))


def test_a_reader_keeps_its_parts_during_compaction(store: FactStore) -> None:
    for batch in range(2):
        store.inbox.append([seen(1, batch)])
        store.drain()
    with store.reading() as parts:
        store.compact(least=2)
        assert all(path.exists() for path in parts)
    store.drain()
    assert not any(path.exists() for path in parts)


def test_one_process_drains_at_a_time(store: FactStore) -> None:
    with exclusive(store.folder / "write.lock", "draining"), pytest.raises(Conflict, match=r"pid \d+"):
        store.drain()


def test_a_damaged_manifest_is_said(store: FactStore) -> None:
    store.folder.mkdir()
    (store.folder / "manifest.json").write_text("{")
    with pytest.raises(Corrupt):
        store.parts()


def test_parts_of_an_unfinished_drain_are_removed(store: FactStore) -> None:
    orphan = store.folder / "parts" / "2025-05" / "00000001.parquet"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"half a part")
    store.drain()
    assert not orphan.exists()


ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 2)), max_size=30)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, cuts=st.lists(st.integers(0, 30), max_size=4), seed=st.integers(0, 99))
def test_order_split_and_repetition_change_nothing(
    rows: list[tuple[int, int, int]],
    cuts: list[int],
    seed: int,
    tmp_path_factory: pytest.TempPathFactory,
    stored: Stored,
) -> None:
    observations = [seen(post, time, month=post % 3) for post, time, _ in rows]
    once = FactStore(tmp_path_factory.mktemp("once"))
    once.inbox.append(observations)
    once.drain()
    mixed = FactStore(tmp_path_factory.mktemp("mixed"))
    shuffled = random.Random(seed).sample(observations * 2, len(observations) * 2)
    edges = [0, *sorted(cuts), len(shuffled)]
    for start, stop in pairwise(edges):
        mixed.inbox.append(shuffled[start:stop])
        mixed.drain()
    assert stored(mixed) == stored(once)
    assert mixed.snapshot().posts == once.snapshot().posts == len({row[0] for row in rows})


def test_a_home_may_be_named_with_any_letters(tmp_path: Path, stored: Stored) -> None:
    store = FactStore(tmp_path / "it's a 家 [x]*")
    store.inbox.append([seen(1)])
    store.drain()
    assert len(stored(store)) == 1
