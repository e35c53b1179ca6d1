"""Owns the few threads for what may take seconds, so that the event loop answers everybody else meanwhile."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

THREADS = 2
"""More would make rendering no faster (it holds the interpreter), and take the memory of more subjects."""

Made = TypeVar("Made")


class Aside:
    """For one event loop. What it awaits is a plain future: the fast lane can wait for it too."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "aside")
        self._running: dict[Hashable, asyncio.Future[Any]] = {}

    async def run(self, work: Callable[[], Made]) -> Made:
        """What `work` makes, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def once(self, key: Hashable, work: Callable[[], Made]) -> Made:
        """The same, done once for all who ask for the key while it runs."""
        future = self._running.get(key)
        if future is None:
            future = asyncio.get_running_loop().run_in_executor(self._threads, work)
            self._running[key] = future
            future.add_done_callback(lambda _: self._running.pop(key))
        found: Made = await future
        return found

    def close(self) -> None:
        """Let what runs end, and what waits go."""
        self._threads.shutdown(wait=False, cancel_futures=True)
