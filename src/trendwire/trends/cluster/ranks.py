"""Owns the order of the charts on a cluster: counts of creators, scores, the first hundred of every chart.

scored(subject, region, period, back, creators, ..., score)                   as in ranking.sql
ranks(kind, subject, region, period, back, industry, score, posts, views, rank)
videos(region, period, post, views, rank), stars(region, period, creator, views, rank)
"""

import ibis

from trendwire.domain.charts import CHART_SIZE, MIN_CREATORS, WORLD
from trendwire.trends import scoring
from trendwire.trends.cluster.heat import counted, heat
from trendwire.trends.cluster.posts import Rollup
from trendwire.trends.cluster.tables import Table, Tables, first_places, with_world

_EVERYBODY = ""
"""The subject that all posts of a region are counted as: what the others are expected from."""

_OWN = ("creators", "watched", "best", "now", "past", "last")


def counts(tables: Tables, of: Rollup, shown: Table, scoped: Table, marks: Table) -> Table:
    """The counts of creators behind heat, for each subject that a chart or a detail may tell them of."""
    key = ["region", "period", "back"]
    met = shown.join(scoped.select("scope", *key), key)
    least = ibis.ifelse(met.back == 0, 1, MIN_CREATORS)
    everybody = ibis.literal(_EVERYBODY)
    wanted = met.filter(met.posts >= least).select("subject", "scope")
    wanted = wanted.union(scoped.select("scope", subject=everybody).select("subject", "scope"))
    used = of.uses.select("subject", "post").union(
        of.posts.select("post", subject=everybody).select("subject", "post")
    )
    marked = used.join(marks, "post").semi_join(wanted, ["subject", "scope"])
    reach = marked.group_by("subject", "scope", "part", "creator").agg(
        watched=marked.seen.sum() >= 0, best=marked.best.max()
    )
    return tables.keep("counts", _counted(reach, scoped))


def _counted(reach: Table, scoped: Table) -> Table:
    def both(inside: ibis.Value) -> ibis.Value:
        return counted(reach.count(where=inside), reach.count(where=inside & reach.watched))

    now = reach.part == 0
    summed = reach.group_by("subject", "scope").agg(
        creators=reach.count(where=now),
        watched=reach.count(where=now & reach.watched),
        best=ibis.coalesce(reach.best.sum(where=now & reach.watched), 0),
        observed=both(reach.part == 9),
        past=both(reach.part.between(1, scoring.BASELINES)),
        last=both(reach.part == 1),
    )
    met = summed.join(scoped.select("scope", "region", "period", "back", "cold"), "scope")
    usual = counted(met.creators, met.watched)
    return met.mutate(
        now=ibis.ifelse(met.cold, met.observed, usual), last=ibis.least(met.past, met.last)
    ).select("subject", "region", "period", "back", *_OWN)


def scored(tables: Tables, counts: Table) -> Table:
    """Each subject's counts beside those of all posts, in region and world, and the score they give."""
    window = ["period", "back"]
    everybody = counts.filter(counts.subject == _EVERYBODY)
    own = counts.filter(counts.subject != _EVERYBODY)
    world = counts.filter(counts.region == WORLD)
    common = everybody.select(
        "region", *window, all_now=everybody.now, all_past=everybody.past, all_last=everybody.last
    )
    over = everybody.filter(everybody.region == WORLD).select(*window, all_world=ibis._.past)
    met = own.join(world.select("subject", *window, world=world.past), ["subject", *window])
    met = met.join(common, ["region", *window]).join(over, window)
    return tables.keep("scored", met.mutate(score=heat(met)))


def ranks(tables: Tables, scores: Table, shown: Table, industries: Table, within: Table) -> Table:
    """A subject stands in the chart of all industries, and in that of its own."""
    key = ["subject", "region", "period", "back"]
    able = scores.filter((scores.creators >= MIN_CREATORS) & (scores.score > 0))
    met = (
        able.select(*key, "score")
        .join(shown, key)
        .join(within.select("period", "back", "last_day"), ["period", "back"])
    )
    met = met.left_join(industries, ["subject", "last_day"]).select(
        *key, "score", "posts", "views", "industry"
    )
    met = met.mutate(kind=ibis.ifelse(met.subject.substr(0, 1) == "h", "hashtag", "sound"))
    all_of_them = met.mutate(industry=ibis.literal(0, "int64"))
    entered = all_of_them.union(met.filter(met.industry.notnull()).select(*all_of_them.columns))
    order = [entered.score.desc(), entered.views.desc(), entered.subject.asc()]
    charts = ("kind", "region", "period", "back", "industry")
    return tables.keep("ranks", first_places(entered, charts, order, CHART_SIZE, "rank"))


def videos(tables: Tables, posts: Table, gained: Table) -> Table:
    """Posts by views gained in the window, in their own region and in the world."""
    met = with_world(posts.select("post", "region")).join(gained, "post")
    order = [met.views.desc(), met.post.asc()]
    return tables.keep("videos", first_places(met, ("region", "period"), order, CHART_SIZE, "rank"))


def stars(tables: Tables, posts: Table, gained: Table) -> Table:
    """Creators by the views their posts gained in the window, in the region of each post and in the world."""
    placed = with_world(posts.filter(posts.creator.notnull()).select("post", "creator", "region"))
    met = placed.join(gained, "post")
    summed = met.group_by("region", "period", "creator").agg(views=met.views.sum())
    order = [summed.views.desc(), summed.creator.asc()]
    return tables.keep("stars", first_places(summed, ("region", "period"), order, CHART_SIZE, "rank"))
