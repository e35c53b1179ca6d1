"""Owns what an edition must be told: everything, or what changed since the newest that was told of a state.

A crash between the edition and `told` does no harm: the next edition is told the same again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from duckdb import DuckDBPyConnection

from trendwire.statements import named
from trendwire.trends import records
from trendwire.trends.execution import fetched, run
from trendwire.trends.live import reach, subjects
from trendwire.trends.records import Records, hashed

_SQL = named(__package__, "news.sql")

CREATE = _SQL["create"]

_SUMS = 1 << 256
"""Sums of hashes are taken modulo this."""

Document = tuple[str, str | None]
"""Its name, and its JSON; None: it went."""

Posting = tuple[str, str, str | None, Sequence[int]]
"""Kind, identity, facts (None where they are as they were), numbers of posts."""


@dataclass(frozen=True, slots=True)
class Edition:
    """The newest that was told of a state; `total`: see `records.Records`."""

    number: int
    total: int


@dataclass(frozen=True, slots=True)
class News:
    """What changed since the edition `after`, or everything where that is None.

    `posts`: (number, record) ascending; `subjects`: ascending by kind and identity; to be read once each.
    `charts`, `listed`, `reach`: documents by `ChartKey.text`, kind/identity, identity. `subject_count`: of
    all subjects, told or not.
    """

    after: int | None
    posts: Iterator[tuple[int, str]]
    subjects: Iterator[Posting]
    charts: list[Document]
    listed: list[Document]
    reach: list[Document]
    factors: str
    subject_count: int
    sums: "Edition | Records"

    @property
    def total(self) -> int:
        """See `records.Records`: complete when posts and subjects were read."""
        return self.sums.total % _SUMS


def edition(connection: DuckDBPyConnection) -> Edition | None:
    """The newest that was told of the state."""
    found = fetched(connection, _SQL["edition"], {})
    return Edition(found[0][0], int(found[0][1], 16)) if found else None


def continuing(connection: DuckDBPyConnection, editions: Collection[int]) -> None:
    """Forget what was told, unless the newest that was told is one of these."""
    newest = edition(connection)
    if newest is not None and newest.number not in editions:
        run(connection, _SQL["nothing_told"], {})


@contextmanager
def news(connection: DuckDBPyConnection) -> Iterator[News]:
    """What to tell now; nothing of the state changes."""
    newest = edition(connection)
    everything = Records(connection)
    connection.begin()
    try:
        yield News(
            after=newest.number if newest else None,
            posts=iter(_untold_posts(connection)) if newest else everything.posts(),
            subjects=iter(_untold_subjects(connection)) if newest else everything.subjects(),
            charts=_documents(connection, "chart"),
            listed=_documents(connection, "listed"),
            reach=_documents(connection, "reach"),
            factors=fetched(connection, _SQL["factors"], {})[0][0],
            subject_count=fetched(connection, _SQL["subject_count"], {})[0][0],
            sums=newest or everything,
        )
    finally:
        connection.rollback()
        run(connection, _SQL["look_at_main"], {})


def _untold_posts(connection: DuckDBPyConnection) -> list[tuple[int, str]]:
    run(connection, _SQL["look_at_untold"], {})
    return sorted(_records(connection).values())


def _untold_subjects(connection: DuckDBPyConnection) -> list[Posting]:
    """After the posts."""
    run(connection, _SQL["look_at_untold_subjects"], {})
    facts = {(kind, identity): text for kind, identity, text in _facts(connection)}
    numbers = {(kind, identity): of for kind, identity, of in fetched(connection, _SQL["numbers"], {})}
    return [(*key, facts.get(key), numbers.get(key, ())) for key in sorted(facts.keys() | numbers)]


def told(connection: DuckDBPyConnection, made: Edition) -> None:
    """Note that this edition was told everything."""
    connection.begin()
    run(connection, _SQL["all_told"], {})
    _set_edition(connection, made)
    connection.commit()


def _set_edition(connection: DuckDBPyConnection, made: Edition | None) -> None:
    run(connection, _SQL["forget_edition"], {})
    if made is not None:
        run(connection, _SQL["set_edition"], {"number": made.number, "total": f"{made.total:x}"})


class Changes:
    """Notes what one change of the state changes; made when the touched posts are known."""

    def __init__(self, connection: DuckDBPyConnection, *, anew: bool) -> None:
        self._connection = connection
        self._edition = edition(connection)
        self._difference = 0
        self._before = {} if anew else self._looked()

    def posts_changed(self) -> None:
        """The touched posts are resolved anew."""
        now = self._looked()
        differ = {id_ for id_ in self._before.keys() | now if _text(self._before, id_) != _text(now, id_)}
        self._difference += sum(hashed(now[id_][1]) for id_ in differ & now.keys())
        self._difference -= sum(hashed(self._before[id_][1]) for id_ in differ & self._before.keys())
        run(self._connection, _SQL["untold_posts"], {"ids": list(differ)})
        run(self._connection, _SQL["keep_untold_uses"], {})
        if self._before.keys() - now:
            self._edition = None  # a post that was counted is too new: only a whole edition forgets it

    def charts_changed(self, values: Mapping[str, Any]) -> None:
        """The charts, and all that is counted for them, are made anew in `work`."""
        run(self._connection, _SQL["forget_documents"], {})
        run(self._connection, _SQL["set_charts"], {})
        reach.grounds(self._connection, values)
        factors = msgspec.json.encode(records.factors_of(self._connection)).decode()
        self._set_documents("factors", {"": factors})
        self._set_documents("reach", dict(reach.documents(self._connection)))
        listed = records.listed(self._connection)
        self._set_documents("listed", {f"{kind}/{identity}": text for kind, identity, text in listed})
        if self._edition is None:
            run(self._connection, _SQL["forget_told"], {})
        else:
            total = (self._edition.total + self._difference) % _SUMS
            self._edition = Edition(self._edition.number, total)
        _set_edition(self._connection, self._edition)

    def subjects_changed(self, values: Mapping[str, Any]) -> None:
        """What the touched posts tell of their subjects takes the place of what was known."""
        subjects.tell_touched(self._connection, values)
        run(self._connection, _SQL["look_at_subjects"], {})
        self._difference -= sum(map(_hashed, _facts(self._connection)))
        subjects.replace_touched(self._connection)
        self._difference += sum(map(_hashed, _facts(self._connection)))
        run(self._connection, _SQL["look_at_work"], {})
        run(self._connection, _SQL["untold_facts"], {})

    def _looked(self) -> dict[str, tuple[int, str]]:
        """Number and record of the touched posts as they are now, by id; and their subjects are noted."""
        run(self._connection, _SQL["look_at_touched"], {})
        found = _records(self._connection)
        run(self._connection, _SQL["untold_uses"], {})
        run(self._connection, _SQL["look_at_work"], {})
        return found

    def _set_documents(self, section: str, documents: Mapping[str, str]) -> None:
        values: dict[str, Any] = {
            "section": section,
            "names": [*documents],
            "documents": [*documents.values()],
        }
        run(self._connection, _SQL["set_documents"], values)


def _text(found: Mapping[str, tuple[int, str]], id_: str) -> str | None:
    return found[id_][1] if id_ in found else None


def _records(connection: DuckDBPyConnection) -> dict[str, tuple[int, str]]:
    """Number and record of the posts that are looked at, by id."""
    ids = dict(fetched(connection, _SQL["ids"], {}))
    if not ids:
        return {}
    values = {"first": min(ids), "last": max(ids)}
    return {ids[post]: (post, record) for post, record in fetched(connection, records.SQL["records"], values)}


def _facts(connection: DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Kind, identity and facts of the subjects that are looked at."""
    return [row[:3] for row in fetched(connection, records.SQL["postings"], {})]


def _hashed(told: tuple[str, str, str]) -> int:
    return hashed("/".join(told))


def _documents(connection: DuckDBPyConnection, section: str) -> list[Document]:
    return fetched(connection, _SQL["documents"], {"section": section})
