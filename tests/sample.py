"""Makes the sample edition that test keys are answered from: `make sample`."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from trendwire import pipeline
from trendwire.dialects.examples import CLIP_ID, HASHTAG
from trendwire.editions import Record, sample_folder
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate

WORLD = World(posts=4000, days=60, regions=4, seed=3, last_day=date(2026, 9, 30))
AT = datetime(2026, 10, 1, 12, tzinfo=UTC)

RISING_TAG, RISING_SOUND = "nihaga", "7104211901045162422"
"""In the charts of that world, for the whole world and the US: the documents' examples take their names."""


def made(home: Path) -> Record:
    """Publish the sample's world in `home`."""
    settings = Settings(home=home, engine_threads=1, engine_memory_mb=1024)
    rows = [RowSource("sample", "simulator", map(_as_in_the_documents, simulate(WORLD)))]
    pipeline.ingest_from(settings, rows, AT, lambda _stage, _done: None)
    return pipeline.publish(settings, WORLD.last_day, lambda _stage, _done: None)


def _as_in_the_documents(row: dict[str, Any]) -> dict[str, Any]:
    """So that whoever tries an example of the documents with a test key is answered."""
    tags = [HASHTAG if tag == RISING_TAG else tag for tag in row["hashtag_names"]]
    row |= {"hashtag_names": tags, "video_description": " ".join(f"#{tag}" for tag in tags)}
    if row.get("music_id") == RISING_SOUND:
        row |= {"music_id": CLIP_ID, "music_title": "Paper Boats", "music_author": "Minh An"}
    return row


def main() -> None:
    """Replace what is bundled."""
    with TemporaryDirectory() as home:
        made(Path(home))
        shutil.rmtree(sample_folder() / "editions", ignore_errors=True)
        ignored = shutil.ignore_patterns("*.lock")
        shutil.copytree(Path(home) / "editions", sample_folder() / "editions", ignore=ignored)


if __name__ == "__main__":
    main()
