"""What an operator does to accounts says the same, and does the same, whether or not a server is running."""

import signal
from collections.abc import Iterator
from contextlib import nullcontext
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.serving import Server, running
from tests.small_world import linked
from trendwire.accounts.credential import is_well_formed

CHART, COST = "keyapi_trending_hashtags", 2
PATH = "/v1/tiktok/trending/hashtags"


@pytest.fixture(params=[False, True], ids=["without a server", "with a server"])
def desk(request: pytest.FixtureRequest, call: Call, tmp_path: Path) -> Iterator[Call]:
    """`call` over a home that nobody serves, and over one that a process does."""
    with running(tmp_path / "home") if request.param else nullcontext():
        yield call


def ask(server: Server, key: str, target: str = PATH) -> int:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", target, headers={"Authorization": f"Bearer {key}"})
        reply = connection.getresponse()
        reply.read()
        return reply.status
    finally:
        connection.close()


def test_accounts_plans_and_grants_are_rows_of_the_ledger(desk: Call) -> None:
    assert desk("accounts", "create", "ada", "--credits", 7).out == "account 1, ada: 7 credits, no plan\n"
    assert (
        desk("plans", "set", "basic", 100).out == "plan basic: each month starts with at least 100 credits\n"
    )
    assert desk("accounts", "plan", "ada", "basic").out == "account 1, ada: 100 credits, plan basic\n"
    granted = desk("accounts", "grant", "ada", 50, "--note", "invoice 17")
    assert granted.out == "ada has 150 credits, 50 of them new\n"
    assert desk("accounts", "plan", "ada", "--none").out == "account 1, ada: 150 credits, no plan\n"
    assert desk("plans", "list", "--json").json == [{"name": "basic", "monthly_credits": 100}]
    [account] = desk("accounts", "list", "--json").json
    assert (account["name"], account["plan"], account["balance"]) == ("ada", None, 150)
    rows = desk("ledger", "--account", "ada", "--json").json
    told = [(row["kind"], row["amount"], row["note"]) for row in rows]
    assert told == [("grant", 50, "invoice 17"), ("refill", 93, "basic"), ("grant", 7, None)]
    assert len(desk("ledger", "--limit", 2, "--json").json) == 2
    assert desk("ledger", "--check").out == "3 rows: every balance is the sum of its rows\n"


def test_tables_for_people_say_what_the_json_says(desk: Call) -> None:
    desk("plans", "set", "basic", 100)
    desk("accounts", "create", "ada", "--plan", "basic")
    desk("accounts", "create", "bea")
    shown = [line.split()[:4] for line in desk("accounts", "list").out.splitlines()]
    assert shown[:2] == [["id", "name", "plan", "credits"], ["1", "ada", "basic", "100"]]
    assert shown[2][:3] == ["2", "bea", "0"]
    assert desk("plans", "list").out.splitlines()[1].split() == ["basic", "100"]
    row = desk("ledger").out.splitlines()[1].split()
    assert (row[0], row[3:]) == ("1", ["ada", "refill", "100", "basic"])
    for name, head in (("usage", "key"), ("requests", "at")):
        [line] = desk(name).out.splitlines()
        assert line.startswith(head)


def test_a_key_changes_what_is_named_and_keeps_the_rest(desk: Call) -> None:
    desk("keys", "create", "--name", "ada", "--qps", 5, "--cap", 500, "--address", "192.0.2.0/24")
    changed = desk("keys", "change", 1, "--qps", 20, "--endpoint", CHART, "--json").json
    assert (changed["qps"], changed["monthly_cap"]) == (20, 500)
    assert (changed["endpoints"], changed["addresses"]) == ([CHART], ["192.0.2.0/24"])
    free = desk("keys", "change", 1, "--no-cap", "--everywhere")
    assert free.out == "key 1 of ada: 20 requests a second, no cap, everywhere\n"
    [listed] = desk("keys", "list", "--json").json
    assert (listed["qps"], listed["monthly_cap"], listed["endpoints"]) == (20, None, [])


def test_a_rotated_key_is_a_new_one_like_it_and_the_old_one_ends(desk: Call) -> None:
    first = desk("keys", "create", "--name", "ada", "--qps", 5, "--cap", 500, "--credits", 9, "--json").json
    rotated = desk("keys", "rotate", 1, "--overlap", 3600)
    text, words, keep, until = rotated.out.splitlines()
    assert is_well_formed(text)
    assert text != first["key"]
    assert words == "key 2 of ada: 9 credits, 5 requests a second"
    assert keep == "Keep it now: it cannot be shown again."
    assert until == "Key 1 works for 3600 more seconds."
    old, new = desk("keys", "list", "--account", "ada", "--json").json
    assert (old["expires_at"] is None, new["expires_at"]) == (False, None)
    assert (new["qps"], new["monthly_cap"]) == (5, 500)
    again = desk("keys", "rotate", 2, "--overlap", 0, "--json").json
    assert (again["id"], is_well_formed(again["key"])) == (3, True)
    ended = desk("keys", "rotate", 2)
    assert (ended.code, ended.err) == (1, "trendwire: key 2 is no longer valid: create a new one\n")


def test_a_rotated_test_key_is_a_test_key(desk: Call) -> None:
    assert desk("keys", "create", "--name", "ada", "--test").out.startswith("sk_test_")
    made = desk("keys", "rotate", 1)
    assert made.out.startswith("sk_test_")
    assert "key 2 of ada: a test key" in made.out


MOST = 10**12
WRONG = [
    (1, "account not found", "accounts", "grant", "nobody", 5),
    (1, "account not found", "accounts", "plan", "nobody", "basic"),
    (1, "account not found", "ledger", "--account", "nobody"),
    (1, "account not found", "usage", "--account", "nobody"),
    (1, "account not found", "requests", "--account", "nobody"),
    (1, "account not found", "keys", "list", "--account", "nobody"),
    (1, "there is an account 'ada' already", "accounts", "create", "ada"),
    (1, "key not found", "keys", "rotate", 9),
    (1, "key not found", "keys", "change", 9, "--qps", 2),
    (1, "key not found", "keys", "revoke", 9),
    (2, f"credits must be a whole number from 1 to {MOST}", "accounts", "grant", "ada", "--", -5),
    (2, f"credits must be a whole number from 1 to {MOST}", "accounts", "grant", "ada", 0),
    (2, f"credits must be a whole number from 1 to {MOST}", "accounts", "grant", "ada", MOST + 1),
    (2, f"credits must be a whole number from 0 to {MOST}", "accounts", "create", "bea", "--credits", -1),
    (2, f"monthly_credits must be a whole number from 0 to {MOST}", "plans", "set", "basic", "--", -1),
    (2, f"monthly_cap must be a whole number from 0 to {MOST}", "keys", "change", 1, "--cap", -1),
    (2, "qps must be a whole number from 1 to 10000", "keys", "change", 1, "--qps", 0),
    (2, "overlap must be a whole number from 0 to 7776000", "keys", "rotate", 1, "--overlap", -1),
    (2, "addresses must be addresses or networks", "keys", "change", 1, "--address", "x"),
    (2, "endpoints does not know 'nope'; there are crawlora_", "keys", "change", 1, "--endpoint", "nope"),
    (2, "plan must be one of basic", "accounts", "plan", "ada", "nope"),
    (2, "plan must be one of basic", "accounts", "create", "bea", "--plan", "nope"),
    (2, "PLAN must be the name of a plan, or --none", "accounts", "plan", "ada"),
    (2, "PLAN must be the name of a plan, or --none", "accounts", "plan", "ada", "basic", "--none"),
    (2, "name must have 1 to 100 printable characters", "accounts", "create", ""),
    (2, "note must have 1 to 100 printable characters", "accounts", "grant", "ada", 5, "--note", "\n"),
    (2, "--since must be a day like 2026-01-31, not 'x'", "ledger", "--since", "x"),
    (2, "--until must be a day like 2026-01-31, not '2026-02-30'", "usage", "--until", "2026-02-30"),
    (2, "--since must be a day like 2026-01-31, not 'x'", "requests", "--since", "x"),
    (2, "--by must be one of day, key, endpoint", "usage", "--by", "hour"),
    (2, "--limit must be a whole number from 1 to 1,000", "ledger", "--limit", 0),
    (2, "--limit must be a whole number from 1 to 1,000", "requests", "--limit", 1001),
    (2, "KEY must be the id or the beginning of a key", "keys", "rotate", "x"),
    (2, "No such option: -5", "accounts", "grant", "ada", -5),
]


def test_what_is_wrong_is_said_in_one_plain_line_and_changes_nothing(desk: Call) -> None:
    desk("plans", "set", "basic", 100)
    desk("keys", "create", "--name", "ada", "--credits", 10)
    before = [desk(*words, "--json").out for words in (("accounts", "list"), ("keys", "list"), ("ledger",))]
    for code, said, *words in WRONG:
        ended = desk(*words)
        assert (ended.code, ended.out) == (code, ""), words
        assert ended.err.startswith(f"trendwire: {said}"), words
        assert ended.err.count("\n") == 1, words
        assert "Traceback" not in ended.err
    after = [desk(*words, "--json").out for words in (("accounts", "list"), ("keys", "list"), ("ledger",))]
    assert after == before


def test_what_was_used_is_told_while_the_server_runs_and_afterwards(
    call: Call, demo_home: Path, tmp_path: Path
) -> None:
    home = linked(demo_home, tmp_path / "home")
    made = call("keys", "create", "--name", "ada", "--credits", 5, "--json").json
    with running(home) as server:
        statuses = [ask(server, made["key"]) for _ in range(3)]
        assert statuses == [200, 200, 402]
        assert ask(server, made["key"], f"{PATH}?limit=0") == 402
        told_by_server = _told(call)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    assert _told(call) == told_by_server


def _told(call: Call) -> list[object]:
    """What the commands tell of two charged requests and two refused ones; asserts what it must be."""
    [used] = call("usage", "--account", "ada", "--json").json
    assert (used["key_id"], used["endpoint"], used["calls"], used["credits"]) == (1, CHART, 2, 2 * COST)
    assert call("usage", "--by", "endpoint").out.split()[-3:] == [CHART, "2", str(2 * COST)]
    assert call("usage", "--by", "key", "--json").json == [{"key": "1", "calls": 2, "credits": 2 * COST}]
    assert call("usage", "--until", "2020-01-01", "--json").json == []
    assert call("usage", "--key", 9, "--json").json == []
    rows = call("ledger", "--key", 1, "--json").json
    assert [(row["kind"], row["amount"]) for row in rows] == [("debit", -COST)] * 2
    assert call("ledger", "--check").out.startswith("3 rows")
    refused = call("requests", "--status", 4, "--json").json
    assert [(row["status"], row["cost"]) for row in refused] == [(402, 0)] * 2
    logged = call("requests", "--account", "ada", "--json").json
    assert [row["status"] for row in logged] == [402, 402, 200, 200]
    assert [
        row["request_id"] for row in call("requests", "--id", logged[0]["request_id"], "--json").json
    ] == [logged[0]["request_id"]]
    assert call("requests", "--status", 200, "--limit", 1).out.count(PATH) == 1
    [account] = call("accounts", "list", "--json").json
    assert account["balance"] == 1
    return [used, rows, refused, logged, account]


def test_a_key_changed_or_rotated_counts_from_the_next_request_on(
    call: Call, demo_home: Path, tmp_path: Path
) -> None:
    home = linked(demo_home, tmp_path / "home")
    with running(home) as server:
        first = call("keys", "create", "--name", "ada", "--json").json["key"]
        assert ask(server, first) == 200
        call("keys", "change", 1, "--endpoint", "crawlora_popular_hashtags")
        assert ask(server, first) == 403
        call("keys", "change", 1, "--everywhere")
        assert ask(server, first) == 200
        second = call("keys", "rotate", 1, "--overlap", 3600, "--json").json["key"]
        assert (ask(server, first), ask(server, second)) == (200, 200)
        third = call("keys", "rotate", 2, "--overlap", 0, "--json").json["key"]
        assert (ask(server, second), ask(server, third)) == (401, 200)
