"""Owns the order of the steps on the cluster: all tables that the machine that publishes then loads.

Every step is an Ibis expression over the tables kept before it, so any backend of Ibis can run them.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from trendwire.domain.periods import epoch_day
from trendwire.trends import ranking
from trendwire.trends.cluster import crowds, gains, pairs, ranks, shown, tops, windows
from trendwire.trends.cluster.posts import Rollup, roll_up
from trendwire.trends.cluster.tables import Table, Tables
from trendwire.trends.execution import Progress


def count(tables: Tables, parts: Sequence[Path], as_of: date, progress: Progress) -> None:
    """Make every table of `loading.sql`, in the folder of `tables`."""
    progress("rollups", 0.0)
    facts = tables.facts(parts)
    rolled = roll_up(tables, facts, as_of, ranking.ends(as_of))
    gained = gains.gains(tables, rolled, as_of)
    daily = gains.daily(tables, rolled, gained)
    shown.totals(tables, rolled.uses, daily)
    tops.origins(tables, facts, rolled.posts)
    progress("rollups", 1.0)
    charted = _charts(tables, rolled, gained, daily, as_of, progress)
    _details(tables, rolled, gained, charted, as_of, progress)


def _charts(
    tables: Tables, of: Rollup, gained: Table, daily: Table, as_of: date, progress: Progress
) -> shown.Charted:
    progress("ranking", 0.0)
    within = windows.windows(as_of)
    views = windows.subject_windows(tables, daily, within, as_of)
    scoped = windows.scopes(tables, of, within)
    floored = windows.floors(tables, of.posts, within)
    marks = windows.marks(tables, of.posts, within, scoped, floored)
    progress("ranking", 0.3)
    counts = ranks.counts(tables, of, views, scoped, marks)
    scored = ranks.scored(tables, counts)
    progress("ranking", 0.8)
    by_post = gains.post_views(tables, gained, within)
    charted = shown.Charted(
        ranks=ranks.ranks(tables, scored, views, of.industries, within),
        videos=ranks.videos(tables, of.posts, by_post),
        stars=ranks.stars(tables, of.posts, by_post),
        post_views=by_post,
    )
    progress("ranking", 1.0)
    return charted


def _details(
    tables: Tables, of: Rollup, gained: Table, charted: shown.Charted, as_of: date, progress: Progress
) -> None:
    day = epoch_day(as_of)
    progress("details", 0.0)
    deciding = shown.shown_posts(tables, of.uses, of.posts, charted, day)
    shown.faces(tables, of.posts, charted, deciding)
    behind = crowds.crowds(tables, of.uses, of.posts, day)
    progress("details", 0.3)
    crowds.describe(tables, behind, of.posts)
    progress("details", 0.6)
    pairs.pairs(tables, behind)
    most_viewed = tops.tops(tables, of.uses, gained, day)
    others = deciding.select("post").union(most_viewed.select("post"))
    shown.posts_shown(tables, of.posts, charted, others, day)
    progress("details", 0.9)
