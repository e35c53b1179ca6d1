"""Owns which hashtags may be related, counted on a cluster: pairs(first, second, region, span, creators).

Whole numbers alone decide here; the measure is a quotient of logarithms, which may differ in their last bit
between machines, so the statement `related` of affinity.sql takes it where the edition is written.
"""

import ibis

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import DETAIL_PERIODS
from trendwire.trends.affinity import CROWD, EVERYDAY_SHARE, LEAST_CROWD, SUPPORT
from trendwire.trends.cluster.crowds import Crowds, nested
from trendwire.trends.cluster.tables import Column, Table, Tables, with_world

_ALL = f"in_{len(DETAIL_PERIODS)}"


def pairs(tables: Tables, of: Crowds) -> Table:
    """The pairs whose creators exceed chance by the least lift, per region and window."""
    candidates = tables.keep("candidates", _candidates(of))
    uses = _pair_uses(of.placed.semi_join(candidates, "subject"))
    uses = tables.keep("pair_uses", uses)
    each = uses.group_by("first", "second").agg(creators=uses.creator.nunique())
    kept = uses.semi_join(each.filter(each.creators >= SUPPORT), ["first", "second"])
    scoped = with_world(kept)
    scoped = scoped.group_by("first", "second", "region", "creator").agg(place=scoped.place.min())
    wide = scoped.join(nested(), "place")
    counted = wide.group_by("first", "second", "region", "span").agg(creators=wide.count())
    counted = tables.keep("pairs_counted", counted.filter(counted.creators >= SUPPORT))
    return tables.keep("pairs", _lifted(counted, of))


def _candidates(of: Crowds) -> Table:
    """Hashtags that enough creators used, and that are not everyday, in the world and the longest window."""
    everyone = of.audience_size.select("region", everyone=of.audience_size[_ALL])
    world = of.reach.filter((of.reach.region == WORLD) & (of.reach.subject.substr(0, 1) == "h"))
    met = world.select("subject", "region", creators=world[_ALL]).join(everyone, "region")
    rare = (met.everyone < CROWD) | (EVERYDAY_SHARE * met.creators <= met.everyone)
    return met.filter((met.creators >= SUPPORT) & rare).select("subject")


def _pair_uses(tagged: Table) -> Table:
    """Both hashtags in one post, each pair once, each creator at the smallest window of any such post."""
    named = tagged.filter(tagged.creator.notnull())
    other = named.select("post", second="subject")
    both = named.select("post", "region", "creator", "place", first="subject").join(other, "post")
    both = both.filter(both.first < both.second)
    return both.group_by("first", "second", "region", "creator").agg(place=both.place.min())


def _lifted(counted: Table, of: Crowds) -> Table:
    """Those above the least lift; related to chance as in affinity.py, in whole numbers."""
    met = counted.join(of.audience_size, "region")
    everyone = _at(met)
    met = met.select("first", "second", "region", "span", "creators", everyone=everyone)
    for name in ("first", "second"):
        reach = of.reach.rename({name: "subject"})
        joined = met.join(reach, [name, "region"])
        met = joined.select(*met.columns, **{f"{name}_reach": _at(joined)})
    least = ibis.least(ibis.greatest(met.everyone, LEAST_CROWD), CROWD)
    enough = 10 * met.creators * met.everyone >= least * met.first_reach * met.second_reach
    return met.filter(enough).select("first", "second", "region", "span", "creators")


def _at(rows: Table) -> Column:
    """The creators of the row's own window."""
    spans = range(1, len(DETAIL_PERIODS))
    return ibis.cases(*[(rows.span == span, rows[f"in_{span}"]) for span in spans], else_=rows[_ALL])
