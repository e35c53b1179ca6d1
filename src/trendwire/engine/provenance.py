"""Owns what a state tells of where its numbers come from: days and sample sizes of each region."""

from collections.abc import Iterator

import numpy as np

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import DETAIL_PERIODS, LONGEST
from trendwire.engine.compiled import I32, I64
from trendwire.engine.state import State


def spans(state: State) -> list[tuple[str, int, int]]:
    """Of each region with posts, and the world: the days on which the first and the last was created."""
    created = state.surroundings.created[:, : state.as_of + 1] > 0
    days = [np.flatnonzero(of_place) for of_place in created]
    return [(_code(state, place), int(on[0]), int(on[-1])) for place, on in enumerate(days) if len(on)]


def samples(state: State) -> Iterator[tuple[str, int, int, int]]:
    """Region, period, posts created in it, and their creators; where there are posts."""
    posts = _by_age(state.surroundings.created, state.as_of)
    creators = _by_age(state.surroundings.newest, state.as_of)
    for place, period in np.argwhere(posts[:, DETAIL_PERIODS]).tolist():
        days = DETAIL_PERIODS[period]
        yield _code(state, place), days, int(posts[place, days]), int(creators[place, days])


def _code(state: State, place: int) -> str:
    return state.columns.regions[place - 1] if place else WORLD


def _by_age(counts: I32, as_of: int) -> I64:
    """By place and days: how many there are on the last so many days."""
    until = np.zeros((len(counts), LONGEST + 1), np.int64)
    until[:, 1:] = np.cumsum(counts[:, as_of - LONGEST + 1 : as_of + 1][:, ::-1], axis=1)
    return until
