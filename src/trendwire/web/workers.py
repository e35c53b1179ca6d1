"""Owns the few threads for what may take seconds, so that the event loop answers everybody else meanwhile."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from trendwire.errors import NotReady

Made = TypeVar("Made")


class Worker:
    """Threads with a bounded queue, for one event loop.

    What it awaits is a plain future: the fast lane can wait for it too.
    """

    def __init__(self, name: str, most: int, threads: int = 1) -> None:
        self._threads = ThreadPoolExecutor(threads, name)
        self._running: dict[Hashable, asyncio.Future[Any]] = {}
        self._most = most

    async def once(self, key: Hashable, work: Callable[[], Made]) -> Made:
        """What `work` makes, made once for all who ask for the key meanwhile. NotReady: too much to do."""
        future = self._running.get(key)
        if future is None:
            if len(self._running) >= self._most:
                raise NotReady("too much is being made at this moment")
            future = asyncio.get_running_loop().run_in_executor(self._threads, work)
            self._running[key] = future
            future.add_done_callback(lambda _: self._running.pop(key))
        found: Made = await asyncio.shield(future)
        return found

    def close(self) -> None:
        """Let what runs end, and drop what waits."""
        self._threads.shutdown(wait=False, cancel_futures=True)
