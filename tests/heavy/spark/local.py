"""What a build asks of Spark, in this process and in order: fast, and every step and message is the same.

Messages between shares are pickled, as Spark does, so that none refers to the state that it came from.
"""

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from itertools import chain
from typing import Any


class Collection:
    """What RDD is, of so many partitions."""

    def __init__(self, partitions: Sequence[Sequence[Any]]) -> None:
        self._partitions = partitions

    def _made(self, step: Callable[[int, Iterator[Any]], Iterable[Any]]) -> "Collection":
        made = [list(step(number, iter(one))) for number, one in enumerate(self._partitions)]
        return Collection(pickle.loads(pickle.dumps(made)))

    def flatMap(self, step: Callable[[Any], Iterable[Any]]) -> "Collection":
        return self._made(lambda _, items: chain.from_iterable(map(step, items)))

    def map(self, step: Callable[[Any], Any]) -> "Collection":
        return self._made(lambda _, items: map(step, items))

    def filter(self, keep: Callable[[Any], bool]) -> "Collection":
        return self._made(lambda _, items: filter(keep, items))

    def values(self) -> "Collection":
        return self.map(lambda item: item[1])

    def mapPartitions(self, step: Callable[[Iterator[Any]], Iterable[Any]]) -> "Collection":
        return self._made(lambda _, items: step(items))

    def mapPartitionsWithIndex(self, step: Callable[[int, Iterator[Any]], Iterable[Any]]) -> "Collection":
        return self._made(step)

    def partitionBy(self, count: int, own: Callable[[Any], int]) -> "Collection":
        every = list(chain.from_iterable(reversed(self._partitions)))
        dealt: list[list[Any]] = [[] for _ in range(count)]
        for one in every:
            dealt[own(one[0]) % count].append(one)
        return Collection(dealt)

    def union(self, other: "Collection") -> "Collection":
        return Collection([[*a, *b] for a, b in zip(self._partitions, other._partitions, strict=True)])

    def persist(self, _level: object) -> "Collection":
        return self

    def sortByKey(self) -> "Collection":
        return Collection([sorted(self.collect())])

    def collect(self) -> list[Any]:
        return list(chain.from_iterable(self._partitions))

    def toLocalIterator(self) -> Iterator[Any]:
        return iter(self.collect())

    def treeReduce(self, step: Callable[[Any, Any], Any]) -> Any:
        return reduce(step, self.collect())


class Context:
    """What SparkContext is."""

    def __init__(self, parallelism: int) -> None:
        self.defaultParallelism = parallelism

    def parallelize(self, items: Sequence[Any], count: int) -> Collection:
        return Collection([items[number::count] for number in range(count)])


@contextmanager
def in_process(parallelism: int = 3) -> Iterator[Context]:
    yield Context(parallelism)
