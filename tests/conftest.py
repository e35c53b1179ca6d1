"""Shared by all tests: where real posts and recorded replies lie, and the rule on skips in CI."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from tests.furnished import AT, Furnished, furnish
from tests.small_world import publish_world, silent
from trendwire import backups

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
IN_CI = os.environ.get("CI") == "true"

# A machine that is busy is not a failure; what hangs ends by pytest-timeout.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def _shared(folder: str) -> Path:
    path = SHARED / folder
    if not path.is_dir():
        pytest.skip(
            f"{folder} is not on this machine: real posts and recorded replies are not part of a clone"
        )
    return path


@pytest.fixture(autouse=True)
def _log_settings() -> Iterator[None]:
    """Commands that are called in this process set the log; the next test begins with the library's own."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def real_posts() -> Path:
    """The folder of the four real post sets."""
    return _shared("data/posts")


@pytest.fixture(scope="session")
def shared_wire() -> Path:
    """The folder of recorded replies (`samples`) and contracts (`seeds`) of both wire languages."""
    return _shared("wire")


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small simulated world, published by the pipeline. Read only: see `linked`."""
    home = tmp_path_factory.mktemp("world")
    publish_world(home)
    return home


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    """A backup of a home that has something in every place."""
    folder = tmp_path_factory.mktemp("furnished")
    key, file = furnish(folder / "home"), folder / "file"
    backups.backup(folder / "home", str(file), AT, "0.0.test", silent)
    return Furnished(file, key)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """With CI=true a test that is skipped, or expected to fail, fails: nothing may be left out there."""
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
