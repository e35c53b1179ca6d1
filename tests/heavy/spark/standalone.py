"""A real standalone cluster of Spark on the loopback address, from the pyspark package alone."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import msgspec
import pyspark

from tests.serving import free_port

HOST = "127.0.0.1"
START_SECONDS = 120
WORKERS = 2
_LESS_COMPILING = (
    "-XX:+UseParallelGC -XX:ParallelGCThreads=1 -XX:Tier4InvocationThreshold=50000"
    " -XX:Tier4MinInvocationThreshold=6000 -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
)
"""Ten times the usual thresholds of the optimising compiler: it took a third of the CPU of these minutes."""


@contextmanager
def standalone(folder: Path, memory: str = "1g") -> Iterator[str]:
    """One master and two workers of one core each; the address for `--master`. Their logs are in `folder`."""
    port, page = free_port(), free_port()
    address = f"spark://{HOST}:{port}"
    master = ("master.Master", "--host", HOST, "--port", str(port), "--webui-port", str(page))
    worker = ("worker.Worker", "--host", HOST, "--cores", "1", "--memory", memory, "--webui-port", "0")
    started = [_start(folder, "master", master)]
    try:
        _until_alive(page, 0)
        for number in range(WORKERS):
            work = ("--work-dir", str(folder / f"work-{number}"), address)
            started.append(_start(folder, f"worker-{number}", (*worker, *work)))
        _until_alive(page, WORKERS)
        yield address
    finally:
        for process in reversed(started):
            _stop(process)


def settings(memory: str = "1g") -> Mapping[str, str]:
    """What Spark reads from `spark-defaults.conf`, for a small machine."""
    return {
        "spark.driver.bindAddress": HOST,
        "spark.driver.host": HOST,
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.executor.memory": memory,
        "spark.executor.extraJavaOptions": _LESS_COMPILING,
        "spark.memory.fraction": "0.8",
        "spark.sql.shuffle.partitions": str(WORKERS),
        "spark.ui.enabled": "false",
    }


def _start(folder: Path, name: str, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
    home = Path(pyspark.__file__).parent
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST}
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{command[0]}", *command[1:]],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    """With the executors it has started."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _until_alive(page: int, workers: int) -> None:
    end = time.monotonic() + START_SECONDS
    while _alive(page) < workers:
        if time.monotonic() > end:
            raise TimeoutError("the Spark cluster did not start")
        time.sleep(0.3)


def _alive(page: int) -> int:
    """Workers that the master's page counts; less than none while it does not answer."""
    try:
        with urlopen(f"http://{HOST}:{page}/json/", timeout=5) as answer:
            said = msgspec.json.decode(answer.read())
    except (URLError, OSError):
        return -1
    return int(said["aliveworkers"])
