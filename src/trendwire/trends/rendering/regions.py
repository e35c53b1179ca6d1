"""Owns one subject in one region (or the world), put together from the parts that tell of it."""

from collections.abc import Sequence

from trendwire.domain.charts import WORLD, Kind
from trendwire.domain.details import NOTHING, PeriodDetail, RegionDetail
from trendwire.domain.periods import DETAIL_PERIODS, epoch_day
from trendwire.trends.rendering.audiences import Audiences
from trendwire.trends.rendering.heats import Heats
from trendwire.trends.rendering.history import history
from trendwire.trends.rendering.partners import NONE, Partners
from trendwire.trends.rendering.store import Store
from trendwire.trends.rendering.tops import tops
from trendwire.trends.rendering.uses import OLDER, Use, creators, per_window


class Regions:
    """The regions of one subject. `uses`: all of its posts, the newest first, at least one."""

    def __init__(self, store: Store, kind: Kind, identity: str, uses: Sequence[Use]) -> None:
        self._as_of = epoch_day(store.as_of)
        self._uses = {WORLD: uses} | _homes(uses)
        self._listed = store.listed(kind, identity)
        self._audiences = Audiences(store.factors)
        self._heats = Heats(store.factors, self._as_of, uses)
        self._partners = Partners(store, identity, uses) if kind == Kind.HASHTAG else None

    @property
    def codes(self) -> list[str]:
        """The regions with posts and the world, ascending."""
        return sorted(code for code in self._uses if code)

    def detail(self, region: str) -> RegionDetail:
        """What is told of one of `codes`."""
        uses = self._uses[region]
        days, views, posts = history(uses, self._as_of)
        found = tops(uses)
        return RegionDetail(
            days=days,
            views=views,
            posts=posts,
            first_day=uses[-1].post.day,
            popular_days=self._listed.get(region, 0),
            periods=self._periods(uses, region, found.ids),
            covers=found.covers,
        )

    def _periods(
        self, uses: Sequence[Use], region: str, top_ids: Sequence[tuple[str, ...]]
    ) -> dict[int, PeriodDetail]:
        """Only periods with anything to tell."""
        reach = per_window(creators(uses).values())
        promoted = min((use.place for use in uses if use.post.promoted), default=OLDER)
        heats = self._heats.over(uses, region)
        related = self._partners.related(uses, region, reach) if self._partners else NONE
        told = {}
        for span, audience in enumerate(self._audiences.over(uses, region)):
            heat, components = heats.get(DETAIL_PERIODS[span], (None, None))
            told[DETAIL_PERIODS[span]] = PeriodDetail(
                creators=reach[span],
                promoted=promoted <= span,
                ages=audience.ages,
                interests=audience.interests,
                countries=audience.countries,
                related=related[span],
                top_ids=top_ids[span],
                heat=heat,
                components=components,
            )
        return {period: over for period, over in told.items() if over != NOTHING}


def _homes(uses: Sequence[Use]) -> dict[str, Sequence[Use]]:
    """Uses by the region of the post, '' for none."""
    homes: dict[str, list[Use]] = {}
    for use in uses:
        homes.setdefault(use.post.region or "", []).append(use)
    return dict(homes)
