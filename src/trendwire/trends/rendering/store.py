"""Owns what a detail is rendered from, as a protocol: where it is kept is no matter of the engine."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from trendwire.domain.charts import Kind
from trendwire.domain.details import HashtagFacts, SoundFacts
from trendwire.domain.records import Factors, PostRecord


class Store(Protocol):
    """The posts and common factors of one edition."""

    @property
    def as_of(self) -> date:
        """The last day that counts."""

    @property
    def factors(self) -> Factors:
        """What all details of the edition have in common."""

    def facts(self, kind: Kind, identity: str) -> HashtagFacts | SoundFacts | None:
        """What the subject is, its industry left open; None if there is no such subject."""

    def posts(self, kind: Kind, identity: str) -> Collection[PostRecord]:
        """Every post of the subject once, in no order; also those created after `as_of`."""

    def reach(self, tag: str) -> Mapping[str, Sequence[int]] | None:
        """Region -> distinct creators over each detail period; None where `posts` are few enough to count."""

    def listed(self, kind: Kind, identity: str) -> Mapping[str, int]:
        """Region -> days of the last year on its 7-day chart, above 0 only."""
