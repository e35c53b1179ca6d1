"""Owns one question to the facts before any build: the last UTC day on which a post was created."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from trendwire.domain.periods import from_epoch_day
from trendwire.errors import NotReady
from trendwire.trends import rollups
from trendwire.trends.build import Resources


def last_day(parts: Sequence[Path], scratch: Path, resources: Resources) -> date:
    """The day of the newest post. Raises NotReady where there are no posts."""
    if not parts:
        raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
    with duckdb.connect(config=resources.config(scratch)) as connection:
        rollups.find_posts(connection, parts)
        newest = connection.table("born").order("day DESC").limit(1).project("day").fetchall()
    if not newest:
        raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
    return from_epoch_day(newest[0][0])
