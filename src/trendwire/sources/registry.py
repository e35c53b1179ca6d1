"""The connectors there are, by the name they have in the configuration."""

from collections.abc import Mapping

from trendwire.sources.connector import Connector
from trendwire.sources.crawlora import Crawlora
from trendwire.sources.creative_center import CreativeCenterExport
from trendwire.sources.keyapi import KeyApi
from trendwire.sources.tikhub import TikHub
from trendwire.sources.tiktok_business import TikTokBusiness
from trendwire.sources.tiktok_research import TikTokResearch
from trendwire.sources.watched import WatchedFiles

_ALL: tuple[type[Connector], ...] = (
    TikTokBusiness,
    TikTokResearch,
    KeyApi,
    Crawlora,
    TikHub,
    CreativeCenterExport,
    WatchedFiles,
)

CONNECTORS: Mapping[str, type[Connector]] = {connector.kind: connector for connector in _ALL}
