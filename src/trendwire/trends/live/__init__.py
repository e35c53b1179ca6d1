"""The incremental engine."""

from trendwire.trends.live.engine import Change, Facts, Live, opened
from trendwire.trends.live.news import News

__all__ = ["Change", "Facts", "Live", "News", "opened"]
