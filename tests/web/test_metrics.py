"""What `/metrics` says is what happened: each number against the thing it is about."""

import socket
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from tests.serving import create_key, free_port, running
from tests.small_world import DAYS, linked
from tests.web.conftest import Served, serving
from trendwire.accounts import Books
from trendwire.web import metrics
from trendwire.web.metrics import ROWS, metrics_app

CHART = "/v1/tiktok/trending/hashtags"
NOON = 12 * 3600
"""The clock of these tests stands at noon of the day after the current edition's."""


def parsed(text: str) -> dict[Any, float]:
    """Sample name with the values of its labels, by their names -> number."""
    return {
        (sample.name, *(text for _, text in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(served: Served) -> dict[Any, float]:
    return parsed(TestClient(metrics_app(served.service.metrics)).get("/metrics").text)


def ask(served: Served, key: str, target: str = CHART, method: str = "GET") -> int:
    return served.client.request(method, target, headers={"Authorization": f"Bearer {key}"}).status_code


def journal_db(served: Served) -> Any:
    accounts = served.service.accounts
    assert isinstance(accounts, Books)
    return accounts.journal._store.db


def test_every_row_is_exported_as_it_is_described(served: Served) -> None:
    ask(served, served.key)
    served.service.metrics.house.watch.refused["a reason"] += 1  # type: ignore[union-attr]
    told = {family.name: family for family in served.service.metrics.collect()}
    assert len(told) == len(ROWS)
    for row in ROWS:
        family = told[row.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (row.kind, row.meaning)
        assert family.samples
        assert all(set(row.labels) == set(sample.labels) - {"le"} for sample in family.samples), row.name


def test_charged_requests_are_rows_of_the_ledger_and_free_ones_are_not(served: Served) -> None:
    trial = served.create_key(0, name="trial", mode="test")
    before = scraped(served)
    for _ in range(3):
        assert ask(served, served.key) == 200
    assert ask(served, served.key, method="HEAD") == 200
    assert ask(served, trial) == 200
    assert ask(served, "sk_live_wrong") == 401
    after = scraped(served)
    assert after[("trendwire_ledger_rows_total",)] - before[("trendwire_ledger_rows_total",)] == 3
    assert after[("trendwire_ledger_commits_total",)] - before[("trendwire_ledger_commits_total",)] == 3
    counted = {key[3]: number for key, number in after.items() if key[0] == "trendwire_request_seconds_count"}
    assert counted == {"200": 5, "401": 1}


def test_a_ledger_that_cannot_be_written_is_failing_until_it_can(served: Served) -> None:
    assert scraped(served)[("trendwire_ledger_failing",)] == 0
    journal_db(served).execute("PRAGMA query_only = ON")
    assert ask(served, served.key) == 503
    assert scraped(served)[("trendwire_ledger_failing",)] == 1
    journal_db(served).execute("PRAGMA query_only = OFF")
    assert ask(served, served.key) == 200
    assert scraped(served)[("trendwire_ledger_failing",)] == 0


def test_the_edition_has_a_number_and_an_age(served: Served) -> None:
    served.clock.seconds = 60.0
    told = scraped(served)
    assert told[("trendwire_edition_readable",)] == 1
    assert told[("trendwire_edition_number",)] == DAYS
    assert told[("trendwire_edition_age_seconds",)] == NOON + 60


def test_without_an_edition_none_is_readable_and_none_has_an_age(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as served:
        told = scraped(served)
    assert told[("trendwire_edition_readable",)] == 0
    assert ("trendwire_edition_number",) not in told
    assert ("trendwire_edition_age_seconds",) not in told


def test_answers_are_kept_once_for_each_target_and_kind_of_key(served: Served) -> None:
    trial = served.create_key(0, name="trial", mode="test")
    empty = scraped(served)
    assert empty[("trendwire_answers_kept", "live")] == empty[("trendwire_answers_kept_bytes", "live")] == 0
    lengths = 0
    for target in (CHART, f"{CHART}?limit=3", CHART):
        ask(served, served.key, target)
    for target in (CHART, f"{CHART}?limit=3"):
        reply = served.client.get(target, headers={"Authorization": f"Bearer {served.key}"})
        lengths += len(reply.content)
    ask(served, trial)
    told = scraped(served)
    assert told[("trendwire_answers_kept", "live")] == 2
    assert told[("trendwire_answers_kept", "test")] == 1
    assert lengths < told[("trendwire_answers_kept_bytes", "live")] < lengths + 10_000


def test_a_request_is_in_flight_while_it_is_answered(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    api = served.service.api
    prepare = api.live.prepare

    def looking(*given: Any) -> Any:
        seen.append(scraped(served)[("trendwire_requests_in_flight",)])
        return prepare(*given)

    monkeypatch.setattr(api.live, "prepare", looking)
    assert ask(served, served.key) == 200
    assert seen == [1]
    assert scraped(served)[("trendwire_requests_in_flight",)] == 0


def test_one_scrape_reads_one_edition(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = metrics._readable

    def counted(*given: Any) -> Any:
        nonlocal looks
        looks += 1
        return look(*given)

    monkeypatch.setattr(metrics, "_readable", counted)
    assert len(list(served.service.metrics.collect())) == len(ROWS)
    assert looks == 1


def test_connections_are_counted_while_they_are_open_and_by_why_they_were_refused(
    demo_home: Path, tmp_path: Path
) -> None:
    home, port = linked(demo_home, tmp_path / "home"), free_port()
    create_key(home, 10, 10)
    with running(home, metrics_port=str(port), connections_per_address="2") as server:
        clients = [socket.create_connection(("127.0.0.1", server.port), 30) for _ in range(3)]
        clients[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert clients[0].recv(15) == b"HTTP/1.1 200 OK"
        clients[1].sendall(b"no request at all\r\n\r\n")
        assert b" 400 " in clients[1].makefile("rb").readline()
        clients[2].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 503 " in clients[2].makefile("rb").readline()
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as page:
            told = parsed(page.read().decode())
        assert told[("trendwire_connections_open",)] == 3
        reasons = {key[1]: n for key, n in told.items() if key[0] == "trendwire_refused_total"}
        assert reasons == {
            "this is not valid HTTP/1.1": 1,
            "too many connections from one address": 1,
        }
        assert told[("process_open_fds",)] > 3
        for client in clients:
            client.close()
