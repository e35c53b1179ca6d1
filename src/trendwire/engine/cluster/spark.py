"""Owns the connection to Spark: one context per build.

What a cluster needs beside its address (memory, cores, a queue) is set where Spark looks for it:
`spark-defaults.conf` in the folder that SPARK_CONF_DIR names.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException

from trendwire.errors import NotReady


@contextmanager
def cluster(master: str) -> Iterator[Any]:
    """Connect to the cluster at `master` (`spark://host:7077`, `yarn`, `k8s://...`, `local[4]`).

    Raises NotReady where it cannot be reached, or gives up.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # Spark reads what workers run from there alone
    conf = SparkConf().setMaster(master).setAppName("trendwire").set("spark.ui.showConsoleProgress", "false")
    try:
        context = SparkContext(conf=conf)
        try:
            yield context
        finally:
            context.stop()
    except (PySparkException, Py4JError) as error:
        raise NotReady(
            f"the Spark cluster at {master} gave up; its own log says why", why=str(error)
        ) from error
