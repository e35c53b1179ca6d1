"""Answers kept ready: the bodies that were asked of the current edition, until the next one comes.

A body is rendered once for each target, with a mark where the request id goes; variants.py splices the id in.
Keeping is bounded in bytes, the answer used longest ago goes first. Nothing here depends on who asks.
"""

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b

import msgspec

from trendwire.dialects.base import CONTENT_TYPE, DATA_SOURCE_HEADER, EDITION_HEADER, REQUEST_ID_BYTES
from trendwire.dialects.catalog import Call, parse, render
from trendwire.domain.queries import Answer, DetailQuery, Query
from trendwire.editions import Edition, Editions
from trendwire.errors import TrendwireError
from trendwire.web.answers import answer, answer_from, edition_of
from trendwire.web.exchange import Fields, lines
from trendwire.web.fields import ALWAYS, ASKED_AGAIN
from trendwire.web.variants import IDENTITY, Variants
from trendwire.web.workers import Worker

LOOK_SECONDS = 0.005
"""How late a new edition may be noticed; looking costs more than the rest of a kept answer."""

DETAIL_THREADS = 2
"""More would make rendering no faster (it holds the interpreter), and take the memory of more subjects."""

_MARK_NOISE = os.urandom(REQUEST_ID_BYTES)
"""In place of a request id while a body is rendered: nobody can put it into a post."""

_OVERHEAD = 2_000
"""Bytes that an answer takes beside its body, about."""


@dataclass(slots=True, eq=False)
class Ready:
    """An answer to one target, and the header lines that go with each of its encodings."""

    call: Call
    edition: int
    data_source: str
    etag: str
    variants: Variants
    _heads: dict[str, bytes] = field(default_factory=dict)

    def head(self, encoding: str) -> bytes:
        """The header lines of a 200 in that encoding, made at its first use."""
        found = self._heads.get(encoding)
        if found is None:
            found = self._heads[encoding] = self._head(encoding)
        return found

    def unchanged(self) -> bytes:
        """The header lines of a 304."""
        return lines(self._always())

    def _head(self, encoding: str) -> bytes:
        length = str(self.variants.length(encoding))
        coded = () if encoding == IDENTITY else (("content-encoding", encoding),)
        sized = (("content-type", CONTENT_TYPE), ("content-length", length))
        return lines((*sized, *coded, *self._always()))

    def _always(self) -> Fields:
        place = self.call.endpoint.dialect.credential.header
        return (
            ("etag", self.etag),
            ("vary", f"Accept-Encoding, {place}"),
            ASKED_AGAIN,
            (EDITION_HEADER.lower(), str(self.edition)),
            (DATA_SOURCE_HEADER.lower(), self.data_source),
            *ALWAYS,
        )


class Shelf:
    """The answers of one home's editions. For one thread."""

    def __init__(self, editions: Editions, most_bytes: int, worker: Worker) -> None:
        self._editions = editions
        self._worker = worker
        self._most_bytes = most_bytes
        self._current: Edition | None = None
        self._look_at = float("-inf")
        self._ready: OrderedDict[str, Ready] = OrderedDict()
        self.kept_bytes = 0
        """What the answers take, about."""

    @property
    def kept(self) -> int:
        """Answers kept ready."""
        return len(self._ready)

    def find(self, target: str, tick: float) -> Ready | None:
        """The answer to a target (path and query) that was asked before, if it is kept."""
        if tick >= self._look_at:
            self._look_at = tick + LOOK_SECONDS
            self._follow()
        ready = self._ready.get(target)
        if ready is not None:
            self._ready.move_to_end(target)
        return ready

    async def prepare(self, call: Call, target: str) -> Ready:
        """The answer to a target, read from its edition, and kept. Raises what `parse` and `answer` do.

        It waits only for a detail that the edition's file does not hold.
        """
        query = parse(call.endpoint, target.partition("?")[2], call.path_parameters)
        self._follow()
        edition = edition_of(query, self._editions)
        if not edition.has_details and isinstance(query, DetailQuery):
            asked = edition, query.edition, query.kind, query.subject, query.region
            found = await self._worker.once(asked, partial(answer, query, self._editions))
            found = msgspec.structs.replace(found, query=query)
        else:
            found = answer_from(query, edition)
        return self._prepared(call, target, query, found)

    def _prepared(self, call: Call, target: str, query: Query, found: Answer) -> Ready:
        mark = call.endpoint.dialect.request_id(0, _MARK_NOISE)
        body = render(call.endpoint, found, mark)
        told = body.replace(mark.encode(), b"")
        variants = Variants(body, mark.encode())
        ready = Ready(call, found.edition, found.data_source, _etag(found.edition, told), variants)
        if self._is_current(query, found.edition):
            self._keep(target, ready)
        return ready

    def _is_current(self, query: Query, number: int) -> bool:
        """False where a newer edition came between two looks; what is pinned stays true until the next."""
        return query.edition is not None or (self._current is not None and self._current.number == number)

    def _follow(self) -> None:
        """Drop everything when a new edition came; what is wrong with it, whoever asks will be told."""
        try:
            current: Edition | None = self._editions.current()
        except TrendwireError:
            current = None
        if current is not self._current:
            self._current = current
            self._ready.clear()
            self.kept_bytes = 0

    def _keep(self, target: str, ready: Ready) -> None:
        self._ready[target] = ready
        self.kept_bytes += _size(target, ready)
        while self.kept_bytes > self._most_bytes:
            self.kept_bytes -= _size(*self._ready.popitem(last=False))


def _size(target: str, ready: Ready) -> int:
    return len(target) + ready.variants.length(IDENTITY) + _OVERHEAD


def _etag(edition: int, told: bytes) -> str:
    """Over the edition and all that it says here; weak, as the request id differs from reply to reply."""
    return f'W/"{edition}-{blake2b(told, digest_size=8).hexdigest()}"'
