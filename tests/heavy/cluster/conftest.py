"""A Redis and a PostgreSQL of the tests' own, started from the machine's packages and stopped at the end."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.serving import free_port

BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/usr/bin"))


@dataclass(slots=True)
class Redis:
    """A Redis whose data are on the disk within a second."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until_accepted(self.port)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()


def until_accepted(port: int) -> None:
    """Wait until somebody listens."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise TimeoutError(port)


def needed(*tools: str) -> None:
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if absent:
        pytest.skip(f"{', '.join(absent)} is not on this machine (on Debian: redis-server, postgresql)")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    needed("redis-server")
    folder = tmp_path / "redis"
    folder.mkdir()
    started = Redis(folder, free_port())
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL, without the name of a database. It refuses to run as root: nobody does."""
    needed(str(BIN / "initdb"))
    folder, port = tmp_path_factory.mktemp("postgres"), free_port()
    as_nobody: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_nobody = {"user": 65534, "group": 65534}
        for path in (folder, *folder.parents[:3]):
            path.chmod(0o755)
        os.chown(folder, 65534, 65534)
    run: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **as_nobody}
    subprocess.run([str(BIN / "initdb"), "-D", str(folder / "data"), "-U", "trendwire", "-A", "trust"], **run)
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = [str(BIN / "pg_ctl"), "-D", str(folder / "data"), "-w"]
    subprocess.run([*control, "-o", options, "-l", str(folder / "log"), "start"], **run)
    yield f"postgresql://trendwire@127.0.0.1:{port}"
    subprocess.run([*control, "-m", "immediate", "stop"], **run)


@pytest.fixture
def postgres(postgres_server: str, tmp_path: Path) -> str:
    """A database of a test's own."""
    import psycopg

    name = f"t{abs(hash(str(tmp_path)))}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as db:
        db.execute(f'CREATE DATABASE "{name}"')
    return f"{postgres_server}/{name}"
