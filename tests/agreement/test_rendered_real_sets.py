"""On four real sets, details rendered when they are asked for are those the engine makes of all facts."""

import gzip
import json
from pathlib import Path

import pytest

from tests.agreement.pair import take_in
from tests.agreement.test_real_sets import SETS
from tests.trends.kept import differences, edition
from trendwire.facts.store import FactStore

EVERY = 5
"""Details are compared for each so many-th subject."""

pytestmark = [pytest.mark.real]


@pytest.mark.parametrize("name", SETS)
def test_rendered_details_are_the_engines(name: str, real_posts: Path, tmp_path: Path) -> None:
    with gzip.open(real_posts / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        take_in(tmp_path, [json.loads(line) for line in lines])
    with (
        FactStore(tmp_path).reading() as parts,
        edition(parts, SETS[name][0], tmp_path) as (documents, store),
    ):
        assert differences(documents, store, step=EVERY)[:3] == []
