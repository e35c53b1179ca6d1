"""Owns the connection to Spark: one session per build, and its tables as Parquet that all machines see.

What a cluster needs beside its address (memory, cores, a queue) is set where Spark looks for it:
`spark-defaults.conf` in the folder that SPARK_CONF_DIR names. No Python runs on its workers.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from trendwire.errors import NotReady
from trendwire.trends.cluster.tables import Table

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",  # a table of constants then has a size to plan by
    "spark.sql.ansi.enabled": "true",  # a sum that does not fit is an error, not another number
    "spark.ui.showConsoleProgress": "false",
}


@dataclass(frozen=True, slots=True)
class SparkTables:
    """The tables of one build in `folder`."""

    session: Any
    backend: Any
    folder: Path

    def facts(self, parts: Sequence[Path]) -> Table:
        """The fact rows of these files."""
        return self._table("facts", [part.absolute().as_uri() for part in parts])

    def keep(self, name: str, rows: Table) -> Table:
        """Counted by the cluster, written by its workers, read again when asked for."""
        address = (self.folder / name).absolute().as_uri()
        self.backend.to_parquet(rows, address)
        return self._table(name, [address])

    def _table(self, name: str, addresses: Sequence[str]) -> Table:
        self.session.read.parquet(*addresses).createOrReplaceTempView(name)
        return self.backend.table(name)


@contextmanager
def cluster(master: str, folder: Path) -> Iterator[SparkTables]:
    """Connect to the cluster at `master` (`spark://host:7077`, `yarn`, `k8s://...`, `local[4]`).

    Raises NotReady where it cannot be reached, or gives up.
    """
    try:
        with _session(master) as session:
            yield SparkTables(session, ibis.pyspark.connect(session), folder)
    except (PySparkException, Py4JError) as error:
        raise NotReady(
            f"the Spark cluster at {master} gave up; its own log says why", why=str(error)
        ) from error


@contextmanager
def _session(master: str) -> Iterator[Any]:
    building = SparkSession.builder.master(master).appName("trendwire")
    for name, value in _SETTINGS.items():
        building = building.config(name, value)
    session = building.getOrCreate()
    try:
        yield session
    finally:
        session.stop()
