"""Owns the industry of a subject: that of most of its posts which have one, if enough of them agree."""

import numpy as np

from trendwire.engine.columns import Columns
from trendwire.engine.compiled import I32, I64, i64, jit
from trendwire.engine.resolve import unpacked

INDUSTRY_SUPPORT = 3
"""A subject has an industry when at least so many of its posts agree on it ..."""

INDUSTRY_SHARE = 30
"""... and these are at least so many percent of its posts which have one."""

NO_INDUSTRY = 0


@jit
def industry_of(counts: I32, by_id: I64) -> int:
    """From posts by industry; `by_id`: industries by their ids, of which the smaller wins a tie."""
    most, total, found = 0, 0, NO_INDUSTRY
    for industry in by_id:
        total += counts[industry]
        if counts[industry] > most:
            most, found = i64(counts[industry]), industry
    return found if most >= INDUSTRY_SUPPORT and most * 100 >= total * INDUSTRY_SHARE else NO_INDUSTRY


def industry_ids(columns: Columns) -> I64:
    """The id of each industry by its number, which is from 1."""
    known = range(len(columns.industries))
    return np.array([0, *(unpacked(columns.industries, number)[0] for number in known)], np.int64)


def by_id(ids: I64) -> I64:
    """The numbers of industries, by id."""
    return np.argsort(ids[1:]) + 1
