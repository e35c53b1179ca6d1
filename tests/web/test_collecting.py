"""Sources by the admin API: how they stand, what is due next, and that the server collects nothing itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.small_world import NOON_AFTER, linked
from tests.web.conftest import Served, serving
from trendwire.facts.durable import exclusive
from trendwire.sources.configuration import FILE
from trendwire.sources.loop import LOCK
from trendwire.sources.runs import Ending, Run, Runs, ms

ADMIN = "an-admin-key-of-24-chars"
SECRET = "a-very-long-client-secret"
TOML = """\
[sources.research]
kind = "tiktok-research"
every = "6h"
client_key = { env = "CLIENT_KEY" }
client_secret = { file = "secret" }
regions = ["VN"]

[sources.drop]
kind = "files"
folder = "drop"

[publish]
every = "30m"
markets = { VN = "recorded" }

[retention]
posts = 400
"""


def ran(runs: Runs, source: str, days: float, ending: Ending, **told: Any) -> None:
    """A run that began so many days before the tests' noon, and took a minute."""
    begun = NOON_AFTER - timedelta(days=days)
    run = Run(source=source, started=ms(begun), ended=ms(begun) + 60_000, ending=ending)
    runs.end(runs.begin(source, begun), msgspec.structs.replace(run, **told))


@contextmanager
def told_by(home: Path) -> Iterator["Admin"]:
    with serving(home, admin_key=ADMIN) as served:
        yield Admin(served)


class Admin:
    """Who holds the admin key."""

    def __init__(self, served: Served) -> None:
        self.home = served.home
        self._client = served.client

    def __call__(self, path: str, method: str = "GET", status: int = 200) -> Any:
        headers = {"authorization": f"Bearer {ADMIN}"}
        answer = self._client.request(method, f"/admin/v1{path}", headers=headers)
        assert answer.status_code == status, answer.text
        assert SECRET not in answer.text
        return answer.json()


@pytest.fixture
def admin(demo_home: Path, tmp_path: Path) -> Iterator[Admin]:
    home = linked(demo_home, tmp_path / "home")
    (home / FILE).write_text(TOML)
    (home / "secret").write_text(SECRET)
    runs = Runs(home)
    ran(runs, "research", 2, Ending.DONE, rows=7, charts=1)
    ran(runs, "research", 1.5, Ending.FAILED, message="it answered 500", quarantined=2)
    with told_by(home) as asking:
        yield asking


def test_how_sources_stand(admin: Admin) -> None:
    research, drop = admin("/sources")["rows"]
    assert (research["name"], research["kind"], research["schedule"]) == ("research", "tiktok-research", "6h")
    assert research["last_success"] == research["last_given"] == ms(NOON_AFTER) - 2 * 86_400_000 + 60_000
    assert research["freshness"] == 2 * 86_400 - 60
    assert (research["stale"], research["success_rate"], research["next_run"]) == (True, 0.5, ms(NOON_AFTER))
    assert (research["rows"], research["charts"], research["quarantined"]) == (7, 1, 2)
    assert research["last"]["message"] == "it answered 500"
    assert (drop["schedule"], drop["last"], drop["next_run"], drop["stale"]) == (None, None, None, False)


def test_the_runs_of_a_source(admin: Admin) -> None:
    assert [run["ending"] for run in admin("/sources/research/runs")["rows"]] == ["failed", "done"]
    assert len(admin("/sources/research/runs?limit=1")["rows"]) == 1
    assert admin("/sources/drop/runs")["rows"] == []
    assert admin("/sources/nobody/runs", status=404)["error"]["code"] == "not_found"
    assert admin("/sources/research/runs?limit=0", status=400)["error"]["name"] == "limit"
    Runs(admin.home).begin("of-old", NOON_AFTER)
    assert len(admin("/sources/of-old/runs")["rows"]) == 1


def test_pause_and_resume(admin: Admin) -> None:
    paused = admin("/sources/research/pause", "POST")
    assert (paused["paused"], paused["next_run"]) == (True, None)
    assert not admin("/sources/research/resume", "POST")["paused"]
    for does in ("pause", "resume", "run"):
        assert admin(f"/sources/nobody/{does}", "POST", 404)["error"]["message"] == "source not found"
    assert not Runs(admin.home).kept("nobody").paused


def test_a_run_that_is_asked_for_is_noted_and_collected_by_another_process(admin: Admin) -> None:
    asked = admin("/sources/drop/run", "POST")
    assert (asked["source"], asked["at"], asked["is_at_work"]) == ("drop", ms(NOON_AFTER), False)
    assert "no trendwire run is at work" in asked["message"]
    assert "trendwire collect drop" in asked["message"]
    with exclusive(admin.home / LOCK, "running"):
        asked = admin("/sources/drop/run", "POST")
        assert admin("/schedules")["is_at_work"]
    assert (asked["is_at_work"], "within seconds" in asked["message"]) == (True, True)
    drop = admin("/sources")["rows"][1]
    assert (drop["wished"], drop["next_run"], drop["last"]) == (ms(NOON_AFTER), ms(NOON_AFTER), None)


def test_schedules(admin: Admin) -> None:
    told = admin("/schedules")
    assert (told["is_at_work"], told["publish_every"]) == (False, "30m")
    assert told["markets"] == {"default": "auto", "VN": "recorded"}
    assert (told["retention"]["posts"], told["retention"]["charts"]) == (400, None)
    assert [one["name"] for one in told["sources"]] == ["research", "drop"]


def test_what_is_stale(admin: Admin) -> None:
    (row,) = admin("/stale")["rows"]
    assert (row["what"], row["names"]) == ("source", ["research"])
    assert "its last success was on 2025-09-27 at 12:01 UTC; its schedule is 6h" in row["words"]
    admin("/sources/research/pause", "POST")
    assert "it is paused" in admin("/stale")["rows"][0]["words"]


def test_an_old_edition_is_stale(demo_home: Path, tmp_path: Path) -> None:
    with serving(linked(demo_home, tmp_path / "home"), admin_key=ADMIN) as served:
        asking = Admin(served)
        for days, is_stale in ((0, False), (1, False), (2, True)):
            served.clock.seconds = days * 86_400
            assert bool(asking("/stale")["rows"]) == is_stale
        (row,) = asking("/stale")["rows"]
        assert (row["what"], row["words"]) == ("edition", "its last day, 2025-09-28, is 3 days ago")


def test_without_a_configuration_there_are_no_sources(tmp_path: Path) -> None:
    with told_by(tmp_path) as asking:
        assert asking("/sources")["rows"] == asking("/stale")["rows"] == []
        assert asking("/schedules")["publish_every"] == "1m"
        assert asking("/sources/a/run", "POST", 404)["error"]["message"] == "source not found"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[sources", "trendwire.toml is no TOML: "),
        ('[sources.a]\nkind = "unheard-of"', "trendwire.toml: sources.a.kind must be one of: "),
        (TOML.replace('{ env = "CLIENT_KEY" }', f'"{SECRET}"'), "the secret itself never stands in the file"),
    ],
)
def test_a_wrong_configuration_is_said_in_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / FILE).write_text(text)
    with told_by(tmp_path) as asking:
        for path, method in (("/sources", "GET"), ("/schedules", "GET"), ("/sources/a/pause", "POST")):
            error = asking(path, method, 503)["error"]
            assert words in error["message"]
            assert str(tmp_path) not in error["message"]
        (row,) = asking("/stale")["rows"]
        assert words in row["words"]
