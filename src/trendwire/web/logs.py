"""The log of `serve`, `run` and `collect`, with every key cut out before a line is written.

On a terminal an event is a line to read, in a pipe or file a JSON object. Owns how things are logged; what is
logged stands where it happens. A key reaches no log, error or trace: the redaction reads every text of an
event, also those inside tracebacks.
"""

import logging
import os
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from trendwire.accounts.redaction import REDACTED, redacted
from trendwire.escaping import terminal, terminal_lines
from trendwire.settings import LogLevel

__all__ = ["REDACTED", "configure", "redact"]

_DEEPEST = 6
_TRACEBACK = "exception"
"""Where structlog puts it; the one value of several lines."""


def configure(level: LogLevel, stream: TextIO | None = None) -> None:
    """Send events of `level` and above to `stream` (stderr)."""
    out = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *(_for_people() if out.isatty() else _for_programs()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Unfailing(out))),
        cache_logger_on_first_use=False,
    )


def _for_programs() -> list[Processor]:
    return [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.JSONRenderer(serializer=_json),
    ]


def _for_people() -> list[Processor]:
    colors = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return [
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=True),
        structlog.processors.format_exc_info,
        redact,
        _readable,
        structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0, pad_level=False, sort_keys=False),
    ]


def _readable(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Without what a line need not say, and without characters that a terminal would obey."""
    said = {terminal(name): value for name, value in event.items() if value not in (None, "", [], {})}
    return {
        name: (terminal_lines(value) if name == _TRACEBACK else terminal(value))
        if isinstance(value, str)
        else value
        for name, value in said.items()
    }


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The same event without any key, in names and values at any depth."""
    return {redacted(name): _clean(value, _DEEPEST) for name, value in event.items()}


def _clean(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict) and depth:
        return {redacted(str(name)): _clean(part, depth - 1) for name, part in value.items()}
    if isinstance(value, list | tuple | set) and depth:
        return [_clean(part, depth - 1) for part in value]
    return redacted(str(value))


def _json(event: EventDict, **_: Any) -> str:
    return msgspec.json.encode(event).decode()


class _Unfailing:
    """A stream whose disk may be full: a line that cannot be written must not stop who wrote it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()
