"""`trendwire serve` as a process on a real socket, and the desk of a home, for tests of the whole."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from trendwire.accounts.operations import CheckLedger, CreateKey, ListKeys, Operation
from trendwire.cli.desk import desk
from trendwire.settings import Settings

R = TypeVar("R")


def free_port() -> int:
    """A free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask_desk(home: Path, operation: Operation[R]) -> R:
    """Have the desk of a home do something, whether or not a server runs on it."""
    with desk(Settings(home=home)) as opened:
        return opened.do(operation)


def create_key(home: Path, credits_: int, qps: int, name: str = "test", **told: Any) -> str:
    """A new key of a home."""
    return ask_desk(home, CreateKey(account=name, credits=credits_, qps=qps, **told)).text


def balance(home: Path) -> int:
    """The credits of the first key's account, after every balance was found to be the sum of its rows."""
    ask_desk(home, CheckLedger())
    return ask_desk(home, ListKeys())[0].balance


@dataclass(frozen=True, slots=True)
class Server:
    """A server that accepts connections. Its log is in the file `log`."""

    home: Path
    port: int
    process: "subprocess.Popen[str]"
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def command(home: Path, port: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "trendwire", "--home", str(home), "serve", "--port", str(port), *options]


@contextmanager
def running(home: Path, *options: str, **environment: str) -> Iterator[Server]:
    """A server of `home`, killed at the end if it still runs. `environment`: TRENDWIRE_... without prefix."""
    port, log = free_port(), home.parent / f"{home.name}.log"
    told = {f"TRENDWIRE_{name.upper()}": text for name, text in environment.items()}
    with (
        log.open("a") as written,
        subprocess.Popen(
            command(home, port, *options),
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
            env=os.environ | told,
        ) as process,
    ):
        try:
            if process.stdout is None or f"http://127.0.0.1:{port}" not in process.stdout.readline():
                raise RuntimeError(log.read_text())
            yield Server(home, port, process, log)
        finally:
            process.kill()
