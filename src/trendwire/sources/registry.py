"""The connectors there are, by the name they have in the configuration."""

from collections.abc import Mapping

from trendwire.sources.connector import Connector

CONNECTORS: Mapping[str, type[Connector]] = {}
