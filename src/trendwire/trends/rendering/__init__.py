"""Owns the detail of one subject as it is made when it is asked for, from the subject's own posts: `render`.

It says what details.sql, affinity.sql and ranking.sql say of the same facts, to the last bit; those make all
details of an edition at once, and this one of them in about a millisecond. The parts:

    uses.py       the subject's posts and where they fall among the detail periods
    history.py    views gained and posts created on each day
    audiences.py  ages, interests and countries
    heats.py      heat and its components
    partners.py   related hashtags
    tops.py       the posts with most views, and their covers
    regions.py    one region put together from these
    subject.py    the whole detail

Every post is looked at a fixed number of times: the time grows with the posts of the subject alone.
"""

from trendwire.trends.rendering.store import Store
from trendwire.trends.rendering.subject import render

__all__ = ["Store", "render"]
