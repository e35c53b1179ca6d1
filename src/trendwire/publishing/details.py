"""Owns where details of large homes are asked: of the process that has the state, else of the checkpoint.

The kernel is imported when a checkpoint is opened, and not before: small homes never need it.
"""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Lock, Thread
from typing import Protocol, TypeVar

from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.editions import Record
from trendwire.editions.catalog import Catalog, Stamp
from trendwire.errors import NotReady
from trendwire.facts.duck import Resources
from trendwire.publishing.service import Client, Engine, NobodyListens

Answer = TypeVar("Answer")


class _Opened(Engine, Protocol):
    """A state in this process."""

    @property
    def name(self) -> str: ...


class HomeDetails:
    """Details of the states of one home: see `editions.DetailSource`. Any thread may ask.

    `patience`: seconds that a question waits for the checkpoint to be opened; None: as long as it takes.
    """

    def __init__(self, home: Path, resources: Resources, patience: float | None = None) -> None:
        self._home, self._resources, self._patience = home, resources, patience
        self._client = Client(home)
        self._lock = Lock()
        self._opening: Future[_Opened | None] | None = None
        self._seen: tuple[Stamp | None, int] | None = None

    def detail(self, record: Record, kind: Kind, identity: str, region: str | None) -> Detail | None:
        """What the state of that record tells of a subject. Raises Gone, NotReady."""
        return self._ask(record, lambda engine: engine.detail(record.state, kind, identity, region))

    def identities(self, record: Record, kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        """Subjects that begin so in that state. Raises as above."""
        return self._ask(record, lambda engine: engine.identities(record.state, kind, beginning, most))

    def _ask(self, record: Record, question: Callable[[Engine], Answer]) -> Answer:
        try:
            found = question(self._client)
        except NobodyListens:
            return question(self._checkpoint(record))
        self._opening = None  # one copy of the state is enough
        return found

    def _checkpoint(self, record: Record) -> Engine:
        """The state that the checkpoint leads to."""
        with self._lock:
            opening = self._opening
            if opening is None or self._is_outdated(opening, record):
                opening = self._opening = self._opened()
        try:
            engine = opening.result(self._patience)
        except TimeoutError as error:
            raise NotReady("the details are being opened: ask again in a moment") from error
        if engine is None:
            raise NotReady("there is no state of the engine to ask for details: run `trendwire publish`")
        return engine

    def _is_outdated(self, opening: "Future[_Opened | None]", record: Record) -> bool:
        """Whether another state may be had since this one was opened."""
        if not opening.done() or self._seen == self._looked():
            return False
        engine = None if opening.exception() else opening.result()
        return engine is None or engine.name != record.state

    def _opened(self) -> "Future[_Opened | None]":
        self._seen = self._looked()
        future: Future[_Opened | None] = Future()
        Thread(target=self._open, args=(future,), name="checkpoint", daemon=True).start()
        return future

    def _open(self, future: "Future[_Opened | None]") -> None:
        try:
            from trendwire.publishing.resident import Resident

            future.set_result(Resident.opened(self._home, self._resources))
        except BaseException as error:  # noqa: BLE001  whatever it is, who waits must be told
            future.set_exception(error)

    def _looked(self) -> tuple[Stamp | None, int]:
        """Changes with every edition, and with every checkpoint."""
        state = self._home / "state"
        return Catalog(self._home).stamp(), state.stat().st_mtime_ns if state.exists() else 0
