"""Owns the tables that the charts and details of one build are counted from, made of raw fact rows.

Tables (integers for posts, creators and subjects are private to one build):

    posts(post, id, day, created, region, creator, username, nickname, avatar_url, description, cover_url,
          duration, industry, promoted, audience_ages, audience_countries, audience_interests, tags, sound,
          song_id, music_title, music_author, music_cover_url, music_url, music_duration, commercial,
          likes, views, peak)                     one row per post with day <= as_of
    creators(creator, username)
    subjects(subject, kind, identity, wire_id, song_id, title, author, cover_url, music_url, duration,
             commercial)                          wire_id: hashtag id, or the clip id of a sound
    uses(subject, post, day, creator, region)     one row per subject and post
    spans(post, first_day, days, gain)            views gained, with the days they are spread over; above 0
    created(region, day, posts)                   also the world
    regions(region, first_day)                    also the world
    subject_regions(subject, region, first_day)   also the world
    industries(subject, last_day, industry)       the industry a subject has at the end of each day asked for

The rows of the facts are read slice by slice of ids, so that memory is bounded by a slice and by these
tables. In a slice numbers ascend with the id, username, or kind and identity they stand for; from one slice
to the next they do not.

Days are epoch days (UTC), times Unix seconds, definitions DESIGN section 2.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.domain.periods import epoch_day
from trendwire.statements import named
from trendwire.trends.execution import Progress, fetched, run, run_all

SQL = named("trendwire.trends", "rollups.sql")

INDUSTRY_SUPPORT = 3
"""A subject has an industry when at least so many of its posts agree on it ..."""

INDUSTRY_SHARE = 30
"""... and these are at least so many percent of its posts which have one."""

SLICE = (
    "born",
    "sightings",
    "tied",
    "resolved",
    "new_creators",
    "new_names",
    "new_posts",
    "new_uses",
    "new_spans",
    "new_given_ids",
    "forget_slice",
)
SUBJECTS = ("tag_ids", "sounds", "subjects")
WHOLE = (*SUBJECTS, "created", "regions", "subject_regions", "industries")
_SLICES_SHARE = 0.7
"""Of the time: what is told of the progress."""

Slice = tuple[str, str | None]
"""The first id of a slice, and that of the next one (None: this is the last)."""

EVERYTHING: Slice = ("", None)


def create(
    connection: DuckDBPyConnection,
    parts: Sequence[Path],
    as_of: date,
    ends: Sequence[date],
    progress: Progress,
    rows_at_once: int | None = None,
) -> None:
    """Make the tables above from Parquet files of fact rows; `ends`: the days to know industries at.

    `parts` must not be empty. The same rows in any order, split or number of copies make the same tables, but
    for the numbers. `rows_at_once`: about how many rows of facts a slice has; None takes all as one, and then
    all numbers ascend with the texts.
    """
    told = partial(progress, "rollups")
    resolve(connection, parts, as_of, _within(told, 0.0, _SLICES_SHARE), rows_at_once)
    names = (*WHOLE, "forget")
    run_all(connection, SQL, names, values(as_of, ends), _within(told, _SLICES_SHARE, 1 - _SLICES_SHARE))


def resolve(
    connection: DuckDBPyConnection,
    parts: Sequence[Path],
    as_of: date,
    told: Callable[[float], None],
    rows_at_once: int | None = None,
) -> None:
    """What is known of each post, in new tables: the first half of `create`."""
    slices = _begun(connection, parts, rows_at_once)
    for number, one in enumerate(slices):
        _look_at(connection, one)
        share = 1 / len(slices)
        run_all(connection, SQL, SLICE, values(as_of, ()), _within(told, number * share, share))


def find_posts(connection: DuckDBPyConnection, parts: Sequence[Path]) -> None:
    """Make `born` of all posts, whatever their day, and nothing else of use."""
    for one in _begun(connection, parts, None):
        _look_at(connection, one)
        run(connection, SQL["born"], values(date.max, ()))


def _begun(connection: DuckDBPyConnection, parts: Sequence[Path], rows_at_once: int | None) -> list[Slice]:
    """Empty tables, and the slices to fill them from."""
    files = {"parts": [str(part) for part in parts]}
    for name in ("set_parts", "empty_names", "empty_posts"):
        run(connection, SQL[name], files)
    return [EVERYTHING] if rows_at_once is None else _slices(connection, files, rows_at_once)


def _look_at(connection: DuckDBPyConnection, one: Slice) -> None:
    """Let `facts` show one slice."""
    first, following = one
    run(connection, SQL["set_first"], {"first_id": first})
    run(connection, SQL["set_next"], {"next_id": following})
    run(connection, SQL["facts"], {})
    run(connection, SQL["set_last_post"], {})


def values(as_of: date, ends: Sequence[date]) -> dict[str, Any]:
    """What the statements of rollups.sql name, but for the files."""
    return {
        "as_of": epoch_day(as_of),
        "ends": sorted({epoch_day(day) for day in ends}),
        "world": WORLD,
        "support": INDUSTRY_SUPPORT,
        "share": INDUSTRY_SHARE,
    }


def _within(told: Callable[[float], None], begun: float, share: float) -> Callable[[float], None]:
    """Tells the progress of a part as that of the whole."""
    return lambda done: told(begun + share * done)


def _slices(connection: DuckDBPyConnection, files: Mapping[str, Any], rows_at_once: int) -> list[Slice]:
    """Slices of ids, in order, of about so many rows each: cut where row groups begin."""
    firsts, rows = [""], 0
    for least, count in fetched(connection, SQL["row_groups"], files):
        if rows and rows + count > rows_at_once and least > firsts[-1]:
            firsts.append(least)
            rows = 0
        rows += count
    return list(zip(firsts, [*firsts[1:], None], strict=True))
