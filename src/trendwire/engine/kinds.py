"""Owns the kinds of subjects that the engine counts, as data: which column names them."""

from typing import NamedTuple

from trendwire.domain.charts import Kind


class Named(NamedTuple):
    """Subjects of `kind` are named by `column` of the facts; `many`: by each line of it."""

    kind: Kind
    column: str
    many: bool


KINDS = (Named(Kind.HASHTAG, "tags", True), Named(Kind.SOUND, "music_id", False))
"""A subject's name begins with the byte of its kind's place here, so that all kinds share one numbering."""


def number_of(kind: Kind) -> int:
    """The place of a kind."""
    return next(place for place, named in enumerate(KINDS) if named.kind == kind)


def text_of(kind: Kind, identity: str) -> bytes:
    """A subject's name as it is numbered."""
    return bytes([number_of(kind)]) + identity.encode()
