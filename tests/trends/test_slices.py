"""The facts may be read in slices: numbers then ascend with no text any more, and nobody can tell."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from tests.trends.conftest import AS_OF, fact, write_parts
from tests.trends.test_build import make_facts
from trendwire.trends import documents, ranking, rollups

Tables = dict[str, list[tuple[Any, ...]]]
NUMBERED = {
    "chart_documents": "SELECT key, document FROM chart_documents",
    "memberships": "SELECT chart_key, rank, subject FROM memberships",
    "subjects": "SELECT * EXCLUDE (subject) FROM subjects",
    "posts": "SELECT * EXCLUDE (post, creator, sound) FROM posts",
    "spans": "SELECT id, spans.* EXCLUDE (post) FROM spans JOIN posts USING (post)",
}


def made(parts: list[Path], rows_at_once: int | None, as_of: date = AS_OF) -> Tables:
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": False}) as connection:
        rollups.create(connection, parts, as_of, ranking.ends(as_of), _silent, rows_at_once)
        ranking.create(connection, as_of, (), _silent)
        documents.create(connection, as_of, _silent)
        return {
            name: sorted(connection.execute(query).fetchall(), key=repr) for name, query in NUMBERED.items()
        }


def test_slices_change_nothing(tmp_path: Path) -> None:
    """Parts that begin one after the other make as many slices; equal scores and views abound in them."""
    facts = sorted(make_facts(), key=lambda row: str(row["id"]))
    half = len(facts) // 2
    parts = []
    for number, rows in enumerate((facts[:half], facts[half : half + 90], facts[half + 60 :])):
        folder = tmp_path / str(number)
        folder.mkdir()
        parts += write_parts(folder, rows)
    whole = made(parts, None)
    assert made(parts, 1) == whole
    assert whole["chart_documents"]


def _silent(_stage: str, _done: float) -> None:
    """Nobody watches."""


def test_equal_scores_are_ranked_by_name(tmp_path: Path) -> None:
    """The later slice holds the name that comes first."""
    facts = [
        fact(f"{slice_}{tag}{n}", AS_OF - timedelta(days=ago), username=f"{tag}{n}", tags=[tag], region="VN")
        for slice_, tag in ((1, "zebra"), (2, "ant"))
        for ago, n in ((day, n) for day in (0, 1) for n in range(6))
    ] + [fact(f"0{n}", AS_OF - timedelta(days=10 + n), username=f"old{n}", region="VN") for n in range(60)]
    parts = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        parts += write_parts(folder, [row for row in facts if str(row["id"]).startswith(str(number))])
    tables = made(parts, 1)
    ranked = [row[2] for row in sorted(tables["memberships"]) if row[0] == "hashtag/7/VN/0"]
    assert ranked == ["ant", "zebra"]
    assert made(parts, None) == tables
