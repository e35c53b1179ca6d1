"""Owns one question to the facts before any build: the last UTC day on which a post was created."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from trendwire.domain.periods import epoch_day, from_epoch_day
from trendwire.errors import NotReady
from trendwire.statements import named
from trendwire.trends.build import Resources
from trendwire.trends.execution import run

# The rollup's own statement: a post is created when it says, nowhere a second time.
_BORN = named("trendwire.trends", "rollups.sql")["born"]


def last_day(parts: Sequence[Path], scratch: Path, resources: Resources) -> date:
    """The day of the newest post. Raises NotReady where there are no posts."""
    if not parts:
        raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
    values = {"parts": [str(part) for part in parts], "as_of": epoch_day(date.max)}
    with duckdb.connect(config=resources.config(scratch)) as connection:
        run(connection, _BORN, values)
        newest = connection.table("born").order("day DESC").limit(1).project("day").fetchall()
    if not newest:
        raise NotReady("there are no posts yet: run `trendwire ingest FILE...`")
    return from_epoch_day(newest[0][0])
