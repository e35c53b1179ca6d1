"""Owns the formula of heat as an expression: the operations of scoring.py in their order, on columns.

Sums, products, quotients and square roots of doubles are the same on every machine and in every engine (IEEE
754 rounds each of them once), and powers are nested square roots: so the score is the same to the last bit.
"""

from functools import reduce

import ibis

from trendwire.trends.cluster.tables import Column, Table
from trendwire.trends.scoring import CONSTANTS

_VALUE = {constant.name: constant.value for constant in CONSTANTS}
_LARGEST_BIT = 62


def _const(name: str) -> Column:
    return ibis.literal(float(_VALUE[name]), "float64")


def _double(value: Column) -> Column:
    return value.cast("float64")


def floor_of(views: Column) -> Column:
    """A part of the views, of which the leading bits are kept: what is below them is taken off."""
    part = (views - views % int(_VALUE["floor_part"])) / int(_VALUE["floor_part"])
    part, kept = part.cast("int64"), int(_VALUE["floor_bits"])
    rest = [(part < 2 ** (bits + kept), part - part % 2**bits) for bits in range(_LARGEST_BIT - kept)]
    return ibis.cases(*rest, else_=part)


def counted(creators: Column, watched: Column) -> Column:
    """How many of `creators` count, `watched` of whom are watched."""
    return ibis.least(creators, int(_VALUE["cap"]) * watched)


def heat(of: Table) -> Column:
    """The score, from the columns of `Components` and `Surroundings`."""
    all_now, all_past = _double(of.all_now), _double(of.all_past).nullif(0.0)
    usual, share = _usual(of), _share(of)
    ratio = all_now / all_past
    prior = _const("prior") * ibis.greatest(_one(), ratio)
    lent = _const("lent") * all_now
    expected = ibis.greatest(all_now * usual / all_past, all_now * (usual + lent * share) / (all_past + lent))
    mean = expected + prior
    bound = _const("tolerance") * mean + _const("sigmas") * (mean * (_one() + ratio)).sqrt()
    own = usual / all_past
    common = ibis.greatest(share / (share + _const("known")), own / (own + _const("habit")))
    above = _one() - (bound + _const("doubt") * common) / (_double(of.now) + prior)
    score = _volume(of) * ibis.greatest(ibis.literal(0.0, "float64"), above)
    nothing = reduce(lambda a, b: a | b, [of.all_now <= 0, of.all_past <= 0, of.watched <= 0])
    return ibis.ifelse(nothing, ibis.literal(0.0, "float64"), score)


def _one() -> Column:
    return ibis.literal(1.0, "float64")


def _usual(of: Table) -> Column:
    older, all_older = of.past - of.last, of.all_past - of.all_last
    rate = _double(of.all_last) / _double(all_older).nullif(0.0)
    spiked = _const("spike") * (_double(older) * rate) + _one()
    short = (of.all_last <= 0) | (2 * all_older < of.all_last)
    return ibis.ifelse(short, _double(of.past), _double(older) + ibis.least(_double(of.last), spiked))


def _share(of: Table) -> Column:
    elsewhere, others = of.world - of.past, of.all_world - of.all_past
    share = _double(elsewhere) / _double(others).nullif(0.0)
    return ibis.ifelse((elsewhere > 0) & (others > 0), share, ibis.literal(0.0, "float64"))


def _volume(of: Table) -> Column:
    creators = _double(counted(of.creators, of.watched))
    return (creators.sqrt() * creators.sqrt().sqrt()) * (_one() + _double(of.best)).sqrt().sqrt()
