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
from trendwire.engine.tops import Tops, code_of, offer, tops
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
    if value <= 0 or value < found.bound_values[k]:
        return
    if not comes_before(value, code, found.bound_values[k], found.bound_codes[k], texts):
        return
    if kept.counts[k] > last:
        if not comes_before(value, code, kept.values[k, last], kept.codes[k, last], texts):
            found.bound_values[k], found.bound_codes[k] = value, code
            return
        found.bound_values[k], found.bound_codes[k] = kept.values[k, last], kept.codes[k, last]
    offer(kept, k, item, code, value, texts)


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
def gained(chosen: I32, posts: Posts, as_of: int, found: I32, gains: I64) -> int:
    """Those of some posts that gained views in a chart period, with what they gained; how many."""
    days, until, count = as_of - BACKS, np.zeros(SPANS + 1, np.int64), 0
    for post in chosen:
        if gained_in_spans(post, posts, days, until, gains[count]):
            found[count] = post
            count += 1
    return count


@jit
def offer_videos(found: I32, gains: I64, posts: Posts, text_ids: Table, videos: Leading) -> None:
    """Offer posts to the charts of the world and their regions."""
    for i in range(len(found)):
        id_, region = posts.ids[found[i]], i64(posts.hot[found[i]]["region"])
        for span in range(SPANS):
            keep(videos, span, found[i], id_, gains[i, span], text_ids)
            if region > 0:
                keep(videos, region * SPANS + span, found[i], id_, gains[i, span], text_ids)


@jit
def offer_creator(creator: int, sums: I64, met: I64, count: int, names: Table, creators: Leading) -> None:
    """Offer a creator to the charts of the places where their posts gained views, and forget the views."""
    for i in range(count):
        for span in range(SPANS):
            place = met[i] * SPANS + span
            keep(creators, place, creator, code_of(creator), sums[met[i], span], names)
        sums[met[i]] = 0


@jit
def offer_creators(found: I32, gains: I64, order: I64, posts: Posts, names: Table, creators: Leading) -> None:
    """Offer creators to the charts of the world and of regions, from all of their posts that gained views;
    `order` sorts these by creator.
    """
    sums, met = np.zeros((PLACES, SPANS), np.int64), np.zeros(PLACES, np.int64)
    creator, count = -1, 1
    for i in order:
        hot = posts.hot[found[i]]
        if hot["creator"] != creator:
            offer_creator(creator, sums, met, count, names, creators)
            creator, count = i64(hot["creator"]), 1
        if creator < 0:
            continue
        region = i64(hot["region"])
        if region > 0 and sums[region, SPANS - 1] == 0:
            met[count] = region
            count += 1
        sums[0] += gains[i]
        if region > 0:
            sums[region] += gains[i]
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
        offer_creators(found, gains, order, columns.posts, columns.creators.table, self._creators)


def _gained(chosen: I32, columns: Columns, as_of: int) -> tuple[I32, I64]:
    found, gains = np.empty(len(chosen), np.int32), np.empty((len(chosen) + 1, SPANS), np.int64)
    count = gained(chosen, columns.posts, as_of, found, gains)
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
