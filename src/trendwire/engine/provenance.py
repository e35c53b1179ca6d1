"""Owns what a state tells of where its numbers come from: days and sample sizes of each region."""

from collections.abc import Iterator

import numpy as np

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import DETAIL_PERIODS, LONGEST
from trendwire.engine.compiled import I64
from trendwire.engine.state import State

_PLACE_BITS, _DAY_BITS = 8, 16


def spans(state: State) -> list[tuple[str, int, int]]:
    """Of each region with posts, and the world: the days on which the first and the last was created."""
    hot = _posts(state)
    found = []
    for place in [0, *np.unique(hot["region"][hot["region"] > 0]).tolist()]:
        days = hot["day"][hot["region"] == place] if place else hot["day"]
        if len(days):
            found.append((_code(state, place), int(days.min()), int(days.max())))
    return found


def samples(state: State) -> Iterator[tuple[str, int, int, int]]:
    """Region, period, posts created in it, and their creators; where there are posts."""
    hot = _posts(state)
    hot = hot[hot["day"] > state.as_of - LONGEST]
    posts, creators = _by_age(hot, state.as_of), _by_age(hot[_newest_of_creators(hot, 0)], state.as_of)
    here = hot[hot["region"] > 0]
    creators[1:] = _by_age(here[_newest_of_creators(here, here["region"].astype(np.int64))], state.as_of)[1:]
    for place, period in np.argwhere(posts[:, DETAIL_PERIODS]).tolist():
        days = DETAIL_PERIODS[period]
        yield _code(state, place), days, int(posts[place, days]), int(creators[place, days])


def _posts(state: State) -> np.ndarray:
    hot: np.ndarray = state.columns["hot"]
    return hot[hot["day"] <= state.as_of]


def _code(state: State, place: int) -> str:
    return state.columns.regions[place - 1] if place else WORLD


def _by_age(hot: np.ndarray, as_of: int) -> I64:
    """By place (0: the world) and days: how many posts were created in the last so many days."""
    ages = as_of - hot["day"].astype(np.int64)
    cells = hot["region"].astype(np.int64) * LONGEST + ages
    counts = np.bincount(cells, minlength=LONGEST << _PLACE_BITS).reshape(-1, LONGEST)
    counts[0] = np.bincount(ages, minlength=LONGEST)
    until = np.zeros((len(counts), LONGEST + 1), np.int64)
    until[:, 1:] = np.cumsum(counts, axis=1)
    return until


def _newest_of_creators(hot: np.ndarray, places: I64 | int) -> I64:
    """Of each creator in each place the newest post."""
    known = np.flatnonzero(hot["creator"] >= 0)
    creators = hot["creator"][known].astype(np.int64) << _PLACE_BITS
    creators |= places if isinstance(places, int) else places[known]
    order = np.argsort(creators << _DAY_BITS | hot["day"][known])
    creators = creators[order]
    return known[order[np.flatnonzero(np.diff(creators, append=-1))]]
