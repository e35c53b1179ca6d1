"""Owns `trendwire run` as a part of a server: a process of its own, which ends when the server does.

The server holds its standard input open, and closes it at the end; where it is killed, the system does.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import structlog

SECONDS = 60.0
"""How long it may take to end what it is doing; then it is killed, which loses nothing."""

_log = structlog.get_logger()


@contextmanager
def engine(home: Path) -> Iterator[None]:
    """Carry out the schedules of a home meanwhile. Where that fails it is said, and nothing else happens."""
    command = [sys.executable, "-c", f"from {__name__} import main; main()", "--home", str(home), "run"]
    stopping = Event()
    # In a group of its own: Ctrl+C is for the server, which ends its connections first.
    with subprocess.Popen(  # noqa: S603  our own command
        command, stdin=subprocess.PIPE, stdout=sys.stderr, process_group=0
    ) as child:
        Thread(target=_watch, args=(child, stopping), daemon=True).start()
        try:
            yield
        finally:
            stopping.set()
            _end(child)


def _watch(child: "subprocess.Popen[bytes]", stopping: Event) -> None:
    code = child.wait()
    if not stopping.is_set():
        _log.error("the engine ended, nothing new is published: its own words are above", exit_code=code)


def _end(child: "subprocess.Popen[bytes]") -> None:
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


def main() -> None:
    """Run the command that the arguments name until it ends, or standard input does."""
    from trendwire.__main__ import main as command

    Thread(target=_until_end_of_input, daemon=True).start()
    command()


def _until_end_of_input() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
