"""The servers that are compared, each a process on one core."""

import hashlib
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tests.serving import free_port

from bench.world import credential_line

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on; tcp_nodelay on;
  open_file_cache max=4000 inactive=1h; open_file_cache_valid 1h; types {{ }} default_type application/json;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port}; root {folder}/www;
    add_header Content-Security-Policy "default-src 'none'; base-uri 'none'; form-action 'none'";
    add_header Access-Control-Expose-Headers "ETag, Retry-After, X-Edition, X-Request-Id, X-Credits-Cost";
    add_header X-Request-Id "4f5e0d0c-1b2a-4c3d-8e4f-5a6b7c8d9e0f";
  }}
}}
"""


def nginx(folder: Path, port: int, bodies: dict[str, bytes]) -> list[str]:
    """The command of an nginx that serves these bodies from files named by `file_of`."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "www").mkdir(parents=True)
    for target, body in bodies.items():
        (folder / "www" / file_of(target)).write_bytes(body)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    return ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]


def file_of(target: str) -> str:
    """The name of the file that holds the body of a target."""
    return hashlib.sha256(target.encode()).hexdigest()[:16]


def trendwire(home: Path, port: int) -> list[str]:
    """The command of the real server."""
    return [sys.executable, "-m", "trendwire", "--home", str(home), "serve", "--port", str(port)]


def free(home: Path, port: int) -> list[str]:
    """The command of the same without charges."""
    return [sys.executable, "-m", "bench.free", "--home", str(home), "serve", "--port", str(port)]


def twin(home: Path, port: int, credentials: Sequence[str]) -> list[str]:
    """The command of the twin, whose bank knows these keys."""
    (home / "twin.sqlite").unlink(missing_ok=True)
    with closing(sqlite3.connect(home / "twin.sqlite")) as db, db:
        db.execute("CREATE TABLE key (id INTEGER PRIMARY KEY, digest TEXT UNIQUE, qps INT, credits INT)")
        db.execute("CREATE TABLE debit (id INTEGER PRIMARY KEY, key_id INT, amount INT, at REAL)")
        rows = [(hashlib.sha256(one.encode()).hexdigest(), 10_000, 10**12) for one in credentials]
        db.executemany("INSERT INTO key (digest, qps, credits) VALUES (?, ?, ?)", rows)
    return [sys.executable, "-m", "bench.twin", str(home), str(port)]


@contextmanager
def running(command: Sequence[str], port: int, core: int) -> Iterator[int]:
    """The process id of a server that accepts connections, on one core; it is ended."""
    pinned = ["taskset", "-c", str(core), *command]
    with TemporaryFile() as log, subprocess.Popen(pinned, stdout=subprocess.DEVNULL, stderr=log) as process:
        try:
            _wait(process, port, log)
            yield process.pid
        finally:
            process.terminate()


def fetched(port: int, target: str, credential: str) -> bytes:
    """The body of one request."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", target, headers=dict([credential_line(target, credential)]))
        reply = connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{target}: {reply.status} {body[:200]!r}")
        return body


def _wait(process: "subprocess.Popen[bytes]", port: int, log: IO[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            log.seek(0)
            raise RuntimeError(log.read().decode())
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start within 30 s")


__all__ = ["fetched", "file_of", "free", "free_port", "nginx", "running", "trendwire", "twin"]
