"""A fetch that answers from a list, and recounts what it was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.sources.asking import NOON
from trendwire.sources.connector import Call, Connector, Options, Page
from trendwire.sources.registry import CONNECTORS


@dataclass(slots=True)
class Fetched:
    """`answer`: call -> reply, or an error to raise."""

    answer: Callable[[Call], Any]
    at: datetime = NOON
    calls: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> Any:
        self.calls.append(call)
        reply = self.answer(call)
        if isinstance(reply, Exception):
            raise reply
        return reply


def made(kind: str, **options: Any) -> Connector:
    """A connector of that kind, with secrets that say what they are."""
    connector = CONNECTORS[kind]
    told: type[Options] = connector.options
    return connector("one", told(**options), {name: f"the {name}" for name in connector.secrets})


def pages(connector: Connector, fetch: Any, last: Any = None) -> list[Page]:
    """All pages of one run."""
    cursor, found = connector.begin(fetch.at, last), []
    while cursor is not None:
        page = connector.page(fetch, cursor)
        found.append(page)
        cursor = page.cursor  # type: ignore[assignment]
    return found
