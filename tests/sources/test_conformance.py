"""Every connector against a source that goes wrong: nothing is lost, nothing doubled, and the run says why.

Each fault comes at the first, a middle and the last request of a run. What is kept in the end is compared
with what is kept when nothing goes wrong.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from runpy import run_path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import msgspec
import pytest

from tests.conftest import ROOT
from tests.sources.asking import Hours
from tests.sources.faults import FAULTS, FOR_EVER, TRIES, Fault
from tests.sources.misbehaving import Asked, Step, answer
from tests.sources.upstream import SERVICES, Upstream, said, upstream
from trendwire import clock
from trendwire.facts.inbox import Inbox
from trendwire.facts.recorded import Recorded
from trendwire.facts.zstd import zstd
from trendwire.sources.configuration import ConfiguredSource, read
from trendwire.sources.http import Client, Limits
from trendwire.sources.pace import Clocks
from trendwire.sources.registry import CONNECTORS
from trendwire.sources.runs import Ending, Kept, Run
from trendwire.sources.secrets import Secrets
from trendwire.sources.visit import Means, visit

EXAMPLE = ROOT / "examples" / "connector.py"
KINDS = dict(CONNECTORS) | {"example": run_path(str(EXAMPLE))["Example"]}
"""All connectors, and the one that shows how to write one."""

SECRET = "sk_live_0123456789"
FILES = ("creative-center-export", "files")
"""Kinds that ask nobody; `test_creative_center.py` and `test_files.py` have suites of their own."""

PLACES = ("first", "middle", "last")
Facts = Counter[tuple[Any, ...]]


@pytest.fixture(autouse=True, scope="module")
def certificates() -> Iterator[None]:
    """Those of the machine are read once: it takes longer than a run, and nothing here is asked by TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx2, "create_ssl_context", cache(httpx2.create_ssl_context))
        yield


@pytest.fixture
def home() -> Iterator[Path]:
    """A home in memory, where there is room for one: hundreds of runs wait for the disk else."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def facts(home: Path) -> Facts:
    """What is kept: each post and each row of each chart, with how often."""
    kept: Facts = Counter()
    for path in Inbox(home).waiting().values():
        for line in zstd.decompress(path.read_bytes()).splitlines():
            kept[("post", msgspec.json.decode(line)["id"])] += 1
    for chart in Recorded(home).charts():
        kept.update((chart.key.text, chart.as_of, row.identity, row.rank) for row in chart.rows)
    return kept


def quarantined(home: Path) -> list[dict[str, Any]]:
    files = (home / "facts" / "quarantine").glob("*.ndjson")
    return [msgspec.json.decode(line) for path in sorted(files) for line in path.read_bytes().splitlines()]


def configured(kind: str, address: str, folder: Path) -> ConfiguredSource:
    service = SERVICES[kind]
    secrets = "\n".join(f'{name} = {{ env = "{name.upper()}" }}' for name in service.secrets)
    table = f'[sources.one]\nkind = "{kind}"\naddress = "{address}"\nallow_private = true\n'
    return read(table + service.options + "\n" + secrets, KINDS, folder).source("one")


def collected(served: Upstream, kind: str, home: Path, hours: Hours, *, quick: bool = False) -> Run:
    """One run against the upstream."""

    @contextmanager
    def opened(source: ConfiguredSource, secrets: Secrets, kept: Kept, clocks: Clocks) -> Iterator[Client]:
        limits = Limits(read=0.1, whole=0.3, allow_private=True) if quick else source.limits
        with Client(
            source.address,
            source.quota,
            limits=limits,
            clocks=clocks,
            secrets=tuple(secrets.values()),
            breaker=kept.breaker,
            budget=kept.budget,
        ) as client:
            yield client

    source = configured(kind, served.source.url, home)
    environment = {name.upper(): SECRET for name in served.service.secrets}
    clocks = hours.clocks(clock.monotonic if quick else None)
    means = Means(home, environment, "test", clocks, open=opened)
    return visit(source, means, lambda *_: None)


@cache
def undisturbed(kind: str) -> tuple[Facts, tuple[Asked, ...], int]:
    """What is kept, the requests for data, and how many requests there are, when nothing goes wrong."""
    with TemporaryDirectory() as folder, upstream(kind) as served:
        run = collected(served, kind, Path(folder), Hours())
        assert (run.ending, run.message, run.quarantined) == (Ending.DONE, "", 0)
        return facts(Path(folder)), tuple(served.order), served.asked


def place_of(kind: str, place: str) -> int:
    service = SERVICES[kind]
    return {"first": 0, "middle": service.middle, "last": service.pages - 1}[place]


def test_every_connector_that_asks_is_in_the_suite() -> None:
    assert set(SERVICES) == set(KINDS) - set(FILES)


def test_the_example_is_short() -> None:
    assert len([line for line in EXAMPLE.read_text().splitlines() if line.strip()]) <= 40


@pytest.mark.parametrize("kind", SERVICES)
def test_a_run_keeps_all_and_a_second_one_doubles_nothing(kind: str, home: Path) -> None:
    kept, order, asked = undisturbed(kind)
    assert len(order) == SERVICES[kind].pages
    assert len(kept) >= 45
    assert set(kept.values()) == {1}
    with upstream(kind) as served:
        for _ in range(2):
            run = collected(served, kind, home, Hours())
            assert run.ending is Ending.DONE
        assert served.asked == 2 * asked
    assert facts(home) == kept


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", SERVICES)
def test_a_fault_loses_nothing_and_doubles_nothing(kind: str, fault: str, place: str, home: Path) -> None:
    kept, order, asked = undisturbed(kind)
    told = FAULTS[fault]
    hours = Hours()
    with upstream(
        kind, fault=told.play, at=place_of(kind, place), times=told.times, known=list(order)
    ) as served:
        run = collected(served, kind, home, hours, quick=told.quick)
        check_run(run, told, kind)
        check_kept(home, kept, told)
        assert served.asked <= asked + TRIES
        served.fault = None
        for _ in range(2):
            hours.passed += timedelta(hours=1).total_seconds()
            again = collected(served, kind, home, hours)
            assert again.ending in (Ending.DONE, Ending.EMPTY), again.message
    assert set(facts(home)) == set(kept)


def check_run(run: Run, fault: Fault, kind: str) -> None:
    """A run ends well, or says in plain words why not, without the secret."""
    assert SECRET not in run.message
    if run.ending in (Ending.DONE, Ending.EMPTY):
        assert run.message in ("", "nothing came")
        return
    assert fault.ends, run.message
    assert "cannot be understood" not in run.message
    assert any(words in run.message for words in fault.says), run.message


def check_kept(home: Path, kept: Facts, fault: Fault) -> None:
    """What is kept so far is of what there is, and what was left out by rows stands in the quarantine."""
    now = facts(home)
    assert not set(now) - set(kept)
    assert set(now.values()) <= {1}
    refused = quarantined(home)
    if fault.damaged:
        assert len(set(kept) - set(now)) == fault.damaged
        assert [re.search("floating-point", row["reason"]) is None for row in refused] == [False]
    elif not fault.ends:
        assert now == kept
        assert refused == []


def test_a_source_that_never_works_is_asked_a_bounded_number_of_times(home: Path) -> None:
    with upstream("keyapi", fault=FAULTS["500"].play, times=FOR_EVER) as served:
        run = collected(served, "keyapi", home, Hours())
        assert served.asked == TRIES
    assert run.ending is Ending.FAILED
    assert facts(home) == Counter()


def test_a_part_that_never_works_does_not_keep_the_others_waiting(home: Path) -> None:
    def broken(served: Upstream, asked: Asked) -> Step:
        if "country_code=VN" in asked.target:
            return answer(500, b"")
        return said(served.reply(asked))

    hours = Hours()
    with upstream("crawlora", fault=broken, times=FOR_EVER) as served:
        runs = []
        for _ in range(3):
            runs.append(collected(served, "crawlora", home, hours))
            hours.passed += timedelta(hours=6).total_seconds()
    assert {run.ending for run in runs} == {Ending.FAILED}
    assert {row[0] for row in facts(home)} == {"hashtag/7/US/0", "hashtag/7/GB/0"}
