"""The admin API: every operation of the desk, for who shows the key, with errors that name what is wrong."""

import stat
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.serving import ask_desk, create_key, running
from tests.small_world import linked
from tests.web.conftest import Served, serving
from trendwire.accounts.operations import OPERATIONS, GrantCredits, ListAccounts, ListKeys
from trendwire.web import archive, collecting
from trendwire.web.admin import ROWS
from trendwire.web.app import socket_of

KEY = "an-admin-key-of-24-chars"
GOOD = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
def admin(demo_home: Path, tmp_path: Path) -> Any:
    with serving(linked(demo_home, tmp_path / "home"), admin_key=KEY) as served:
        yield served


def ask(served: Served, method: str, path: str, body: Any = None, status: int = 200, **query: Any) -> Any:
    answer = served.client.request(method, f"/admin/v1{path}", json=body, params=query, headers=GOOD)
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def test_every_operation_has_a_row() -> None:
    assert {row.operation for row in ROWS} == {*OPERATIONS, *archive.OPERATIONS, *collecting.OPERATIONS}


def test_without_a_configured_key_there_is_no_admin_api(served: Served) -> None:
    assert served.client.get("/admin/v1/accounts", headers=GOOD).status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {KEY}"}])
def test_only_the_key_opens_it(admin: Served, headers: dict[str, str]) -> None:
    for row in ROWS:
        path = row.path.format(name="a", account="a", key_id=1)
        answer = admin.client.request(row.method, f"/admin/v1{path}", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_key_from_its_making_to_its_end(admin: Served) -> None:
    ask(admin, "PUT", "/plans/basic", {"monthly_credits": 100})
    account = ask(admin, "POST", "/accounts", {"name": "bob", "plan": "basic"})
    assert account["balance"] == 100
    made = ask(admin, "POST", "/keys", {"account": "bob", "qps": 3, "monthly_cap": 50})
    headers = {"Authorization": f"Bearer {made['text']}"}
    path = "/v1/tiktok/trending/hashtags"
    assert admin.client.get(path, headers=headers).status_code == 200
    number = made["key"]["id"]
    ask(admin, "PATCH", f"/keys/{number}", {"endpoints": ["crawlora_popular_creators"]})
    assert admin.client.get(path, headers=headers).status_code == 403
    ask(admin, "PATCH", f"/keys/{number}", {"endpoints": [], "monthly_cap": None})
    rotated = ask(admin, "POST", f"/keys/{number}/rotate", {"overlap": 0})
    assert admin.client.get(path, headers=headers).status_code == 401
    ask(admin, "POST", f"/keys/{rotated['key']['id']}/revoke")
    assert ask(admin, "POST", "/accounts/bob/grants", {"credits": 7, "note": "gift"})["kind"] == "grant"
    assert ask(admin, "PATCH", "/accounts/bob", {"plan": None})["plan"] is None
    kinds = [row["kind"] for row in ask(admin, "GET", "/ledger", account="bob")["rows"]]
    assert kinds == ["grant", "debit", "refill"]
    assert ask(admin, "GET", "/ledger/check")["rows"] == 4
    (used,) = ask(admin, "GET", "/usage", key_id=number)["rows"]
    assert (used["calls"], used["credits"]) == (1, 2)
    statuses = [row["status"] for row in ask(admin, "GET", "/requests", key_id=number)["rows"]]
    assert statuses == [403, 200]
    assert [row["name"] for row in ask(admin, "GET", "/accounts")["rows"]] == ["test", "bob"]
    assert ask(admin, "GET", "/plans")["rows"] == [{"name": "basic", "monthly_credits": 100}]


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "/keys", {"account": "a", "qps": "many"}, "qps"),
        ("POST", "/keys", {"qps": 1}, "the request"),
        ("POST", "/keys", {"account": "a", "more": 1}, "the request"),
        ("POST", "/keys", {"account": "a", "mode": "free"}, "mode"),
        ("POST", "/keys", {"account": "a", "addresses": ["here"]}, "addresses"),
        ("POST", "/keys", [], "the body"),
        ("POST", "/keys", {"account": "a" * 70_000}, "the body"),
        ("PATCH", "/keys/x", {}, "key_id"),
        ("GET", "/ledger", {"limit": "0"}, "limit"),
        ("GET", "/ledger", {"kind": "gift"}, "kind"),
    ],
)
def test_what_is_not_accepted_is_named(admin: Served, method: str, path: str, body: Any, name: str) -> None:
    query = body if method == "GET" else {}
    told = ask(admin, method, path, None if query else body, 400, **query)["error"]
    assert (told["code"], told["name"]) == ("invalid_input", name)
    assert told["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("DELETE", "/keys", 405),
        ("POST", "/keys/99/revoke", 404),
        ("POST", "/accounts/nobody/grants", 404),
        ("POST", "/accounts", 409),
    ],
)
def test_what_can_not_be_done_is_said(admin: Served, method: str, path: str, status: int) -> None:
    bodies = {"/accounts": {"name": "test"}, "/accounts/nobody/grants": {"credits": 1}}
    assert ask(admin, method, path, bodies.get(path), status)["error"]["message"]


def test_it_describes_itself(admin: Served) -> None:
    document = admin.client.get("/admin/v1/openapi.json").json()
    validate(document)
    told = {(path, method) for path, row in document["paths"].items() for method in row}
    assert told == {(f"/admin/v1{row.path}", row.method.lower()) for row in ROWS}


def test_a_running_server_hears_its_owner_on_a_socket(demo_home: Path, tmp_path: Path) -> None:
    home = linked(demo_home, tmp_path / "home")
    create_key(home, 10, 5)
    with running(home):
        assert stat.S_IMODE(socket_of(home).stat().st_mode) == 0o600
        ask_desk(home, GrantCredits(account="test", credits=5))
        assert ask_desk(home, ListAccounts())[0].balance == 15
        assert [key.id for key in ask_desk(home, ListKeys())] == [1]
    assert ask_desk(home, ListAccounts())[0].balance == 15


@pytest.mark.parametrize(
    "asked",
    ["ledger?key_id", "ledger?before", "ledger?since", "usage?key_id", "requests?until"],
)
def test_numbers_beyond_64_bits_are_refused_in_words(admin: Served, asked: str) -> None:
    path, name = asked.split("?")
    refused = ask(admin, "GET", f"/{path}", status=400, **{name: 10**25})
    assert refused["error"]["name"] == name
