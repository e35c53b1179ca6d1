"""Owns the threads of the engine: compiled functions and DuckDB leave the interpreter to others."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")


def in_threads(tasks: Iterable[Callable[[], object]], threads: int) -> None:
    """Do tasks, of which none needs another, in so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()


def ahead(tasks: Iterable[Callable[[], Made]], threads: int) -> Iterator[Made]:
    """What tasks make, in their order: in so many threads, the caller's own among them, so that no more than
    so many results are held at once.
    """
    if threads < 2:
        yield from (task() for task in tasks)
        return
    with ThreadPoolExecutor(threads - 1) as pool:
        begun = deque[Future[Made]]()
        for task in tasks:
            begun.append(pool.submit(task))
            if len(begun) == threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
