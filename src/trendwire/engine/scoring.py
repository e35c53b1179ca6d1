"""Owns what heat asks of the engine: its functions, compiled for charts, and the floors of regions.

domain/heat.py states the formula. A floor is kept to its leading bits, so that few numbers stand for all.
"""

from math import ceil

from numba.extending import register_jitable

from trendwire.domain.heat import (
    BASELINES,
    FLOOR_BITS,
    FLOOR_PART,
    FLOOR_QUANTILE,
    Components,
    bound_of,
    commonness,
    counted,
    expected_of,
    score,
    share_of,
    usual_of,
    volume_of,
)
from trendwire.engine.compiled import jit

__all__ = [
    "BASELINES",
    "Components",
    "bucket_of",
    "counted",
    "floor_at",
    "floor_of",
    "reaches_quantile",
    "score",
]

for _function in (bound_of, commonness, counted, expected_of, score, share_of, usual_of, volume_of):
    register_jitable(_function)  # compiled as a part of each function that calls it

_BITS_BUCKETS = 1 << (FLOOR_BITS - 1)


@jit
def floor_of(views: int) -> int:
    """Views from which a post of a region is seen, where a good first post there gets so many."""
    part = views // FLOOR_PART
    spare = 0
    while part >> spare >= 1 << FLOOR_BITS:
        spare += 1
    return (part >> spare) << spare


@jit
def bucket_of(floor: int) -> int:
    """Floors numbered as they ascend, so that few numbers stand for all of them."""
    spare = 0
    while floor >> spare >= 1 << FLOOR_BITS:
        spare += 1
    return spare * _BITS_BUCKETS + (floor >> spare)


@jit
def floor_at(bucket: int) -> int:
    """The floor that a bucket stands for."""
    if bucket < 1 << FLOOR_BITS:
        return bucket
    spare = bucket // _BITS_BUCKETS - 1
    return (bucket - spare * _BITS_BUCKETS) << spare


@jit
def reaches_quantile(until: int, total: int) -> bool:
    """Whether so many creators of all, those of the lowest floors, are enough for the region's floor."""
    return bool(until >= ceil(total * FLOOR_QUANTILE))
