"""Owns editions of large homes as a job: the state of the engine follows the facts, the charts are written, and
details are told by the state.

    keep      before the state goes on to another day, the details of the subjects in the charts are written
    follow    the facts that came, removals, the next day
    publish   charts, memberships, provenance; recorded charts beside what is computed
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from trendwire import __version__, clock
from trendwire.domain.charts import Kind
from trendwire.editions import Record
from trendwire.editions.catalog import Catalog
from trendwire.editions.publish import Content, Publisher
from trendwire.engine.build import Build
from trendwire.publishing.day import Day, scratch
from trendwire.publishing.resident import Resident, resident_of
from trendwire.publishing.whole import with_recorded
