"""Owns the tables that the charts and details of one build are counted from, made of raw fact rows.

Tables (integers for posts, creators and subjects are private to one build, and ascend with the id, username,
or kind and identity they stand for, so that a tie by text is a tie by number):

    posts(post, id, day, created, region, creator, username, nickname, avatar_url, description, cover_url,
          duration, industry, promoted, audience_ages, audience_countries, audience_interests, sound,
          likes, views, peak)                     one row per post with day <= as_of
    creators(creator, username)
    subjects(subject, kind, identity, wire_id, song_id, title, author, cover_url, music_url, duration,
             commercial)                          wire_id: hashtag id, or the clip id of a sound
    uses(subject, post, day, creator, region)     one row per subject and post
    gains(post, day, views)                       views gained on a day <= as_of, above 0 only
    daily(subject, region, day, views, posts)     the sums of gains and of posts created; also for the world
    regions(region, first_day)                    also the world
    subject_regions(subject, region, first_day)   also the world
    industries(subject, last_day, industry)       the industry a subject has at the end of each day asked for

Days are epoch days (UTC), times Unix seconds, definitions DESIGN section 2.
"""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import epoch_day
from trendwire.statements import named
from trendwire.trends.execution import Progress, run_all

_SQL = named("trendwire.trends", "rollups.sql")

INDUSTRY_SUPPORT = 3
"""A subject has an industry when at least so many of its posts agree on it ..."""

INDUSTRY_SHARE = 30
"""... and these are at least so many percent of its posts which have one."""

_TABLES = (
    "born",
    "sightings",
    "tied",
    "resolved",
    "creators",
    "tag_ids",
    "sounds",
    "subjects",
    "posts",
    "uses",
    "gains",
    "forget",
    "daily",
    "regions",
    "subject_regions",
    "industries",
)


def create(
    connection: DuckDBPyConnection,
    parts: Sequence[Path],
    as_of: date,
    ends: Sequence[date],
    progress: Progress,
) -> None:
    """Make the tables above from Parquet files of fact rows; `ends`: the days to know industries at.

    `parts` must not be empty. The same rows in any order, split or number of copies make the same tables.
    """
    values: dict[str, Any] = {
        "parts": [str(part) for part in parts],
        "as_of": epoch_day(as_of),
        "ends": sorted({epoch_day(day) for day in ends}),
        "world": WORLD,
        "support": INDUSTRY_SUPPORT,
        "share": INDUSTRY_SHARE,
    }
    run_all(connection, _SQL, _TABLES, values, partial(progress, "rollups"))
