"""Owns the charts of videos and creators: who gained most views in each place and chart period."""

import numpy as np

from trendwire.domain.charts import CHART_SIZE
from trendwire.domain.periods import CHART_PERIODS
from trendwire.engine.columns import Posts
from trendwire.engine.compiled import I32, I64, i64, jit
from trendwire.engine.counts import PLACES
from trendwire.engine.lists import Lists, posts_of_creator
from trendwire.engine.names import Table
from trendwire.engine.state import State
from trendwire.engine.tops import Tops, code_of, offer, tops
from trendwire.engine.views import gains_until, last_seen

SPANS = len(CHART_PERIODS)
BACKS = np.array([0, *CHART_PERIODS], np.int64)


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
def offer_post(post: int, posts: Posts, gained: I64, text_ids: Table, videos: Tops) -> None:
    """Offer a post to the charts of the world and its region."""
    for span in range(SPANS):
        offer(videos, span, post, posts.ids[post], gained[span], text_ids)
        region = i64(posts.hot[post]["region"])
        if region > 0:
            offer(videos, region * SPANS + span, post, posts.ids[post], gained[span], text_ids)


@jit
def offer_creator(creator: int, sums: I64, met: I64, count: int, names: Table, creators: Tops) -> None:
    """Offer a creator to the charts of the places where their posts gained views, and forget the views."""
    for i in range(count):
        for span in range(SPANS):
            place = met[i] * SPANS + span
            offer(creators, place, creator, code_of(creator), sums[met[i], span], names)
        sums[met[i]] = 0


@jit
def lead(
    posts: Posts,
    lists: Lists,
    as_of: int,
    text_ids: Table,
    names: Table,
    videos: Tops,
    creators: Tops,
    found: I32,
) -> None:
    """Fill the charts of both; list `place * SPANS + span` is one."""
    days, until, gained = as_of - BACKS, np.zeros(SPANS + 1, np.int64), np.zeros(SPANS, np.int64)
    sums, met = np.zeros((PLACES, SPANS), np.int64), np.zeros(PLACES, np.int64)
    for creator in range(len(lists.creator_head)):
        count = 1
        for i in range(posts_of_creator(creator, posts, lists, found)):
            if not gained_in_spans(found[i], posts, days, until, gained):
                continue
            offer_post(found[i], posts, gained, text_ids, videos)
            region = i64(posts.hot[found[i]]["region"])
            if region > 0 and sums[region, SPANS - 1] == 0:
                met[count] = region
                count += 1
            sums[0] += gained
            if region > 0:
                sums[region] += gained
        offer_creator(creator, sums, met, count, names, creators)
    for post in range(len(posts.hot)):
        if posts.hot[post]["creator"] < 0 and gained_in_spans(post, posts, days, until, gained):
            offer_post(post, posts, gained, text_ids, videos)


def leaders(state: State) -> tuple[Tops, Tops]:
    """The charts of videos and of creators: the list of a place and a period is at `place * SPANS +
    period`.
    """
    columns = state.columns
    videos, creators = tops(PLACES * SPANS, CHART_SIZE), tops(PLACES * SPANS, CHART_SIZE)
    texts, names = columns.ids.texts.table, columns.creators.table
    found = np.empty(len(columns) + 1, np.int32)
    lead(columns.posts, state.lists.lists, state.as_of, texts, names, videos, creators, found)
    return videos, creators
