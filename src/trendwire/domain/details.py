"""Everything an edition knows about one hashtag or sound, in every region and period.

One document per subject: attributes once, then per region the sparse daily counts (from which the
counts, curve and popularity of any period are summed, see the properties here) and per period what
does not add up from days: creators, audience, related subjects, top posts, the components of heat.
"""

from bisect import bisect_left, bisect_right
from datetime import date

import msgspec

from trendwire.domain.charts import Kind, PostLink
from trendwire.domain.periods import Window, buckets, epoch_day


class Related(msgspec.Struct, frozen=True, array_like=True):
    """A hashtag that occurs with the subject more often than chance."""

    name: str
    hashtag_id: str


class PeriodDetail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One subject in one region over one period; what is unknown is empty.

    `ages`: (age level 3..5, percent), summing to 100, highest first. `interests`: (interest id, index) and
    `countries`: (ISO code, index), highest first, index = 100 * share / overall share. `heat` and
    `components` (name -> value, documented in how-a-rank-is-made): chart periods only, None without posts.
    `top_ids`: ids of the posts with most views gained in the window, most first; `RegionDetail.top_posts`
    gives them with their covers, which are kept once per region. `posts`, `views`, `curve`: as a source told
    them of the window as a whole; where it did, they hold, and not the sums of days.
    """

    creators: int = 0
    promoted: bool = False
    ages: tuple[tuple[int, int], ...] = ()
    interests: tuple[tuple[str, int], ...] = ()
    countries: tuple[tuple[str, int], ...] = ()
    related: tuple[Related, ...] = ()
    top_ids: tuple[str, ...] = ()
    heat: float | None = None
    components: dict[str, float] | None = None
    posts: int | None = None
    views: int | None = None
    curve: tuple[int, ...] | None = None


NOTHING = PeriodDetail()
"""The detail over a period in which the subject has nothing to tell."""


class RegionDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One subject in one region (or the whole world).

    `days` (epoch days, ascending, none after as_of), `views` gained and `posts` created on each: parallel,
    days of the longest period only, days with neither left out. `first_day`: epoch day of the subject's
    first post in the region, None if it has none. `popular_days`: see DESIGN; 0..365. `periods`: those
    with anything to tell, see `period`. `covers`: post id -> cover URL of the posts in any `top_ids`.
    """

    days: tuple[int, ...]
    views: tuple[int, ...]
    posts: tuple[int, ...]
    first_day: int | None
    popular_days: int
    periods: dict[int, PeriodDetail]
    covers: dict[str, str] = {}

    def period(self, days: int) -> PeriodDetail:
        """The detail over the period of that many days; one that is left out is empty."""
        return self.periods.get(days, NOTHING)

    def top_posts(self, period: int) -> tuple[PostLink, ...]:
        """The posts with most views gained in the window, most first."""
        return tuple(PostLink(id_, self.covers.get(id_)) for id_ in self.period(period).top_ids)

    def posts_over(self, period: int, as_of: date) -> int:
        """Posts created in the window of the period."""
        told = self.period(period).posts
        return self.posts_in(Window.of(period, as_of)) if told is None else told

    def views_over(self, period: int, as_of: date) -> int:
        """Views gained in the window of the period."""
        told = self.period(period).views
        return self.views_in(Window.of(period, as_of)) if told is None else told

    def posts_in(self, window: Window) -> int:
        """Posts created on the days of any window, as far as they are told by days."""
        return _sum_between(self.days, self.posts, window)

    def views_in(self, window: Window) -> int:
        """Views gained on the days of any window, as far as they are told by days."""
        return _sum_between(self.days, self.views, window)

    def curve(self, period: int, as_of: date) -> tuple[int, ...]:
        """Views gained per bucket of the period, or a source's own curve in its own scale."""
        told = self.period(period).curve
        if told is not None:
            return told
        return tuple(self.views_in(bucket.window) for bucket in buckets(period, as_of))

    def popularity(self, period: int, as_of: date) -> int:
        """The views of `as_of` against the window's best day, 0..100, rounded half up."""
        start, stop = _slice(self.days, Window.of(period, as_of))
        best = max(self.views[start:stop], default=0)
        today = self.views_in(Window(as_of, as_of))
        return (200 * today + best) // (2 * best) if best else 0


class HashtagFacts(msgspec.Struct, frozen=True, kw_only=True, tag="hashtag"):
    """What a hashtag is, apart from any window."""

    name: str
    hashtag_id: str
    industry: int | None


class SoundFacts(msgspec.Struct, frozen=True, kw_only=True, tag="sound"):
    """What a sound is, apart from any window. `duration` in seconds."""

    clip_id: str
    song_id: str | None
    title: str | None
    author: str | None
    cover_url: str | None
    music_url: str | None
    duration: int | None
    commercial: bool | None
    industry: int | None


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """One subject. `posts_all`, `views_all`: whole history, all regions. A region left out counts nothing."""

    facts: HashtagFacts | SoundFacts
    posts_all: int
    views_all: int
    regions: dict[str, RegionDetail]

    @property
    def kind(self) -> Kind:
        return Kind.HASHTAG if isinstance(self.facts, HashtagFacts) else Kind.SOUND

    def region(self, code: str) -> RegionDetail:
        return self.regions.get(code, NOWHERE)


NOWHERE = RegionDetail(days=(), views=(), posts=(), first_day=None, popular_days=0, periods={})
"""The detail of a subject in a region where it has neither posts nor views."""


def _sum_between(days: tuple[int, ...], counts: tuple[int, ...], window: Window) -> int:
    start, stop = _slice(days, window)
    return sum(counts[start:stop])


def _slice(days: tuple[int, ...], window: Window) -> tuple[int, int]:
    return bisect_left(days, epoch_day(window.first)), bisect_right(days, epoch_day(window.last))
