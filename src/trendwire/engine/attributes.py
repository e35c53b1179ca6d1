"""Owns what subjects, creators and posts are called: each attribute from the newest post, by day and id,
that has one.

Made for one state as it is; nothing is kept for the next.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from trendwire.domain.charts import Face, Kind, PostLink
from trendwire.domain.details import HashtagFacts, SoundFacts
from trendwire.domain.subjects import own_id
from trendwire.engine.columns import Posts
from trendwire.engine.compiled import I32, I64, i64, jit
from trendwire.engine.kinds import KINDS
from trendwire.engine.lists import posts_of_creator
from trendwire.engine.names import Names, Table
from trendwire.engine.state import State
from trendwire.engine.surroundings import earlier

NONE = -1


@jit
def newest_values(found: I32, numbers: I32, table: I64, posts: Posts, as_of: int, text_ids: Table) -> I64:
    """Of posts, the attributes that one number stands for (rows of `table`), each from the newest that has
    it.
    """
    told_by, out = np.full(table.shape[1], NONE), np.full(table.shape[1], NONE)
    for post in found:
        if numbers[post] < 0 or i64(posts.hot[post]["day"]) > as_of:
            continue
        for i in range(len(out)):
            value = table[numbers[post], i]
            if value >= 0 and (told_by[i] < 0 or earlier(told_by[i], post, posts, text_ids)):
                told_by[i], out[i] = post, value
    return out


def values_of(names: Names, width: int) -> I64:
    """What numbers stand for that were packed of so many values: one row each."""
    data: I64 = names.table.data[: names.table.offsets[names.known]].view(np.int64).reshape(-1, width)
    return data


class Attributes:
    """Texts of one state."""

    def __init__(self, state: State) -> None:
        self._state, self._columns = state, state.columns
        self._faces, self._credits = values_of(self._columns.faces, 2), values_of(self._columns.credits, 7)
        self._room = np.empty(len(self._columns) + 1, np.int32)

    @property
    def _text_ids(self) -> Table:
        return self._columns.ids.texts.table

    def text(self, number: int) -> str | None:
        """One of the texts that posts share; None for -1."""
        return self._columns.texts[number] if number >= 0 else None

    def identity(self, subject: int) -> str:
        """The name of a subject without its kind."""
        return self._columns.subjects.raw(subject)[1:].decode()

    def kind(self, subject: int) -> Kind:
        return KINDS[self._columns.subjects.raw(subject)[0]].kind

    def hashtag_id(self, subject: int) -> str:
        """The id a source gave it, else one of ours."""
        return self.text(int(self._state.given.ids[subject])) or own_id(self.identity(subject))

    def hashtag(self, subject: int, industry: int | None) -> HashtagFacts:
        """What a hashtag is."""
        name = self.identity(subject)
        return HashtagFacts(name=name, hashtag_id=self.hashtag_id(subject), industry=industry)

    def sound(self, subject: int, posts: I32, industry: int | None) -> SoundFacts:
        """What a sound is, from all of its posts."""
        song, title, author, cover, url, duration, commercial = self._newest(posts, "credit", self._credits)
        return SoundFacts(
            clip_id=self.identity(subject),
            song_id=self.text(song),
            title=self.text(title),
            author=self.text(author),
            cover_url=self.text(cover),
            music_url=self.text(url),
            duration=duration if duration >= 0 else None,
            commercial=bool(commercial) if commercial >= 0 else None,
            industry=industry,
        )

    def face(self, creator: int) -> Face:
        """How a creator is shown."""
        nickname, avatar = self._newest(self.posts_of(creator), "face", self._faces)
        return Face(self._columns.creators[creator], self.text(nickname), self.text(avatar))

    def home(self, creator: int) -> str | None:
        """The region of a creator's newest post that has one."""
        posts = self.posts_of(creator)
        hot = self._columns["hot"][posts]
        told = posts[(hot["region"] > 0) & (hot["day"] <= self._state.as_of)].tolist()
        days = self._columns["hot"]["day"]
        newest = max(told, key=lambda post: (days[post], self.id(post)), default=None)
        return None if newest is None else self.region(int(self._columns["hot"]["region"][newest]))

    def posts_of(self, creator: int) -> I32:
        """A creator's posts, of no use after the next call."""
        count = posts_of_creator(creator, self._columns.posts, self._state.lists.lists, self._room)
        return self._room[:count]

    def region(self, place: int) -> str | None:
        """The code of a region, None for 0."""
        return self._columns.regions[place - 1] if place else None

    def id(self, post: int) -> str:
        return self._columns.ids.text(int(self._columns["ids"][post]))

    def link(self, post: int) -> PostLink:
        """A post as a sample."""
        return PostLink(self.id(post), self._columns.text("cover", post))

    def links(self, posts: Sequence[int]) -> Iterator[tuple[str, str | None]]:
        """Ids and covers of posts."""
        found, columns = np.array(posts, np.int64), self._columns
        starts, counts = columns["cover_start"][found].tolist(), columns["cover_count"][found].tolist()
        texts = memoryview(columns["cover_text"])
        for id_, start, count in zip(columns["ids"][found].tolist(), starts, counts, strict=True):
            yield columns.ids.text(id_), str(texts[start : start + count], "utf-8") if count else None

    def _newest(self, posts: I32, name: str, table: I64) -> list[int]:
        return self._newest_of(posts, self._columns[name], table)

    def _newest_of(self, posts: I32, numbers: I32, table: I64) -> list[int]:
        as_of, texts = self._state.as_of, self._text_ids
        found: list[int] = newest_values(posts, numbers, table, self._columns.posts, as_of, texts).tolist()
        return found
