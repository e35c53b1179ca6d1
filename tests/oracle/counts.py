"""Owns the world of posts and everything counted in it: windows, posts, views, creators, industries, trends.

Days are ordinals, a window is its first and last day, both inside. A subject is a kind and an identity:
a hashtag's name, a sound's clip id, a video's post id, a creator's username.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from tests.oracle.fields import Row
from tests.oracle.posts import Post, posts_of

Kind = Literal["hashtag", "sound", "video", "creator"]
ALL = "ALL"
WEEKLY = (120, 365)
MONTHLY = (1095,)
SAMPLE = 3
INDUSTRY_POSTS = 3  # at least so many posts agree
INDUSTRY_PERCENT = 30  # and so large a part of those that have an industry
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Window:
    """The days first..last."""

    first: int
    last: int

    def __contains__(self, day: int) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> range:
        return range(self.first, self.last + 1)


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a trend: the day that labels it, the views gained in it, and the 0..1 value."""

    label: date
    views: int
    value: float


def subjects(post: Post, kind: Kind) -> tuple[str, ...]:
    """The identities of that kind that a post counts for, each once."""
    if kind == "hashtag":
        return post.tags
    single = {"sound": post.sound, "video": post.id, "creator": post.creator}[kind]
    return () if single is None else (single,)


class World:
    """Posts by region and by subject in a region; `ALL` holds every post, with or without a region."""

    def __init__(self, posts: Iterable[Post]) -> None:
        self._regions: dict[str, list[Post]] = {}
        self._subjects: dict[tuple[Kind, str], dict[str, list[Post]]] = {}
        for post in posts:
            for region in [ALL] if post.region is None else [ALL, post.region]:
                self._place(post, region)

    def _place(self, post: Post, region: str) -> None:
        self._regions.setdefault(region, []).append(post)
        for kind in ("hashtag", "sound", "video", "creator"):
            found = self._subjects.setdefault((kind, region), {})
            for identity in subjects(post, kind):
                found.setdefault(identity, []).append(post)

    @property
    def regions(self) -> list[str]:
        return sorted(self._regions)

    def posts(self, region: str) -> Sequence[Post]:
        return self._regions.get(region, ())

    def identities(self, kind: Kind, region: str = ALL) -> list[str]:
        return sorted(self._subjects.get((kind, region), {}))

    def of(self, kind: Kind, identity: str, region: str = ALL) -> Sequence[Post]:
        """The posts with the subject in the region, whenever created."""
        return self._subjects.get((kind, region), {}).get(identity, ())


def world(rows: Iterable[Row], ingested_at: int) -> World:
    """The world of raw rows that were all accepted at one time (Unix seconds)."""
    return World(posts_of(rows, ingested_at))


def window(as_of: date, period: int) -> Window:
    return Window(as_of.toordinal() - period + 1, as_of.toordinal())


def created(posts: Iterable[Post], days: Window) -> list[Post]:
    return [post for post in posts if post.day in days]


def gained(post: Post, days: Window) -> int:
    """Views gained by one post in the window."""
    return sum(views for day, views in post.gained.items() if day in days)


def creators(posts: Iterable[Post]) -> set[str]:
    """Distinct known creators of the posts."""
    return {post.creator for post in posts if post.creator is not None}


def publish_cnt(posts: Iterable[Post], days: Window) -> int:
    return len(created(posts, days))


def video_views(posts: Iterable[Post], days: Window) -> int:
    """Views gained in the window by the posts, whenever created."""
    return sum(gained(post, days) for post in posts)


def daily_views(posts: Iterable[Post], days: Window) -> list[int]:
    """Views gained on each day of the window."""
    total: Counter[int] = Counter()
    for post in posts:
        total.update(post.gained)
    return [total[day] for day in days.days]


def whole_history(posts: Sequence[Post], as_of: date) -> tuple[int, int]:
    """(publish_cnt_all, video_views_all): pass the posts of all regions."""
    past = Window(0, as_of.toordinal())
    return publish_cnt(posts, past), video_views(posts, past)


def promoted(posts: Iterable[Post], days: Window) -> bool:
    """Whether any of the posts created in the window was promoted."""
    return any(post.promoted for post in created(posts, days))


def creators_sample(posts: Iterable[Post], days: Window) -> list[str]:
    """The three creators whose posts gained most views in the window; ties by username."""
    views: Counter[str] = Counter()
    for post in posts:
        if post.creator is not None:
            views[post.creator] += gained(post, days)
    seen = [name for name, total in views.items() if total > 0]
    return sorted(seen, key=lambda name: (-views[name], name))[:SAMPLE]


def first_use(posts: Sequence[Post], as_of: date) -> int | None:
    """The day of the subject's first post up to `as_of`, given its posts in a region."""
    return min((post.day for post in posts if post.day <= as_of.toordinal()), default=None)


def industry(posts: Iterable[Post], as_of: date) -> int | None:
    """That of most posts which have one, given the subject's posts in all regions; None without agreement."""
    known = Counter(
        post.industry for post in posts if post.industry is not None and post.day <= as_of.toordinal()
    )
    if not known:
        return None
    best, agreeing = min(known.items(), key=lambda pair: (-pair[1], pair[0]))
    enough = agreeing >= INDUSTRY_POSTS and 100 * agreeing >= INDUSTRY_PERCENT * known.total()
    return best if enough else None


def _weeks(first: date, last: date) -> Iterator[tuple[date, date, date]]:
    """(label, first day, last day) of the weeks Sunday..Saturday wholly inside."""
    saturday = first + timedelta((SATURDAY - first.weekday()) % 7)
    while saturday <= last:
        if saturday - timedelta(6) >= first:
            yield saturday, saturday - timedelta(6), saturday
        saturday += timedelta(7)


def _months(first: date, last: date) -> Iterator[tuple[date, date, date]]:
    """(label, first day, last day) of the calendar months wholly inside."""
    month = first.replace(day=1)
    while month <= last:
        following = (month + timedelta(31)).replace(day=1)
        if month >= first and following - timedelta(1) <= last:
            yield month, month, following - timedelta(1)
        month = following


@cache
def buckets(as_of: date, period: int) -> list[tuple[date, date, date]]:
    """(label, first day, last day) of each bucket of the period's trend, oldest first."""
    first = as_of - timedelta(period - 1)
    if period in WEEKLY:
        return list(_weeks(first, as_of))
    if period in MONTHLY:
        return list(_months(first, as_of))
    return [(day, day, day) for day in (first + timedelta(k) for k in range(period))]


@cache
def _bucket_by_day(as_of: date, period: int) -> dict[int, int]:
    """Day -> index of the bucket that holds it; days of cut-off weeks and months have none."""
    spans = [range(first.toordinal(), last.toordinal() + 1) for _, first, last in buckets(as_of, period)]
    return {day: index for index, days in enumerate(spans) for day in days}


def normalised(part: int, whole: int) -> float:
    """part / whole, rounded half up to two decimals; 0 of 0 is 0."""
    return (200 * part + whole) // (2 * whole) / 100 if whole else 0.0


def trend(posts: Iterable[Post], as_of: date, period: int, since: int | None = None) -> list[Point]:
    """Views gained per bucket against the largest; buckets that end before the day `since` are left out."""
    every, index = buckets(as_of, period), _bucket_by_day(as_of, period)
    sums = [0] * len(every)
    for post in posts:
        for day, views in post.gained.items():
            if day in index:
                sums[index[day]] += views
    pairs = list(zip(every, sums, strict=True))
    shown = [
        (label, total) for (label, _, last), total in pairs if since is None or last.toordinal() >= since
    ]
    top = max((total for _, total in shown), default=0)
    return [Point(label, total, normalised(total, top)) for label, total in shown]


def subject_trend(
    place: World, kind: Kind, identity: str, region: str, as_of: date, period: int
) -> list[Point]:
    """A hashtag's trend has full length, a sound's begins with the bucket of its first use in the region."""
    posts = place.of(kind, identity, region)
    return trend(posts, as_of, period, first_use(posts, as_of) if kind == "sound" else None)


def current_popularity(posts: Iterable[Post], as_of: date, period: int) -> int:
    """Views gained on `as_of` against the window's best day, 0..100, rounded half up."""
    daily = daily_views(posts, window(as_of, period))
    best = max(daily)
    return (200 * daily[-1] + best) // (2 * best) if best else 0
