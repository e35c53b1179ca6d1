"""Owns heat, the score that orders a chart of hashtags or sounds; nothing else knows the formula.

Heat is volume gated by surprise: how much is going on under a subject, times how far the creators who use it
now exceed what its own past, and the rest of the world, let expect. A hashtag that everybody always uses has
a large volume and a gate of 0; no list of such names is needed. docs/explanation/how-a-rank-is-made.md says
where each component comes from and works an example.

Order of operations (binding: recomputed in this order, the score is the same to the last bit; whole numbers
become doubles on entry; powers are nested square roots, because `pow` differs between machines):

    usual    = past, but the last window counts at most spike * what the older ones lead to expect, plus 1,
               where the older windows together hold at least half the creators of the last one
    r        = all_now / all_past
    expected = all_now * usual / all_past, or all_now * (usual + lent * all_now * share)
               / (all_past + lent * all_now) if that is more    share: of the creators elsewhere
    s        = prior * max(1, r)
    own      = usual / all_past
    common   = max(share / (share + known), own / (own + habit))
    bound    = tolerance * (expected + s) + sigmas * sqrt((expected + s) * (1 + r)) + doubt * common
    gate     = max(0, 1 - bound / (now + s))
    volume   = v^0.75 * (1 + best)^0.25     v = min(creators, cap * watched)
    heat     = volume * gate

The engine compiles these functions for charts; they run as they are where one score is explained.
"""

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Constant:
    """A number of the formula: its unit and why it is what it is."""

    name: str
    value: float
    unit: str
    why: str


CONSTANTS = (
    Constant(
        "baselines",
        8,
        "windows",
        "two months under a week's chart: a surprise stays one for several periods, then fades",
    ),
    Constant("tolerance", 1.25, "factor", "ordinary swings of an evergreen tag stay within a quarter"),
    Constant(
        "sigmas",
        2.75,
        "standard deviations",
        "chance rarely passes; with 4, a chart of thirty posts would be empty",
    ),
    Constant("doubt", 4.0, "creators", "added for what is common anyway: no small region lists it by chance"),
    Constant("known", 0.002, "share of creators", "so common elsewhere gets half of doubt, more common more"),
    Constant("habit", 0.3, "share of creators", "the same for what is common in the region itself"),
    Constant(
        "lent", 1.0, "windows", "how much past the rest of the world lends where a region's own is thin"
    ),
    Constant(
        "prior", 0.2, "creators", "expected of a subject never seen: three creators alone are a weak surprise"
    ),
    Constant(
        "spike",
        2.0,
        "factor",
        "the last window counts at most twice its own expectation, so a surprise stays one",
    ),
    Constant(
        "cap", 2.0, "creators per watched", "all count where half of them are watched, none where nobody is"
    ),
    Constant(
        "floor_quantile",
        0.8,
        "share of creators",
        "so high that a ring as large as half its region hardly moves it",
    ),
    Constant(
        "floor_part",
        10,
        "divisor",
        "a post is seen from a tenth of what a good first post of its region gets",
    ),
    Constant(
        "floor_bits", 3, "bits", "the floor keeps so many leading bits, so that new posts seldom move it"
    ),
)
"""Every number of the formula, once."""

_VALUE = {constant.name: constant.value for constant in CONSTANTS}

BASELINES = int(_VALUE["baselines"])
"""How many windows before the chart's own tell at most what to expect."""

_TOLERANCE, _SIGMAS, _DOUBT = _VALUE["tolerance"], _VALUE["sigmas"], _VALUE["doubt"]
_KNOWN, _HABIT, _LENT = _VALUE["known"], _VALUE["habit"], _VALUE["lent"]
_PRIOR, _SPIKE, _CAP = _VALUE["prior"], _VALUE["spike"], int(_VALUE["cap"])
FLOOR_QUANTILE, FLOOR_PART = _VALUE["floor_quantile"], int(_VALUE["floor_part"])
FLOOR_BITS = int(_VALUE["floor_bits"])
"""What the floor of a region is made of: see engine/scoring.py."""


class Components(NamedTuple):
    """What is counted of one subject in one region, period and end day; all whole numbers.

    `creators`, `watched`: of the whole window; `best`: views, the most viewed post of each watched creator,
    summed. `now`, `past`, `last`: creators counted (`counted`) in the window, in all windows before it that
    the facts cover, in the one just before it. `world`: `past` of the same subject in the whole world.
    `all_now`, `all_past`, `all_last`, `all_world`: the same counts over all posts, which all subjects share.
    """

    creators: int
    watched: int
    best: int
    now: int
    past: int
    last: int
    world: int
    all_now: int
    all_past: int
    all_last: int
    all_world: int


class Heat(NamedTuple):
    """The score and the steps that lead to it; creators unless said otherwise.

    `gate`: 0..1, `volume` and `heat`: of no unit, at least 0; `bound` is what `now` must exceed.
    """

    usual: float
    expected: float
    bound: float
    gate: float
    volume: float
    heat: float


def counted(creators: int, watched: int) -> int:
    """How many of `creators` count, `watched` of whom are watched. Sums over windows come first."""
    return min(creators, _CAP * watched)


def usual_of(of: Components) -> float:
    """The past, with the last window cut to what a surprise may add to it, where a longer past tells."""
    older, all_older = float(of.past - of.last), float(of.all_past - of.all_last)
    all_last = float(of.all_last)
    if all_last <= 0.0 or 2.0 * all_older < all_last:
        return float(of.past)
    return older + min(float(of.last), _SPIKE * (older * (all_last / all_older)) + 1.0)


def share_of(of: Components) -> float:
    """The share of past creators outside the region who used the subject."""
    elsewhere, others = float(of.world - of.past), float(of.all_world - of.all_past)
    return elsewhere / others if elsewhere > 0.0 and others > 0.0 else 0.0


def expected_of(usual: float, share: float, of: Components) -> float:
    """Creators to expect now from the region's own past, or, if that is more, with what the world lends."""
    all_now, all_past = float(of.all_now), float(of.all_past)
    lent = _LENT * all_now
    return max(all_now * usual / all_past, all_now * (usual + lent * share) / (all_past + lent))


def bound_of(mean: float, ratio: float, common: float) -> float:
    """What tolerance, chance and doubt allow where `mean` creators are expected."""
    return _TOLERANCE * mean + _SIGMAS * sqrt(mean * (1.0 + ratio)) + _DOUBT * common


def commonness(share: float, own: float) -> float:
    """How common the subject is anyway, 0..1, by the share of creators elsewhere and of the region itself."""
    return max(share / (share + _KNOWN), own / (own + _HABIT))


def volume_of(of: Components) -> float:
    """How much is going on: powers by nested square roots."""
    creators = float(counted(of.creators, of.watched))
    return (sqrt(creators) * sqrt(sqrt(creators))) * sqrt(sqrt(1.0 + float(of.best)))


def score(of: Components) -> Heat:
    """The heat of a subject. Without any past in the region, or nobody watched, everything is 0."""
    if of.all_now <= 0 or of.all_past <= 0 or of.watched <= 0:
        return Heat(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    usual, share = usual_of(of), share_of(of)
    ratio = float(of.all_now) / float(of.all_past)
    expected = expected_of(usual, share, of)
    prior = _PRIOR * max(1.0, ratio)
    bound = bound_of(expected + prior, ratio, commonness(share, usual / float(of.all_past)))
    gate = max(0.0, 1.0 - bound / (float(of.now) + prior))
    volume = volume_of(of)
    return Heat(usual, expected, bound, gate, volume, volume * gate)
