"""An edition whose file is not what was written is not served, and publishing again makes up for it."""

import os
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from tests.small_world import LAST_DAY, linked, settings_of, silent
from trendwire import pipeline
from trendwire.domain.charts import ChartKey, Kind
from trendwire.editions import Editions, read
from trendwire.editions.catalog import Catalog
from trendwire.errors import Corrupt
from trendwire.facts import checksums

KEY = ChartKey(Kind.HASHTAG, 30)


def rot(path: Path) -> None:
    """Change a byte as a disk does: size and times stay."""
    data, told = bytearray(path.read_bytes()), path.stat()
    data[len(data) // 2] ^= 1
    path.unlink()  # the homes of other tests have the same file
    path.write_bytes(data)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
    checksums._DIGESTS.clear()  # as in a new process


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    return linked(demo_home, tmp_path / "home")


def test_an_edition_that_rotted_is_not_served(home: Path) -> None:
    editions = Editions(home)
    number = editions.current().number
    rot(Catalog(home).edition(number))
    with pytest.raises(Corrupt, match=f"edition {number} is damaged .*publish again"):
        Editions(home).current()
    assert editions.current().chart(KEY), "who has it open goes on"


def test_a_large_edition_is_checked_while_a_server_answers(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "_CHECKED_AT_ONCE", 0)
    begun: list[Thread] = []
    start = Thread.start

    def noted(thread: Thread) -> None:
        begun.append(thread)
        start(thread)

    monkeypatch.setattr(Thread, "start", noted)
    rot(Catalog(home).edition(Editions(home, patient=False).current().number))
    editions = Editions(home, patient=False)
    editions.current()
    for thread in begun:
        thread.join()
    with pytest.raises(Corrupt, match="damaged"):
        editions.current()


def test_details_that_rotted_are_not_told(home: Path) -> None:
    first, rendered = LAST_DAY - timedelta(days=1), pipeline.Details.RENDERED
    list(pipeline.publish_range(settings_of(home), first, LAST_DAY, silent, details=rendered))
    before = Catalog(home).records()[-2]
    assert Editions(home).at(before.number).verify()
    rot(Catalog(home).details_file(before.number))
    with pytest.raises(Corrupt, match=f"edition {before.number} is damaged .*details"):
        Editions(home).at(before.number)
