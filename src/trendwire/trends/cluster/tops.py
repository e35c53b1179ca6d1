"""Owns the posts of a detail and the spans of regions, counted on a cluster.

tops(subject, region, span, post, views, place)       the posts with most views gained in each window
origins(region, origin, rows, oldest, newest), region_spans(region, first_day, last_day)    for provenance
"""

import ibis

from trendwire.trends.cluster.crowds import nested, recent
from trendwire.trends.cluster.tables import Table, Tables, first_places, with_world
from trendwire.trends.details import MOST_POSTS

MOST_VIEWS = 2**36 - 1
"""Views are packed into 36 bits where the documents are written; more than these count as these."""


def tops(tables: Tables, uses: Table, gained: Table, as_of: int) -> Table:
    """Of each subject, region and window; posts whose id is no 64-bit number cannot be told on the wire."""
    numeric = gained.post.try_cast("int64").cast("string") == gained.post
    told = gained.filter(numeric & (gained.post.substr(0, 1) != "-"))
    placed = told.join(recent(as_of), "day")
    by_place = placed.group_by("post", "place").agg(views=placed.views.sum()).join(nested(), "place")
    viewed = by_place.group_by("post", "span").agg(views=ibis.least(by_place.views.sum(), MOST_VIEWS))
    viewed = tables.keep("viewed", viewed)
    met = with_world(uses.select("subject", "region", "post")).join(viewed, "post")
    order = [met.views.desc(), met.post.asc()]
    first = first_places(met, ("subject", "region", "span"), order, MOST_POSTS, "place")
    return tables.keep("tops", first)


def origins(tables: Tables, facts: Table, posts: Table) -> None:
    """What observations were ingested from, by region, and where posts are from."""
    said = facts.select("region", "ingested_at", origin=facts.source.split(":")[0])
    said = with_world(said)
    tables.keep(
        "origins",
        said.group_by("region", "origin").agg(
            rows=said.count(), oldest=said.ingested_at.min(), newest=said.ingested_at.max()
        ),
    )
    days = with_world(posts.select("region", "day"))
    spans = days.group_by("region").agg(first_day=days.day.min(), last_day=days.day.max())
    tables.keep("region_spans", spans)
