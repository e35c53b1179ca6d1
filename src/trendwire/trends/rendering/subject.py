"""Owns the whole detail of one subject: what it is, its counts over the whole history, its regions."""

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.domain.periods import epoch_day
from trendwire.trends.rendering.regions import Regions
from trendwire.trends.rendering.store import Store
from trendwire.trends.rendering.uses import Use, uses_of
from trendwire.trends.rollups import INDUSTRY_SHARE, INDUSTRY_SUPPORT


def render(store: Store, kind: Kind, identity: str, region: str | None = None) -> Detail | None:
    """The detail of a hashtag or sound; None where no post created by `as_of` uses it.

    With `region` (a code or the world) no other one is rendered, which is cheaper; the rest is the same.
    """
    facts = store.facts(kind, identity)
    uses = uses_of(store.posts(kind, identity), epoch_day(store.as_of)) if facts else []
    if facts is None or not uses:
        return None
    regions = Regions(store, kind, identity, uses)
    return Detail(
        facts=replace(facts, industry=_industry(uses)),
        posts_all=len(uses),
        views_all=sum(sum(use.gained) for use in uses),
        regions={code: regions.detail(code) for code in regions.codes if region in (None, code)},
    )


def _industry(uses: Sequence[Use]) -> int | None:
    """That of most posts which have one (ties: the smaller id), where enough of them agree."""
    posts = Counter(use.post.industry for use in uses if use.post.industry is not None)
    if not posts:
        return None
    most = max(posts.values())
    if most < INDUSTRY_SUPPORT or most * 100 < posts.total() * INDUSTRY_SHARE:
        return None
    return min(industry for industry, count in posts.items() if count == most)
