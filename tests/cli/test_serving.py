"""`serve --with-engine`: the schedules of a home go on beside its server, and end with it."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from tests.publishing.conftest import ROWS, Home, days_before
from tests.serving import Server, create_key, running
from tests.small_world import LAST_DAY, NOON_AFTER, linked, silent
from trendwire import backups, pipeline
from trendwire.cli.doctor import Finding, examine
from trendwire.dialects.keyapi import ALL_REGIONS
from trendwire.domain.charts import ChartKey, HashtagEntry, Kind
from trendwire.domain.periods import CHART_PERIODS
from trendwire.editions import Editions
from trendwire.editions.catalog import Catalog
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources
from trendwire.facts.durable import held
from trendwire.publishing.details import HomeDetails
from trendwire.publishing.service import SOCKET
from trendwire.settings import Settings
from trendwire.sources.loop import LOCK

PATIENCE = 60.0

Found = TypeVar("Found")


def logged(server: Server, words: str) -> str:
    """The log of a server, once it says something."""
    return until(lambda: text if words in (text := server.log.read_text()) else "")


def until(found: Callable[[], Found]) -> Found:
    """What is looked for, once it is there."""
    deadline = time.monotonic() + PATIENCE
    while not (there := found()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return there


@pytest.mark.parametrize("ends", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_engine_ends_with_its_server(tmp_path: Path, ends: signal.Signals) -> None:
    home = tmp_path / "home"
    with running(home, "--with-engine", ingest_key="k" * 32) as server:
        logged(server, "Trendwire collects by schedule")
        server.process.send_signal(ends)
        code = server.process.wait(PATIENCE)
        assert code == (-ends if ends is signal.SIGKILL else 0)
        until(lambda: not held(home / LOCK))
    assert "Traceback" not in server.log.read_text()


def test_an_engine_that_fails_is_said_and_serving_goes_on(demo_home: Path, tmp_path: Path) -> None:
    home = linked(demo_home, tmp_path / "home")
    key = create_key(home, 10, 5)
    with running(home, "--with-engine") as server:
        said = logged(server, "the engine ended")
        assert "trendwire: no sources configured" in said
        headers = {"Authorization": f"Bearer {key}"}
        chart = httpx2.get(f"{server.url}/v1/tiktok/trending/hashtags?period=7", headers=headers)
        assert chart.status_code == 200
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0


@pytest.fixture
def large(tmp_path: Path) -> Home:
    """A home whose details are told by a state; two days are published."""
    home = Home(tmp_path / "home")
    home.settings = home.settings.model_copy(update={"written_details": 0})
    home.take(ROWS)
    for day in (days_before(1), LAST_DAY):
        home.publish(day)
    return home


def told(server: Server, key: str, names: list[str]) -> dict[str, Any]:
    """What is answered of each hashtag, and of an older edition too."""
    headers = {"Authorization": f"Bearer {key}"}
    path = f"{server.url}/v1/tiktok/trending/hashtag/detail"

    def of(name: str, edition: str) -> Any:
        values = {"hashtag_name": name, "region": ALL_REGIONS, "period": "30"}
        values |= {"edition": edition} if edition else {}
        asked = httpx2.get(path, params=values, headers=headers, timeout=PATIENCE)
        return asked.status_code, asked.json()["data"]

    return {f"{name}/{edition}": of(name, edition) for name in names for edition in ("", "1")}


def maps(server: Server, library: str) -> bool:
    """Whether the process has loaded it."""
    return library in Path(f"/proc/{server.process.pid}/maps").read_text()


def test_a_large_home_says_the_same_alone_and_with_the_engine(large: Home) -> None:
    """And where the engine tells details, the server does not load the kernel."""
    home, key = large.settings.home, create_key(large.settings.home, 10**6, 500)
    names = list(large.current().identities(Kind.HASHTAG, "", 30))
    given = {"written_details": "0", "ingest_key": "k" * 32}
    with running(home, **given) as server:
        alone = told(server, key, names)
        assert maps(server, "llvmlite")
    with running(home, "--with-engine", **given) as server:
        until((home / SOCKET).exists)
        until(lambda: told(server, key, names[:1])[f"{names[0]}/"][0] == 200)
        assert told(server, key, names) == alone
        assert not maps(server, "llvmlite")
    assert {status for status, _ in alone.values()} == {200, 410}
    assert all(alone[f"{name}/"][0] == 200 for name in names)
    edition, charted = large.at(1), set[str]()
    for region in ("ALL", *edition.regions):
        for period in CHART_PERIODS:
            rows = edition.chart(ChartKey(Kind.HASHTAG, period, region)) or ()
            charted |= {row.name for row in rows if isinstance(row, HashtagEntry)}
    assert {name for name in names if alone[f"{name}/1"][0] == 200} == charted & {*names}


def test_a_backup_of_a_large_home_has_its_details_but_not_its_state(large: Home, tmp_path: Path) -> None:
    home, file, after = large.settings.home, str(tmp_path / "file"), tmp_path / "after"
    backups.backup(home, file, NOON_AFTER, "0", silent)
    verified = backups.restore(file, after, 0, silent, verified=True).verified
    assert verified is not None
    assert verified.editions == 2
    editions = Editions(after, HomeDetails(after, Resources(1)))
    first = Editions(home).at(1).record
    assert editions.at(1).record == first
    assert Catalog(after).details_file(1).read_bytes() == Catalog(home).details_file(1).read_bytes()
    assert not (after / "state").exists()
    with pytest.raises(NotReady, match="run `trendwire publish`"):
        editions.read(None, lambda edition: edition.identities(Kind.HASHTAG, "", 5))
    details = examined(after)
    assert (details.well, details.advice) == (False, "run `trendwire publish`")
    pipeline.publish(large.settings.model_copy(update={"home": after}), LAST_DAY, silent)
    found = editions.read(None, lambda edition: edition.identities(Kind.HASHTAG, "", 5))
    assert found == large.current().identities(Kind.HASHTAG, "", 5)
    assert examined(after).well


def examined(home: Path) -> Finding:
    """What the doctor says of details."""
    return next(one for one in examine(Settings(home=home)) if one.check == "details")
