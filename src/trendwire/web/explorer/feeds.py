"""A view as an Atom feed (RFC 4287): an entry for each row, anew each day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import regex

_NOT_XML = regex.compile(r"[^\x09\x0A\x0D\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""Characters that XML 1.0 cannot hold, escaped or not."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """`key` tells it from all others of its day. `path`: where it leads, on this server."""

    key: str
    title: str
    path: str
    summary: str


@dataclass(frozen=True, slots=True)
class Feed:
    """`path`: the view itself, on this server."""

    title: str
    path: str
    updated: datetime
    as_of: str
    entries: Sequence[FeedEntry]


def in_xml(text: str) -> str:
    """The text without what XML cannot hold; escaping is the template's."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def urn(home: UUID, name: str) -> str:
    """A name of a feed or an entry for ever, under whatever address its server is reached. `home`: whose."""
    return uuid5(home, name).urn
