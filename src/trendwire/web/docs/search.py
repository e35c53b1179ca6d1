"""Full-text search over all pages of the docs: an index in memory, made at its first use."""

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from markupsafe import Markup, escape

from trendwire.statements import named

MOST_FINDS = 20
MOST_WORDS = 12
MOST_LETTERS = 200

_SQL = named(__package__, "search.sql")

_WORD = re.compile(r"\w+")
_START, _END = "\x02", "\x03"
_MARKS = str.maketrans("", "", _START + _END)


@dataclass(frozen=True, slots=True)
class Entry:
    """A section of a page, to be found. `heading` is empty for what a page starts with."""

    page: str
    heading: str
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Find:
    """A section that was found; `excerpt` marks the words looked for."""

    page: str
    heading: str
    path: str
    excerpt: Markup


def asked_for(text: str) -> str:
    """What is looked for: a text as it came, cut short, without what cannot be seen."""
    return "".join(letter for letter in text[:MOST_LETTERS] if letter.isprintable()).strip()


class Index:
    """The sections of all pages. Any thread may look through them."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = entries
        self._lock = Lock()

    def find(self, asked: str) -> list[Find]:
        """Sections with all words, else with any, the best first. The last word may go on."""
        words = _WORD.findall(asked)[:MOST_WORDS]
        if not words:
            return []
        quoted = [f'"{word}"' for word in words]
        quoted[-1] = f"({quoted[-1]} OR {quoted[-1]}*)"
        with self._lock:
            return self._matching(" AND ".join(quoted)) or self._matching(" OR ".join(quoted))

    @cached_property
    def _rows(self) -> sqlite3.Connection:
        rows = sqlite3.connect(":memory:", check_same_thread=False)
        rows.execute(_SQL["create"])
        rows.executemany(
            _SQL["add"], ((e.page, e.heading, e.text.translate(_MARKS), e.path) for e in self._entries)
        )
        return rows

    def _matching(self, expression: str) -> list[Find]:
        found = self._rows.execute(_SQL["find"], (expression, MOST_FINDS))
        return [Find(page, heading, path, _marked(text)) for page, heading, path, text in found]


def _marked(text: str) -> Markup:
    """An excerpt, escaped, with its marks as elements: they are always closed."""
    return escape(text).replace(_START, Markup("<mark>")).replace(_END, Markup("</mark>"))
