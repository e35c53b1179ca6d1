"""Owns the hold: an older edition that somebody makes current, at once, and that stays so.

It ends with `release`, or with the next edition that is published by hand. What schedules publish meanwhile
is kept beside it, so that a rollback is not undone a minute later and no day is missing afterwards.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from trendwire.editions.catalog import Catalog, Held, Record
from trendwire.errors import Gone, NotFound, NotReady


def hold(home: Path, number: int, at: datetime) -> Record:
    """Make an edition current. Raises NotFound where there never was one, Gone where it is no longer kept."""
    catalog = Catalog(home)
    with catalog.changing() as listing:
        found = next((record for record in listing.editions if record.number == number), None)
        if found is None:
            raise NotFound(f"edition {number}")
        if not found.kept:
            raise Gone(f"edition {number} is no longer kept")
        catalog.replace(msgspec.structs.replace(listing, held=Held(number, at)))
    return found


def release(home: Path) -> Record:
    """Make the newest edition current. Raises NotReady without any."""
    catalog = Catalog(home)
    with catalog.changing() as listing:
        released = msgspec.structs.replace(listing, held=None)
        current = released.current()
        if current is None:
            raise NotReady("no edition is published yet: run `trendwire publish`")
        catalog.replace(released)
    return current
