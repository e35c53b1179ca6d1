"""A world whose tags, handles, names, titles, songs and captions are `HOSTILE`, published by the pipeline."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.browser.hostile_strings import HOSTILE
from tests.small_world import settings_of, silent
from trendwire import pipeline
from trendwire.domain.periods import midnight

AS_OF = date(2025, 9, 28)
NOON_AFTER = datetime(2025, 9, 29, 12, tzinfo=UTC)
REGIONS = ("BR", "DE", "US", "VN")
"""A string is charted in the region of its place in the list, so that a chart has room for all of its own."""

POSTS_EACH = 5
PAST_DAYS = 100
INDUSTRY = "23000000000"

Row = dict[str, Any]


def publish_hostile_world(home: Path, folder: Path) -> None:
    """The world and two of its editions in `home`; the file of its posts in `folder`."""
    posts = folder / "hostile.ndjson"
    posts.write_text("".join(f"{json.dumps(row)}\n" for row in (*rows(), *broken())))
    settings = settings_of(home)
    report = pipeline.ingest(settings, [str(posts)], NOON_AFTER, silent)
    assert report.quarantined == len(HOSTILE)
    assert len(list(pipeline.publish_range(settings, AS_OF - timedelta(days=1), AS_OF, silent))) == 2


def rows() -> Iterator[Row]:
    """A quiet past in every region, then each hostile string under the hands of several creators."""
    serial = 0
    for region in REGIONS:
        for ago in range(PAST_DAYS):
            for one in range(3):
                serial += 1
                yield _row(serial, region, ago, 20_000, f"plain{(3 * ago + one) % 80}", ["plain", "usual"])
    for number, text in enumerate(HOSTILE):
        for one in range(POSTS_EACH):
            serial += 1
            # the next of the same region: every string is a tag, a creator, a neighbour of others
            place = (number + len(REGIONS) * one) % len(HOSTILE)
            other = HOSTILE[place]
            views = 900_000 + number if one == 0 else 30_000
            row = _row(serial, REGIONS[number % len(REGIONS)], one, views, other, [text, other])
            yield row | _sound(number, text) | {"nickname": HOSTILE[place - 1], "video_description": text}


def broken() -> Iterator[Row]:
    """Rows that go to quarantine, each for its want of an id."""
    for text in HOSTILE:
        yield {"username": text, "video_description": text}


def _sound(number: int, text: str) -> Row:
    return {
        "music_id": text if number % 2 else f"68{number:05}",
        "song_id": text,
        "music_title": text,
        "music_author": HOSTILE[number - 1],
        "music_duration": 30,
        "music_cover_url": text,
        "music_url": text,
    }


def _row(serial: int, region: str, ago: int, views: int, username: str, tags: list[str]) -> Row:
    created = midnight(AS_OF - timedelta(days=ago)) + 3600
    return {
        "id": str((created << 32) | serial),
        "create_time": created,
        "observed_at": created + 3600,
        "region_code": region,
        "username": username,
        "nickname": username,
        "hashtag_names": tags,
        "view_count": views,
        "like_count": views // 11,
        "cover_url": username,
        "avatar_url": username,
        "industry_id": INDUSTRY,
        "audience_ages": {"18-24": 0.6, "25-34": 0.4},
        "audience_countries": {"BR": 3, "VN": 1},
    }
