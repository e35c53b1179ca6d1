"""Owns the charts of videos and creators: who gained most views in each place and chart period.

More are kept of each chart than it shows, so that a batch changes only what it touches: whatever is outside
of a list sorts at or after its bound. A list that became too short is made anew from all posts.
"""

from typing import NamedTuple

import numpy as np

from trendwire.domain.charts import CHART_SIZE
from trendwire.domain.periods import CHART_PERIODS
from trendwire.engine.columns import Columns, Posts
from trendwire.engine.compiled import I32, I64, U8, i64, jit
from trendwire.engine.counts import PLACES
from trendwire.engine.ids import id_less
from trendwire.engine.lists import Lists, posts_of_creators
from trendwire.engine.names import Table
from trendwire.engine.tops import Tops, code_of, tops
from trendwire.engine.tops import offer as put
from trendwire.engine.views import gains_until, last_seen

SPANS = len(CHART_PERIODS)
BACKS = np.array([0, *CHART_PERIODS], np.int64)
KEPT = 2 * CHART_SIZE


class Leading(NamedTuple):
    """List `place * SPANS + span` is one chart; its bound is the value and the code of the first item that
    may be outside of it. A value of 0: nothing is outside.
    """

    tops: Tops
    bound_values: I64
    bound_codes: I64


def _leading() -> Leading:
    """Empty charts."""
    values, codes = np.zeros((2, PLACES * SPANS), np.int64)
    return Leading(tops(PLACES * SPANS, KEPT), values, codes)


@jit
def comes_before(value: int, code: int, other_value: int, other_code: int, texts: Table) -> bool:
    """Whether an item sorts before another one."""
    return bool(value > other_value or (value == other_value and id_less(code, other_code, texts)))


@jit
def keep(found: Leading, k: int, item: int, code: int, value: int, texts: Table) -> None:
    """Put an item into a list, or know that it is outside."""
    kept, last = found.tops, found.tops.items.shape[1] - 1
    if value <= 0 or not comes_before(value, code, found.bound_values[k], found.bound_codes[k], texts):
        return
    if kept.counts[k] > last:
        if not comes_before(value, code, kept.values[k, last], kept.codes[k, last], texts):
            found.bound_values[k], found.bound_codes[k] = value, code
            return
        found.bound_values[k], found.bound_codes[k] = kept.values[k, last], kept.codes[k, last]
    put(kept, k, item, code, value, texts)


@jit
def drop(kept: Tops, gone: U8) -> None:
    """Take the items that `gone` marks out of all lists."""
    for k in range(len(kept.counts)):
        count = 0
        for i in range(kept.counts[k]):
            if not gone[kept.items[k, i]]:
                kept.items[k, count], kept.codes[k, count] = kept.items[k, i], kept.codes[k, i]
                kept.values[k, count] = kept.values[k, i]
                count += 1
        kept.counts[k] = count


@jit
def gained_in_spans(post: int, posts: Posts, days: I64, until: I64, out: I64) -> bool:
    """Views that a post gained in each chart period; whether there are any. `days`: where the periods
    begin.
    """
    hot = posts.hot[post]
    if i64(hot["day"]) > days[0] or last_seen(post, posts) <= days[SPANS]:
        return False
    gains_until(post, posts, days, until)
    for span in range(SPANS):
        out[span] = until[0] - until[span + 1]
    return bool(out[SPANS - 1] > 0)


@jit
def gained(chosen: I32, posts: Posts, days: I64, until: I64, found: I32, gains: I64) -> int:
    """Those of some posts that gained views in a chart period, with what they gained; how many."""
    count = 0
    for post in chosen:
        if gained_in_spans(post, posts, days, until, gains[count]):
            found[count] = post
            count += 1
    return count


@jit
def offer(item: int, code: int, place: int, gains: I64, texts: Table, found: Leading) -> None:
    """Offer an item to the charts of a place."""
    for span in range(SPANS):
        k = place * SPANS + span
        if gains[span] >= found.bound_values[k]:
            keep(found, k, item, code, gains[span], texts)


@jit
def offer_videos(found: I32, gains: I64, posts: Posts, text_ids: Table, videos: Leading) -> None:
    """Offer posts to the charts of the world and their regions."""
    for i in range(len(found)):
        region = i64(posts.hot[found[i]]["region"])
        offer(found[i], posts.ids[found[i]], 0, gains[i], text_ids, videos)
        if region > 0:
            offer(found[i], posts.ids[found[i]], region, gains[i], text_ids, videos)


@jit
def offer_creator(creator: int, sums: I64, met: I64, count: int, names: Table, creators: Leading) -> None:
    """Offer a creator to the charts of the places where their posts gained views, and forget the views."""
    for place in met[:count]:
        if creator >= 0:
            offer(creator, code_of(creator), place, sums[place], names, creators)
        for span in range(SPANS):
            sums[place, span] = 0


@jit
def offer_creators(
    found: I32, gains: I64, order: I64, posts: Posts, names: Table, creators: Leading, sums: I64, met: I64
) -> None:
    """Offer creators to the charts of the world and of regions, from all of their posts that gained views;
    `order` sorts these by creator. `sums` by place and `met` come zeroed.
    """
    creator, count = -1, 1
    for i in order:
        post = posts.hot[found[i]]
        if post["creator"] != creator:
            offer_creator(creator, sums, met, count, names, creators)
            creator, count = i64(post["creator"]), 1
        region = i64(post["region"])
        if region > 0 and sums[region, SPANS - 1] == 0:
            met[count] = region
            count += 1
        for span in range(SPANS):
            sums[0, span] += gains[i, span]
            if region > 0:
                sums[region, span] += gains[i, span]
    offer_creator(creator, sums, met, count, names, creators)


class Leaders:
    """The charts of a state."""

    def __init__(self) -> None:
        self._videos, self._creators = _leading(), _leading()

    def charts(self) -> tuple[Tops, Tops]:
        """Of videos and of creators, as they are now."""
        return _shown(self._videos.tops), _shown(self._creators.tops)

    def make(self, columns: Columns, as_of: int) -> None:
        """All charts from all posts."""
        self._videos, self._creators = _leading(), _leading()
        every = np.arange(len(columns), dtype=np.int32)
        found, gains = _gained(every, columns, as_of)
        offer_videos(found, gains, columns.posts, columns.ids.texts.table, self._videos)
        self._offer_creators(found, gains, columns)

    def replace(
        self, columns: Columns, lists: Lists, as_of: int, out: I32, added: I32, creators: I32
    ) -> None:
        """Follow posts that took the place of others; `creators`: those of both."""
        drop(self._videos.tops, _marked(out, len(columns)))
        drop(self._creators.tops, _marked(creators, len(columns.creators)))
        found, gains = _gained(added, columns, as_of)
        offer_videos(found, gains, columns.posts, columns.ids.texts.table, self._videos)
        own = np.empty(len(columns) + 1, np.int32)
        own = own[: posts_of_creators(creators, columns.posts, lists, own)]
        self._offer_creators(*_gained(own, columns, as_of), columns)
        if _is_short(self._videos) or _is_short(self._creators):
            self.make(columns, as_of)

    def _offer_creators(self, found: I32, gains: I64, columns: Columns) -> None:
        order = np.argsort(columns["hot"]["creator"][found], kind="stable")
        sums, met = np.zeros((PLACES, SPANS), np.int64), np.zeros(PLACES, np.int64)
        names = columns.creators.table
        offer_creators(found, gains, order, columns.posts, names, self._creators, sums, met)


def _gained(chosen: I32, columns: Columns, as_of: int) -> tuple[I32, I64]:
    found, gains = np.empty(len(chosen), np.int32), np.empty((len(chosen) + 1, SPANS), np.int64)
    until = np.zeros(SPANS + 1, np.int64)
    count = gained(chosen, columns.posts, as_of - BACKS, until, found, gains)
    return found[:count], gains[:count]


def _marked(items: I32, count: int) -> U8:
    marked = np.zeros(count, np.uint8)
    marked[items] = 1
    return marked


def _is_short(found: Leading) -> bool:
    return bool(((found.tops.counts < CHART_SIZE) & (found.bound_values > 0)).any())


def _shown(kept: Tops) -> Tops:
    items, codes, values = (column[:, :CHART_SIZE].copy() for column in kept[:3])
    return Tops(items, codes, values, np.minimum(kept.counts, CHART_SIZE))
