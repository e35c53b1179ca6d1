"""Owns the components of heat and the formula: the part of the oracle that is an invention.

`measure` counts the components of every subject of a region and window; `heat` makes a score of them,
in the documented order of operations, so that two programs get the same bits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

from tests.oracle.counts import ALL, Kind, Window, World, created, creators, subjects, window
from tests.oracle.posts import Post

BASELINE_WINDOWS = 8
FLOOR_FIFTHS = 4  # the floor is taken from the 80th percentile,
FLOOR_PART = 10  # is a tenth of it
FLOOR_BITS = 3  # and keeps its three leading bits


@dataclass(frozen=True, slots=True)
class Constants:
    """The numbers of the formula."""

    prior: float = 0.2
    tolerance: float = 1.25
    sigmas: float = 2.75
    doubt: float = 4.0
    known: float = 0.002
    habit: float = 0.3
    lent: float = 1.0
    spike: float = 2.0


@dataclass(frozen=True, slots=True)
class Tally:
    """Distinct creators in a set of posts, and those of them at least half of whose posts there were seen."""

    creators: int = 0
    watched: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.creators + other.creators, self.watched + other.watched)

    @property
    def counted(self) -> int:
        """Unwatched creators count as long as they are no more than the watched."""
        return min(self.creators, 2 * self.watched)


@dataclass(frozen=True, slots=True)
class Past:
    """One subject (or everyone) over time: observed, in all earlier windows, in the newest of these."""

    now: Tally = Tally()
    past: Tally = Tally()
    last: Tally = Tally()

    @property
    def counted(self) -> tuple[int, int, int]:
        """(now, past, last)"""
        past = self.past.counted
        return self.now.counted, past, min(past, self.last.counted)


@dataclass(frozen=True, slots=True)
class Components:
    """What is known of one subject in one (end day, period, region).

    `creators`, `watched`: of the whole window; `best`: the sum over the watched of their most viewed post;
    `now`, `past`, `last`: counted creators; `world`: `past` in the whole world; `all_*`: over all posts.
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


Heat = Callable[[Components], float]


def heat(of: Components, by: Constants = Constants()) -> float:
    """Volume gated by surprise; 0 where nothing says what to expect."""
    if of.all_now <= 0 or of.all_past <= 0 or of.watched <= 0:
        return 0.0
    usual, share = _usual(of, by), _share(of)
    ratio = of.all_now / of.all_past
    shift = by.prior * max(1.0, ratio)
    mean = _expected(of, by, usual, share) + shift
    own = usual / of.all_past
    common = max(share / (share + by.known), own / (own + by.habit))
    bound = by.tolerance * mean + by.sigmas * sqrt(mean * (1.0 + ratio)) + by.doubt * common
    gate = max(0.0, 1.0 - bound / (of.now + shift))
    size = min(of.creators, 2 * of.watched)
    volume = (sqrt(size) * sqrt(sqrt(size))) * sqrt(sqrt(1.0 + of.best))
    return volume * gate


def _share(of: Components) -> float:
    """The share of the past creators elsewhere who used it."""
    elsewhere, others = of.world - of.past, of.all_world - of.all_past
    return elsewhere / others if elsewhere > 0 and others > 0 else 0.0


def _expected(of: Components, by: Constants, usual: float, share: float) -> float:
    """Expected creators: from the own past, or, if that is more, with what the rest of the world lends."""
    lent = by.lent * of.all_now
    return max(of.all_now * usual / of.all_past, of.all_now * (usual + lent * share) / (of.all_past + lent))


def _usual(of: Components, by: Constants) -> float:
    """The past, its last window capped by what the older ones lead to expect, where there are some."""
    older, all_older = of.past - of.last, of.all_past - of.all_last
    if of.all_last <= 0 or 2 * all_older < of.all_last:
        return float(of.past)
    return older + min(float(of.last), by.spike * (older * (of.all_last / all_older)) + 1.0)


def floor_of(posts: Iterable[Post], end: int) -> int:
    """Views below which a post of the region is unseen: from the first post with views of each creator."""
    known = [(p.day, p.id, p.creator, p.views) for p in posts if p.creator is not None and p.day <= end]
    first: dict[str, int] = {}
    for _, _, creator, views in sorted(entry for entry in known if entry[3] is not None):
        first.setdefault(creator, views or 0)
    if not first:
        return 0
    place = -(-FLOOR_FIFTHS * len(first) // 5) - 1
    part = sorted(first.values())[place] // FLOOR_PART
    spare = max(part.bit_length() - FLOOR_BITS, 0)
    return part >> spare << spare


def seen_ids(world: World, region: str, end: int) -> set[str]:
    """The posts of the region that someone saw, each judged by the floor of its own region (or of none)."""
    posts = world.posts(region)
    groups: dict[str | None, list[Post]] = {}
    for post in posts:
        groups.setdefault(post.region, []).append(post)
    floors = {group: floor_of(found, end) for group, found in groups.items()}
    return {post.id for post in posts if post.views is None or post.views >= floors[post.region]}


def split(posts: Sequence[Post], end: int, period: int) -> tuple[Window, list[Window]]:
    """(days observed, days that give the expectation, newest first) for a region with posts in the window."""
    days = Window(end - period + 1, end)
    opened = min(post.day for post in posts)
    if opened > end - 2 * period + 1:
        inside = sorted(post.day for post in posts if post.day in days)
        cut = inside[len(inside) // 2]
        return Window(cut, end), [Window(days.first, cut - 1)]
    earlier = [Window(end - (k + 1) * period + 1, end - k * period) for k in range(1, BASELINE_WINDOWS + 1)]
    return days, [past for past in earlier if opened <= past.first]


def tally(posts: Iterable[Post], seen: set[str]) -> Tally:
    """The creators of one set of posts: one window, one subject or all, one region."""
    made: dict[str, int] = {}
    met: dict[str, int] = {}
    for post in posts:
        if post.creator is not None:
            made[post.creator] = made.get(post.creator, 0) + 1
            met[post.creator] = met.get(post.creator, 0) + (post.id in seen)
    return Tally(len(made), sum(2 * met[name] >= made[name] for name in made))


def _by_subject(posts: Iterable[Post], kind: Kind) -> dict[str, list[Post]]:
    """The posts of each subject."""
    found: dict[str, list[Post]] = {}
    for post in posts:
        for identity in subjects(post, kind):
            found.setdefault(identity, []).append(post)
    return found


def _tallies(posts: list[Post], kind: Kind, seen: set[str]) -> tuple[dict[str, Tally], Tally]:
    """(of each subject, of all posts)"""
    return {n: tally(found, seen) for n, found in _by_subject(posts, kind).items()}, tally(posts, seen)


def pasts(
    world: World, kind: Kind, period: int, region: str, end: int, seen: set[str]
) -> tuple[dict[str, Past], Past]:
    """(every subject over time, everyone over time) in a region that has posts."""
    posts = world.posts(region)
    observed, earlier = split(posts, end, period)
    now, all_now = _tallies(created(posts, observed), kind, seen)
    past = [_tallies(created(posts, days), kind, seen) for days in earlier]
    names = set(now).union(*(found for found, _ in past))
    over = {n: [found.get(n, Tally()) for found, _ in past] for n in names}
    subjects_over = {n: Past(now.get(n, Tally()), sum(over[n], Tally()), over[n][0]) for n in names}
    return subjects_over, Past(all_now, sum((every for _, every in past), Tally()), past[0][1])


def _best(posts: Iterable[Post], seen: set[str]) -> int:
    """The sum over the watched creators of their most viewed post; unknown views are none."""
    per_creator: dict[str, list[Post]] = {}
    for post in posts:
        if post.creator is not None:
            per_creator.setdefault(post.creator, []).append(post)
    watched = [found for found in per_creator.values() if tally(found, seen).watched]
    return sum(max(post.views or 0 for post in found) for found in watched)


def measure(world: World, kind: Kind, period: int, region: str, as_of: date) -> dict[str, Components]:
    """The components of every subject with a post created in the window and region."""
    inside = created(world.posts(region), window(as_of, period))
    if not inside:
        return {}
    end = as_of.toordinal()
    seen = seen_ids(world, ALL, end)
    every_own, own = pasts(world, kind, period, region, end, seen)
    every_world, whole = (every_own, own) if region == ALL else pasts(world, kind, period, ALL, end, seen)
    found = _by_subject(inside, kind)
    return {
        name: _components(of, seen, every_own.get(name, Past()), own, _in_the_world(every_world, name, whole))
        for name, of in found.items()
    }


def _in_the_world(every: Mapping[str, Past], name: str, whole: Past) -> tuple[int, int]:
    """`past` of the subject and of everyone in the whole world."""
    return every.get(name, Past()).past.counted, whole.past.counted


def _components(
    posts: list[Post], seen: set[str], own: Past, all_own: Past, world: tuple[int, int]
) -> Components:
    """The components of one subject from its posts of the window."""
    now, past, last = own.counted
    all_now, all_past, all_last = all_own.counted
    return Components(
        creators=len(creators(posts)),
        watched=tally(posts, seen).watched,
        best=_best(posts, seen),
        now=now,
        past=past,
        last=last,
        world=world[0],
        all_now=all_now,
        all_past=all_past,
        all_last=all_last,
        all_world=world[1],
    )
