"""Makes the sample edition that test keys are answered from: `make sample`."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from trendwire import pipeline
from trendwire.editions import Record, sample_folder
from trendwire.settings import Settings
from trendwire.sources.base import RowSource
from trendwire.sources.simulator import World, simulate

WORLD = World(posts=2500, days=130, regions=8, seed=3, last_day=date(2026, 9, 30))
AT = datetime(2026, 10, 1, 12, tzinfo=UTC)


def made(home: Path) -> Record:
    """Publish the sample's world in `home`."""
    settings = Settings(home=home, engine_threads=1, engine_memory_mb=1024)
    rows = [RowSource("sample", "simulator", simulate(WORLD))]
    pipeline.ingest_from(settings, rows, AT, lambda _stage, _done: None)
    return pipeline.publish(settings, WORLD.last_day, lambda _stage, _done: None)


def main() -> None:
    """Replace what is bundled."""
    with TemporaryDirectory() as home:
        made(Path(home))
        shutil.rmtree(sample_folder() / "editions", ignore_errors=True)
        shutil.copytree(Path(home) / "editions", sample_folder() / "editions")


if __name__ == "__main__":
    main()
