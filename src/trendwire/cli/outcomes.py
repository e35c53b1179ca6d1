"""How a command ends: the exit codes, one row each, and how an error is said.

An error is one line of plain words on stderr. `TRENDWIRE_DEBUG=1` shows where it came from as well.
"""

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from types import FrameType

import structlog
from structlog.typing import EventDict, WrappedLogger

from trendwire.cli.troubles import in_words
from trendwire.errors import InvalidInput, MissingParameter, NotReady, TrendwireError
from trendwire.escaping import terminal, terminal_lines
from trendwire.settings import ENV_PREFIX

DEBUG_VARIABLE = f"{ENV_PREFIX}DEBUG"


SAID = "trendwire: "
"""How each line on stderr begins that is not progress."""


class ExitCode(IntEnum):
    """What the process answers to its caller."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    INTERRUPTED = 130


MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "failed; stderr says why",
    ExitCode.USAGE: "an option or argument is not accepted",
    ExitCode.PARTLY: "partly: some files or rows were refused, some checks failed",
    ExitCode.INTERRUPTED: "interrupted",
}
"""The table that help and documentation show."""


def code_of(error: TrendwireError) -> ExitCode:
    """Bad values from the command line or the environment are the caller's; all else is a failure."""
    return ExitCode.USAGE if isinstance(error, InvalidInput | MissingParameter) else ExitCode.FAILED


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """Set by Ctrl+C, which raises KeyboardInterrupt as well: libraries turn that into errors of their own."""
    seen = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def interrupt(number: int, frame: FrameType | None) -> None:
        seen.set()
        signal.default_int_handler(number, frame)

    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or before not in (signal.SIG_DFL, signal.default_int_handler):
        yield seen
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


def say(words: str) -> None:
    """One line on stderr."""
    print(f"{SAID}{terminal(' '.join(words.split()))}", file=sys.stderr)  # noqa: T201  the one place


def warnings_to_stderr() -> None:
    """What the boxes warn of becomes a line on stderr; `run` and `serve` keep a log of their own."""
    structlog.configure(
        processors=[_said],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=False,
    )


def _said(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    words = event.pop("event")
    say(f"{words} ({', '.join(f'{name}: {value}' for name, value in event.items())})")
    raise structlog.DropEvent


def say_error(error: BaseException) -> None:
    """An error in one line; its traceback only where somebody debugs."""
    if os.environ.get(DEBUG_VARIABLE, "") not in ("", "0"):
        sys.stderr.write(terminal_lines("".join(traceback.format_exception(error))))
    if isinstance(error, TrendwireError):
        say(_words(error))
    elif (words := in_words(error)) is not None:
        say(words)
    else:
        say(f"unexpected {type(error).__name__}: {error} ({DEBUG_VARIABLE}=1 shows where)")


def _words(error: TrendwireError) -> str:
    """Its text, why something is not ready, and the file: on a terminal a path is no secret."""
    path, cause = error.facts.get("path"), error.__cause__
    why = in_words(cause) if isinstance(error, NotReady) and cause is not None else None
    if why is not None:
        return f"{error.public}: {why}"
    return f"{error.public} ({path})" if path else error.public
