"""`trendwire run` in a large home: publishes from its own state, answers details, keeps a checkpoint."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.publishing.conftest import ROWS, Home, days_before
from tests.small_world import LAST_DAY, silent
from trendwire import pipeline
from trendwire.cli.collecting import configuration_of
from trendwire.cli.running import Publishing
from trendwire.domain.charts import Kind
from trendwire.editions import Edition, Editions
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.store import FactStore
from trendwire.publishing.details import HomeDetails
from trendwire.publishing.resident import Resident, checkpoint_of
from trendwire.publishing.service import SOCKET
from trendwire.settings import ENV_PREFIX

THERE, LATER = [*ROWS[:-100], *ROWS[-50:]], ROWS[-100:-50]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def large(home: Home) -> Home:
    home.settings = home.settings.model_copy(update={"written_details": 0})
    home.take(THERE)
    return home


def of(home: Home) -> Publishing:
    return Publishing(home.settings, configuration_of(home.settings), threading.Event())


def test_it_publishes_from_one_state_and_writes_it_when_the_day_is_another(large: Home) -> None:
    publishing, checkpoint = of(large), checkpoint_of(large.settings.home) / "meta.json"
    publishing(days_before(1))
    resident, written = publishing.resident, checkpoint.read_bytes()
    large.take(LATER[:30], "more")
    publishing(days_before(1))
    assert checkpoint.read_bytes() == written
    assert publishing(LAST_DAY).state == (resident.name if resident else "")
    assert publishing.resident is resident
    assert checkpoint.read_bytes() != written
    assert Editions(large.settings.home).records()[1].details_sha256


def test_a_state_that_was_lost_is_made_again_at_the_start(large: Home) -> None:
    record = of(large)(LAST_DAY)
    (checkpoint_of(large.settings.home) / "meta.json").unlink()
    publishing = of(large)
    with pytest.raises(NotReady):
        publishing.detail(record.state, Kind.HASHTAG, "a", None)
    publishing.begin()
    again = publishing(LAST_DAY)
    assert again.content_hash == record.content_hash
    assert publishing.identities(again.state, Kind.HASHTAG, "", 1)


def test_two_jobs_that_ask_at_once_get_the_same_state(large: Home) -> None:
    publishing = of(large)
    with ThreadPoolExecutor(4) as pool:
        found = [job.result() for job in [pool.submit(lambda: publishing.resident) for _ in range(4)]]
    assert len({id(one) for one in found}) == 1


def test_a_small_home_needs_no_state(home: Home) -> None:
    home.take(THERE)
    publishing = of(home)
    assert not publishing(LAST_DAY).state
    assert publishing.resident is None
    publishing.keep()
    assert not (home.settings.home / "state").exists()


def test_parts_that_are_merged_are_followed_after_a_crash(large: Home) -> None:
    """The checkpoint is of before, and the state that published is gone."""
    publishing = of(large)
    publishing(LAST_DAY)
    for number in range(3):
        large.take(LATER[10 * number : 10 * number + 10], f"batch {number}")
        record = publishing(LAST_DAY)
    FactStore(large.settings.home).compact(least=2)
    found = Resident.opened(large.settings.home, Resources(1))
    assert found is not None
    assert found.name == record.state


def test_what_came_since_the_edition_is_not_in_the_state_of_a_reader(large: Home) -> None:
    publishing = of(large)
    publishing(LAST_DAY)
    large.take(LATER[:25], "published")
    record = publishing(LAST_DAY)
    large.take(LATER[25:], "waiting")
    found = Resident.opened(large.settings.home, Resources(1))
    assert found is not None
    assert found.name == record.state


def test_the_process_tells_details_and_ends_with_a_checkpoint(large: Home) -> None:
    home = large.settings.home
    with _running(home) as process:
        edition = _published(home, process)
        names = edition.identities(Kind.HASHTAG, "", 5)
        assert all(edition.detail(Kind.HASHTAG, name) for name in names)
        assert (home / SOCKET).exists()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert not (home / SOCKET).exists()
    found = Resident.opened(home, Resources(1))
    assert found is not None
    assert found.name == edition.record.state
    assert pipeline.audit(large.settings, silent).same


@contextmanager
def _running(home: Path) -> Iterator["subprocess.Popen[str]"]:
    env = {
        **os.environ,
        f"{ENV_PREFIX}WRITTEN_DETAILS": "0",
        f"{ENV_PREFIX}INGEST_KEY": "0123456789abcdef",
        f"{ENV_PREFIX}ENGINE_THREADS": "1",
    }
    command = [sys.executable, "-m", "trendwire", "--home", str(home), "run"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _published(home: Path, process: "subprocess.Popen[str]") -> Edition:
    """The edition that the process publishes, read as a server reads it."""
    assert process.stderr is not None
    for line in process.stderr:
        if '"published"' in line:
            break
    return Editions(home, HomeDetails(home, Resources(1))).current()
