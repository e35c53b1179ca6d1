"""Owns what a cluster hands over for the charts: of all posts, those that can be seen in one.

documents.sql is run on the machine that publishes, over tables that hold only some of the rows: whatever
stands in a sample, in a list of top posts, on a video or creator chart. It looks for the first few of each
group; any part of the rows that holds these gives the same answer.

    shown_posts(kind, subject, region, period, post, day, creator)     posts that decide a row's samples
    faces(creator, nickname, avatar_url, home)                         creators that are shown
    posts_shown, post_views_shown                                      the rows of those posts
"""

from dataclasses import dataclass

import ibis

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import CHART_PERIODS
from trendwire.trends.cluster.tables import Table, Tables, first_places, newest, with_world
from trendwire.trends.documents import SAMPLE_SIZE, TOP_POSTS

NUMERIC = r"^[0-9]+\z"

_COLUMNS = ("kind", "subject", "region", "period", "post", "day", "creator")
_ROW = ("subject", "region", "period")


@dataclass(frozen=True, slots=True)
class Charted:
    """What the charts hold: see `ranks`, and `post_views` of `gains`."""

    ranks: Table
    videos: Table
    stars: Table
    post_views: Table


def shown_posts(tables: Tables, uses: Table, posts: Table, charted: Charted, as_of: int) -> Table:
    """The posts that decide what a row of a subject shows beside its own numbers."""
    rows = charted.ranks.filter(charted.ranks.back == 0).select("kind", *_ROW).distinct()
    mine = with_world(uses).join(rows, ["subject", "region"]).select(*_COLUMNS)
    mine = tables.keep("used_by_rows", mine)
    viewed = mine.join(charted.post_views, ["post", "period"])
    deciding = _of_samples(viewed).union(_promoted(mine, posts, as_of)).union(_tops(viewed)).distinct()
    return tables.keep("shown_posts", deciding)


def _of_samples(viewed: Table) -> Table:
    """All posts of the creators beside a hashtag."""
    of = viewed.filter((viewed.kind == "hashtag") & viewed.creator.notnull())
    gained = of.group_by(*_ROW, "creator").agg(gained=of.views.sum())
    order = [gained.gained.desc(), gained.creator.asc()]
    first = first_places(gained, _ROW, order, SAMPLE_SIZE, "place")
    return of.semi_join(first, [*_ROW, "creator"]).select(*_COLUMNS)


def _promoted(mine: Table, posts: Table, as_of: int) -> Table:
    """One promoted post of each row that has any."""
    held = mine.filter(mine.day > as_of - mine.period)
    held = held.semi_join(posts.filter(posts.promoted), "post")
    one = held.group_by(*_ROW).agg(post=held.post.min())
    return held.semi_join(one, [*_ROW, "post"]).select(*_COLUMNS)


def _tops(viewed: Table) -> Table:
    """The posts beside a sound; an id that is no 64-bit number cannot be told on the wire."""
    of = viewed.filter(viewed.kind == "sound")
    of = of.filter(of.post.re_search(NUMERIC) & of.post.try_cast("int64").notnull())
    order = [of.views.desc(), of.post.asc()]
    return first_places(of, _ROW, order, TOP_POSTS, "place").select(*_COLUMNS)


def faces(tables: Tables, posts: Table, charted: Charted, shown: Table) -> Table:
    """How the creators of rows and samples are shown: each attribute from the newest post that has one."""
    named = charted.stars.select("creator").union(shown.filter(shown.creator.notnull()).select("creator"))
    of = posts.semi_join(named.distinct(), "creator")
    return tables.keep(
        "faces",
        of.group_by("creator").agg(
            nickname=newest(of.nickname, of.day, of.post),
            avatar_url=newest(of.avatar_url, of.day, of.post),
            home=newest(of.region, of.day, of.post),
        ),
    )


def posts_shown(tables: Tables, posts: Table, charted: Charted, others: Table, as_of: int) -> None:
    """The rows of the posts that are shown anywhere, `others` being ids known before, with those of charted
    creators that count towards their rows: created in a chart's window, or viewed in one."""
    stars = posts.semi_join(charted.stars.select("creator").distinct(), "creator")
    created = stars.filter(stars.day > as_of - max(CHART_PERIODS)).select("post")
    viewed = stars.semi_join(charted.post_views, "post").select("post")
    ids = others.union(charted.videos.select("post")).union(created).union(viewed).distinct()
    ids = tables.keep("ids_shown", ids)
    unwritten = ("tags", "audience_ages", "audience_countries", "audience_interests")
    tables.keep("posts_shown", posts.drop(*unwritten).semi_join(ids, "post"))
    tables.keep("post_views_shown", charted.post_views.semi_join(ids, "post"))


def totals(tables: Tables, uses: Table, daily: Table) -> None:
    """Posts and views of each subject over its whole history."""
    posts = uses.group_by("subject").agg(posts=uses.count())
    world = daily.filter(daily.region == WORLD)
    views = world.group_by("subject").agg(views=world.views.sum())
    both = posts.left_join(views, "subject")
    tables.keep("totals", both.select("subject", "posts", views=ibis.coalesce(both.views, 0)))
