"""Owns work that is done once, however many threads ask for it at once, and kept for who asks again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Once(Generic[Key, Made]):
    """What was made last, by key; never more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._known: OrderedDict[Key, Future[Made]] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Made]) -> Made:
        """What belongs to the key, made by the first who asks; who asks meanwhile waits. An error is not
        kept.
        """
        with self._lock:
            known = self._known.get(key)
            future = known or Future[Made]()
            self._known[key] = future
            self._known.move_to_end(key)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        if known is None:
            self._make(key, future, make)
        return future.result()

    def known(self, key: Key) -> Made | None:
        """What was made already; None for what was not."""
        with self._lock:
            future = self._known.get(key)
        return future.result() if future is not None and future.done() else None

    def _make(self, key: Key, future: Future[Made], make: Callable[[], Made]) -> None:
        try:
            future.set_result(make())
        except BaseException as error:  # noqa: BLE001  whatever it is, who waits must be told
            with self._lock:
                if self._known.get(key) is future:
                    del self._known[key]
            future.set_exception(error)
