"""The server's log: one JSON object per line on stderr, with every key cut out before a line is written.

Owns how things are logged; what is logged stands where it happens. A key reaches no log, error or trace:
the redaction reads every text of an event, also those inside tracebacks.
"""

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

from trendwire.accounts.redaction import REDACTED, redacted
from trendwire.settings import LogLevel

__all__ = ["REDACTED", "configure", "redact"]

_DEEPEST = 6


def configure(level: LogLevel, stream: TextIO | None = None) -> None:
    """Send events of `level` and above to `stream` (stderr)."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Unfailing(stream or sys.stderr))),
        cache_logger_on_first_use=False,
    )


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
