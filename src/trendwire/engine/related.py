"""Owns how strongly two hashtags belong together: association over creators, not popularity.

The measure is normalised pointwise mutual information (Bouma 2009). With the distinct creators of a place
and span as the population, `both` of whom used the two hashtags in one post, `first` and `second` each of
them, and `everyone` all who posted:

    lift     = both * everyone / (first * second)          how many times more often than chance
    affinity = ln(lift) / ln(everyone / both)              0 is chance, 1 is always together

in whole billionths, rounded down, so that the last bits of a logarithm order nothing. A pair below
the least lift, `MIN_AFFINITY` or `SUPPORT` is not related. No lift exceeds everyone / first: what more than
one creator in eight uses is therefore related to nothing, and nothing to it, and no stop list is needed.
"""

from math import floor, log
from typing import NamedTuple

import numpy as np

from trendwire.domain.charts import Kind
from trendwire.engine.columns import Columns, Posts
from trendwire.engine.compiled import I32, I64, i64, inlined, jit
from trendwire.engine.counts import PLACES
from trendwire.engine.kinds import number_of
from trendwire.engine.lists import Lists, posts_of_creator, posts_of_subject
from trendwire.engine.names import Table
from trendwire.engine.numbers import OLDER, add_reach, place_of
from trendwire.engine.records import FREE, find, pair

BILLION = 1_000_000_000

SUPPORT = 3
"""Creators who used both hashtags in one post, at least."""

LEAST_CROWD, CROWD = 15, 80
"""A tenth of the creators, within these bounds, is the least lift: 1.5 to 8. On four real sets fyp, used by
15 to 39 % of creators, reaches 6.8 at most; but where there are few creators, no pair can reach 8."""

EVERYDAY_SHARE = 8
"""What more than one creator in so many uses, in the whole world and the longest span, is everyday there:
related to nothing in any place or span, also where so few creators posted that chance looks like lift."""

MIN_AFFINITY = 300_000_000
"""Billionths. In a big population three creators soon exceed any lift by chance; this asks for more there."""

MOST_RELATED = 5
UNRELATED = -1

HASHTAG = number_of(Kind.HASHTAG)
LONGEST = OLDER - 1
KEPT_FROM = 50
"""Creators of hashtags with more posts than these are counted once and kept."""

_KEPT = 1 << 16


class Kept(NamedTuple):
    """Creators over each span of hashtags in places (`keys`, see records.py); how many are kept."""

    keys: I64
    reach: I64
    known: I64


class Partners(NamedTuple):
    """Hashtags that were used with one: which, how many creators used both over each span, and while they
    are counted the creator met last and the place of their newest post. `places` finds them.
    """

    tags: I64
    both: I64
    creator: I64
    newest: I64
    places: I32


class Population(NamedTuple):
    """What pairs are measured in: creators of all posts over each span, by place."""

    posts: Posts
    lists: Lists
    as_of: int
    everyone: I64
    kept: Kept
    names: Table


@jit
def affinity(both: int, first: int, second: int, everyone: int) -> int:
    """The affinity of two hashtags in billionths, from counts of creators; `UNRELATED` if they are not."""
    gain, chance = both * everyone, first * second
    if both < SUPPORT or 10 * gain < min(max(everyone, LEAST_CROWD), CROWD) * chance:
        return UNRELATED
    measure = i64(floor(BILLION * (log(gain / chance) / log(everyone / both))))
    return measure if measure >= MIN_AFFINITY else UNRELATED


@jit
def is_everyday(creators: int, everyone: int) -> bool:
    """Whether a hashtag is everyday, from creators of the whole world and the longest span."""
    return everyone >= CROWD and EVERYDAY_SHARE * creators > everyone


@jit
def reach_of(found: I32, posts: Posts, as_of: int, reach: I64) -> None:
    """Creators of posts over each span; posts sorted by creator."""
    creator, newest = -1, OLDER
    for post in found:
        back = as_of - i64(posts.hot[post]["day"])
        if posts.hot[post]["creator"] != creator:
            add_reach(newest, reach)
            creator, newest = i64(posts.hot[post]["creator"]), OLDER
        if back >= 0 and creator >= 0:
            newest = min(newest, place_of(back))
    add_reach(newest, reach)


@jit
def reach_in(subject: int, place: int, among: Population, room: I32, reach: I64) -> None:
    """Creators of a hashtag in a place over each span, counted or as they were kept."""
    key = pair(subject, place)
    at = find(among.kept.keys, key)
    if among.kept.keys[at] == key:
        for span in range(OLDER):
            reach[span] = among.kept.reach[at, span]
        return
    reach[:] = 0
    count = posts_of_subject(subject, place, among.posts, among.lists, room)
    reach_of(room[:count], among.posts, among.as_of, reach)
    if count > KEPT_FROM and among.kept.known[0] * 3 < len(among.kept.keys) * 2:
        among.kept.keys[at] = key
        for span in range(OLDER):
            among.kept.reach[at, span] = reach[span]
        among.kept.known[0] += 1


@inlined
def meet(creator: int, place: int, known: I64, newest: I64, both: I64, partner: int) -> None:
    """A creator used a partner beside the hashtag, on a day of that place; creators come one after the
    other.
    """
    if known[partner] != creator:
        for span in range(newest[partner], OLDER):
            both[partner, span] += 1
        known[partner], newest[partner] = creator, OLDER
    newest[partner] = min(newest[partner], place)


@jit
def find_partners(found: I32, subject: int, among: Population, partners: Partners) -> int:
    """The hashtags beside one, from its posts sorted by creator; how many."""
    hot, starts, counts, subjects = (
        among.posts.hot,
        among.posts.use_start,
        among.posts.use_count,
        among.posts.use_subject,
    )
    texts, offsets = among.names.data, among.names.offsets
    tags, both, known, newest, places = partners
    count, as_of, mask = 0, among.as_of, len(places) - 1
    for post in found:
        back, creator = as_of - i64(hot[post]["day"]), i64(hot[post]["creator"])
        if back < 0 or creator < 0 or place_of(back) == OLDER:
            continue
        for use in range(starts[post], starts[post] + counts[post]):
            tag = i64(subjects[use])
            if tag == subject or texts[offsets[tag]] != HASHTAG:
                continue
            at = (tag * 0x1E3779B1 >> 7) & mask
            while places[at] >= 0 and tags[places[at]] != tag:
                at = (at + 1) & mask
            if places[at] < 0:
                places[at], tags[count], both[count] = count, tag, 0
                known[count], newest[count] = -1, OLDER
                count += 1
            meet(creator, place_of(back), known, newest, both, places[at])
    for partner in range(count):
        add_reach(newest[partner], both[partner])
    return count


@jit
def measure(
    count: int, partners: Partners, own: I64, place: int, span: int, among: Population, room: I32, out: I64
) -> int:
    """Partners over one span with their strength, creators and numbers: all that can be among the
    strongest.

    No partner has fewer creators than the pair, so a bound of the affinity is known before: partners are
    measured in its order, and no more of them than can still be among the strongest.
    """
    everyone, world = among.everyone[place, span], among.everyone[0, LONGEST]
    bounds = np.empty(count, np.int64)
    for partner in range(count):
        both = partners.both[partner, span]
        bounds[partner] = affinity(both, own[span], both, everyone)
    order, reach, found, fifth = np.argsort(-bounds), np.zeros(OLDER, np.int64), 0, UNRELATED
    for partner in order:
        if bounds[partner] == UNRELATED or bounds[partner] < fifth or found == len(out):
            break
        tag, both = partners.tags[partner], partners.both[partner, span]
        reach_in(tag, place, among, room, reach)
        strength = affinity(both, own[span], reach[span], everyone)
        if strength == UNRELATED:
            continue
        if place != 0:
            reach_in(tag, 0, among, room, reach)
        if is_everyday(reach[LONGEST], world):
            continue
        out[found, 0], out[found, 1], out[found, 2] = -strength, -both, tag
        found += 1
        if found >= MOST_RELATED:
            fifth = -np.sort(out[:found, 0])[MOST_RELATED - 1]
    return found


@jit
def count_everyone(posts: Posts, lists: Lists, as_of: int, room: I32, everyone: I64) -> None:
    """Creators of all posts over each span, by place."""
    newest = np.full(PLACES, OLDER)
    for creator in range(len(lists.creator_head)):
        count = posts_of_creator(creator, posts, lists, room)
        for post in room[:count]:
            back, region = as_of - i64(posts.hot[post]["day"]), i64(posts.hot[post]["region"])
            if back >= 0:
                newest[0] = min(newest[0], place_of(back))
                newest[region] = min(newest[region], place_of(back))
        for post in room[:count]:
            region = i64(posts.hot[post]["region"])
            if region > 0:
                add_reach(newest[region], everyone[region])
                newest[region] = OLDER
        add_reach(newest[0], everyone[0])
        newest[0] = OLDER


def everyone(columns: Columns, lists: Lists, as_of: int) -> I64:
    """What `count_everyone` counts."""
    found = np.zeros((PLACES, OLDER), np.int64)
    count_everyone(columns.posts, lists, as_of, np.empty(len(columns) + 1, np.int32), found)
    return found


def kept(size: int = _KEPT) -> Kept:
    """Room for so many, which is a power of 2."""
    return Kept(np.full(size, FREE), np.zeros((size, OLDER), np.int64), np.zeros(1, np.int64))


class Related:
    """Tells the related hashtags of one state."""

    def __init__(self, columns: Columns, lists: Lists, as_of: int, everyone: I64, kept: Kept) -> None:
        self._columns = columns
        self._room = np.empty(len(columns) + 1, np.int32)
        names = columns.subjects.table
        self._among = Population(columns.posts, lists, as_of, everyone, kept, names)
        self._partners = _partners(1 << 10)

    def over(self, subject: int, place: int, found: I32, reach: I64) -> list[list[int]]:
        """The hashtags related to one over each span, the strongest first. `found`: its posts in the place,
        sorted by creator; `reach`: their creators over each span.
        """
        if len(found) < SUPPORT or self._is_everyday(subject, place, reach):
            return [[]] * OLDER
        count = self._find(subject, found)
        supported = np.flatnonzero(self._partners.both[:count, LONGEST] >= SUPPORT)
        if not len(supported):
            return [[]] * OLDER
        partners = self._partners._replace(
            tags=self._partners.tags[supported], both=self._partners.both[supported]
        )
        return [self._strongest(partners, len(supported), reach, place, span) for span in range(OLDER)]

    def _is_everyday(self, subject: int, place: int, reach: I64) -> bool:
        world = reach if place == 0 else np.zeros(OLDER, np.int64)
        if place != 0:
            reach_in(subject, 0, self._among, self._room, world)
        return is_everyday(int(world[LONGEST]), int(self._among.everyone[0, LONGEST]))

    def _find(self, subject: int, found: I32) -> int:
        uses = int(self._columns["use_count"][found].sum())
        if uses > len(self._partners.tags):
            self._partners = _partners(uses * 2)
        places = self._partners.places[: 1 << max(4, (2 * uses - 1).bit_length())]
        places[:] = -1
        return find_partners(found, subject, self._among, self._partners._replace(places=places))

    def _strongest(self, partners: Partners, count: int, own: I64, place: int, span: int) -> list[int]:
        out = np.empty((count, 3), np.int64)
        found = measure(count, partners, own, place, span, self._among, self._room, out)
        name = self._columns.subjects.raw
        ranked = sorted((strength, both, name(tag), tag) for strength, both, tag in out[:found].tolist())
        return [tag for *_, tag in ranked[:MOST_RELATED]]


def _partners(size: int) -> Partners:
    tags, creator, newest = np.empty((3, size), np.int64)
    places = np.full(1 << (2 * size - 1).bit_length(), -1, np.int32)
    return Partners(tags, np.empty((size, OLDER), np.int64), creator, newest, places)
