"""Charts as they are published: their keys, their rows, and how a row moved.

A chart is immutable and belongs to one edition. Entries hold raw sums (views per bucket), never the
normalised curve: each dialect normalises when it renders.
"""

from enum import IntEnum, StrEnum

import msgspec

WORLD = "ALL"
"""The region that counts every post, with or without a region of its own."""

NO_INDUSTRY = 0
"""The industry of a chart that is not filtered by industry."""

CHART_SIZE = 100
MIN_CREATORS = 3
"""A hashtag or sound is charted only with at least this many creators in the window."""


class Kind(StrEnum):
    HASHTAG = "hashtag"
    SOUND = "sound"
    VIDEO = "video"
    CREATOR = "creator"


class Move(IntEnum):
    """How a row moved against the preceding window's chart; the numbers are the wire's."""

    UP = 1
    SAME = 2
    DOWN = 3
    NEW = 4


class ChartKey(msgspec.Struct, frozen=True, order=True):
    """What names a chart. `region` is an ISO code or `WORLD`; `industry` a first-level id or `NO_INDUSTRY`.

    Videos and creators are charted without industry.
    """

    kind: Kind
    period: int
    region: str = WORLD
    industry: int = NO_INDUSTRY

    @property
    def text(self) -> str:
        """`hashtag/7/VN/0`: the key under which stores keep the chart."""
        return f"{self.kind}/{self.period}/{self.region}/{self.industry}"


class Face(msgspec.Struct, frozen=True):
    """A creator as a sample beside a row."""

    username: str
    nickname: str | None = None
    avatar_url: str | None = None


class PostLink(msgspec.Struct, frozen=True):
    """A post as a sample beside a subject."""

    id: str
    cover_url: str | None = None


class HashtagEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a hashtag chart.

    `curve`: views gained per bucket of `periods.buckets(period, as_of)`, same length. `posts` and
    `views`: created and gained in the window and region. `steps`: magnitude of the move, 0 for SAME and
    NEW. `first_time`: never before in this chart of an earlier published edition. `heat`: what ordered it.
    """

    name: str
    hashtag_id: str
    industry: int | None
    promoted: bool
    curve: tuple[int, ...]
    creators: tuple[Face, ...]
    posts: int
    views: int
    rank: int
    move: Move
    steps: int
    first_time: bool
    heat: float


class SoundEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a music chart; fields as in `HashtagEntry`.

    `curve` has the last buckets only, from the one that holds the sound's first use in the region on.
    `days_listed`: distinct as_of days of the last year on which it was in its region's 7-day chart.
    """

    clip_id: str
    song_id: str | None
    title: str | None
    author: str | None
    cover_url: str | None
    music_url: str | None
    duration: int | None
    commercial: bool | None
    promoted: bool
    curve: tuple[int, ...]
    top_posts: tuple[PostLink, ...]
    days_listed: int
    posts: int
    views: int
    rank: int
    move: Move
    steps: int
    first_time: bool
    heat: float


class VideoEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the most-viewed posts of a window; `views` gained in it. `region` is the post's own."""

    id: str
    username: str | None
    title: str | None
    cover_url: str | None
    duration: int | None
    region: str | None
    created: int
    views: int
    rank: int


class CreatorPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post of a charted creator: its newest known cumulative counters."""

    id: str
    cover_url: str | None
    views: int | None
    likes: int | None
    created: int


class CreatorEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the creators whose posts gained most views in the window. `posts`: created in it.

    `region`: that of the creator's newest post which has one. `top_posts`: up to three, most views first.
    """

    username: str
    nickname: str | None
    avatar_url: str | None
    region: str | None
    posts: int
    views: int
    rank: int
    top_posts: tuple[CreatorPost, ...]


Entry = HashtagEntry | SoundEntry | VideoEntry | CreatorEntry

ENTRY_TYPES: dict[Kind, type[Entry]] = {
    Kind.HASHTAG: HashtagEntry,
    Kind.SOUND: SoundEntry,
    Kind.VIDEO: VideoEntry,
    Kind.CREATOR: CreatorEntry,
}
