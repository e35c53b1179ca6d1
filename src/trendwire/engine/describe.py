"""Owns all numbers of a subject's detail, found in one compiled call and given back as lists of numbers."""

from typing import NamedTuple

import numpy as np

from trendwire.domain.periods import CHART_PERIODS, LONGEST
from trendwire.engine.audiences import (
    AGE_LEVELS,
    BY_COUNTRY,
    BY_INTEREST,
    Audiences,
    Indexes,
    Overall,
    Sums,
    add_audiences,
    forget,
    index_all,
    indexes,
    percentages,
    sums,
    widen,
)
from trendwire.engine.columns import MOST_INDUSTRIES
from trendwire.engine.compiled import F64, I32, I64, i64, jit
from trendwire.engine.counts import NO_CHART, NOW, PAST, PLACES, Parameters, Room, count_subject, room
from trendwire.engine.industries import industry_of
from trendwire.engine.lists import posts_of_subject
from trendwire.engine.names import Table
from trendwire.engine.numbers import (
    CHARTED,
    FIRST_DAY,
    OLDER,
    POSTS,
    PROMOTED,
    VIEWS,
    Chosen,
    Numbers,
    choose,
    count,
    numbers,
    room_for,
    split,
)
from trendwire.engine.ranks import components
from trendwire.engine.records import NO_RECORD, Slots, slot_of
from trendwire.engine.related import HASHTAG, MOST_RELATED, Population, relate
from trendwire.engine.scoring import score
from trendwire.engine.tops import Tops, tops

EVERYWHERE = -1
"""Instead of the one place that is wanted beside the numbers of the world."""

OF_SUBJECT = 1
"""Lists of a subject itself: [posts, views, industry]. Then come those of each place."""

OF_PLACE, OF_SPAN = 4, 6
"""Lists of a place: [place, first day, promoted from which span on, creators over each span], days, views,
posts; then of each span posts with most views, percent of age levels, interests and countries (code, index,
code, ...), related hashtags, components of heat.
"""

_MOST = 4_000 * PLACES
"""Numbers of one subject at most: 250 of each day and place, and the highest."""


class Basis(NamedTuple):
    """All that details of one state are made from."""

    among: Population
    text_ids: Table
    creator_names: Table
    slots: Slots
    records: I64
    by: Parameters
    audience: I32
    audiences: Audiences
    of_all: Overall
    industries: I64


class Work(NamedTuple):
    """Where one place is counted, used again and again. `worlds`: creators of the subject in the world."""

    numbers: Numbers
    room: Room
    record: I64
    world: I64
    sums: Sums
    indexes: Indexes
    percent: I64
    related: Tops
    industries: I32


class Lists(NamedTuple):
    """List n is `values[ends[n]:ends[n + 1]]`. `sizes`: how many lists and values there are. `heats`: by
    place and chart period.
    """

    values: I64
    ends: I64
    sizes: I64
    heats: F64


def work(posts: int) -> Work:
    """Room for subjects with at most so many posts of one creator."""
    record, world = np.zeros((2, 2 * CHARTED, 5), np.int64)
    return Work(
        numbers(),
        room(posts),
        record,
        world,
        sums(),
        indexes(),
        np.zeros((2, len(AGE_LEVELS)), np.int64),
        tops(OLDER, MOST_RELATED),
        np.zeros(MOST_INDUSTRIES + 1, np.int32),
    )


def lists() -> Lists:
    """Room for them."""
    most = OF_SUBJECT + PLACES * (OF_PLACE + OLDER * OF_SPAN)
    ends = np.zeros(most + 1, np.int64)
    return Lists(np.empty(_MOST, np.int64), ends, np.zeros(2, np.int64), np.zeros((PLACES, CHARTED)))


@jit
def put(value: int, into: Lists) -> None:
    """One more number in the list that is not ended."""
    into.values[into.sizes[1]] = value
    into.sizes[1] += 1


@jit
def end(into: Lists) -> None:
    """End a list; what is put next is in the next one."""
    into.sizes[0] += 1
    into.ends[into.sizes[0]] = into.sizes[1]


@jit
def add_list(values: I64, into: Lists) -> None:
    """One more list."""
    for value in values:
        put(value, into)
    end(into)


@jit
def add_days(found: Numbers, as_of: int, into: Lists) -> None:
    """The days with views or posts, and both of each."""
    oldest = as_of - LONGEST + 1
    first = into.sizes[1]
    for day in range(LONGEST):
        if found.views[day] | found.created[day]:
            put(oldest + day, into)
    end(into)
    last = into.sizes[1]
    for numbers_of in (found.views, found.created):
        for i in range(first, last):
            put(numbers_of[into.values[i] - oldest], into)
        end(into)


@jit
def add_indexes(found: Indexes, into: Lists) -> None:
    """Code, index, code, index ..."""
    for i in range(found.counts[0]):
        put(found.codes[i], into)
        put(found.values[i], into)
    end(into)


@jit
def set_all(of: I64, into: I64) -> None:
    """The same record."""
    for j in range(of.shape[0]):
        for number in range(of.shape[1]):
            into[j, number] = of[j, number]


@jit
def set_record(subject: int, place: int, found: I32, basis: Basis, work: Work, record: I64) -> None:
    """What is counted of creators: kept for those that can be in a chart, counted for others."""
    slot = slot_of(subject, place, basis.slots)
    if slot != NO_RECORD:
        set_all(basis.records[slot], record)
        return
    record[:] = 0
    count_subject(found, basis.among.posts.hot, place, basis.by, work.room, record)


@jit
def is_any(counts: I64, first: int) -> bool:
    """Whether there is any from a place on."""
    for i in range(first, len(counts)):  # noqa: SIM110 - compiled
        if counts[i] != 0:
            return True
    return False


@jit
def add_heat(place: int, span: int, record: I64, basis: Basis, work: Work, row: int, into: Lists) -> None:
    """The components of heat, where a post was created in the window and any creator is known; else none."""
    j = 2 * span
    counted = basis.by.covered[place, j] != NO_CHART and (record[j, NOW] != 0 or record[j, PAST] != 0)
    if counted and is_any(work.numbers.created, LONGEST - CHART_PERIODS[span]):
        of = components(record, work.world, place, j, basis.by, basis.records)
        into.heats[row, span] = score(of).heat
        for component in of:
            put(component, into)
    end(into)


@jit
def add_span(place: int, span: int, basis: Basis, work: Work, into: Lists) -> None:
    """What is told of one span but heat."""
    top, audience = work.numbers.top_posts, work.sums
    add_list(top.items[span, : top.counts[span]], into)
    percentages(audience.ages[span], work.percent[0], work.percent[1])
    add_list(work.percent[1], into)
    for kind in (BY_INTEREST, BY_COUNTRY):
        index_all(place, span, kind, audience, basis.of_all, work.indexes)
        add_indexes(work.indexes, into)
    add_list(work.related.items[span, : work.related.counts[span]], into)


@jit
def add_place(
    subject: int, place: int, first: int, last: int, chosen: Chosen, basis: Basis, work: Work, into: Lists
) -> None:
    """The lists of one place, from its posts. `work` has its numbers."""
    found, row = work.numbers, (into.sizes[0] - OF_SUBJECT) // (OF_PLACE + OLDER * OF_SPAN)
    record = work.world
    if place != 0:
        record = work.record
        set_record(subject, place, chosen.post[first:last], basis, work, record)
    put(place, into)
    put(found.sums[FIRST_DAY], into)
    put(found.sums[PROMOTED], into)
    add_list(found.reach, into)
    add_days(found, basis.among.as_of, into)
    forget(work.sums)
    add_audiences(first, last, chosen, basis.audience, basis.audiences, work.sums)
    widen(work.sums)
    work.related.counts[:] = 0
    names = basis.among.names
    if names.data[names.offsets[subject]] == HASHTAG:
        relate(subject, place, first, last, chosen, found.reach, basis.among, work.related)
    for span in range(OLDER):
        add_span(place, span, basis, work, into)
        if span < CHARTED:
            add_heat(place, span, record, basis, work, row, into)
        else:
            end(into)


@jit
def add_subject(known: int, chosen: Chosen, basis: Basis, work: Work, into: Lists) -> None:
    """The list of the subject itself."""
    work.industries[:] = 0
    for i in range(known):
        work.industries[i64(basis.among.posts.hot[chosen.post[i]]["industry"])] += 1
    put(work.numbers.sums[POSTS], into)
    put(work.numbers.sums[VIEWS], into)
    put(industry_of(work.industries, basis.industries), into)
    end(into)


@jit
def describe(subject: int, wanted: int, basis: Basis, work: Work, into: Lists) -> I32:
    """Tell all numbers of a subject in every place, or in the one that is wanted; its posts."""
    among = basis.among
    into.sizes[:] = 0
    listed = posts_of_subject(subject, 0, among.posts, among.lists, among.room)
    chosen, starts = room_for(2 * listed), np.zeros(PLACES + 2, np.int64)
    known = choose(among.room[:listed], among.posts, among.as_of, work.numbers.room, chosen)
    if known == 0:
        return chosen.post[:0]
    split(known, chosen, starts)
    set_record(subject, 0, chosen.post[:known], basis, work, work.world)
    for place in range(PLACES):
        first, last = starts[place], starts[place + 1]
        if first == last or (place != 0 and wanted not in (EVERYWHERE, place)):
            continue
        count(
            first, last, chosen, among.posts, among.as_of, basis.text_ids, basis.creator_names, work.numbers
        )
        if place == 0:
            add_subject(known, chosen, basis, work, into)
        if wanted in (EVERYWHERE, place):
            add_place(subject, place, first, last, chosen, basis, work, into)
    return chosen.post[:known]
