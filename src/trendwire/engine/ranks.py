"""Owns who stands where in the charts of hashtags and sounds, and how each row moved."""

from typing import Any, NamedTuple

import numpy as np

from trendwire.domain.charts import CHART_SIZE, MIN_CREATORS, Move
from trendwire.engine.compiled import F64, I64, jit
from trendwire.engine.counts import (
    BEST,
    CHARTS,
    END_OF,
    NO_CHART,
    NOW,
    PAST,
    PLACES,
    Parameters,
    crowd,
    crowds,
)
from trendwire.engine.industries import by_id, industry_ids, industry_of
from trendwire.engine.names import Names
from trendwire.engine.records import Records, Slots
from trendwire.engine.scoring import Components, score
from trendwire.engine.state import State

_INDUSTRIES = 256


class Ranks(NamedTuple):
    """Rows of charts, chart by chart and rank by rank: parallel columns. `chart`: which of `CHARTS`;
    `industry`: the number of the chart's, 0 for none; `own`: that of the subject.
    """

    kind: I64
    place: I64
    chart: I64
    industry: I64
    subject: I64
    rank: I64
    heat: F64
    posts: I64
    views: I64
    own: I64
    move: I64
    steps: I64


@jit
def components(own: I64, world: I64, place: int, j: int, by: Parameters, all_posts: I64) -> Components:
    """What is counted in one chart of a place, from the creators of a subject's records there and in the
    world; `all_posts`: those of the records of all posts.
    """
    cold = by.covered[place, j] < 1
    now, past, last = crowds(own[j], cold)
    all_now, all_past, all_last = crowds(all_posts[place, j], cold)
    return Components(
        own[j, NOW] >> 32,
        own[j, NOW] & 0xFFFFFFFF,
        own[j, BEST],
        now,
        past,
        last,
        crowd(world[j, PAST]),
        all_now,
        all_past,
        all_last,
        crowd(all_posts[0, j, PAST]),
    )


@jit
def score_all(records: Records, slots: Slots, by: Parameters, slot: I64, chart: I64, heat: F64) -> int:
    """The records and charts with enough creators and a score above 0; how many."""
    found = 0
    for one in range(PLACES, len(records.key)):
        place, world = records.key[one] & 0xFF, slots.world[records.key[one] >> 8]
        for j in range(CHARTS):
            enough = records.creators[one, j, NOW] >> 32 >= MIN_CREATORS
            if not enough or by.covered[place, j] == NO_CHART:
                continue
            own, elsewhere = records.creators[one], records.creators[world]
            told = score(components(own, elsewhere, place, j, by, records.creators))
            if told.heat > 0.0:
                slot[found], chart[found], heat[found] = one, j, told.heat
                found += 1
    return found


@jit
def industries_of(slot: I64, chart: I64, records: Records, slots: Slots, order: I64, out: I64) -> None:
    """The industry of each row's subject on the last day of its chart."""
    for i in range(len(slot)):
        world = slots.world[records.key[slot[i]] >> 8]
        counts = records.industries[records.industry_row[world], END_OF[chart[i]]]
        out[i] = industry_of(counts, order)


def ranked(state: State) -> Ranks:
    """The charts of the day itself."""
    return moved(placed(scored(state), state.columns.subjects), state.surroundings.parameters)


def scored(state: State) -> Ranks:
    """All rows that charts are made of, without ranks and moves."""
    records, slots, by = state.candidates.records, state.candidates.slots, state.surroundings.parameters
    room = (len(records.key) - PLACES) * CHARTS
    slot, chart, heat = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    found = score_all(records, slots, by, slot, chart, heat)
    slot, chart, heat = slot[:found], chart[:found], heat[:found]
    own = np.empty(found, np.int64)
    industries_of(slot, chart, records, slots, by_id(industry_ids(state.columns)), own)
    in_own = np.flatnonzero(own)
    row = np.concatenate([np.arange(found), in_own])
    whole = np.arange(len(row)) < found
    return _rows(state.columns.subjects, records, slot[row], chart[row], heat[row], own[row], whole)


def _rows(names: Names, records: Records, slot: I64, chart: I64, heat: F64, own: I64, whole: Any) -> Ranks:
    """`whole`: which are of charts of all industries."""
    key = records.key[slot]
    subject, place = key >> 8, key & 0xFF
    kind = names.table.data[names.table.offsets[subject]].astype(np.int64)
    views, posts = records.views[slot, chart], records.posts[slot, chart].astype(np.int64)
    industry, none = np.where(whole, 0, own), np.zeros_like(kind)
    return Ranks(kind, place, chart, industry, subject, none, heat, posts, views, own, none, none)


def placed(rows: Ranks, names: Names) -> Ranks:
    """Rows in the order of their charts, as many as a chart has. `names`: of subjects."""
    of_chart = ((rows.kind * PLACES + rows.place) * CHARTS + rows.chart) * _INDUSTRIES + rows.industry
    order = np.lexsort((-rows.views, -rows.heat, of_chart))
    _settle(order, np.stack([of_chart, rows.heat.view(np.int64), rows.views]), rows.subject, names)
    begins = np.flatnonzero(np.diff(of_chart[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order))) + 1
    order, rank = order[rank <= CHART_SIZE], rank[rank <= CHART_SIZE]
    return chosen(rows, order)._replace(rank=rank)


def chosen(ranks: Ranks, rows: I64) -> Ranks:
    """Some of the rows."""
    return Ranks._make(column[rows] for column in ranks)


def _settle(order: I64, decided: I64, subject: I64, names: Names) -> None:
    """Rows that nothing else orders are ordered by name; there are few."""
    equal = (decided[:, order[1:]] == decided[:, order[:-1]]).all(axis=0)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], equal, [False]]).astype(np.int8)))
    for first, last in ends.reshape(-1, 2).tolist():
        tied = order[first : last + 1]
        order[first : last + 1] = sorted(tied, key=lambda row: names.raw(int(subject[row])))


def moved(rows: Ranks, by: Parameters) -> Ranks:
    """The rows of the day itself, each with its move against the chart before."""
    chart = (rows.kind * PLACES + rows.place) * CHARTS + rows.chart - rows.chart % 2
    key = np.stack([chart, rows.industry, rows.subject])
    now, then = np.flatnonzero(rows.chart % 2 == 0), np.flatnonzero(rows.chart % 2 == 1)
    before = dict(zip(map(tuple, key[:, then].T.tolist()), rows.rank[then].tolist(), strict=True))
    ranks = np.array([before.get(tuple(one), 0) for one in key[:, now].T.tolist()], np.int64)
    told = chosen(rows, now)
    new = (ranks == 0) | (by.covered[told.place, told.chart] < 1)
    rise = np.where(new, 0, ranks - told.rank)
    move = np.select([new, rise > 0, rise == 0], [Move.NEW, Move.UP, Move.SAME], Move.DOWN)
    return told._replace(move=move, steps=np.abs(rise))
