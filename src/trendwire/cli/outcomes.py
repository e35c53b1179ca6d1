"""How a command ends: the exit codes, one row each, and how an error is said.

An error is one line of plain words on stderr. `TRENDWIRE_DEBUG=1` shows where it came from as well.
"""

import os
import sys
import traceback
from enum import IntEnum

from trendwire.errors import InvalidInput, MissingParameter, TrendwireError
from trendwire.settings import ENV_PREFIX
from trendwire.sources.streams import printable

DEBUG_VARIABLE = f"{ENV_PREFIX}DEBUG"


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


def say(words: str) -> None:
    """One line on stderr."""
    print(f"trendwire: {printable(' '.join(words.split()))}", file=sys.stderr)  # noqa: T201  the one place that does


def say_error(error: BaseException) -> None:
    """An error in one line; its traceback only where somebody debugs."""
    if os.environ.get(DEBUG_VARIABLE, "") not in ("", "0"):
        traceback.print_exception(error)
    if isinstance(error, TrendwireError):
        say(_words(error))
    else:
        say(f"unexpected {type(error).__name__}: {error} ({DEBUG_VARIABLE}=1 shows where)")


def _words(error: TrendwireError) -> str:
    """Its text, and the file it is about: on the machine's own terminal a path is no secret."""
    path = error.facts.get("path")
    return f"{error.public} ({path})" if path else error.public
