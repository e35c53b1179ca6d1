"""`serve --with-engine`: the schedules of a home go on beside its server, and end with it."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx2
import pytest

from tests.serving import Server, create_key, running
from tests.small_world import linked
from trendwire.facts.durable import held
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
