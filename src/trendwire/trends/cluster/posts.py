"""Owns the first step on a cluster: from observations to posts, subjects and uses, as in rollups.sql.

Makes, by texts instead of numbers (see the package):

    born(post, created, day)
    tied(post, recency)                 the seconds in which several rows of a post were seen
    posts(post, day, created, region, creator, nickname, ..., tags, sound, likes, views, peak)
    subjects(subject, kind, identity, tag_id, song_id, ...)             tag_id: given by a source
    uses(subject, post, day, creator, region)
    regions(region, first_day)          subject_regions(subject, region, first_day)
    industries(subject, last_day, industry)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import epoch_day
from trendwire.trends.cluster.tables import (
    Column,
    Table,
    Tables,
    in_memory,
    json_text,
    newest,
    whole,
)
from trendwire.trends.rollups import INDUSTRY_SHARE, INDUSTRY_SUPPORT

_WEEK = 604_800
_DAY = 86_400

# Column of a fact -> column of a post; the name of the first is kept where it is not said.
_ATTRIBUTES = {
    "region": "region",
    "username": "creator",
    "nickname": "nickname",
    "avatar_url": "avatar_url",
    "tags": "tags",
    "music_id": "music_id",
    "song_id": "song_id",
    "music_title": "title",
    "music_author": "author",
    "music_cover_url": "music_cover_url",
    "music_url": "music_url",
    "music_duration": "music_duration",
    "is_commercial_music": "commercial",
    "view_count": "views",
    "like_count": "likes",
    "description": "description",
    "duration": "duration",
    "industry": "industry",
    "is_promoted": "promoted",
    "cover_url": "cover_url",
    "audience_ages": "audience_ages",
    "audience_countries": "audience_countries",
    "audience_interests": "audience_interests",
}
# Column of a post -> what it is of a sound.
_SOUND = {
    "song_id": "song_id",
    "title": "title",
    "author": "author",
    "music_cover_url": "cover_url",
    "music_url": "music_url",
    "music_duration": "duration",
    "commercial": "commercial",
}


@dataclass(frozen=True, slots=True)
class Rollup:
    """The tables above, and `sightings` (post, day, recency, ...): the facts, one row per observation."""

    sightings: Table
    posts: Table
    subjects: Table
    uses: Table
    regions: Table
    subject_regions: Table
    industries: Table


def roll_up(tables: Tables, facts: Table, as_of: date, ends: Sequence[date]) -> Rollup:
    """From all observations to what is counted; `ends`: the days to know industries at."""
    born = tables.keep("born", _born(facts, epoch_day(as_of)))
    sightings = _sightings(facts, born)
    tied = tables.keep("tied", _tied(sightings))
    posts = tables.keep("posts", _posts(sightings, tied, born))
    uses = tables.keep("uses", _uses(posts))
    return Rollup(
        sightings=sightings,
        posts=posts,
        subjects=tables.keep("subjects", _subjects(sightings, posts)),
        uses=uses,
        regions=tables.keep("regions", _since(posts, ())),
        subject_regions=tables.keep("subject_regions", _since(uses, ("subject",))),
        industries=tables.keep("industries", _industries(uses, posts, ends)),
    )


def _recency(rows: Table, created: Column) -> Column:
    """When a row was seen: not before creation, and a week after it where nothing is said."""
    return ibis.greatest(ibis.coalesce(rows.observed_at, created + _WEEK), created)


def _born(facts: Table, as_of: int) -> Table:
    said = newest(facts.create_time, _recency(facts, facts.create_time), facts.create_time)
    dated = facts.group_by(post=facts.id).agg(said=said, id_time=facts.id_time.max())
    dated = dated.select("post", created=ibis.coalesce(dated.said, dated.id_time))
    dated = dated.mutate(day=whole(dated.created, _DAY))
    return dated.filter(dated.day <= as_of)


def _sightings(facts: Table, born: Table) -> Table:
    """Not kept: they are as wide as the facts, and what is made of them looks at a few columns."""
    seen = facts.join(born, facts.id == born.post)
    return seen.select(
        "post",
        "day",
        "tag_ids",
        recency=_recency(seen, seen.created),
        **{name: seen[column] for column, name in _ATTRIBUTES.items()},
    )


def _tied(sightings: Table) -> Table:
    counts = sightings.group_by("post", "recency").agg(rows=sightings.count())
    return counts.filter(counts.rows > 1).drop("rows")


def _text(value: Column) -> Column:
    """What decides between rows of one second: the JSON text, its order at least."""
    kind = value.type()
    if kind.is_string():
        return json_text(ibis.array([value]))
    return json_text(value) if kind.is_nested() else value.cast("string")


def _posts(sightings: Table, tied: Table, born: Table) -> Table:
    """Each attribute from the newest sighting; few are tied, and only they pay for texts."""
    ties = tied.mutate(is_tied=ibis.literal(value=True))
    seen = sightings.drop("day").left_join(ties, ["post", "recency"])
    taken = {
        name: newest(
            seen[name], seen.recency, ibis.ifelse(seen.is_tied, _text(seen[name]), ibis.null("string"))
        )
        for name in _ATTRIBUTES.values()
    }
    settled = seen.group_by("post").agg(**taken, peak=seen.views.max())
    joined = settled.join(born, "post")
    return joined.mutate(
        promoted=ibis.coalesce(joined.promoted, ibis.literal(value=False)),
        sound=ibis.literal("s") + joined.music_id,
    )


def _uses(posts: Table) -> Table:
    tagged = posts.select("post", "day", "creator", "region", tag=posts.tags.unique().unnest())
    tagged = tagged.filter(tagged.tag.notnull())
    columns = ("post", "day", "creator", "region")
    return tagged.select(*columns, subject=ibis.literal("h") + tagged.tag).union(
        posts.filter(posts.sound.notnull()).select(*columns, subject=posts.sound)
    )


def _subjects(sightings: Table, posts: Table) -> Table:
    tags = posts.select(identity=posts.tags.unnest()).distinct()
    tags = tags.filter(tags.identity.notnull()).left_join(_tag_ids(sightings, posts), "identity")
    nothing = {name: ibis.null(_sounds(posts)[name].type()) for name in _SOUND.values()}
    named = tags.select("identity", "tag_id", kind=ibis.literal("hashtag"), **nothing)
    sounds = _sounds(posts).mutate(kind=ibis.literal("sound"), tag_id=ibis.null("string"))
    both = named.union(sounds.select(*named.columns))
    return both.mutate(subject=both.kind.substr(0, 1) + both.identity)


def _tag_ids(sightings: Table, posts: Table) -> Table:
    """The id a source gave a tag: of each post from its newest sighting, of the posts the newest."""
    given = sightings.filter(sightings.tag_ids.notnull() & sightings.tags.notnull())
    given = given.select("post", "recency", pair=given.tags.zip(given.tag_ids).unnest())
    given = given.select("post", "recency", identity=given.pair.f1, tag_id=given.pair.f2)
    by_post = given.group_by("post", "identity").agg(tag_id=newest(given.tag_id, given.recency, given.tag_id))
    held = by_post.join(posts.select("post", "day", "tags"), "post")
    held = held.filter(held.tag_id.notnull() & held.tags.contains(held.identity))
    return held.group_by("identity").agg(tag_id=newest(held.tag_id, held.day, held.post))


def _sounds(posts: Table) -> Table:
    of = posts.filter(posts.music_id.notnull())
    taken = {name: newest(of[column], of.day, of.post) for column, name in _SOUND.items()}
    return of.group_by(identity=of.music_id).agg(**taken)


def _since(rows: Table, of: tuple[str, ...]) -> Table:
    """The first day in each region and in the world."""
    by_region = rows.group_by([*of, "region"]).agg(first_day=rows.day.min())
    world = by_region.mutate(region=ibis.literal(WORLD)).group_by([*of, "region"])
    return (
        by_region.filter(by_region.region.notnull())
        .union(world.agg(first_day=ibis._.first_day.min()))
        .select(*of, "region", "first_day")
    )


def _industries(uses: Table, posts: Table, ends: Sequence[date]) -> Table:
    days: list[tuple[Any, ...]] = [(day,) for day in sorted({epoch_day(end) for end in ends})]
    told = uses.select("subject", "post").join(posts.select("post", "day", "industry"), "post")
    told = told.filter(told.industry.notnull())
    last = in_memory({"last_day": "int64"}, days)
    until = told.join(last, told.day <= last.last_day)
    counts = until.group_by("subject", "last_day", "industry").agg(posts=until.count())
    of = ibis.window(group_by=["subject", "last_day"])
    counts = counts.mutate(most=counts.posts.max().over(of), total=counts.posts.sum().over(of))
    enough = (counts.most >= INDUSTRY_SUPPORT) & (counts.most * 100 >= counts.total * INDUSTRY_SHARE)
    counts = counts.filter(enough & (counts.posts == counts.most))
    return counts.group_by("subject", "last_day").agg(industry=counts.industry.min())
