"""Owns the windows of a build on a cluster: which days they hold, which posts count in which, and as what.

The steps and the names are those of ranking.sql, where each has its reason:

    windows(period, back, first_day, last_day)
    scopes(scope, region, period, back, covered, cold, cut, ...)       a region's chart of a window
    subject_windows(subject, region, period, back, posts, views)
    marks(post, creator, scope, part, seen, best)
"""

from datetime import date
from itertools import pairwise

import ibis

from trendwire.domain.periods import CHART_PERIODS, Window, epoch_day
from trendwire.trends import scoring
from trendwire.trends.cluster.heat import floor_of
from trendwire.trends.cluster.posts import Rollup
from trendwire.trends.cluster.tables import (
    Table,
    Tables,
    in_memory,
    whole,
    with_world,
)

_NOWHERE = ""
"""What posts without a region share where a region is asked for."""


def windows(as_of: date) -> Table:
    """Two per chart period: the one that ends with `as_of`, and the one before it (back = 1)."""
    rows = [
        (period, back, epoch_day(window.first), epoch_day(window.last))
        for period in CHART_PERIODS
        for back in (0, 1)
        for window in [Window.of(period, as_of).before(back)]
    ]
    columns = dict.fromkeys(("period", "back", "first_day", "last_day"), "int64")
    return in_memory(columns, rows)


def _bands(as_of: date) -> Table:
    """The days between the edges of all windows, by the last of each: what is summed once for all windows."""
    spans = [Window.of(period, as_of).before(back) for period in CHART_PERIODS for back in (0, 1)]
    lasts = {epoch_day(span.last) for span in spans}
    edges = sorted(lasts | {epoch_day(span.first) - 1 for span in spans})
    rows = [(last, day) for before, last in pairwise(edges) for day in range(before + 1, last + 1)]
    return in_memory({"band": "int64", "day": "int64"}, rows)


def subject_windows(tables: Tables, daily: Table, within: Table, as_of: date) -> Table:
    """Posts created and views gained in each window."""
    banded = daily.join(_bands(as_of), "day")
    banded = banded.group_by("subject", "region", "band").agg(
        posts=banded.posts.sum(), views=banded.views.sum()
    )
    held = banded.join(within, [banded.band >= within.first_day, banded.band <= within.last_day])
    summed = held.group_by("subject", "region", "period", "back").agg(
        posts=held.posts.sum(), views=held.views.sum()
    )
    return tables.keep("subject_windows", summed)


def scopes(tables: Tables, of: Rollup, within: Table) -> Table:
    """Each region's chart of each window: how many before it are covered, and where a cold one is cut."""
    since = of.regions.rename(since="first_day")
    based = within.join(since, since.since <= within.last_day)
    reach = whole(based.last_day - based.since + 1, based.period) - 1
    based = based.mutate(covered=ibis.least(reach, scoring.BASELINES))
    based = based.mutate(cold=based.covered < 1).drop("since")
    key = ["region", "period", "back"]
    both = based.left_join(_cuts(based, of.posts), key).select(*based.columns, "cut")
    number = ibis.row_number().over(ibis.window(order_by=key))
    return tables.keep("scopes", both.mutate(scope=number))


def _cuts(based: Table, posts: Table) -> Table:
    """The day of the median post of each cold window."""
    created = with_world(posts.select("region", "day")).group_by("region", "day").agg(posts=ibis._.count())
    inside = based.filter(based.cold).join(created, "region")
    inside = inside.filter(inside.day.between(inside.first_day, inside.last_day))
    key = ["region", "period", "back"]
    until = inside.posts.sum().over(ibis.cumulative_window(group_by=key, order_by="day"))
    total = inside.posts.sum().over(ibis.window(group_by=key))
    summed = inside.mutate(until=until, total=total)
    late = summed.filter(summed.until > whole(summed.total, 2))
    return late.group_by(key).agg(cut=late.day.min())


def floors(tables: Tables, posts: Table, within: Table) -> Table:
    """From how many views on a post counts as seen, from a quantile of its region's first posts.

    It is read off the counts of equal values, so that no region's creators are sorted on one machine.
    """
    told = posts.filter(posts.creator.notnull() & posts.peak.notnull())
    told = told.mutate(origin=ibis.coalesce(told.region, _NOWHERE))
    first = ibis.struct({"day": told.day, "post": told.post})
    debuts = told.group_by("origin", "creator").agg(day=told.day.min(), views=told.peak.argmin(first))
    reached = debuts.join(within, debuts.day <= within.last_day)
    key = ["origin", "period", "back"]
    values = reached.group_by([*key, "views"]).agg(creators=reached.count())
    until = values.creators.sum().over(ibis.cumulative_window(group_by=key, order_by="views"))
    total = values.creators.sum().over(ibis.window(group_by=key))
    summed = values.mutate(until=until, total=total)
    place = (summed.total.cast("float64") * ibis.literal(scoring.FLOOR_QUANTILE, "float64")).ceil()
    beyond = summed.filter(summed.until >= place.cast("int64"))
    quantile = beyond.group_by(key).agg(views=beyond.views.min())
    return tables.keep("floors", quantile.select(*key, floor=floor_of(quantile.views)))


def marks(tables: Tables, posts: Table, within: Table, scoped: Table, floored: Table) -> Table:
    """Which sets a post belongs to in each chart it may touch; parts are numbered as in ranking.sql."""
    judged = with_world(_judged(posts, within, floored))
    key = ["region", "period", "back"]
    of_scope = scoped.select("scope", *key, "covered", "cold", "cut")
    placed = judged.join(of_scope, key)
    columns = ("post", "creator", "scope", "part", "seen", "best")
    usual = placed.filter((placed.part == 0) | (placed.part <= placed.covered))
    cut = placed.filter((placed.part == 0) & placed.cold)
    cut = cut.mutate(part=ibis.ifelse(cut.day < cut.cut, 1, 9).cast("int64"), best=ibis.null("int64"))
    usual = usual.mutate(best=ibis.ifelse(usual.part == 0, usual.best, ibis.null("int64")))
    return tables.keep("marks", usual.select(*columns).union(cut.select(*columns)))


def _judged(posts: Table, within: Table, floored: Table) -> Table:
    named = posts.filter(posts.creator.notnull()).select("post", "creator", "region", "day", "peak")
    named = named.mutate(origin=ibis.coalesce(named.region, _NOWHERE))
    reach = within.last_day - (scoring.BASELINES + 1) * within.period + 1
    near = named.join(within, [named.day >= reach, named.day <= within.last_day])
    met = near.left_join(floored, ["origin", "period", "back"])
    seen = met.peak.isnull() | (met.peak >= met.floor)
    return met.select(
        "post",
        "creator",
        "region",
        "day",
        "period",
        "back",
        part=whole(met.last_day - met.day, met.period),
        seen=ibis.ifelse(ibis.coalesce(seen, False), 1, -1).cast("int64"),
        best=ibis.coalesce(met.peak, 0),
    )
