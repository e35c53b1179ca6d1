"""The versions of the formats that the files of a home are in, as this Trendwire writes them.

Whoever raises one writes what brings an older file up to date, and a golden home: tests/golden/homes.
"""

from collections.abc import Mapping

from trendwire.accounts import store, users
from trendwire.editions import catalog
from trendwire.errors import NotReady
from trendwire.facts import forgotten, manifest, memberships
from trendwire.sources import runs

FORMATS: Mapping[str, int] = {
    "accounts": store.SCHEMA_VERSION,
    "console": users.SCHEMA_VERSION,
    "editions": catalog.VERSION,
    "facts": manifest.VERSION,
    "forgotten": forgotten.VERSION,
    "memberships": memberships.VERSION,
    "sources": runs.VERSION,
}


def check(told: Mapping[str, int], made_by: str) -> None:
    """NotReady where a backup holds what only a later Trendwire reads."""
    later = sorted(name for name, version in told.items() if version > FORMATS.get(name, 0))
    if later:
        raise NotReady(
            f"this backup was made by Trendwire {made_by}, whose {' and '.join(later)} this one cannot read:"
            " restore it with that version or a later one"
        )
