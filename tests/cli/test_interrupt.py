"""Ctrl+C ends a command without a traceback: with 0 where it is the way to end it, else with 130."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.cli.conftest import Call
from tests.serving import free_port
from trendwire import pipeline
from trendwire.cli import running
from trendwire.cli.collecting import configuration_of
from trendwire.errors import NotReady
from trendwire.settings import Settings
from trendwire.sources.collect import Stopped
from trendwire.sources.loop import Loop
from trendwire.sources.schedule import Planned

IMPORTING = """
import os, signal, sys
import trendwire.__main__ as entry
class Interrupted:
    def find_spec(self, name, *_):
        if name == "trendwire.cli":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupted())
entry.main()
"""


def interrupted(home: Path, *words: str) -> tuple[int, str, str]:
    """How a command ends that is interrupted when it has printed its first line: code, the rest, stderr."""
    command = [sys.executable, "-m", "trendwire", "--home", str(home), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    return child.returncode, out, err


def test_a_command_says_that_it_was_interrupted(tmp_path: Path) -> None:
    code, _, err = interrupted(tmp_path, "simulate", "--posts", "200000")
    assert (code, err.splitlines()[-1]) == (130, "trendwire: interrupted")
    assert "Traceback" not in err


@pytest.mark.parametrize("word", ["serve", "run"])
def test_ctrl_c_is_how_a_command_that_goes_on_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setenv("TRENDWIRE_PORT", str(free_port()))
    monkeypatch.setenv("TRENDWIRE_INGEST_KEY", "k" * 32)  # `run` ends where nothing can come
    code, out, err = interrupted(tmp_path, word)
    assert (code, out) == (0, "")
    assert "Traceback" not in err
    assert "interrupted" not in err


def test_nothing_is_said_where_the_program_is_still_being_loaded() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTING], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_what_a_library_makes_of_ctrl_c_is_no_error(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def computing(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(10)
        except KeyboardInterrupt:
            raise RuntimeError("Query interrupted") from None  # as DuckDB does

    monkeypatch.setattr(pipeline, "publish_range", computing)
    before = signal.getsignal(signal.SIGINT)
    ended = call("publish", "--as-of", "2026-01-01")
    assert (ended.code, ended.err) == (130, "trendwire: interrupted\n")
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(("stopping", "raised"), [(True, Stopped), (False, NotReady)])
def test_a_publish_that_was_stopped_has_not_failed(
    tmp_path: Path, stopping: bool, raised: type[Exception]
) -> None:
    settings, stop = Settings(home=tmp_path), threading.Event()
    if stopping:
        stop.set()
    with pytest.raises(raised):
        running.Publishing(settings, configuration_of(settings), stop)(date(2026, 1, 1))


class AtOnce(Executor):
    def submit(self, do: Any, /, *args: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(do(*args, **named))
        return done


class Ended:
    def planned(self) -> Planned:
        return Planned("publish", running.SOON)

    def do(self) -> None:
        raise Stopped


def test_a_job_that_was_stopped_is_no_error_in_the_log() -> None:
    with structlog.testing.capture_logs() as logged:
        Loop([Ended()], AtOnce(), lambda: datetime(2026, 1, 1, tzinfo=UTC), lambda _: None).turn()
    assert logged == [{"event": "a job was stopped", "job": "publish", "log_level": "info"}]
