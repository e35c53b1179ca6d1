"""Owns which subjects and creators a batch touched, so that what was made of the others can be kept."""

from typing import Any

import numpy as np

from trendwire.engine.columns import Column, Columns, ranges
from trendwire.engine.compiled import I32


class Revisions:
    """`number` counts batches; of each subject and creator the number of the last one with posts of it."""

    def __init__(self) -> None:
        self.number = 0
        self._subjects, self._creators = Column(np.empty(0, np.int32)), Column(np.empty(0, np.int32))

    def widen(self, columns: Columns) -> None:
        """Make room for new subjects and creators."""
        self._subjects.extend(len(columns.subjects) - self._subjects.count)
        self._creators.extend(len(columns.creators) - self._creators.count)

    def note(self, columns: Columns, posts: I32) -> None:
        """These posts are taken out or put in."""
        creators = columns["hot"]["creator"][posts]
        self._creators.all[creators[creators >= 0]] = self.number
        uses = ranges(columns["use_start"][posts], columns["use_count"][posts])
        self._subjects.all[columns["use_subject"][uses]] = self.number

    def after(self, number: int) -> tuple[Any, Any]:
        """Which subjects and which creators were touched after that batch."""
        return self._subjects.all > number, self._creators.all > number
