"""Owns how strongly two hashtags belong together: association over creators, not popularity.

The measure is normalised pointwise mutual information (Bouma 2009). With the distinct creators of a region
and window as the population, `both` of whom used the two hashtags in one post, `first` and `second` each of
them, and `everyone` all who posted:

    lift     = both * everyone / (first * second)          how many times more often than chance
    affinity = ln(lift) / ln(everyone / both)              0 is chance, 1 is always together

in whole billionths, rounded down, so that the last bits of a logarithm order nothing. A pair below
the least lift, `MIN_AFFINITY` or `SUPPORT` is not related. No lift exceeds everyone / first: what more than
one creator in eight uses is therefore related to nothing, and nothing to it, and no stop list is needed.
"""

from collections.abc import Callable
from math import floor, log
from typing import Any

from duckdb import DuckDBPyConnection

from trendwire.domain.charts import WORLD
from trendwire.statements import named
from trendwire.trends.execution import run_all

SQL = named("trendwire.trends", "affinity.sql")

BILLION = 1_000_000_000

SUPPORT = 3
"""Creators who used both hashtags in one post, at least."""

LEAST_CROWD, CROWD = 15, 80
"""A tenth of the creators, within these bounds, is the least lift: 1.5 to 8. On four real sets fyp, used by
15 to 39 % of creators, reaches 6.8 at most; but where there are few creators, no pair can reach 8."""

EVERYDAY_SHARE = 8
"""What more than one creator in so many uses, in the whole world and the longest window, is everyday there:
related to nothing in any region or window, also where so few creators posted that chance looks like lift."""

MIN_AFFINITY = 300_000_000
"""Billionths. In a big population three creators soon exceed any lift by chance; this asks for more there."""

MOST_RELATED = 5

_STATEMENTS = ("candidates", "pair_uses", "supported", "pairs", "related", "related_text", "forget")


def affinity(both: int, first: int, second: int, everyone: int) -> int | None:
    """The affinity of two hashtags in billionths, from counts of creators; None if they are not related."""
    gain, chance = both * everyone, first * second
    if both < SUPPORT or 10 * gain < min(max(everyone, LEAST_CROWD), CROWD) * chance:
        return None
    measure = floor(BILLION * (log(gain / chance) / log(everyone / both)))
    return measure if measure >= MIN_AFFINITY else None


def is_everyday(creators: int, everyone: int) -> bool:
    """Whether a hashtag is everyday, from creators of the whole world and the longest window."""
    return everyone >= CROWD and EVERYDAY_SHARE * creators > everyone


def write_table(connection: DuckDBPyConnection, told: Callable[[float], None]) -> None:
    """Make related_text(spot, window, related): JSON [[name, id], ...], the strongest first.

    Reads uses and subjects of `rollups`, and recent, nested, spots, reach and audience_size of `details`.
    """
    run_all(connection, SQL, _STATEMENTS, values(), told)


def values() -> dict[str, Any]:
    """What the statements of affinity.sql name."""
    return {
        "world": WORLD,
        "support": SUPPORT,
        "least_crowd": LEAST_CROWD,
        "crowd": CROWD,
        "everyday_share": EVERYDAY_SHARE,
        "min_affinity": MIN_AFFINITY,
        "billion": BILLION,
        "most": MOST_RELATED,
    }
