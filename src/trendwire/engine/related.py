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
from trendwire.domain.periods import DETAIL_PERIODS
from trendwire.engine.columns import Posts
from trendwire.engine.compiled import I32, I64, U8, i64, inlined, jit
from trendwire.engine.kinds import number_of
from trendwire.engine.lists import Lists, posts_of_subject
from trendwire.engine.names import Table
from trendwire.engine.numbers import OLDER, Chosen, add_reach, place_of
from trendwire.engine.records import FREE, find, pair
from trendwire.engine.tops import Tops, code_of, least, offer

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

UNKNOWN, COUNTED, EVERYDAY, NOT_EVERYDAY = range(4)
_KEPT, _BOTH_BITS = 1 << 16, 32


class Kept(NamedTuple):
    """Creators over each span of hashtags in places (`keys`, see records.py); how many are kept."""

    keys: I64
    reach: I64
    known: I64


class Partners(NamedTuple):
    """Hashtags that were used with one: which, how many creators used both over each span, and while they
    are counted the creator met last and the place of their newest post. `places` finds them. `reach`: all
    creators over each span, and what is `known` of them.
    """

    tags: I64
    both: I64
    creator: I64
    newest: I64
    places: I32
    reach: I64
    known: U8


class Population(NamedTuple):
    """What pairs are measured in: creators of all posts over each span, by place. `room` for posts, `reach`
    for the creators of one hashtag.
    """

    posts: Posts
    lists: Lists
    as_of: int
    everyone: I64
    kept: Kept
    names: Table
    room: I32
    reach: I64


def no_reach_kept(room: int = _KEPT) -> Kept:
    """Room for reach, a power of 2."""
    return Kept(np.full(room, FREE), np.zeros((room, OLDER), np.int64), np.zeros(1, np.int64))


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
def reach_in(subject: int, place: int, among: Population, reach: I64) -> None:
    """Creators of a hashtag in a place over each span, counted or as they were kept."""
    key = pair(subject, place)
    at = find(among.kept.keys, key)
    if among.kept.keys[at] == key:
        for span in range(OLDER):
            reach[span] = among.kept.reach[at, span]
        return
    reach[:] = 0
    count = posts_of_subject(subject, place, among.posts, among.lists, among.room)
    reach_of(among.room[:count], among.posts, among.as_of, reach)
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
def room_for_partners(uses: int) -> Partners:
    """For posts with so many uses of hashtags and sounds."""
    places = 16
    while places < 2 * uses:
        places *= 2
    return Partners(
        np.empty(uses, np.int64),
        np.empty((uses, OLDER), np.int64),
        np.empty(uses, np.int64),
        np.empty(uses, np.int64),
        np.full(places, -1, np.int32),
        np.empty((uses, OLDER), np.int64),
        np.zeros(uses, np.uint8),
    )


@jit
def find_partners(
    first: int, last: int, chosen: Chosen, subject: int, posts: Posts, partners: Partners
) -> int:
    """The subjects beside one, from its posts sorted by creator; how many."""
    starts, counts, subjects = posts.use_start, posts.use_count, posts.use_subject
    tags, both, known, newest, places, _, _ = partners
    count, mask = 0, len(places) - 1
    for i in range(first, last):
        post, creator, age = chosen.post[i], i64(chosen.creator[i]), i64(chosen.age[i])
        if creator < 0 or age == OLDER:
            continue
        for use in range(starts[post], starts[post] + counts[post]):
            tag = i64(subjects[use])
            if tag == subject:
                continue
            at = (tag * 0x1E3779B1 >> 7) & mask
            while places[at] >= 0 and tags[places[at]] != tag:
                at = (at + 1) & mask
            if places[at] < 0:
                places[at], tags[count], both[count] = count, tag, 0
                known[count], newest[count] = -1, OLDER
                count += 1
            meet(creator, age, known, newest, both, places[at])
    for partner in range(count):
        add_reach(newest[partner], both[partner])
    return count


@jit
def keep_supported(count: int, partners: Partners, names: Table) -> int:
    """Keep those that are hashtags and that enough creators used beside the hashtag; how many."""
    kept = 0
    for partner in range(count):
        tag = partners.tags[partner]
        if partners.both[partner, LONGEST] < SUPPORT or names.data[names.offsets[tag]] != HASHTAG:
            continue
        partners.tags[kept] = tag
        for span in range(OLDER):
            partners.both[kept, span] = partners.both[partner, span]
        kept += 1
    return kept


@jit
def uses_everyday(subject: int, among: Population) -> bool:
    """Whether a hashtag is everyday."""
    reach_in(subject, 0, among, among.reach)
    return is_everyday(among.reach[LONGEST], among.everyone[0, LONGEST])


@jit
def offer_related(
    partner: int, place: int, span: int, own: int, among: Population, partners: Partners, found: Tops
) -> None:
    """Offer a partner to the strongest of a span, of equally strong ones those of most creators first."""
    tag, both, known = partners.tags[partner], partners.both[partner, span], partners.known
    if known[partner] == UNKNOWN:
        reach_in(tag, place, among, partners.reach[partner])
        known[partner] = COUNTED
    strength = affinity(both, own, partners.reach[partner, span], among.everyone[place, span])
    if strength == UNRELATED:
        return
    if known[partner] == COUNTED:
        known[partner] = EVERYDAY if uses_everyday(tag, among) else NOT_EVERYDAY
    if known[partner] == NOT_EVERYDAY:
        offer(found, span, tag, code_of(tag), strength << _BOTH_BITS | both, among.names)


@jit
def find_strongest(
    count: int, place: int, span: int, own: int, among: Population, partners: Partners, found: Tops
) -> None:
    """The strongest partners over one span.

    No partner has fewer creators than the pair, so a bound of the affinity is known before: partners are
    measured in its order, and no more of them than can still be among the strongest.
    """
    bounds = np.empty(count, np.int64)
    for partner in range(count):
        both = partners.both[partner, span]
        bounds[partner] = affinity(both, own, both, among.everyone[place, span])
    for partner in np.argsort(-bounds):
        if bounds[partner] == UNRELATED or bounds[partner] < least(found, span) >> _BOTH_BITS:
            return
        offer_related(partner, place, span, own, among, partners, found)


@jit
def relate(
    subject: int,
    place: int,
    first: int,
    last: int,
    chosen: Chosen,
    reach: I64,
    among: Population,
    found: Tops,
) -> None:
    """The hashtags related to one over each span, from its posts in a place; `reach`: their creators."""
    found.counts[:] = 0
    if reach[LONGEST] < SUPPORT or uses_everyday(subject, among):
        return
    uses = 0
    for i in range(first, last):
        uses += among.posts.use_count[chosen.post[i]]
    partners = room_for_partners(uses)
    count = find_partners(first, last, chosen, subject, among.posts, partners)
    count = keep_supported(count, partners, among.names)
    for span in range(OLDER):
        if count > 0 and reach[span] >= SUPPORT:
            find_strongest(count, place, span, reach[span], among, partners, found)


def everyone(newest: I32, as_of: int) -> I64:
    """Creators of all posts over each span, by place, from creators by the day of their newest post."""
    spans = [newest[:, as_of - period + 1 : as_of + 1].sum(axis=1) for period in DETAIL_PERIODS]
    return np.stack(spans, axis=1).astype(np.int64)
