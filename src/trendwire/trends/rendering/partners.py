"""Owns the related hashtags of one hashtag: the pairs it is in, and the measure of affinity.py on them.

Creators of a pair are told by the hashtag's own posts; how many use the partner is asked of the store. No
partner has fewer creators than the pair, so a bound of the affinity is known before: partners are asked for
in its order, and no more of them than can still be among the strongest.
"""

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from trendwire.domain.charts import WORLD, Kind
from trendwire.domain.details import HashtagFacts, Related
from trendwire.domain.periods import DETAIL_PERIODS, epoch_day
from trendwire.domain.records import PostRecord
from trendwire.trends.affinity import MOST_RELATED, SUPPORT, affinity, is_everyday
from trendwire.trends.rendering.store import Store
from trendwire.trends.rendering.uses import OLDER, Use, creators, per_window, place_of

Reach = Mapping[str, Sequence[int]]
"""Region -> distinct creators over each detail period."""

Candidate = tuple[int, int, str]
"""Affinity and creators of the pair, both negative, and the partner: the strongest sorts first."""

NONE: list[tuple[Related, ...]] = [()] * len(DETAIL_PERIODS)


class Partners:
    """Tells the related hashtags of one. `uses`: all of its posts, the newest first."""

    def __init__(self, store: Store, tag: str, uses: Sequence[Use]) -> None:
        self._store = store
        self._everyone = store.factors.everyone
        self._reaches: dict[str, Reach] = {}
        often = Counter(chain.from_iterable(use.post.tags for use in uses if _tells(use)))
        del often[tag]
        self._often = {one for one, posts in often.items() if posts >= SUPPORT}
        if self._often and self._everyday(per_window(creators(uses).values())):
            self._often.clear()

    def related(self, uses: Iterable[Use], region: str, reach: Sequence[int]) -> list[tuple[Related, ...]]:
        """Over each detail period; `uses` of this region, the newest first, and `reach`: their creators."""
        pairs = self._pairs(uses)
        if not pairs:
            return NONE
        everyone = self._everyone[region]
        return [
            self._named(self._strongest(pairs, region, span, reach[span], everyone[span]))
            for span in range(len(DETAIL_PERIODS))
        ]

    def _pairs(self, uses: Iterable[Use]) -> dict[str, Sequence[int]]:
        """Partner -> creators of the pair over each detail period, where the longest has enough."""
        if not self._often:
            return {}
        together: dict[str, dict[str, int]] = {}
        for use in uses:
            if _tells(use):
                for tag in self._often.intersection(use.post.tags):
                    together.setdefault(tag, {}).setdefault(use.post.username or "", use.place)
        return {tag: per_window(both.values()) for tag, both in together.items() if len(both) >= SUPPORT}

    def _strongest(
        self, pairs: Mapping[str, Sequence[int]], region: str, span: int, own: int, everyone: int
    ) -> list[str]:
        """Partners over one detail period: by affinity, then creators of the pair, then name."""
        bounds: list[Candidate] = []
        for partner, over in pairs.items():
            bound = affinity(over[span], own, over[span], everyone)
            if bound is not None:
                bounds.append((-bound, -over[span], partner))
        found: list[Candidate] = []
        for bound, both, partner in sorted(bounds):
            if len(found) >= MOST_RELATED and bound > found[MOST_RELATED - 1][0]:
                break
            reach = self._reach(partner)
            strength = affinity(-both, own, reach[region][span], everyone)
            if strength is not None and not self._everyday(reach[WORLD]):
                insort(found, (-strength, both, partner))
        return [partner for _, _, partner in found[:MOST_RELATED]]

    def _everyday(self, reach: Sequence[int]) -> bool:
        return is_everyday(reach[-1], self._everyone[WORLD][-1])

    def _reach(self, tag: str) -> Reach:
        found = self._reaches.get(tag)
        if found is None:
            found = self._store.reach(tag)
            if found is None:
                found = reach_of(self._store.posts(Kind.HASHTAG, tag), epoch_day(self._store.as_of))
            self._reaches[tag] = found
        return found

    def _named(self, tags: Iterable[str]) -> tuple[Related, ...]:
        known = (self._store.facts(Kind.HASHTAG, tag) for tag in tags)
        return tuple(Related(one.name, one.hashtag_id) for one in known if isinstance(one, HashtagFacts))


def _tells(use: Use) -> bool:
    """Whether the post says who uses what together: its creator is known and it is not too old."""
    return use.place < OLDER and use.post.username is not None


def reach_of(posts: Iterable[PostRecord], as_of: int) -> Reach:
    """Distinct creators of some posts, in each region and the world."""
    places: dict[str, dict[str, int]] = {WORLD: {}}
    for post in posts:
        place = place_of(as_of - post.day) if post.day <= as_of else OLDER
        if place < OLDER and post.username is not None:
            for region in (WORLD,) if post.region is None else (WORLD, post.region):
                known = places.setdefault(region, {})
                known[post.username] = min(place, known.get(post.username, OLDER))
    return {region: per_window(known.values()) for region, known in places.items()}
