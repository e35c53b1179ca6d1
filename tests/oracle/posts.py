"""Owns the way from raw rows to posts: creation, attributes of the newest row, daily views gained.

Times are Unix seconds; days are proleptic ordinals (`date.toordinal`), always UTC.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracle import fields
from tests.oracle.fields import Row

DAY = 86_400
EPOCH = date(1970, 1, 1).toordinal()
OLDEST = (date(2014, 1, 1).toordinal() - EPOCH) * DAY
UNSEEN_AFTER = 7 * DAY  # a row without observed_at counts as seen so long after creation
FIRST_SPREAD = 6  # the first count is spread over at most the creation day and six more

# Attribute -> its clean value in one row, None where the row does not say.
ATTRIBUTES: dict[str, Callable[[Row], object]] = {
    "tags": fields.tags,
    "creator": lambda row: fields.text(row.get("username")),
    "region": fields.region,
    "industry": fields.industry,
    "sound": lambda row: fields.sound(row.get("music_id")),
    "promoted": lambda row: fields.flag(row.get("is_promoted")),
    "ages": lambda row: fields.weights(row.get("audience_ages")),
    "interests": lambda row: fields.weights(row.get("audience_interests")),
    "countries": lambda row: fields.country_weights(row.get("audience_countries")),
}


@dataclass(frozen=True, slots=True)
class Post:
    """One post; `views` is the highest count known, `gained` maps a day to the views gained on it.

    `ages`, `interests` and `countries` map a label to its share; empty where no source gave any.
    """

    id: str
    creation: int
    day: int
    tags: tuple[str, ...]
    creator: str | None
    region: str | None
    industry: int | None
    sound: str | None
    promoted: bool
    ages: dict[str, Fraction]
    interests: dict[str, Fraction]
    countries: dict[str, Fraction]
    views: int | None
    gained: dict[int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """One accepted row: the post as it was seen once."""

    id: str
    stated: int | None
    by_id: int | None
    observed: int | None
    views: int | None
    values: dict[str, Any]


def day_of(moment: int) -> int:
    return EPOCH + moment // DAY


def valid(moment: int | None, observed: int | None, ingested_at: int) -> int | None:
    """A creation time if it can be one, else None."""
    if moment is None or moment < OLDEST:
        return None
    return moment if moment <= (ingested_at if observed is None else observed) + DAY else None


def read(row: Row, ingested_at: int) -> Seen | None:
    """The row as seen, or None where it has no id or no creation: such a row is quarantined."""
    identity = fields.post_id(row.get("id"))
    if identity is None:
        return None
    observed = fields.seconds(row.get("observed_at"))
    stated = valid(fields.seconds(row.get("create_time")), observed, ingested_at)
    by_id = valid(fields.id_seconds(identity), observed, ingested_at)
    if stated is None and by_id is None:
        return None
    values = {name: clean(row) for name, clean in ATTRIBUTES.items()}
    return Seen(identity, stated, by_id, observed, fields.count(row.get("view_count")), values)


def seen_at(seen: Seen, creation: int) -> int:
    """When the row's counters and attributes held."""
    return creation + UNSEEN_AFTER if seen.observed is None else max(seen.observed, creation)


def serialised(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def creation_of(rows: Sequence[Seen]) -> int:
    """The creation stated by the newest row that states a valid one, else the one inside the id."""
    stated = [
        (seen_at(row, row.stated), serialised(row.stated), row.stated)
        for row in rows
        if row.stated is not None
    ]
    return max(stated)[2] if stated else next(row.by_id for row in rows if row.by_id is not None)


def newest(rows: Sequence[Seen], name: str, creation: int) -> Any:
    """The attribute in the newest row that has it; ties go to the larger serialised value."""
    known = [
        (seen_at(row, creation), serialised(row.values[name]), row)
        for row in rows
        if row.values[name] is not None
    ]
    return max(known, key=lambda candidate: candidate[:2])[2].values[name] if known else None


def spread(gain: int, first: int, last: int) -> dict[int, int]:
    """The gain over the days first..last, as evenly as whole views allow."""
    days = last - first + 1
    parts = {first + k - 1: gain * k // days - gain * (k - 1) // days for k in range(1, days + 1)}
    return {day: views for day, views in parts.items() if views}


def daily_gain(counts: Iterable[tuple[int, int]], creation: int) -> dict[int, int]:
    """Views gained per day, from (moment >= creation, cumulative count) pairs in any order."""
    merged: dict[int, int] = {}
    for moment, views in counts:
        merged[moment] = max(views, merged.get(moment, 0))
    gained: dict[int, int] = {}
    highest, previous = 0, None
    for moment in sorted(merged):
        day, first = day_of(moment), day_of(creation)
        if previous is None:
            parts = spread(merged[moment], first, min(day, first + FIRST_SPREAD))
        else:
            parts = spread(max(merged[moment] - highest, 0), min(previous + 1, day), day)
        for on, views in parts.items():
            gained[on] = gained.get(on, 0) + views
        highest, previous = max(highest, merged[moment]), day
    return gained


def assemble(rows: Sequence[Seen]) -> Post:
    """One post from all its accepted rows."""
    creation = creation_of(rows)
    value = {name: newest(rows, name, creation) for name in ATTRIBUTES}
    counts = [(seen_at(row, creation), row.views) for row in rows if row.views is not None]
    shares = {name: fields.shares(value[name] or {}) for name in ("ages", "interests", "countries")}
    return Post(
        id=rows[0].id,
        creation=creation,
        day=day_of(creation),
        tags=tuple(value["tags"] or ()),
        creator=value["creator"],
        region=value["region"],
        industry=value["industry"],
        sound=value["sound"],
        promoted=bool(value["promoted"]),
        views=max((views for _, views in counts), default=None),
        gained=daily_gain(counts, creation),
        **shares,
    )


def posts_of(rows: Iterable[Row], ingested_at: int) -> list[Post]:
    """All posts of the rows, by (creation day, id); rows that cannot be placed in time are left out."""
    by_id: dict[str, list[Seen]] = {}
    for row in rows:
        seen = read(row, ingested_at)
        if seen is not None:
            by_id.setdefault(seen.id, []).append(seen)
    return sorted((assemble(found) for found in by_id.values()), key=lambda post: (post.day, post.id))
