"""Owns the details of an edition whose file does not hold them all: the state that it names tells them.

Once the state went on to another day, the details of the subjects in its charts are in a file of their own.
What neither can tell exactly is refused.
"""

from collections.abc import Callable
from typing import Protocol

from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.domain.provenance import RECORDED
from trendwire.editions.catalog import Record
from trendwire.editions.document import Meta
from trendwire.editions.joined import joined_detail
from trendwire.editions.whole import DocumentFile
from trendwire.errors import Gone, TrendwireError


class DetailSource(Protocol):
    """Tells details of the state that a record names, without what is recorded.

    Raises Gone where the state is another by now, NotReady where there is none to ask at this moment.
    """

    def detail(self, record: Record, kind: Kind, identity: str, region: str | None) -> Detail | None:
        """See `Edition.detail`."""
        ...

    def identities(self, record: Record, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """See `Edition.identities`."""
        ...


class NoSource:
    """For readers without a state to ask."""

    def detail(self, _record: Record, _kind: Kind, _identity: str, _region: str | None) -> Detail | None:
        raise Gone("no state of the engine is at hand")

    def identities(self, _record: Record, _kind: Kind, _beginning: str, _most: int) -> tuple[str, ...]:
        raise Gone("no state of the engine is at hand")


class StateDetails:
    """Charts from the file of an edition, details from its state; any thread may read.

    `kept`: the file of details beside it, if there is one. `refused`: says what can be asked instead.
    """

    def __init__(
        self,
        file: DocumentFile,
        record: Record,
        meta: Meta,
        kept: DocumentFile | None,
        source: DetailSource,
        refused: Callable[[], TrendwireError],
    ) -> None:
        self._file, self._record, self._kept = file, record, kept
        self._source, self._refused = source, refused
        self._recorded = [region for region, known in meta.provenance.items() if known.method == RECORDED]

    def chart(self, key: str) -> bytes | None:
        """The JSON of a chart; None where there is none."""
        return self._file.chart(key)

    def detail(self, kind: Kind, identity: str, region: str | None) -> Detail | None:
        """See `Edition.detail`. What is recorded of a subject is in the file of the edition."""
        kept = self._kept.detail(kind, identity, region) if self._kept else None
        if kept is not None:
            return kept
        try:
            computed = self._source.detail(self._record, kind, identity, region)
        except Gone as error:
            raise self._refused() from error
        return joined_detail(computed, self._file.detail(kind, identity, region), self._recorded)

    def identities(self, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """See `Edition.identities`."""
        try:
            counted = self._source.identities(self._record, kind, beginning, most)
        except Gone as error:
            raise self._refused() from error
        return tuple(sorted({*counted, *self._file.identities(kind, beginning, most)})[:most])

    def says(self, record: Record) -> bool:
        """Whether the files hold what the record tells; reads all of them."""
        return self._file.says(record) and (self._kept is None or self._kept.is_sound())
