"""The plan of a simulated world: who lives there, what is always said, and what will happen when.

Owns the truth that charts are judged by (`Truth`): bursts with their starts, peaks and lengths, evergreen,
weekend and seasonal tags, rings and spammers. Everything follows from a `World` alone.
"""

import math
import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from trendwire.domain.taxonomy import countries, industries, interests
from trendwire.sources.simulator_names import REGIONS, TagNames, person, word

EVERGREEN = {
    "fyp": 0.34, "foryou": 0.22, "viral": 0.16, "foryoupage": 0.12, "trending": 0.07, "xuhuong": 0.05,
    "parati": 0.05, "fypシ": 0.03, "viralvideo": 0.02, "fypage": 0.015, "fyppp": 0.01, "viraltiktok": 0.008,
}  # fmt: skip
"""Evergreen tags, their spellings included -> share of all posts that carry them."""

HABIT_SHARE = 0.25
HABIT_ABROAD = 0.002
"""Share of the posts of another region that carry the habit of a region all the same."""

RING_VIEWS = 0.095
"""A ring's posts get at most this part of the median views of a post of their region."""

TOPICS_PER_POST = 2.5
"""Topic tags of a usual post: one to four."""

MEDIAN_VIEWS = 3000.0
"""Views of the median post of the median region."""

Fields = dict[str, Any]

SPAM_PER_DAY = 8

_AGES = ("13-17", "18-24", "25-34", "35-44", "45-54", "55+")
_SMALLEST_BURST, _LARGEST_BURST, _BURST_TAIL = 4, 400, 1.05  # creators in the best week; power law
_POSTS_PER_EXTRA = 1.15
_KNOWN_TAG = 0.4
_ADDED_SHARE = 0.03  # of rings and spam; what a burst brings mostly takes the place of usual posts
_EXTRA_SHARE = 0.15  # at most this part of all posts is planned (bursts, rings, spam)


@dataclass(frozen=True, slots=True)
class World:
    """What a simulated world is made from; the same values give the same rows, byte for byte.

    about `posts` created in all over `days` days up to `last_day` (UTC) in `regions` regions, Zipf by size.
    """

    posts: int
    days: int
    regions: int
    seed: int
    last_day: date

    @property
    def first_day(self) -> date:
        return self.last_day - timedelta(days=self.days - 1)


@dataclass(frozen=True, slots=True)
class Creator:
    """`level`: factor on the views of all posts of the creator."""

    username: str
    nickname: str
    level: float


@dataclass(frozen=True, slots=True)
class Burst:
    """A rise of one tag in one region.

    `daily[n]`: extra creators on day `start + n`; `peak`: the day with the most; `usual`: creators per
    week that use the tag anyway. `sound`: clip id that rises with it, or None.
    """

    region: str
    tag: str
    start: date
    peak: date
    daily: tuple[int, ...]
    usual: float
    sound: str | None

    @property
    def length(self) -> int:
        return len(self.daily)

    @property
    def size(self) -> int:
        """Extra creators over the whole burst."""
        return sum(self.daily)

    def extra(self, last: date, days: int = 7) -> int:
        """Extra creators in the `days` days that end with `last`."""
        at = (last - self.start).days + 1
        return sum(self.daily[max(0, at - days) : max(0, at)])


@dataclass(frozen=True, slots=True)
class Ring:
    """The same `accounts` push `tags`, `rate` posts per account and day, at views hardly anyone gave.

    `views`: of the median post of the region; those of the ring stay under `RING_VIEWS` of it.
    """

    region: str
    tags: tuple[str, ...]
    accounts: tuple[Creator, ...]
    start: date
    days: int
    rate: float
    views: float


@dataclass(frozen=True, slots=True)
class Spammer:
    """One account that posts one tag eight times a day."""

    region: str
    account: Creator
    tag: str
    start: date
    days: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What a chart of the world should show, and what it should not. `weekend` and `seasonal` by name."""

    bursts: tuple[Burst, ...]
    evergreen: tuple[str, ...]
    weekend: tuple[str, ...]
    seasonal: tuple[str, ...]
    rings: tuple[Ring, ...]
    spammers: tuple[Spammer, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """A region and who and what is in it.

    `posts`: created over all days, those of bursts counted in, those of rings and spammers not.
    `cumulative[n]`: sum of the weights of `topics[:n + 1]`, the last is 1. `views`: median of a post.
    `habit`: a tag that `HABIT_SHARE` of all posts here carry, and next to nobody elsewhere.
    `sounds` and `audiences` are the fields of a post record that they fill.
    """

    code: str
    script: str
    posts: int
    views: float
    creators: list[Creator]
    topics: list[str]
    cumulative: list[float]
    habit: str
    sounds: list[Fields]
    audiences: list[Fields]


@dataclass(frozen=True, slots=True)
class Plan:
    """`industry_of`: tag -> industry id, for the tags that have one."""

    truth: Truth
    regions: list[Region]
    industry_of: dict[str, int]


def plan(world: World) -> Plan:
    """Draws the world: pure, from `world` alone."""
    rng = random.Random(world.seed)  # noqa: S311  (a simulation, no secret)
    names = TagNames(rng)
    shares = _shares(world, rng)
    planned = _Planned(world, rng, names)
    shared = [names.new("latin") for _ in range(1500)]
    local: dict[str, list[str]] = {}
    for script in dict.fromkeys(script for _, script, _ in shares):
        local[script] = [names.new(script) for _ in range(1500)]
    regions = [_region(rng, names, *share, shared, local[share[1]]) for share in shares]
    truth = planned.truth(regions)
    regions = _filled(regions, world.posts - _added(truth))
    tags = [*shared, *(tag for tags in local.values() for tag in tags), *(b.tag for b in truth.bursts)]
    ids = list(industries())
    return Plan(truth, regions, {tag: rng.choice(ids) for tag in tags if rng.random() < 0.7})


def _added(truth: Truth) -> int:
    """Posts that come on top of the usual ones: those of a burst take the place of others."""
    rings = sum(len(ring.accounts) * ring.rate * ring.days for ring in truth.rings)
    return round(rings + sum(SPAM_PER_DAY * spammer.days for spammer in truth.spammers))


def _filled(regions: list[Region], posts: int) -> list[Region]:
    """The regions with `posts` posts together."""
    factor = posts / sum(region.posts for region in regions)
    return [replace(region, posts=round(region.posts * factor)) for region in regions]


def _shares(world: World, rng: random.Random) -> list[tuple[str, str, int]]:
    """(code, script, posts) of each region: Zipf by size, so that the smallest is small indeed."""
    codes = [*REGIONS, *(code for code in countries() if code not in REGIONS)][: world.regions]
    weights = [rng.uniform(0.8, 1.25) / (n + 1) ** 0.9 for n in range(len(codes))]
    unit = world.posts * (1 - _ADDED_SHARE) / sum(weights)
    return [
        (code, REGIONS.get(code, "latin"), round(w * unit)) for code, w in zip(codes, weights, strict=True)
    ]


def _region(
    rng: random.Random,
    names: TagNames,
    code: str,
    script: str,
    posts: int,
    shared: list[str],
    local: list[str],
) -> Region:
    topics = rng.sample(local, 700) + rng.sample(shared, 500)
    rng.shuffle(topics)
    weights = [1 / (n + 4) ** 0.85 for n in range(len(topics))]
    total, running, cumulative = sum(weights), 0.0, []
    for weight in weights:
        running += weight / total
        cumulative.append(running)
    cumulative[-1] = 1.0
    return Region(
        code=code,
        script=script,
        posts=posts,
        views=MEDIAN_VIEWS * rng.lognormvariate(0, 0.8),
        creators=[_creator(rng, code, script) for _ in range(max(25, posts // 4))],
        topics=topics,
        cumulative=cumulative,
        habit=names.new(script, "life"),
        sounds=[_sound(rng, script) for _ in range(max(30, min(2000, posts // 12)))],
        audiences=[_audience(rng, code) for _ in range(12)],
    )


def _creator(rng: random.Random, code: str, script: str) -> Creator:
    handle = f"{word(rng, 'latin')}.{code.lower()}{rng.getrandbits(32):08x}"
    return Creator(handle, person(rng, script), rng.lognormvariate(0, 0.8))


def _sound(rng: random.Random, script: str) -> Fields:
    clip = str(7_000_000_000_000_000_000 + rng.getrandbits(58))
    title = f"{word(rng, script)} {word(rng, script)}".capitalize()
    return {
        "music_id": clip,
        "song_id": str(rng.getrandbits(52)),
        "music_title": title,
        "music_author": person(rng, script),
        "music_duration": rng.randint(8, 60),
        "is_commercial_music": rng.random() < 0.3,
    }


def _audience(rng: random.Random, code: str) -> Fields:
    abroad = {other: round(rng.uniform(0.01, 0.2), 2) for other in rng.sample(list(REGIONS), 4)}
    return {
        "audience_ages": {band: round(rng.uniform(0.05, 1), 2) for band in _AGES},
        "audience_countries": abroad | {code: round(rng.uniform(0.5, 1), 2)},
        "audience_interests": {
            id_: round(rng.uniform(0.05, 1), 2) for id_ in rng.sample(list(interests()), 4)
        },
    }


class _Planned:
    """Draws what happens: bursts, rings and spammers, within the posts that the world has for them."""

    def __init__(self, world: World, rng: random.Random, names: TagNames) -> None:
        self._world, self._rng, self._names = world, rng, names
        self._left = int(world.posts * _EXTRA_SHARE)
        self._weekend = tuple(names.new("latin", "weekend") for _ in range(4))
        self._seasonal = tuple(names.new("latin", "season") for _ in range(4))

    def truth(self, regions: list[Region]) -> Truth:
        rings = self._rings(regions)
        spammers = self._spammers(regions)
        bursts = self._bursts(regions)
        evergreen = (*EVERGREEN, *(region.habit for region in regions))
        return Truth(bursts, evergreen, self._weekend, self._seasonal, rings, spammers)

    def _rings(self, regions: list[Region]) -> tuple[Ring, ...]:
        return tuple(filter(None, (self._ring(region) for region in self._some(regions, 12))))

    def _ring(self, region: Region) -> Ring | None:
        rng = self._rng
        accounts, rate, days = (
            rng.choice((50, 100, 100, 200)),
            rng.choice((0.5, 1.0, 2.0)),
            rng.randint(14, 45),
        )
        while accounts * rate * days > self._left * 0.1 and days > 8:
            days, rate = days - 1, max(0.3, rate * 0.9)
        if accounts * rate * days > self._left * 0.4:
            return None
        self._left -= int(accounts * rate * days)
        tags = tuple(self._names.new(region.script, "club") for _ in range(3))
        users = tuple(_creator(rng, region.code, region.script) for _ in range(accounts))
        return Ring(region.code, tags, users, self._start(days), days, rate, region.views)

    def _spammers(self, regions: list[Region]) -> tuple[Spammer, ...]:
        return tuple(self._spammer(region) for region in self._some(regions, 10) if self._left > 600)

    def _spammer(self, region: Region) -> Spammer:
        days = self._rng.randint(10, 30)
        self._left -= SPAM_PER_DAY * days
        user = _creator(self._rng, region.code, region.script)
        return Spammer(region.code, user, self._names.new(region.script, "shop"), self._start(days), days)

    def _some(self, regions: list[Region], one_of: int) -> list[Region]:
        return self._rng.sample(regions, max(1, len(regions) // one_of))

    def _start(self, days: int) -> date:
        """Not in the first third: a burst needs a past to be one."""
        world = self._world
        return world.first_day + timedelta(
            days=self._rng.randint(world.days // 3, max(world.days // 3, world.days - days))
        )

    def _bursts(self, regions: list[Region]) -> tuple[Burst, ...]:
        """As many as the posts left allow, most of them small: sizes follow a power law."""
        bursts: dict[tuple[str, str], Burst] = {}
        weights = [region.posts**0.9 for region in regions]
        while self._left > 0:
            burst = self._burst(self._rng.choices(regions, weights)[0])
            self._left -= int(burst.size * _POSTS_PER_EXTRA) + 1
            bursts.setdefault((burst.region, burst.tag), burst)
        return tuple(bursts.values())

    def _burst(self, region: Region) -> Burst:
        rng = self._rng
        weekly = region.posts * 7 / self._world.days
        largest = min(_LARGEST_BURST, 40 + weekly / 2)
        size = round(min(largest, _SMALLEST_BURST * rng.paretovariate(_BURST_TAIL)))
        tag, usual = self._tag_of(region, weekly, size)
        daily = _curve(size, rng.randint(1, 5), rng.choice((2.0, 3.0, 5.0, 8.0, 12.0)))
        start = self._start(len(daily))
        peak = start + timedelta(days=daily.index(max(daily)))
        clip = rng.choice(region.sounds)["music_id"] if rng.random() < 0.5 else None
        return Burst(region.code, tag, start, peak, daily, usual, clip)

    def _tag_of(self, region: Region, weekly: float, size: int) -> tuple[str, float]:
        """A new tag, or one in use whose usual creators per week are a small part of the burst."""
        if self._rng.random() < _KNOWN_TAG:
            most = size * self._rng.uniform(0.02, 0.2)
            for tag, share in zip(region.topics, _steps(region.cumulative), strict=True):
                if weekly * share * TOPICS_PER_POST <= most:
                    return tag, weekly * share * TOPICS_PER_POST
        return self._names.new(region.script), 0.0


def _steps(cumulative: list[float]) -> list[float]:
    return [after - before for before, after in pairwise([0.0, *cumulative])]


def _curve(size: int, rise: int, fade: float) -> tuple[int, ...]:
    """Creators per day: a straight rise over `rise` days, then a fall by 1/e every `fade` days.

    The best seven days hold about `size` creators.
    """
    shape = [(n + 1) / (rise + 1) for n in range(rise)]
    shape += [math.exp(-n / fade) for n in range(math.ceil(3.5 * fade) + 1)]
    best = max(sum(shape[n : n + 7]) for n in range(len(shape)))
    daily = [round(size * part / best) for part in shape]
    while daily and daily[-1] == 0:
        daily.pop()
    return tuple(daily)


def seasons(names: tuple[str, ...], day: date) -> dict[str, float]:
    """Share of posts with each seasonal tag on `day`: one wave a year, each tag at its own time of year."""
    year = 2 * math.pi * day.timetuple().tm_yday / 365.25
    phases = ((name, year - 2 * math.pi * n / len(names)) for n, name in enumerate(names))
    return {name: 0.012 * (1 + 0.9 * math.cos(phase)) for name, phase in phases}
