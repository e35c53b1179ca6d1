"""Owns the rows of charts as they are published, each made from the posts of its subject when it is asked
for.
"""

from typing import NamedTuple, TypedDict

import numpy as np

from trendwire.domain.charts import (
    CreatorEntry,
    CreatorPost,
    Face,
    HashtagEntry,
    Kind,
    Move,
    PostLink,
    SoundEntry,
    VideoEntry,
)
from trendwire.domain.details import SoundFacts
from trendwire.domain.periods import CHART_PERIODS, LONGEST, buckets, epoch_day, from_epoch_day
from trendwire.engine.attributes import Attributes
from trendwire.engine.compiled import I32, I64
from trendwire.engine.industries import industry_ids
from trendwire.engine.leaders import BACKS, SPANS, gained_in_spans
from trendwire.engine.lists import posts_of_subject
from trendwire.engine.numbers import (
    FIRST_DAY,
    PROMOTED,
    SAMPLE_SIZE,
    Numbers,
    choose,
    count,
    numbers,
    room_for,
)
from trendwire.engine.ranks import Ranks
from trendwire.engine.state import State
from trendwire.engine.tops import Tops


class Counts(TypedDict):
    """What ranks say of a row."""

    posts: int
    views: int
    rank: int
    move: Move
    steps: int
    heat: float


class Shown(NamedTuple):
    """What the rows of a subject in a place show beside its counts; lists by chart period. `creators`:
    their numbers.
    """

    curves: list[tuple[int, ...]]
    creators: list[list[int]]
    top_posts: list[tuple[PostLink, ...]]
    promoted: list[bool]


class Best(NamedTuple):
    """What the row of a creator in a place shows of posts."""

    region: str | None
    posts: int
    top_posts: tuple[CreatorPost, ...]


class Rows:
    """Makes rows of one state. What is shown of a subject in a place is kept: several charts show it, and
    those after the next batch, if it does not touch the subject. `before`: the rows until then.
    """

    def __init__(self, state: State, attributes: Attributes, before: "Rows | None" = None) -> None:
        self._state, self._columns, self._attributes = state, state.columns, attributes
        self._industries = industry_ids(state.columns)
        self._room = np.empty(len(state.columns) + 1, np.int32)
        self._numbers = numbers()
        self._shown: dict[tuple[int, int], Shown] = {}
        self._sounds: dict[int, SoundFacts] = {}
        self._faces: dict[int, Face] = {}
        self._bests: dict[tuple[int, int, int], Best] = {}
        self._videos: dict[tuple[int, int], tuple[int, VideoEntry]] = {}
        self._made = state.as_of, state.revisions.number
        if before and before._state is state and before._made[0] == state.as_of:
            self._keep(before)

    def _keep(self, before: "Rows") -> None:
        """What a batch left as it was."""
        subjects, creators = self._state.revisions.after(before._made[1])
        self._shown = {key: one for key, one in before._shown.items() if not subjects[key[0]]}
        self._sounds = {key: one for key, one in before._sounds.items() if not subjects[key]}
        self._faces = {key: one for key, one in before._faces.items() if not creators[key]}
        self._bests = {key: one for key, one in before._bests.items() if not creators[key[0]]}
        self._videos = before._videos  # a post that changes has another number

    def hashtag(self, ranks: Ranks, row: int, first_time: bool) -> HashtagEntry:
        """A row of a chart of hashtags."""
        subject, span, shown = int(ranks.subject[row]), int(ranks.chart[row]) // 2, self._shown_in(ranks, row)
        return HashtagEntry(
            name=self._attributes.identity(subject),
            hashtag_id=self._attributes.hashtag_id(subject),
            industry=int(self._industries[ranks.own[row]]) or None,
            promoted=shown.promoted[span],
            curve=shown.curves[span],
            creators=tuple(map(self._face, shown.creators[span])),
            first_time=first_time,
            **_ranked(ranks, row),
        )

    def sound(self, ranks: Ranks, row: int, first_time: bool, days_listed: int) -> SoundEntry:
        """A row of a chart of sounds."""
        subject, span, shown = int(ranks.subject[row]), int(ranks.chart[row]) // 2, self._shown_in(ranks, row)
        if subject not in self._sounds:
            self._sounds[subject] = self._attributes.sound(subject, self.posts(subject, 0), None)
        facts = self._sounds[subject]
        return SoundEntry(
            clip_id=facts.clip_id,
            song_id=facts.song_id,
            title=facts.title,
            author=facts.author,
            cover_url=facts.cover_url,
            music_url=facts.music_url,
            duration=facts.duration,
            commercial=facts.commercial,
            promoted=shown.promoted[span],
            curve=shown.curves[span],
            top_posts=shown.top_posts[span],
            days_listed=days_listed,
            first_time=first_time,
            **_ranked(ranks, row),
        )

    def video(self, videos: Tops, chart: int, row: int) -> VideoEntry:
        """A row of a chart of videos."""
        post, views = int(videos.items[chart, row]), int(videos.values[chart, row])
        known, made = self._videos.get((chart, row), (-1, None))
        if made is None or known != post or made.views != views:
            made = self._video(post, views, row + 1)
            self._videos[chart, row] = post, made
        return made

    def _video(self, post: int, views: int, rank: int) -> VideoEntry:
        hot = self._columns["hot"][post]
        return VideoEntry(
            id=self._attributes.id(post),
            username=self._columns.creators[int(hot["creator"])] if hot["creator"] >= 0 else None,
            title=self._columns.text("caption", post),
            cover_url=self._columns.text("cover", post),
            duration=self._known("duration", post),
            region=self._attributes.region(int(hot["region"])),
            created=int(self._columns["created"][post]),
            views=views,
            rank=rank,
        )

    def creator(self, creators: Tops, chart: int, row: int) -> CreatorEntry:
        """A row of a chart of creators."""
        creator, (place, span) = int(creators.items[chart, row]), divmod(chart, SPANS)
        if (creator, place, span) not in self._bests:
            self._bests[creator, place, span] = self._show_creator(creator, place, span)
        face, best = self._face(creator), self._bests[creator, place, span]
        return CreatorEntry(
            username=face.username,
            nickname=face.nickname,
            avatar_url=face.avatar_url,
            region=best.region,
            posts=best.posts,
            views=int(creators.values[chart, row]),
            rank=row + 1,
            top_posts=best.top_posts,
        )

    def _show_creator(self, creator: int, place: int, span: int) -> Best:
        posts = self._attributes.posts_of(creator).copy()
        hot = self._columns["hot"][posts]
        here = posts[(hot["day"] <= self._state.as_of) & ((place == 0) | (hot["region"] == place))]
        new = self._columns["hot"]["day"][here] > self._state.as_of - CHART_PERIODS[span]
        return Best(self._attributes.home(creator), int(new.sum()), self._best(here, span))

    def _best(self, posts: I32, span: int) -> tuple[CreatorPost, ...]:
        """Of a creator's posts that gained views in a chart period, those with the highest counters."""
        days, until, gained = (
            self._state.as_of - BACKS,
            np.zeros(len(BACKS), np.int64),
            np.zeros(SPANS, np.int64),
        )
        all_posts, views = self._columns.posts, self._columns["views"]
        shown = [
            post
            for post in posts.tolist()
            if gained_in_spans(post, all_posts, days, until, gained) and gained[span] > 0
        ]
        shown.sort(key=lambda post: (-views[post], self._attributes.id(post)))
        return tuple(
            CreatorPost(
                id=self._attributes.id(post),
                cover_url=self._columns.text("cover", post),
                views=self._known("views", post),
                likes=self._known("likes", post),
                created=int(self._columns["created"][post]),
            )
            for post in shown[:SAMPLE_SIZE]
        )

    def _known(self, name: str, post: int) -> int | None:
        value = int(self._columns[name][post])
        return value if value >= 0 else None

    def _shown_in(self, ranks: Ranks, row: int) -> Shown:
        key = int(ranks.subject[row]), int(ranks.place[row])
        if key not in self._shown:
            self._shown[key] = self._show(*key)
        return self._shown[key]

    def posts(self, subject: int, place: int) -> I32:
        """The posts of a subject in a place, by creator; of no use after the next call."""
        lists = self._state.lists.lists
        return self._room[: posts_of_subject(subject, place, self._columns.posts, lists, self._room)]

    def _count(self, subject: int, place: int) -> Numbers:
        """What is counted of a subject's posts in a place; of no use after the next call."""
        found, columns, as_of, into = (
            self.posts(subject, place),
            self._columns,
            self._state.as_of,
            self._numbers,
        )
        texts, creators, chosen = columns.ids.texts.table, columns.creators.table, room_for(len(found))
        known = choose(found, columns.posts, as_of, into.room, chosen)
        count(0, known, chosen, columns.posts, as_of, texts, creators, into)
        return into

    def _show(self, subject: int, place: int) -> Shown:
        found = self._count(subject, place)
        since = int(found.sums[FIRST_DAY]) if self._attributes.kind(subject) == Kind.SOUND else 0
        posts, creators = found.top_posts, found.top_creators
        return Shown(
            curves=[curve(found.views, self._state.as_of, period, since) for period in CHART_PERIODS],
            creators=[listed(creators, span) for span in range(SPANS)],
            top_posts=[
                tuple(self._attributes.link(post) for post in listed(posts, span)) if since else ()
                for span in range(SPANS)
            ],
            promoted=[bool(found.sums[PROMOTED] <= span) for span in range(SPANS)],
        )

    def _face(self, creator: int) -> Face:
        if creator not in self._faces:
            self._faces[creator] = self._attributes.face(creator)
        return self._faces[creator]


def listed(found: Tops, k: int) -> list[int]:
    """The items of one list, the highest first."""
    items: list[int] = found.items[k, : found.counts[k]].tolist()
    return items


def curve(views: I64, as_of: int, period: int, since: int) -> tuple[int, ...]:
    """Views gained in each bucket of a period, but those that end before a day."""
    until = np.concatenate([[0], np.cumsum(views)])
    oldest = as_of - LONGEST + 1
    spans = (bucket.window for bucket in buckets(period, from_epoch_day(as_of)))
    days = [(epoch_day(window.first) - oldest, epoch_day(window.last) - oldest + 1) for window in spans]
    return tuple(int(until[end] - until[start]) for start, end in days if end + oldest > since)


def _ranked(ranks: Ranks, row: int) -> Counts:
    return {
        "posts": int(ranks.posts[row]),
        "views": int(ranks.views[row]),
        "rank": int(ranks.rank[row]),
        "move": Move(ranks.move[row]),
        "steps": int(ranks.steps[row]),
        "heat": float(ranks.heat[row]),
    }
