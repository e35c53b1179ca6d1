"""Owns which posts a creator has, and which a subject: lists made whole, and chains of what came after
them.
"""

from typing import NamedTuple

import numpy as np

from trendwire.engine.columns import DEAD, Column, Columns, Posts
from trendwire.engine.compiled import I32, I64, U8, i64, jit


class Lists(NamedTuple):
    """The posts of creator c: `creator_posts[creator_start[c]:creator_start[c + 1]]`, then the chain that
    begins with `creator_head[c]` and goes on with `creator_next[post]`; -1 ends it. The posts of a subject:
    the same, sorted by creator (those without one last), with the region of each; its chain is of links,
    each with a post.
    """

    creator_start: I64
    creator_posts: I32
    creator_head: I32
    creator_next: I32
    subject_start: I64
    subject_posts: I32
    subject_regions: U8
    subject_head: I64
    link_next: I64
    link_post: I32


@jit
def list_creators(posts: Posts, start: I64, out: I32) -> None:
    """Deal posts out to their creators. `start` comes zeroed and with one place more than is filled: while
    posts are dealt out, each creator's end is in the place of the next one's beginning.
    """
    for post in range(len(posts.hot)):
        if posts.hot[post]["creator"] >= 0:
            start[posts.hot[post]["creator"] + 2] += 1
    for creator in range(2, len(start)):
        start[creator] += start[creator - 1]
    for post in range(len(posts.hot)):
        creator = posts.hot[post]["creator"]
        if creator >= 0:
            out[start[creator + 1]] = post
            start[creator + 1] += 1


@jit
def deal(post: int, posts: Posts, start: I64, out: I32, regions: U8) -> None:
    """Put a post into the lists of its subjects."""
    for use in range(posts.use_start[post], posts.use_start[post] + posts.use_count[post]):
        at = start[posts.use_subject[use] + 1]
        out[at], regions[at] = post, posts.hot[post]["region"]
        start[posts.use_subject[use] + 1] += 1


@jit
def list_subjects(posts: Posts, by_creator: I32, start: I64, out: I32, regions: U8) -> None:
    """Deal posts out to their subjects, in the order of creators; `start` as above."""
    for post in range(len(posts.hot)):
        for use in range(posts.use_start[post], posts.use_start[post] + posts.use_count[post]):
            start[posts.use_subject[use] + 2] += 1
    for subject in range(2, len(start)):
        start[subject] += start[subject - 1]
    for i in range(len(by_creator)):
        deal(by_creator[i], posts, start, out, regions)
    for post in range(len(posts.hot)):
        if posts.hot[post]["creator"] < 0:
            deal(post, posts, start, out, regions)


@jit
def chain(first: int, until: int, posts: Posts, lists: Lists, links: int) -> int:
    """Put new posts into the chains of their creators and subjects; `links`: how many there were, and then
    are.
    """
    for post in range(first, until):
        creator = posts.hot[post]["creator"]
        if creator >= 0:
            lists.creator_next[post] = lists.creator_head[creator]
            lists.creator_head[creator] = post
        for use in range(posts.use_start[post], posts.use_start[post] + posts.use_count[post]):
            subject = posts.use_subject[use]
            lists.link_next[links], lists.link_post[links] = lists.subject_head[subject], post
            lists.subject_head[subject] = links
            links += 1
    return links


@jit
def posts_of_creator(creator: int, posts: Posts, lists: Lists, out: I32) -> int:
    """The living posts of a creator; how many."""
    count = 0
    if creator + 1 < len(lists.creator_start):
        for i in range(lists.creator_start[creator], lists.creator_start[creator + 1]):
            post = lists.creator_posts[i]
            if posts.hot[post]["day"] != DEAD:
                out[count] = post
                count += 1
    post = i64(lists.creator_head[creator])
    while post >= 0:
        if posts.hot[post]["day"] != DEAD:
            out[count] = post
            count += 1
        post = i64(lists.creator_next[post])
    return count


@jit
def posts_of_creators(creators: I32, posts: Posts, lists: Lists, out: I32) -> int:
    """The living posts of several creators; how many."""
    count = 0
    for creator in creators:
        count += posts_of_creator(creator, posts, lists, out[count:])
    return count


@jit
def posts_of_subject(subject: int, place: int, posts: Posts, lists: Lists, out: I32) -> int:
    """The living posts of a subject in a place (0: everywhere), sorted by creator; how many."""
    count = 0
    if subject + 1 < len(lists.subject_start):
        for i in range(lists.subject_start[subject], lists.subject_start[subject + 1]):
            if place == 0 or lists.subject_regions[i] == place:
                post = lists.subject_posts[i]
                if posts.hot[post]["day"] != DEAD:
                    out[count] = post
                    count += 1
    listed = count
    link = lists.subject_head[subject]
    while link >= 0:
        post = lists.link_post[link]
        if posts.hot[post]["day"] != DEAD and (place == 0 or posts.hot[post]["region"] == place):
            out[count] = post
            count += 1
        link = lists.link_next[link]
    if count > listed:
        sort_by_creator(posts, out[:count])
    return count


@jit
def sort_by_creator(posts: Posts, found: I32) -> None:
    """Sort posts by creator, those without one last."""
    keys = np.empty(len(found), np.int64)
    for i in range(len(found)):
        creator = i64(posts.hot[found[i]]["creator"])
        keys[i] = ((creator & 0xFFFFFFFF) << 31) | found[i]
    keys.sort()
    for i in range(len(found)):
        found[i] = keys[i] & 0x7FFFFFFF


class PostLists:
    """The lists of all posts there are, and chains for those that come."""

    def __init__(self, columns: Columns) -> None:
        posts = columns.posts
        start = np.zeros(len(columns.creators) + 2, np.int64)
        self._start, self._posts = start[:-1], np.empty(int((posts.hot["creator"] >= 0).sum()), np.int32)
        list_creators(posts, start, self._posts)
        uses, subjects = int(posts.use_count.sum()), np.zeros(len(columns.subjects) + 2, np.int64)
        self._subjects = subjects[:-1]
        self._subject_posts, self._regions = np.empty(uses, np.int32), np.empty(uses, np.uint8)
        list_subjects(posts, self._posts, subjects, self._subject_posts, self._regions)
        self._creator_head = Column(np.full(len(columns.creators), -1, np.int32))
        self._creator_next = Column(np.full(len(columns), -1, np.int32))
        self._subject_head = Column(np.full(len(columns.subjects), -1, np.int64))
        self._link_next, self._link_post = Column(np.empty(0, np.int64)), Column(np.empty(0, np.int32))

    @property
    def lists(self) -> Lists:
        """As they are now; of no use once posts were added."""
        return Lists(
            self._start,
            self._posts,
            self._creator_head.all,
            self._creator_next.all,
            self._subjects,
            self._subject_posts,
            self._regions,
            self._subject_head.all,
            self._link_next.all,
            self._link_post.all,
        )

    def widen(self, columns: Columns) -> None:
        """Make room for new creators and subjects."""
        self._creator_head.extend(len(columns.creators) - self._creator_head.count, -1)
        self._subject_head.extend(len(columns.subjects) - self._subject_head.count, -1)

    def add(self, columns: Columns, added: range) -> None:
        """Put new posts, the last of all, into chains."""
        self._creator_next.extend(len(added), -1)
        links, more = self._link_post.count, int(columns["use_count"][added.start : added.stop].sum())
        self._link_next.extend(more)
        self._link_post.extend(more)
        chain(added.start, added.stop, columns.posts, self.lists, links)
