"""Owns the posts of a subject with most views gained in each detail window, and their covers."""

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec

from trendwire.domain.periods import DETAIL_PERIODS
from trendwire.domain.records import PostRecord
from trendwire.trends.details import MOST_POSTS
from trendwire.trends.rendering.uses import OLDER, Use

_NUMBER = re.compile("0|[1-9][0-9]{0,18}")
_HIGHEST_ID = str(2**63 - 1)

_MOST_VIEWS = 2**36 - 1
"""Views above this are equal: details.sql packs them beside two ids."""


class Tops(msgspec.Struct, frozen=True):
    """`ids`: of the top posts over each detail period, most views first; `covers`: id -> cover of these."""

    ids: list[tuple[str, ...]]
    covers: dict[str, str]


def tops(uses: Iterable[Use]) -> Tops:
    """Whenever created; of equal views the smaller id, as text. A post whose id is no number is left out."""
    viewed = [use for use in uses if any(use.gained[:OLDER]) and is_numeric(use.post.id)]
    viewed.sort(key=lambda use: use.post.id)
    found: list[list[PostRecord]] = [[]]
    last: tuple[int, ...] = ()
    for views in zip(*(accumulate(use.gained[:OLDER]) for use in viewed), strict=True):
        found.append(found[-1] if views == last else _highest(viewed, views))
        last = views
    ids = [tuple([post.id for post in posts]) for posts in found[1:]] or [()] * len(DETAIL_PERIODS)
    covers = {post.id: post.cover_url for posts in found for post in posts if post.cover_url is not None}
    return Tops(ids, dict(sorted(covers.items())))


def _highest(uses: Sequence[Use], views: Sequence[int]) -> list[PostRecord]:
    """`uses` ascending by id; sorting is stable, so that of equal views the smaller id stays before."""
    told = views if max(views) <= _MOST_VIEWS else [min(count, _MOST_VIEWS) for count in views]
    order = sorted(range(len(told)), key=told.__getitem__, reverse=True)[:MOST_POSTS]
    return [uses[place].post for place in order if told[place]]


def is_numeric(id_: str) -> bool:
    """Whether an id is a whole number that a signed word holds, as it is written."""
    return bool(_NUMBER.fullmatch(id_)) and (len(id_) < len(_HIGHEST_ID) or id_ <= _HIGHEST_ID)
