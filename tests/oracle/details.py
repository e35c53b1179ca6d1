"""Owns what a detail adds to a row: audience, related hashtags, related posts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor, log
from typing import Literal

from tests.oracle import counts
from tests.oracle.counts import Kind, World, window
from tests.oracle.fields import REGIONS
from tests.oracle.posts import Post

INTERESTS = 5
COUNTRIES = {"hashtag": 11, "sound": 10}
RELATED = 5
RELATED_CREATORS = 3
RELATED_POSTS = 50
LIFTS = (15, 80)  # tenths
CROWD = 80
LONGEST = 1095
EVERYDAY = 8
AFFINITY = 300_000_000
LEVELS = {"18-24": 3, "25-34": 4, "35-44": 5, "45-54": 5, "55-64": 5, "55+": 5, "65+": 5, "35+": 5}

Audience = Literal["ages", "interests", "countries"]


@dataclass(frozen=True, slots=True)
class Together:
    """How often two hashtags meet in a window and region, in distinct creators.

    `both`: who used the two in one post; `left`, `right`: who used each; `everyone`: who posted at all.
    """

    both: int
    left: int
    right: int
    everyone: int


# A measure says how strongly two hashtags belong together; None = not related.
Measure = Callable[[Together], int | None]


def affinity(of: Together) -> int | None:
    """Normalised pointwise mutual information in whole billionths; None where it is weak or hardly lifted."""
    lifted, chance = of.both * of.everyone, of.left * of.right
    if 10 * lifted < min(max(of.everyone, LIFTS[0]), LIFTS[1]) * chance:
        return None
    value = floor(10**9 * (log(lifted / chance) / log(of.everyone / of.both)))
    return value if value >= AFFINITY else None


def mean_shares(posts: Iterable[Post], audience: Audience) -> dict[str, Fraction]:
    """Mean share per label over the posts that have such an audience; {} where none has."""
    known = [getattr(post, audience) for post in posts if getattr(post, audience)]
    total: dict[str, Fraction] = {}
    for shares in known:
        for label, share in shares.items():
            total[label] = total.get(label, Fraction(0)) + share
    return {label: share / len(known) for label, share in total.items()}


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def largest_remainder(shares: Mapping[int, Fraction]) -> dict[int, int]:
    """Whole percentages that sum to 100; ties in the remainder go to the lower level."""
    whole = sum(shares.values())
    exact = {level: 100 * share / whole for level, share in shares.items()}
    scores = {level: value.numerator // value.denominator for level, value in exact.items()}
    order = sorted(exact, key=lambda level: (scores[level] - exact[level], level))
    for level in order[: 100 - sum(scores.values())]:
        scores[level] += 1
    return scores


def ages(posts: Iterable[Post]) -> list[tuple[int, int]]:
    """(age level, percentage), highest first; 13-17 is dropped, 35 and older are one level."""
    levels = dict.fromkeys((3, 4, 5), Fraction(0))
    for label, share in mean_shares(posts, "ages").items():
        if label in LEVELS:
            levels[LEVELS[label]] += share
    if not any(levels.values()):
        return []
    return sorted(largest_remainder(levels).items(), key=lambda pair: (-pair[1], pair[0]))


def indexed(
    inside: Mapping[str, Fraction], overall: Mapping[str, Fraction], most: int
) -> list[tuple[str, int]]:
    """(label, 100 * share inside / share overall), highest first, ties by label."""
    scores = {label: half_up(100 * share / overall[label]) for label, share in inside.items()}
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:most]


class Details:
    """The details of one world; remembers what is the same for all subjects of a region and window."""

    def __init__(self, world: World, measure: Measure = affinity) -> None:
        self.world = world
        self._measure = measure
        self._overall: dict[tuple[Audience, str, date, int], dict[str, Fraction]] = {}
        self._tag_creators: dict[tuple[str, date, int], tuple[int, dict[str, int]]] = {}

    def inside(self, kind: Kind, identity: str, region: str, as_of: date, period: int) -> list[Post]:
        """The subject's posts created in the window and region."""
        return counts.created(self.world.of(kind, identity, region), window(as_of, period))

    def _around(self, region: str, as_of: date, period: int) -> list[Post]:
        return counts.created(self.world.posts(region), window(as_of, period))

    def overall(self, audience: Audience, region: str, as_of: date, period: int) -> dict[str, Fraction]:
        """Mean shares over all posts of the region and window."""
        key = (audience, region, as_of, period)
        if key not in self._overall:
            self._overall[key] = mean_shares(self._around(region, as_of, period), audience)
        return self._overall[key]

    def interests(
        self, kind: Kind, identity: str, region: str, as_of: date, period: int, named: Sequence[str]
    ) -> list[tuple[str, int]]:
        """Up to five (interest id, index) of those that have a name."""
        inside = mean_shares(self.inside(kind, identity, region, as_of, period), "interests")
        shown = {label: share for label, share in inside.items() if label in named}
        return indexed(shown, self.overall("interests", region, as_of, period), INTERESTS)

    def countries(
        self, kind: Kind, identity: str, region: str, as_of: date, period: int
    ) -> list[tuple[str, int]]:
        """Up to eleven (a sound: ten) (ISO code, index)."""
        inside = mean_shares(self.inside(kind, identity, region, as_of, period), "countries")
        shown = {label: share for label, share in inside.items() if label in REGIONS}
        return indexed(shown, self.overall("countries", region, as_of, period), COUNTRIES[kind])

    def _tags_around(self, region: str, as_of: date, period: int) -> tuple[int, dict[str, int]]:
        """(creators, creators per hashtag) of the posts created in the window and region."""
        key = (region, as_of, period)
        if key not in self._tag_creators:
            around = self._around(region, as_of, period)
            users: dict[str, set[str]] = {}
            for post in around:
                for tag in post.tags if post.creator is not None else ():
                    users.setdefault(tag, set()).add(post.creator or "")
            per_tag = {tag: len(found) for tag, found in users.items()}
            self._tag_creators[key] = len(counts.creators(around)), per_tag
        return self._tag_creators[key]

    def _everyday(self, as_of: date) -> set[str]:
        """Hashtags that more than one creator in eight of the whole world uses, where there are enough."""
        everyone, per_tag = self._tags_around(counts.ALL, as_of, LONGEST)
        return {tag for tag, used in per_tag.items() if everyone >= CROWD and EVERYDAY * used > everyone}

    def together(self, name: str, region: str, as_of: date, period: int) -> dict[str, Together]:
        """Every other hashtag that shares a post with this one, and how often."""
        everyone, per_tag = self._tags_around(region, as_of, period)
        shared: dict[str, list[Post]] = {}
        for post in self.inside("hashtag", name, region, as_of, period):
            for other in post.tags:
                shared.setdefault(other, []).append(post)
        return {
            other: Together(len(counts.creators(found)), per_tag[name], per_tag[other], everyone)
            for other, found in shared.items()
            if other != name
        }

    def related_hashtags(self, name: str, region: str, as_of: date, period: int) -> list[str]:
        """Up to five, strongest first, then most creators, then identity; three creators at least."""
        met = self.together(name, region, as_of, period)
        everyday = self._everyday(as_of)
        met = {} if name in everyday else {n: of for n, of in met.items() if n not in everyday}
        strength = {n: (self._measure(of), of.both) for n, of in met.items() if of.both >= RELATED_CREATORS}
        related = [(-value, -both, n) for n, (value, both) in strength.items() if value is not None]
        return [n for _, _, n in sorted(related)[:RELATED]]

    def related_posts(self, kind: Kind, identity: str, region: str, as_of: date, period: int) -> list[str]:
        """Up to fifty numeric ids of posts that gained views in the window, most first, ties by id."""
        days = window(as_of, period)
        views = {post.id: counts.gained(post, days) for post in self.world.of(kind, identity, region)}
        seen = [found for found in views if views[found] > 0 and found.isascii() and found.isdigit()]
        return sorted(seen, key=lambda found: (-views[found], found))[:RELATED_POSTS]
