"""Owns views per day on a cluster: what each post gained, and the rollup of subjects, regions and days.

gains(post, day, views)                          views gained on a day <= as_of, above 0
daily(subject, region, day, views, posts)        also for the world
post_views(post, period, views)                  views gained in each chart period's window
"""

from datetime import date

import ibis

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import epoch_day
from trendwire.trends.cluster.posts import Rollup
from trendwire.trends.cluster.tables import Table, Tables, whole

_DAY = 86_400
_FIRST_SPREAD = 6
"""The first count is spread over the day of creation and at most so many after it."""


def gains(tables: Tables, of: Rollup, as_of: date) -> Table:
    """Counts never fall; each gain is spread in whole views over the days since the sighting before."""
    seen = of.sightings.filter(of.sightings.views.notnull())
    counted = seen.group_by("post", "day", "recency").agg(views=seen.views.max())
    spread = _spread(_spans(counted), epoch_day(as_of))
    by_day = spread.filter(spread.views > 0)
    return tables.keep("gains", by_day.group_by("post", "day").agg(views=by_day.views.sum()))


def _spans(counted: Table) -> Table:
    in_time = ibis.window(group_by="post", order_by="recency")
    until = ibis.cumulative_window(group_by="post", order_by="recency")
    steps = counted.mutate(seen_day=whole(counted.recency, _DAY), total=counted.views.max().over(until))
    steps = steps.mutate(
        before_day=steps.seen_day.lag().over(in_time), before=steps.total.lag().over(in_time)
    )
    first = steps.before_day.isnull()
    return steps.select(
        "post",
        gain=steps.total - ibis.coalesce(steps.before, 0),
        first_day=ibis.ifelse(first, steps.day, ibis.least(steps.before_day + 1, steps.seen_day)),
        last_day=ibis.ifelse(first, ibis.least(steps.seen_day, steps.day + _FIRST_SPREAD), steps.seen_day),
    )


def _spread(spans: Table, as_of: int) -> Table:
    counted = spans.filter((spans.gain > 0) & (spans.first_day <= as_of))
    days = ibis.least(counted.last_day, as_of) - counted.first_day + 1
    each = counted.mutate(n=counted.last_day - counted.first_day + 1, k=ibis.range(0, days).unnest())
    k = each.k.cast("int64")
    return each.select(
        "post",
        day=each.first_day + k,
        views=whole(each.gain * (k + 1), each.n) - whole(each.gain * k, each.n),
    )


def daily(tables: Tables, of: Rollup, gained: Table) -> Table:
    """A post's creation is an event of its day like its gains, so that one grouping sums both."""
    made = of.posts.select("post", "day", views=ibis.literal(0, "int64"), posts=ibis.literal(1, "int64"))
    events = gained.select("post", "day", "views", posts=ibis.literal(0, "int64")).union(made)
    used = of.uses.select("subject", "region", "post").join(events, "post")
    by_region = tables.keep(
        "daily_by_region",
        used.group_by("subject", "region", "day").agg(views=used.views.sum(), posts=used.posts.sum()),
    )
    world = by_region.group_by("subject", "day").agg(views=by_region.views.sum(), posts=by_region.posts.sum())
    world = world.mutate(region=ibis.literal(WORLD))
    regional = by_region.filter(by_region.region.notnull())
    return tables.keep("daily", regional.union(world.select(*regional.columns)))


def post_views(tables: Tables, gained: Table, windows: Table) -> Table:
    """Views a post gained in each window that ends with the edition's day."""
    now = windows.filter(windows.back == 0).drop("back")
    inside = gained.join(now, [gained.day >= now.first_day, gained.day <= now.last_day])
    return tables.keep("post_views", inside.group_by("post", "period").agg(views=inside.views.sum()))
