"""What counts as the same row: the key over all that it says, whether or not the key is stored."""

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trendwire.domain.posts import Observation
from trendwire.facts.forgotten import Forgotten
from trendwire.facts.store import FactStore
from trendwire.sources.records import DAY, RecordParser

AT = 1_800_000_000
CREATED = 1_747_820_685
BESIDE = ("row_key", "id_time", "ingested_at", "source")


@dataclass(frozen=True)
class Given:
    """A row, when it came in and from where; `keyed`: as the first versions stored it."""

    row: tuple[tuple[str, Any], ...]
    at: int
    keyed: bool

    @property
    def key(self) -> str:
        """As the first versions computed and stored it."""
        said = msgspec.json.encode(dict(self.row), order="sorted")
        return hashlib.blake2b(said, digest_size=16).hexdigest()

    @property
    def observation(self) -> Observation:
        names = {"video_description": "description"}
        raw = {{v: k for k, v in names.items()}.get(name, name): value for name, value in self.row}
        found = RecordParser(self.at, "test").parse(raw)
        return msgspec.structs.replace(found, row_key=self.key) if self.keyed else found


ROWS = st.fixed_dictionaries(
    {"id": st.sampled_from([str(CREATED + n << 32) for n in range(2)])},
    optional={
        "create_time": st.sampled_from([1, CREATED, AT + 3 * DAY, AT + 4 * DAY]),
        "observed_at": st.sampled_from([CREATED + 5, AT + 3 * DAY]),
        "description": st.sampled_from(["a", "null"]),
        "view_count": st.integers(0, 1),
        "audience_ages": st.sampled_from([{"18-24": 0.1}, {"18-24": 1e-7}]),
    },
)
GIVEN = st.builds(
    Given,
    ROWS.map(lambda row: tuple(row.items())),
    at=st.sampled_from([AT, AT + 9, AT + 5 * DAY]),
    keyed=st.booleans(),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(GIVEN, max_size=25), seed=st.integers(0, 99))
def test_a_row_is_stored_once_for_each_key_of_the_first_versions(
    rows: list[Given], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store, chance = FactStore(tmp_path_factory.mktemp("home")), random.Random(seed)
    new = duplicates = 0
    for start in range(0, len(rows), 9):
        batch = rows[start : start + 9]
        store.inbox.append([row.observation for row in batch], batch_id=f"{start} {chance.random()}")
        drained = store.drain()
        new, duplicates = new + drained.observations_new, duplicates + drained.duplicates
    assert new == len({row.key for row in rows})
    assert new + duplicates == len(rows)


@pytest.mark.parametrize("forgotten_first", [False, True])
def test_a_row_that_lost_a_forgotten_name_is_still_known(
    store: FactStore, tmp_path: Path, *, forgotten_first: bool
) -> None:
    row = {"id": str(CREATED << 32), "create_time": CREATED, "music_id": "7", "music_author": "Ann"}
    seen = [RecordParser(AT, "test").parse(row)]
    forgotten = Forgotten().with_("user", ["Ann"])
    if forgotten_first:
        forgotten.save(tmp_path)
    store.inbox.append(seen)
    store.drain()
    forgotten.save(tmp_path)
    assert store.forget(forgotten).observations == 0
    store.inbox.append(seen, batch_id="again")
    assert store.drain().duplicates == 1
    stored = duckdb.execute("select music_author from read_parquet($p)", {"p": list(map(str, store.parts()))})
    assert stored.fetchall() == [(None,)]
