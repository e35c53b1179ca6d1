"""Owns the ids that sources gave hashtags: of each the one of its newest post that gives any."""

from typing import NamedTuple

import numpy as np

from trendwire.engine.columns import Column, Columns, Posts
from trendwire.engine.compiled import I32, I64, i64, jit
from trendwire.engine.ids import id_less
from trendwire.engine.lists import Lists, posts_of_subject
from trendwire.engine.names import Table

NONE = -1


class Given(NamedTuple):
    """The lists of posts: which subjects a post gives which ids."""

    starts: I64
    counts: I32
    subjects: I32
    ids: I32


class Newest(NamedTuple):
    """By subject the id, and the day and the id of the post that gives it. Without an id: no post before
    that day and that post gives any.
    """

    ids: I32
    days: I32
    posts: I64


@jit
def give(subject: int, id_: int, post: int, posts: Posts, text_ids: Table, newest: Newest) -> None:
    """Set the id of a subject, unless it is from a newer post."""
    day, known = i64(posts.hot[post]["day"]), i64(newest.days[subject])
    if day < known or (day == known and id_less(posts.ids[post], newest.posts[subject], text_ids)):
        return
    newest.ids[subject], newest.days[subject], newest.posts[subject] = id_, day, posts.ids[post]


@jit
def give_all(chosen: I32, posts: Posts, as_of: int, given: Given, text_ids: Table, newest: Newest) -> None:
    """Set the ids that some posts give."""
    for post in chosen:
        if i64(posts.hot[post]["day"]) > as_of:
            continue
        for i in range(given.starts[post], given.starts[post] + given.counts[post]):
            give(given.subjects[i], given.ids[i], post, posts, text_ids, newest)


@jit
def take_all(chosen: I32, posts: Posts, given: Given, newest: Newest, lost: I32) -> int:
    """Take out what posts gave; the subjects that have no id now, and how many."""
    count = 0
    for post in chosen:
        for i in range(given.starts[post], given.starts[post] + given.counts[post]):
            subject = given.subjects[i]
            if newest.ids[subject] != NONE and newest.posts[subject] == posts.ids[post]:
                newest.ids[subject] = NONE
                lost[count] = subject
                count += 1
    return count


@jit
def search(
    lost: I32,
    posts: Posts,
    lists: Lists,
    as_of: int,
    given: Given,
    text_ids: Table,
    newest: Newest,
    found: I32,
) -> None:
    """Find the ids that were taken out among all posts of their subjects."""
    for subject in lost:
        if newest.ids[subject] != NONE:
            continue
        newest.days[subject] = NONE
        for post in found[: posts_of_subject(subject, 0, posts, lists, found)]:
            if i64(posts.hot[post]["day"]) > as_of:
                continue
            for i in range(given.starts[post], given.starts[post] + given.counts[post]):
                if given.subjects[i] == subject:
                    give(subject, given.ids[i], post, posts, text_ids, newest)


class GivenIds:
    """The ids of the subjects of a state."""

    def __init__(self) -> None:
        kinds = (np.int32, np.int32, np.int64)
        self._newest = tuple(Column(np.empty(0, kind)) for kind in kinds)

    @property
    def ids(self) -> I32:
        """By subject the number of the text, -1 for none."""
        ids: I32 = self._newest[0].all
        return ids

    def widen(self, columns: Columns) -> None:
        """Make room for new subjects."""
        for column in self._newest:
            column.extend(len(columns.subjects) - column.count, NONE)

    def put(self, columns: Columns, posts: I32, as_of: int) -> None:
        """Posts that are counted now."""
        give_all(posts, columns.posts, as_of, _given(columns), columns.ids.texts.table, self._all)

    def take(self, columns: Columns, posts: I32) -> I32:
        """Posts that are counted no more; the subjects to `search` for, once others are put in."""
        lost = np.empty(int(columns["given_count"][posts].sum()), np.int32)
        return lost[: take_all(posts, columns.posts, _given(columns), self._all, lost)]

    def search(self, columns: Columns, lists: Lists, lost: I32, as_of: int) -> None:
        """Find ids that no post gave that was put in."""
        found, texts = np.empty(len(columns) + 1, np.int32), columns.ids.texts.table
        search(lost, columns.posts, lists, as_of, _given(columns), texts, self._all, found)

    @property
    def _all(self) -> Newest:
        return Newest(*(column.all for column in self._newest))


def _given(columns: Columns) -> Given:
    return Given(*(columns[f"given_{name}"] for name in ("start", "count", "subject", "id")))
