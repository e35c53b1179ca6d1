"""`shapes.toml` as typed rows: the aliases that recognised shapes, wrappers and columns are read by."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from trendwire.domain.posts import RECORD_FIELDS

FIELD_NAMES = tuple(field.name for field in RECORD_FIELDS)


class Alias(msgspec.Struct, frozen=True):
    """Where a value stands. `unit`: `ms` for milliseconds where the record has seconds."""

    path: str
    unit: str = ""


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the rows of one tool look. `signs`: groups of names; a row with all of one group has the shape."""

    name: str
    title: str
    about: str
    source: str
    signs: tuple[frozenset[str], ...]
    fields: dict[str, tuple[Alias | str, ...]]


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document that holds rows of a shape; `path` is where, for the reference page."""

    title: str
    path: str
    shape: str
    about: str
    source: str


class Wrappers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The names that lead to posts inside a document. See `wrappers.posts_in`."""

    lists: tuple[str, ...]
    holders: tuple[str, ...]
    marks: frozenset[str]
    observed_at: tuple[str, ...]


class TagNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an entry of a list of hashtags names the tag and its id."""

    name: tuple[str, ...]
    id: tuple[str, ...]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of `shapes.toml`. `columns`: field of the record -> squeezed names of columns, best first."""

    wrappers: Wrappers
    hashtag: TagNames
    shapes: tuple[Shape, ...]
    documents: tuple[Document, ...]
    columns: dict[str, tuple[str, ...]]


@cache
def table() -> Table:
    """The table of this version."""
    text = files(__package__).joinpath("shapes.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Table)
