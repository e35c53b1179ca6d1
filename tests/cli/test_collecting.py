"""Collecting from the command line: once, by schedule in a process of its own, and how the sources stand."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.cli.conftest import Call
from trendwire import clock
from trendwire.cli import running
from trendwire.facts.inbox import Inbox
from trendwire.facts.store import FactStore
from trendwire.sources.configuration import FILE, load
from trendwire.sources.loop import is_at_work
from trendwire.sources.registry import CONNECTORS
from trendwire.sources.runs import Ending, Runs

READY = "Trendwire collects"
SECRET = "a-very-long-client-secret"
CREATED = 1_746_057_600


class Research(BaseHTTPRequestHandler):
    """A token, and one page of three posts, once it may answer."""

    gate = threading.Event()
    asked = threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if "token" in self.path:
            self._answer({"access_token": "t", "expires_in": 7200, "token_type": "Bearer"})
            return
        self.asked.set()
        self.gate.wait(30)
        videos = [{"id": (CREATED << 32) + n, "create_time": CREATED, "view_count": n} for n in (1, 2, 3)]
        fine = {"code": "ok", "message": "", "log_id": "1"}
        self._answer(
            {"data": {"videos": videos, "cursor": 3, "has_more": False, "search_id": "1"}, "error": fine}
        )

    def _answer(self, told: Any) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing on stderr."""


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    """A command sends the log to its own stderr, which ends with it."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A source on loopback, and the configuration of the home that names it."""
    Research.gate.set()
    Research.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Research) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = tmp_path / "home"
        home.mkdir()
        (home / "trendwire.toml").write_text(
            '[sources.research]\nkind = "tiktok-research"\nevery = "1h"\nallow_private = true\ndays = 1\n'
            f'address = "http://127.0.0.1:{server.server_port}"\nregions = ["VN"]\n'
            'client_key = { env = "CLIENT_KEY" }\nclient_secret = { env = "CLIENT_SECRET" }\n'
            '[sources.saved]\nkind = "creative-center-export"\n'
            f'folder = "{tmp_path}"\n'
        )
        monkeypatch.setenv("CLIENT_KEY", "a-client-key")
        monkeypatch.setenv("CLIENT_SECRET", SECRET)
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_collecting_once_stores_and_says_so_in_one_line(call: Call, upstream: str, tmp_path: Path) -> None:
    ended = call("collect", "research")
    assert (ended.code, ended.err) == (0, "")
    (line,) = ended.out.splitlines()
    told = json.loads(line)
    assert (told["source"], told["ending"], told["rows"], told["requests"]) == ("research", "done", 3, 2)
    assert FactStore(tmp_path / "home").snapshot().posts == 3
    assert not Inbox(tmp_path / "home").waiting()


def test_without_a_name_all_are_collected_but_those_paused(call: Call, upstream: str) -> None:
    assert len(call("collect").out.splitlines()) == 2
    assert call("sources", "pause", "saved").code == 0
    assert len(call("collect").out.splitlines()) == 1
    assert len(call("collect", "saved").out.splitlines()) == 1
    assert call("sources", "resume", "saved").code == 0
    assert len(call("collect").out.splitlines()) == 2


def test_the_table_of_sources(call: Call, upstream: str) -> None:
    before = call("sources").out
    assert "not yet run" in before
    assert "never" in before
    call("collect")
    research, saved = call("sources", "--json").json
    assert (research["name"], research["rows"], research["success_rate"]) == ("research", 3, 1.0)
    assert research["next_run"] > research["last_success"]
    assert (saved["schedule"], saved["next_run"], saved["last"]["ending"]) == (None, None, "empty")
    call("sources", "pause", "research")
    assert "paused, done" in call("sources").out


def test_a_secret_that_is_missing_is_named_and_noted(
    call: Call, upstream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLIENT_SECRET")
    ended = call("collect", "research")
    assert ended.code == 1
    told = json.loads(ended.out)
    assert (
        told["message"] == "sources.research.client_secret is needed: the variable CLIENT_SECRET is not set"
    )
    assert call("sources", "--json").json[0]["last"]["ending"] == "failed"


def test_no_secret_is_shown_anywhere(call: Call, upstream: str, tmp_path: Path) -> None:
    shown = call("collect", "research").out + call("sources", "--json").out
    assert SECRET not in shown
    kept = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert SECRET.encode() not in kept


def test_a_wrong_configuration_names_the_key_and_the_file(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "home" / "trendwire.toml"
    file.parent.mkdir()
    file.write_text("[publish]\nevry = 3\n")
    ended = call("sources")
    assert ended.code == 2
    assert ended.err == f"trendwire: publish.evry is not known; accepted are: every, markets ({file})\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("collect",), "no source is configured"),
        (("run",), "no sources configured"),
        (("collect", "x"), "x is no source"),
        (("sources", "pause", "x"), "x is no source"),
    ],
)
def test_a_source_that_is_not_there(call: Call, words: tuple[str, ...], said: str) -> None:
    ended = call(*words)
    assert ended.code in (1, 2)
    assert said in ended.err


@contextmanager
def _running(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """`trendwire run`, once it runs."""
    command = [sys.executable, "-m", "trendwire", "--home", str(home), "run"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(READY)
            yield process
        finally:
            process.kill()


def _lines(text: str) -> dict[str, dict[str, Any]]:
    return {line["event"]: line for line in map(json.loads, text.splitlines())}


def test_sources_that_no_schedule_collects_are_named(tmp_path: Path) -> None:
    source = '[sources.{0}]\nkind = "files"\nfolder = "{0}"\n'
    (tmp_path / FILE).write_text(source.format("drop") + 'every = "1h"\n' + source.format("saved"))
    assert running._welcome(load(tmp_path, CONNECTORS)) == (
        "Trendwire collects by schedule: drop; not saved, without `every` in trendwire.toml; Ctrl+C stops it"
    )


def test_it_runs_by_itself_and_stops_gracefully(call: Call, upstream: str, tmp_path: Path) -> None:
    """SIGTERM comes while a page is on its way: the page is stored, the run noted, the exit clean."""
    Research.gate.clear()
    with _running(tmp_path / "home") as process:
        assert Research.asked.wait(30)
        second = call("run")
        assert second.code == 1
        assert f"another process (pid {process.pid}) is running the schedules of this home" in second.err
        process.send_signal(signal.SIGTERM)
        Research.gate.set()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    lines = _lines(err)
    assert (lines["collected"]["source"], lines["collected"]["rows"]) == ("research", 3)
    assert 0 <= lines["collected"]["seconds"] < 60
    assert not {"started", "ended"} & lines["collected"].keys()
    assert "stopped" in lines
    (run,) = Runs(tmp_path / "home").latest("research", 5)
    assert run.ending == Ending.DONE
    assert SECRET not in err


def test_a_wish_is_fulfilled_within_seconds(call: Call, upstream: str, tmp_path: Path) -> None:
    """Of a source without a schedule, paused too; nobody collects it but the process that runs."""
    runs = Runs(tmp_path / "home")
    assert not is_at_work(tmp_path / "home")
    with _running(tmp_path / "home") as process:
        assert is_at_work(tmp_path / "home")
        runs.pause("saved", paused=True)
        runs.wish("saved", clock.now())
        assert process.stderr is not None
        for line in process.stderr:
            if json.loads(line).get("source") == "saved":
                break
        assert runs.wished("saved") is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    (run,) = runs.latest("saved", 5)
    assert run.ending == Ending.EMPTY


def test_after_a_kill_the_next_one_goes_on_at_once(call: Call, upstream: str, tmp_path: Path) -> None:
    """The lease of the dead process is taken, and its run ended; nobody waits for the lease to run out."""
    Research.gate.clear()
    with _running(tmp_path / "home") as process:
        assert Research.asked.wait(30)
        process.kill()
        process.wait(30)
    assert call("collect", "research").code == 1
    Research.gate.set()
    Research.asked.clear()
    with _running(tmp_path / "home") as process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert [run.ending for run in Runs(tmp_path / "home").latest("research", 5)][-1] == Ending.BROKEN
    assert call("collect", "research").code == 0
    assert FactStore(tmp_path / "home").snapshot().observations == 3
