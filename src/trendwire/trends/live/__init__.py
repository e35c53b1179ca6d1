"""The incremental engine."""

from trendwire.trends.live.engine import Change, Facts, Live, opened

__all__ = ["Change", "Facts", "Live", "opened"]
