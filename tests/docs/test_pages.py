"""Rule 12: every code block of the docs runs and prints what the page shows; every link leads somewhere."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.blocks import RUN, SHOWN, blocks, matches, run_block, steps
from tests.docs.reference import pages
from tests.house.tree import ROOT
from tests.serving import free_port
from tests.small_world import linked

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?:|mailto:|#)([^)#\s]+)")
READY_SECONDS = 240
INGEST = {"TRENDWIRE_INGEST_KEY": "a-key-for-the-pages-only"}


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo as `make demo` leaves it: serving, with a key."""

    home: Path
    port: int
    key: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo")
    linked(_world(tmp_path_factory), home)
    shutil.copy2(_world(tmp_path_factory) / "demo.json", home)
    with _demo(home) as running:
        yield running


def _world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that a demo has made, once for all processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = shared / "demo-world"
    with (shared / "demo-world.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            with _demo(shared / "demo-begun"):
                pass
            (shared / "demo-begun").rename(made)
    return made


@contextmanager
def _demo(home: Path) -> Iterator[Demo]:
    port = free_port()
    command = [sys.executable, "-m", "trendwire", "--home", str(home), "demo", "--port", str(port)]
    told = os.environ | INGEST
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=told) as served:
        try:
            assert served.stdout is not None
            key = next(m[0] for line in served.stdout if (m := re.search(r"sk_live_\w+", line)))
            yield Demo(home, port, key)
        finally:
            served.terminate()


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = (page.parent / target for target in LINK.findall(page.read_text()))
    assert [str(t) for t in targets if not t.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_block_says_what_it_is(page: Path) -> None:
    strange = [b for b in blocks(page.read_text()) if b.language not in RUN | SHOWN]
    assert strange == []


PAGES_THAT_RUN = [p for p in PAGES if any(b.language in RUN and not b.skipped for b in blocks(p.read_text()))]


@pytest.mark.parametrize("page", PAGES_THAT_RUN, ids=_name)
def test_every_block_runs_and_prints_what_is_shown(page: Path, demo: Demo, tmp_path: Path) -> None:
    environment = (
        os.environ
        | INGEST
        | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TRENDWIRE_HOME": str(demo.home if page.parent == ROOT else tmp_path / "home"),
            "TRENDWIRE_KEY": demo.key,
            "COLUMNS": "100",
            "NO_COLOR": "1",
        }
    )
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    text = page.read_text().replace("127.0.0.1:8000", f"127.0.0.1:{demo.port}")
    for block in blocks(text):
        if block.language in RUN and not block.skipped:
            run_block(block, tmp_path, environment)


def test_a_block_that_prints_something_else_is_found() -> None:
    [step] = steps("$ echo a \\\n  b\na ... c\n")
    assert step.command == "echo a \\\n  b"
    assert matches(step.output, "a b c\n")
    assert not matches(step.output, "a b\n")


def test_the_reference_is_what_the_program_says() -> None:
    stale = [path.name for path, text in pages().items() if not path.exists() or path.read_text() != text]
    assert stale == [], "make docs"
