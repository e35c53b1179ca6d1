"""Batches that are written by columns: taken like lines, once each, and set aside where they are damaged."""

import duckdb

from tests.facts.conftest import Stored, seen, table
from trendwire.facts.store import DrainResult, FactStore


def test_tables_and_lines_wait_in_one_inbox(store: FactStore, stored: Stored) -> None:
    receipts = [
        store.inbox.append_table(table([seen(1), seen(2)])),
        store.inbox.append([seen(2), seen(3)]),
        store.inbox.append_table(table([seen(3), seen(4)])),
    ]
    assert store.inbox.waiting().keys() == {receipt.batch for receipt in receipts}
    assert store.drain() == DrainResult(posts_new=4, observations_new=4, duplicates=2, batches=3)
    assert len(stored(store)) == 4
    assert store.inbox.waiting() == {}


def test_a_table_is_known_by_its_content(store: FactStore) -> None:
    content = table([seen(1)])
    assert not store.inbox.append_table(content).repeated
    assert store.inbox.append_table(content).repeated
    store.drain()
    assert store.inbox.append_table(content).repeated
    assert store.inbox.waiting() == {}


def test_a_table_with_a_changed_bit_is_set_aside_and_can_come_again(store: FactStore, stored: Stored) -> None:
    content = table([seen(post) for post in range(50)])
    store.inbox.append([seen(99)])
    for place in (0, len(content) // 2, len(content) - 3):
        batch = store.inbox.append_table(content).batch
        path = store.inbox.waiting()[batch]
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert store.drain().damaged == (f"inbox/{path.name}",)
        store.damaged.drop(store.damaged.notes()[0])
    assert len(stored(store)) == 1
    assert not store.inbox.append_table(content).repeated
    assert store.drain().observations_new == 50


def test_a_table_of_something_else_is_set_aside(store: FactStore) -> None:
    path = store.folder / "other.parquet"
    store.folder.mkdir()
    duckdb.execute("copy (select 1 as id, 'x' as create_time) to $path (format parquet)", {"path": str(path)})
    receipt = store.inbox.append_table(path.read_bytes())
    store.inbox.append([seen(1)])
    drained = store.drain()
    assert drained.damaged == (f"inbox/{receipt.batch}.parquet",)
    assert drained.observations_new == 1
