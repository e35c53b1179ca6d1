"""Owns the compilation of the kernel ahead of its first use, in several processes at once.

A small day is built by uncompiled functions (`python -m trendwire.engine.compiling`); whatever is called
there becomes a task of processes that compile it for arguments of these types and keep it for every process.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from trendwire.domain.posts import FACT_COLUMNS
from trendwire.statements import named

_DAY = date(2025, 6, 1)
_POSTS = 60
_MARK = f"complete-{sys.implementation.cache_tag}"
_KEPT_NOWHERE = "compile (no folder for compiled functions can be written to, so every process compiles anew)"


def ensure(progress: Callable[[str, float], None]) -> None:
    """Compile what is not compiled yet. Where that fails, functions are compiled when they are called."""
    from trendwire.engine.compiled import FOLDER, UNCOMPILED

    if UNCOMPILED or (FOLDER and (FOLDER / _MARK).exists()):
        return
    if FOLDER is None:
        progress(_KEPT_NOWHERE, 0.0)
        return
    progress("compile", 0.0)
    subprocess.run([sys.executable, "-m", __name__], check=False, capture_output=True)  # noqa: S603
    progress("compile", 1.0)


def main() -> None:
    """Compile everything and note that it is done."""
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    from trendwire.engine import compiled

    os.environ["NUMBA_DISABLE_JIT"] = "0"  # in the processes that compile
    if compiled.FOLDER is None or (compiled.FOLDER / _MARK).exists():
        return
    sys.stdout.write("Compiling the engine, once for each version (about half a minute) ...\n")
    sys.stdout.flush()
    with _compilers() as compile_one:
        compiled.jit = _recorded(compile_one)  # what is imported next is given this
        _build_example()
    (compiled.FOLDER / _MARK).touch()


@contextmanager
def _compilers() -> Iterator[Callable[[str, str, Any], None]]:
    """Gives tasks to one process for each processor; at the end all are done."""
    tasks: list[Future[None]] = []
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), get_context("spawn")) as pool:
        yield lambda module, name, types: tasks.append(pool.submit(_compile, module, name, types))
        for task in tasks:
            task.result()


def _compile(module: str, name: str, types: Any) -> None:
    getattr(import_module(module), name).compile(types)


def _recorded(compile_one: Callable[[str, str, Any], None]) -> Callable[..., Any]:
    """In place of `compiled.jit`: functions tell what they are called with, but not by one another."""
    import numba

    within, known = [0], set()

    def decorated(function: Any, _inline: str = "never") -> Any:
        @wraps(function)
        def called(*args: Any) -> Any:
            if not within[0]:
                task = (function.__module__, function.__name__, tuple(map(numba.typeof, args)))
                if task not in known:
                    known.add(task)
                    compile_one(*task)
            within[0] += 1
            try:
                return function(*args)
            finally:
                within[0] -= 1

        return called

    return decorated


def _build_example() -> None:
    from trendwire.engine.build import build
    from trendwire.engine.changes import roll, take
    from trendwire.facts.duck import Resources, connection

    with TemporaryDirectory() as folder:
        rows, part = Path(folder, "rows"), Path(folder, "part")
        rows.write_bytes(b"\n".join(map(msgspec.json.encode, map(_post, range(_POSTS)))))
        values = {"rows": str(rows), "path": str(part), "columns": FACT_COLUMNS}
        with connection(Path(folder), 1, "1GB") as duck:
            duck.execute(named("trendwire.engine", "compiling.sql")["example"], values)
        with build([part], _DAY, {}, Path(folder), lambda _stage, _done: None, Resources(1)) as built:
            list(built.charts())
            list(built.subjects())
            built.provenance("")
            take(built.state, built.connection, [str(part)], [str(part)])
            roll(built.state, built.state.as_of + 1)


def _post(number: int) -> dict[str, Any]:
    """A post that says something of everything; the newest ones share a tag and a sound that are new."""
    day = datetime.combine(_DAY, datetime.min.time(), UTC) - timedelta(days=number % 12)
    created = int(day.timestamp())
    return {
        "row_key": str(number),
        "id": f"post{number}" if number % 5 == 0 else str(10**18 + number),
        "create_time": created,
        "observed_at": created + 7200,
        "ingested_at": created + 7200,
        "source": "file:example",
        "region": ("US", "VN")[number % 2],
        "username": f"creator{number % 40}",
        "tags": ["every", "new" if number % 12 < 6 else "old"],
        "tag_ids": ["1", "2"],
        "music_id": "3" if number % 12 < 6 else "4",
        "view_count": 100 + number,
        "like_count": number,
        "industry": 10,
        "is_promoted": True,
        "audience_ages": {"18-24": 1.0},
        "audience_countries": {"US": 1.0},
        "audience_interests": {"10001": 1.0},
        "description": "#every",
        "cover_url": "cover",
    }


if __name__ == "__main__":
    main()
