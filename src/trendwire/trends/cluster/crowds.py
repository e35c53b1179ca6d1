"""Owns who is behind a subject, counted on a cluster for the details: creators, ages, interests, countries.

A place is the number of the smallest detail period whose window holds a day, a span is a window: see
details.sql. Made here, the world being a region:

    spot_places(subject, region, place, posts, young, middle, elder, promoted, interests, countries)
    reach(subject, region, in_1 ... in_5), audience_size(region, in_1 ... in_5)     distinct creators per span
    region_places(region, place, posts, interests, countries)
    audiences(subject, region, audience, span, code, index, place)                  the first few of each
"""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis

from trendwire.domain.periods import DETAIL_PERIODS
from trendwire.domain.taxonomy import countries, interests
from trendwire.trends.cluster.tables import (
    Column,
    Table,
    Tables,
    first_places,
    in_memory,
    with_world,
)
from trendwire.trends.details import (
    AGE_LEVELS,
    GUARD,
    MOST_COUNTRIES,
    MOST_INTERESTS,
    SHARE_UNIT,
)

INTERESTS, COUNTRIES = 1, 2
_AUDIENCES = {INTERESTS: "interests", COUNTRIES: "countries"}


@dataclass(frozen=True, slots=True)
class Crowds:
    """The posts of the longest window, `placed` (subject, post, creator, region, place) once per subject and
    `posted` once; the tables that pairs are measured against."""

    placed: Table
    posted: Table
    reach: Table
    audience_size: Table


def recent(as_of: int) -> Table:
    """The days of the longest window, each with its place."""
    rows = [(as_of - back, 1 + sum(p <= back for p in DETAIL_PERIODS)) for back in range(DETAIL_PERIODS[-1])]
    return in_memory({"day": "int64", "place": "int64"}, rows)


def nested() -> Table:
    """Which windows hold the days of a place: its own and every longer one."""
    most = len(DETAIL_PERIODS)
    rows = [(place, span) for place in range(1, most + 1) for span in range(place, most + 1)]
    return in_memory({"place": "int64", "span": "int64"}, rows)


def crowds(tables: Tables, uses: Table, posts: Table, as_of: int) -> Crowds:
    """Count creators, and lay out the posts for what else is counted."""
    placed = tables.keep("placed", uses.join(recent(as_of), "day").drop("day"))
    posted = posts.select("post", "creator", "region", "day").join(recent(as_of), "day").drop("day")
    return Crowds(
        placed=placed,
        posted=posted,
        reach=tables.keep("reach", _creators(placed, "subject")),
        audience_size=tables.keep("audience_size", _creators(posted)),
    )


def _creators(rows: Table, *of: str) -> Table:
    """Distinct creators per window: a creator counts from the smallest window that holds a post of theirs."""
    named = with_world(rows.filter(rows.creator.notnull()).select(*of, "region", "creator", "place"))
    firsts = named.group_by(*of, "region", "creator").agg(place=named.place.min())
    within = {f"in_{span}": firsts.count(where=firsts.place <= span) for span in _spans()}
    return firsts.group_by(*of, "region").agg(**within)


def _spans() -> range:
    return range(1, len(DETAIL_PERIODS) + 1)


def describe(tables: Tables, of: Crowds, posts: Table) -> None:
    """Make all tables that tell of a subject's audience."""
    weights = tables.keep("weights", _weights(posts))
    told = tables.keep("told", _told(posts, weights))
    places = _places(with_world(of.placed).join(told, "post"), "subject")
    spots = tables.keep("spot_places", places)
    regions = tables.keep("region_places", _places(with_world(of.posted).join(told, "post")))
    coded = weights.filter(weights.code.notnull())
    share = tables.keep("overall", _shares(with_world(of.posted), coded, regions))
    mine = tables.keep("spot_shares", _shares(with_world(of.placed), coded, spots, "subject"))
    tables.keep("audiences", _indexed(mine, share))


def _told(posts: Table, weights: Table) -> Table:
    """What each post says of its audience in whole numbers, so that sums do not depend on their order."""
    has = weights.group_by("post").agg(
        **{name: (weights.audience == audience).cast("int64").max() for audience, name in _AUDIENCES.items()}
    )
    both = posts.select("post", "promoted").left_join(_ages(posts), "post").drop("post_right")
    met = both.left_join(has, "post").drop("post_right")
    return met.mutate(
        promoted=met.promoted.cast("int64"),
        **{name: ibis.coalesce(met[name], 0) for name in _AUDIENCES.values()},
    )


def _places(rows: Table, *of: str) -> Table:
    names = ("young", "middle", "elder", "interests", "countries")
    sums = {name: rows[name].cast("decimal(38,0)").sum() for name in names}
    return rows.group_by(*of, "region", "place").agg(posts=rows.count(), promoted=rows.promoted.max(), **sums)


def _entries(posts: Table, column: str) -> Table:
    """Each entry of a map as a share of the whole, in fixed point; weights are summed ascending."""
    of = posts.filter(posts[column].length() > 0)
    of = of.select("post", map=of[column], total=of[column].values().sort().sums())
    each = of.select("post", "total", entry=of.map.keys().zip(of.map.values()).unnest())
    share = each.entry.f2 / each.total * ibis.literal(float(SHARE_UNIT), "float64")
    return each.select("post", label=each.entry.f1, weight=share.round().cast("int64"))


def _ages(posts: Table) -> Table:
    of = _entries(posts, "audience_ages")
    of = of.mutate(age=of.label.re_extract("^[0-9]+", 0).try_cast("int64"))
    bounds = (*AGE_LEVELS, 10**9)
    sums: Mapping[str, Column] = {
        name: ibis.coalesce(of.weight.sum(where=(of.age >= bounds[n]) & (of.age < bounds[n + 1])), 0)
        for n, name in enumerate(("young", "middle", "elder"))
    }
    return of.group_by("post").agg(**sums)


def _weights(posts: Table) -> Table:
    """Interests and countries; those without a name have no code, but are part of the whole."""
    both = [
        _entries(posts, f"audience_{name}").mutate(audience=ibis.literal(audience, "int64"))
        for audience, name in _AUDIENCES.items()
    ]
    rows = [(INTERESTS, name, int(name)) for name in interests()]
    rows += [(COUNTRIES, name, ord(name[0]) * 256 + ord(name[1])) for name in countries()]
    known = in_memory({"audience": "int64", "label": "string", "code": "int64"}, rows)
    met = both[0].union(both[1]).left_join(known, ["audience", "label"])
    return met.select("post", "audience", "code", "weight")


def _shares(rows: Table, coded: Table, places: Table, *of: str) -> Table:
    """The mean share of each interest and country over the posts of each group and window that tell any."""
    key = [*of, "region", "audience"]
    met = rows.join(coded, "post")
    by_place = met.group_by(*key, "code", "place").agg(weight=met.weight.cast("decimal(38,0)").sum())
    wide = by_place.join(nested(), "place")
    sums = wide.group_by(*key, "code", "span").agg(weight=wide.weight.sum())
    parts = [
        places.select(*of, "region", "place", posts=places[name], audience=ibis.literal(n, "int64"))
        for n, name in _AUDIENCES.items()
    ]
    spread = parts[0].union(parts[1]).join(nested(), "place")
    counts = spread.group_by(*key, "span").agg(posts=spread.posts.sum())
    both = sums.join(counts, [*key, "span"])
    share = both.weight.cast("float64") / both.posts.cast("float64")
    return both.select(*key, "code", "span", share=share)


def _indexed(mine: Table, overall: Table) -> Table:
    """Index = 100 * share under the subject / overall share; the first few, ties by the smaller code."""
    key = ["region", "audience", "code", "span"]
    met = mine.join(overall.rename(usual="share"), key)
    exact = ibis.literal(100.0, "float64") * met.share / met.usual
    index = exact + ibis.literal(0.5, "float64") + ibis.literal(GUARD, "float64")
    met = met.mutate(index=index.floor().cast("int64"))
    order = [met.index.desc(), met.code.asc()]
    first = first_places(
        met, ("subject", "region", "audience", "span"), order, max(MOST_INTERESTS, MOST_COUNTRIES), "place"
    )
    most = ibis.ifelse(first.audience == INTERESTS, MOST_INTERESTS, MOST_COUNTRIES)
    return first.filter(first.place <= most).drop("share", "usual")
