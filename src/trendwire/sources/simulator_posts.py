"""Writes the posts of a simulated world, day by day, before anybody has observed them.

Owns how a post comes by its creator, tags, sound and final views. All chance comes from the one
`random.Random` handed in, in a fixed order.
"""

import math
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from trendwire.domain.periods import midnight
from trendwire.sources.simulator_plan import (
    EVERGREEN,
    HABIT_ABROAD,
    HABIT_SHARE,
    RING_VIEWS,
    SPAM_PER_DAY,
    Burst,
    Creator,
    Plan,
    Region,
    Ring,
    Spammer,
    seasons,
)

NO_REGION = 0.02
"""Share of posts that carry no region."""

Row = dict[str, Any]

_DAY = 86_400
_WEEK = (0.96, 0.94, 0.95, 0.97, 1.0, 1.1, 1.08)  # posts of a Monday .. Sunday, relative
_WEEKEND_SHARE = (0.005, 0.005, 0.005, 0.005, 0.005, 0.02, 0.02)  # of posts with a weekend tag
_SPREAD = 1.6  # standard deviation of the logarithm of a post's views
_HAS_SOUND = 0.85
_HAS_AUDIENCE = 0.25
_HAS_INDUSTRY = 0.7
_POSTS_TWICE = 0.15  # of the extra creators of a burst


class Draft(NamedTuple):
    """A post not yet observed: `row` is what never changes, `final` the views it will end at."""

    row: Row
    created: int
    final: float


class _Today(NamedTuple):
    """`often`: tags that any post may carry today, with their shares."""

    day: date
    midnight: int
    often: list[tuple[str, float]]


class _Rise(NamedTuple):
    """A burst with its extra creators in the order in which they join, and the fields of its sound."""

    burst: Burst
    crowd: list[Creator]
    song: Row | None


class PostWriter:
    """The posts of any day of a plan; ask for the days in order, once."""

    def __init__(self, plan: Plan, days: int, rng: random.Random) -> None:
        self._plan, self._days, self._rng = plan, days, rng
        self._regions = {region.code: region for region in plan.regions}
        self._rises = [_Rise(b, self._crowd(b), self._song(b)) for b in plan.truth.bursts]

    def posts(self, day: date) -> Iterator[Draft]:
        """All posts created on `day`: the usual ones, then those of bursts, rings and spammers."""
        truth = self._plan.truth
        calendar = dict.fromkeys(truth.weekend, _WEEKEND_SHARE[day.weekday()]) | seasons(truth.seasonal, day)
        today = _Today(day, midnight(day), [*(EVERGREEN | calendar).items()])
        taken = self._taken(day)
        for region in self._plan.regions:
            expected = region.posts / self._days * _WEEK[day.weekday()]
            for _ in range(self._whole(max(expected / 2, expected - taken[region.code]))):
                yield self._usual(region, today)
        for rise in self._rises:
            yield from self._of_rise(rise, today)
        for ring in truth.rings:
            if 0 <= (day - ring.start).days < ring.days:
                yield from self._of_ring(ring, today)
        for spammer in truth.spammers:
            if 0 <= (day - spammer.start).days < spammer.days:
                yield from self._of_spammer(spammer, today)

    def _taken(self, day: date) -> defaultdict[str, float]:
        """Region -> posts of bursts today: they take the place of usual ones, of half of them at most."""
        taken: defaultdict[str, float] = defaultdict(float)
        for burst in self._plan.truth.bursts:
            number = (day - burst.start).days
            if 0 <= number < burst.length:
                taken[burst.region] += burst.daily[number] * (1 + _POSTS_TWICE)
        return taken

    def _usual(self, region: Region, today: _Today) -> Draft:
        chance = self._rng.random
        topics, cumulative = region.topics, region.cumulative
        tags = [topics[bisect_left(cumulative, chance())] for _ in range(1 + int(4 * chance()))]
        tags += self._often(region, today)
        creator = region.creators[int(len(region.creators) * chance() ** 1.5)]
        song = region.sounds[int(len(region.sounds) * chance() ** 2)] if chance() < _HAS_SOUND else None
        return self._draft(region, today, creator, tags, song, self._views(region, creator))

    def _often(self, region: Region, today: _Today) -> list[str]:
        """The tags that a post carries whatever it is about."""
        chance = self._rng.random
        tags = [tag for tag, share in today.often if chance() < share]
        if chance() < HABIT_SHARE:
            tags.append(region.habit)
        elif chance() < HABIT_ABROAD:
            tags.append(self._plan.regions[int(len(self._plan.regions) * chance())].habit)
        return tags

    def _of_rise(self, rise: _Rise, today: _Today) -> Iterator[Draft]:
        """Each extra creator posts once or twice, on one day of the burst."""
        burst, region, chance = rise.burst, self._regions[rise.burst.region], self._rng.random
        number = (today.day - burst.start).days
        if not 0 <= number < burst.length:
            return
        before = sum(burst.daily[:number])
        for creator in rise.crowd[before : before + burst.daily[number]]:
            for _ in range(1 + (chance() < _POSTS_TWICE)):
                tags = [burst.tag, region.topics[bisect_left(region.cumulative, chance())]]
                tags += self._often(region, today)
                yield self._draft(region, today, creator, tags, rise.song, self._views(region, creator))

    def _of_ring(self, ring: Ring, today: _Today) -> Iterator[Draft]:
        region, rng = self._regions[ring.region], self._rng
        for member in ring.accounts:
            for _ in range(self._whole(ring.rate)):
                tags = [*rng.sample(ring.tags, rng.randint(1, len(ring.tags))), "fyp"]
                yield self._draft(
                    region, today, member, tags, None, ring.views * RING_VIEWS * rng.uniform(0.05, 1)
                )

    def _of_spammer(self, spammer: Spammer, today: _Today) -> Iterator[Draft]:
        region = self._regions[spammer.region]
        for _ in range(SPAM_PER_DAY):
            views = self._views(region, spammer.account)
            yield self._draft(region, today, spammer.account, [spammer.tag, "viral"], None, views)

    def _draft(
        self, region: Region, today: _Today, creator: Creator, tags: list[str], song: Row | None, final: float
    ) -> Draft:
        chance = self._rng.random
        created = today.midnight + int(_DAY * chance())
        id_ = str((created << 32) | self._rng.getrandbits(32))
        row: Row = {
            "id": id_,
            "create_time": created,
            "observed_at": 0,
            "region_code": None if chance() < NO_REGION else region.code,
            "username": creator.username,
            "nickname": creator.nickname,
            "hashtag_names": tags,
            "video_description": "#" + " #".join(tags),
            "video_duration": 6 + int(85 * chance()),
            "view_count": 0,
            "like_count": 0,
            "comment_count": 0,
            "share_count": 0,
            "favourites_count": 0,
            "industry_id": self._plan.industry_of.get(tags[0]) if chance() < _HAS_INDUSTRY else None,
            "is_promoted": chance() < 0.01,
            "cover_url": f"https://media.example/cover/{id_}.jpg",
        }
        if song is not None:
            row |= song
        if chance() < _HAS_AUDIENCE:
            row |= region.audiences[int(len(region.audiences) * chance())]
        return Draft(row, created, final)

    def _views(self, region: Region, creator: Creator) -> float:
        return region.views * creator.level * math.exp(_SPREAD * self._rng.gauss(0.0, 1.0))

    def _whole(self, expected: float) -> int:
        """A whole number of that mean."""
        whole = int(expected)
        return whole + (self._rng.random() < expected - whole)

    def _crowd(self, burst: Burst) -> list[Creator]:
        """The extra creators of a burst, all different; those a small region lacks come from outside."""
        home = self._regions[burst.region].creators
        crowd = self._rng.sample(home, min(burst.size, len(home) * 2 // 3))
        handles = (
            f"guest.{burst.region.lower()}{self._rng.getrandbits(32):08x}"
            for _ in range(burst.size - len(crowd))
        )
        return crowd + [Creator(handle, handle.title(), 1.0) for handle in handles]

    def _song(self, burst: Burst) -> Row | None:
        return next((s for s in self._regions[burst.region].sounds if s["music_id"] == burst.sound), None)
