"""The console: who gets in, that forms are safe, and that each task is done by the admin API's operations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from tests.small_world import DAYS, KEPT, NOON_AFTER, linked
from tests.web.conftest import Served, serving
from trendwire.accounts.operations import (
    GrantCredits,
    ListAccounts,
    ListEntries,
    ListKeys,
    LoggedRequest,
)
from trendwire.accounts.passwords import Passwords
from trendwire.accounts.users import IDLE_MS, SLOWINGS, Users
from trendwire.domain.provenance import Provenance
from trendwire.editions import Editions
from trendwire.editions.hold import hold
from trendwire.facts.durable import exclusive
from trendwire.facts.quarantine import Quarantine, Refused
from trendwire.sources.loop import LOCK
from trendwire.sources.runs import Ending, Run, Runs, ms
from trendwire.web.archive import OPERATIONS
from trendwire.web.console.bars import HEIGHT, days_chart, names_chart
from trendwire.web.console.doors import COOKIE, MOST_BODY, SECURE_COOKIE, local
from trendwire.web.console.fields import day_of
from trendwire.web.console.past import ROWS, replay
from trendwire.web.console.routes import FORMS, PAGES
from trendwire.web.console.sources import ago
from trendwire.web.views import PAGE_POLICY

QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""Costs no time; tests of the sign-in itself use the real one."""

WORD = "correct horse battery"
HERE = {"sec-fetch-site": "same-origin"}
HOSTILE = "<script>alert(1)</script>\"'&"
CHART = "/v1/tiktok/trending/hashtags"
KEY = re.compile(r"sk_(?:live|test)_[0-9A-Za-z]{38}")


@dataclass(slots=True)
class Person:
    """Somebody at a browser."""

    served: Served

    @property
    def client(self) -> TestClient:
        return self.served.client

    def sign_in(self, name: str = "ada", password: str = WORD, **fields: str) -> Any:
        told = {"name": name, "password": password} | fields
        return self.client.post("/console/sign-in", data=told, headers=HERE, follow_redirects=False)

    def see(self, path: str, status: int = 200) -> str:
        answer = self.client.get(f"/console{path}", follow_redirects=False)
        assert answer.status_code == status, (path, answer.status_code, answer.headers)
        return answer.text

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.see(""))
        assert found
        return found[1]

    def send(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        told = {"csrf": self.csrf()} | fields
        return self.client.post(
            f"/console{path}", data=told, headers=HERE if headers is None else headers, follow_redirects=False
        )

    def done(self, path: str, **fields: Any) -> str:
        """Send a form that goes well; the page that it leads to."""
        answer = self.send(path, **fields)
        assert answer.status_code == 303, unescape(answer.text)
        return self.see(answer.headers["location"].removeprefix("/console"))

    def ask(self, path: str = CHART, key: str | None = None, **query: Any) -> int:
        """Ask a dialect."""
        headers = {"authorization": f"Bearer {key or self.served.key}"}
        status: int = self.client.get(path, params=query or None, headers=headers).status_code
        return status


@pytest.fixture
def house(demo_home: Path, tmp_path: Path) -> Iterator[Served]:
    """A served home with one user of the console."""
    home = linked(demo_home, tmp_path / "home")
    Users(home, QUICK).add("ada", WORD, 1)
    with Quarantine(home, "20250929T120000") as quarantine:
        for line in (1, 2):
            quarantine.add(Refused("posts.ndjson", line, HOSTILE, f'{{"id": "{HOSTILE}"}}'))
        quarantine.add(Refused("posts.ndjson", 3, "id is missing", "x" * 5000))
    with serving(home) as running:
        yield running


@pytest.fixture
def person(house: Served) -> Person:
    house.client.cookies[COOKIE] = Users(house.home, QUICK).sign_in("::1", "ada", WORD, house.clock().wall)
    return Person(house)


def seen(text: str) -> str:
    """A page without its tags, as it is read."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


# Who gets in.


def test_without_users_it_says_how_to_make_one(served: Served) -> None:
    text = served.client.get("/console").text
    assert "trendwire users add NAME" in text
    assert "<form" not in text
    assert Person(served).sign_in().status_code == 401


def test_every_page_needs_a_session(house: Served) -> None:
    for path in [path for path, _ in PAGES] + ["/nowhere"]:
        path = "/console" + path.replace("{number:int}", "1").replace("{name}", "x")
        answer = house.client.get(path, params={"a": "b"}, follow_redirects=False)
        target = urlsplit(answer.headers["location"])
        assert (answer.status_code, target.path) == (303, "/console/sign-in")
        assert parse_qs(target.query)["next"][0].split("?")[0] in (path, "/console")


def test_every_form_needs_a_session(house: Served) -> None:
    before = [house.do(ListKeys()), house.do(ListAccounts()), house.do(ListEntries())]
    for path, _, _ in FORMS:
        path = "/console" + path.replace("{number:int}", "1")
        told = {"csrf": "", "account": "x", "name": "x", "credits": "5"}
        answer = house.client.post(path, data=told, headers=HERE, follow_redirects=False)
        assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/console/sign-in")
    assert before == [house.do(ListKeys()), house.do(ListAccounts()), house.do(ListEntries())]


def test_signing_in_leads_where_one_wanted_to_go(house: Served) -> None:
    answer = Person(house).sign_in(next="/console/ledger?kind=grant")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/ledger?kind=grant")
    again = house.client.get("/console/sign-in?next=/console/keys", follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, "/console/keys")


@pytest.mark.parametrize(
    "aim",
    [
        "https://evil.example/console",
        "//evil.example/console",
        "/\\evil.example",
        "/console//evil.example",
        "/console/../api",
        "/console\r\nset-cookie: a=b",
        "/console/sign-in?next=/console",
        "javascript:alert(1)",
        "",
    ],
)
def test_nobody_is_sent_elsewhere(aim: str) -> None:
    assert local(aim) == "/console"


def test_the_cookie_is_for_this_site_alone(house: Served) -> None:
    cookie = Person(house).sign_in().headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "samesite=strict", "path=/"}


def test_over_https_the_cookie_is_secure(demo_home: Path, tmp_path: Path) -> None:
    home = linked(demo_home, tmp_path / "home")
    Users(home).add("ada", WORD, 1)
    told = {"name": "ada", "password": WORD}
    headers = HERE | {"x-forwarded-proto": "https"}
    with serving(home, trusted_proxies="192.0.2.0/24") as running:
        cookies = []
        for peer in ("192.0.2.9", "198.51.100.1"):
            browser = TestClient(running.service.site, client=(peer, 1), follow_redirects=False)
            cookies.append(browser.post("/console/sign-in", data=told, headers=headers).headers["set-cookie"])
    assert cookies[0].startswith(f"{SECURE_COOKIE}=")
    assert "secure" in cookies[0].lower()
    assert "secure" not in cookies[1].lower()


def test_each_sign_in_has_a_new_session_and_ends_the_one_before(person: Person) -> None:
    before = person.client.cookies[COOKIE]
    cookie = person.sign_in().headers["set-cookie"]
    assert before not in cookie
    person.client.cookies.clear()
    person.client.cookies[COOKIE] = before
    person.see("", 303)


def test_a_wrong_password_and_a_wrong_name_look_the_same(house: Served) -> None:
    wrong = Person(house).sign_in(password="not this one")
    nobody = Person(house).sign_in(name="nobody")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text == nobody.text
    assert "do not fit together" in seen(wrong.text)
    assert "set-cookie" not in wrong.headers


def test_guessing_is_slowed_down_in_plain_words(house: Served) -> None:
    somebody = Person(house)
    for _ in range(SLOWINGS[2].free):
        assert somebody.sign_in(password="not this one").status_code == 401
    slowed = somebody.sign_in()
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "1")
    assert "Try again in 1 second." in seen(slowed.text)
    house.clock.seconds += 1
    assert somebody.sign_in().status_code == 303


def test_a_session_ends_when_it_is_idle(person: Person) -> None:
    person.see("")
    person.served.clock.seconds += IDLE_MS / 1000
    person.see("", 303)


def test_signing_out_ends_the_session(person: Person) -> None:
    token = person.client.cookies[COOKIE]
    answer = person.send("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in")
    assert f'{COOKIE}=""; expires=' in answer.headers["set-cookie"]
    person.client.cookies.clear()
    person.client.cookies[COOKIE] = token
    person.see("", 303)


def test_a_removed_user_is_out_at_once(person: Person) -> None:
    Users(person.served.home).remove("ada")
    person.see("", 303)


def test_damaged_users_are_said_to_be_so(person: Person) -> None:
    path = Users(person.served.home).path
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
    path.write_bytes(b"not a database" * 1000)
    for answer in (person.client.get("/console"), person.sign_in()):
        assert answer.status_code == 500
        assert "damaged" in seen(answer.text)
        assert str(path) not in answer.text


# Forms are safe.


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://testserver:81"},
    ],
)
def test_forms_of_other_sites_are_not_taken(person: Person, headers: dict[str, str]) -> None:
    answer = person.send("/accounts", headers=headers, name="bob")
    assert answer.status_code == 403
    assert [one.name for one in person.served.do(ListAccounts())] == ["test"]
    told = {"name": "ada", "password": WORD}
    assert person.client.post("/console/sign-in", data=told, headers=headers).status_code == 403


def test_forms_of_this_site_are_taken_by_their_origin_too(person: Person) -> None:
    answer = person.send("/accounts", headers={"origin": "http://testserver"}, name="bob")
    assert answer.status_code == 303


@pytest.mark.parametrize("csrf", ["", "x", "é"])
def test_a_form_without_the_token_of_its_session_is_not_taken(person: Person, csrf: str) -> None:
    assert person.send("/accounts", csrf=csrf, name="bob").status_code == 403
    assert [one.name for one in person.served.do(ListAccounts())] == ["test"]


def test_a_form_has_bounds(person: Person) -> None:
    assert person.send("/accounts", name="x" * MOST_BODY).status_code == 400
    many = "&".join(f"a{n}=1" for n in range(300))
    answer = person.client.post("/console/accounts", content=many, headers=HERE)
    assert answer.status_code == 400


def test_pages_are_kept_by_nobody_and_may_load_nothing(person: Person) -> None:
    pages = ["", "/accounts", "/keys/new", "/ledger", "/nowhere"]
    for answer in [person.client.get(f"/console{path}") for path in pages]:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == PAGE_POLICY
        assert answer.headers["referrer-policy"] == "same-origin"
        assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", answer.text)
    assert person.client.get("/console/nowhere").status_code == 404
    assert person.client.get("/console/keys/99").status_code == 404


# Keys.


def test_a_key_is_shown_once_and_works_as_asked(person: Person) -> None:
    fields: dict[str, Any] = {
        "account": "bob",
        "credits": "50",
        "qps": "3",
        "monthly_cap": "20",
        "endpoints": ["keyapi_trending_hashtags"],
        "addresses": "192.0.2.0/24\n2001:db8::/32, 198.51.100.1",
        "expires": "2025-10-02",
    }
    answer = person.send("/keys/new", **fields)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    (text,) = set(KEY.findall(answer.text))
    made = person.served.do(ListKeys())[-1]
    assert (made.account, made.balance, made.qps, made.monthly_cap) == ("bob", 50, 3, 20)
    assert made.endpoints == ("keyapi_trending_hashtags",)
    assert made.addresses == ("192.0.2.0/24", "2001:db8::/32", "198.51.100.1/32")
    assert day_of((made.expires_at or 0) - 1).isoformat() == "2025-10-02"
    assert text.startswith(made.shown)
    for path in ("/keys", "/keys/2", "/accounts/2", "/ledger", "/requests", ""):
        assert not KEY.search(person.see(path))
    assert person.ask(key=text) == 403  # another network


def test_a_key_ends_after_its_last_day(person: Person) -> None:
    answer = person.send("/keys/new", account="test", qps="5", expires="2025-09-30")
    text = KEY.findall(answer.text)[0]
    assert person.ask(key=text) == 200
    person.served.clock.seconds += 86_400
    assert person.ask(key=text) == 200
    person.served.clock.seconds += 12 * 3600
    assert person.ask(key=text) == 401


def test_a_test_key_costs_nothing(person: Person) -> None:
    answer = person.send("/keys/new", account="bob", qps="5", mode="test")
    text = KEY.findall(answer.text)[0]
    assert text.startswith("sk_test_")
    assert person.ask(key=text) == 200


def test_a_key_is_replaced_with_an_overlap(person: Person) -> None:
    assert KEY.search(person.see("/keys/1/rotate")) is None
    answer = person.send("/keys/1/rotate", overlap="3600", expires="2026-01-31")
    assert answer.status_code == 201
    text = KEY.findall(answer.text)[0]
    assert (person.ask(), person.ask(key=text)) == (200, 200)
    assert day_of((person.served.do(ListKeys())[1].expires_at or 0) - 1).isoformat() == "2026-01-31"
    person.served.clock.seconds += 3600
    assert (person.ask(), person.ask(key=text)) == (401, 200)


def test_a_key_is_revoked_after_a_question(person: Person) -> None:
    assert "Revoke key 1" in seen(person.see("/keys/1/revoke"))
    assert person.ask() == 200
    text = person.done("/keys/1/revoke")
    assert "its next request is refused" in seen(text)
    assert person.ask() == 401
    assert "This key is over" in seen(person.see("/keys/1"))


def test_limits_are_changed_and_lifted(person: Person) -> None:
    person.done("/keys/1", qps="7", monthly_cap="9", endpoints="keyapi_trending_music", addresses="192.0.2.1")
    (key,) = person.served.do(ListKeys())
    assert (key.qps, key.monthly_cap, key.endpoints) == (7, 9, ("keyapi_trending_music",))
    person.done("/keys/1", qps="8")
    (key,) = person.served.do(ListKeys())
    assert (key.qps, key.monthly_cap, key.endpoints, key.addresses) == (8, None, (), ())


def test_keys_are_found(person: Person) -> None:
    person.served.create_key(name="Berta")
    person.done("/keys/1/revoke")

    def found(query: str) -> list[str]:
        return re.findall(r">Key (\d+)</a>", person.see(f"/keys?{query}"))

    assert found("") == ["2", "1"]
    assert found("q=bert") == ["2"]
    assert found(f"q={person.served.key[:12]}") == ["1"]
    assert found("state=active") == ["2"]
    assert found("state=ended") == ["1"]
    assert "No key fits" in person.see("/keys?q=nobody")
    assert person.served.key not in person.see(f"/keys?q={person.served.key}")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"account": ""}, "account is required"),
        ({"qps": "0"}, "qps must be a whole number from 1"),
        ({"qps": "many"}, "qps must be a whole number"),
        ({"addresses": "here"}, "addresses must be addresses"),
        ({"endpoints": "nothing"}, "endpoints does not know"),
        ({"expires": "2025-09-01"}, "expires_at must be a moment to come"),
        ({"expires": "soon"}, "expires must be a day"),
        ({"mode": "free"}, "mode must be live or test"),
    ],
)
def test_what_is_not_accepted_is_said_and_the_form_is_kept(
    person: Person, fields: dict[str, str], words: str
) -> None:
    told: dict[str, Any] = {"account": "bob", "qps": "4", "monthly_cap": "77"} | fields
    answer = person.send("/keys/new", **told)
    assert answer.status_code == 400
    assert words.casefold() in seen(answer.text).casefold()
    assert 'value="77"' in answer.text
    assert len(person.served.do(ListKeys())) == 1


# Accounts.


def test_an_account_from_its_opening_to_a_grant(person: Person) -> None:
    assert "10,000 a month" in seen(person.done("/plans", plan_name="basic", monthly_credits="10000"))
    assert "The account is open" in person.done("/accounts", name="bob", plan="basic", credits="5")
    assert "The credits are granted" in person.done("/accounts/2/grants", credits="7", note="invoice 17")
    assert "invoice 17" in person.see("/ledger?account=bob")
    person.done("/accounts/2/plan", plan="")
    bob = person.served.do(ListAccounts())[1]
    assert (bob.name, bob.plan, bob.balance) == ("bob", None, 10_007)
    taken = person.send("/accounts", name="bob")
    assert taken.status_code == 409
    assert "There is an account" in seen(taken.text)
    assert person.send("/accounts/2/grants", credits="-1").status_code == 400
    assert person.send("/accounts/9/grants", credits="1").status_code == 404


# What happened.


def test_the_ledger_is_filtered_and_paged(person: Person) -> None:
    for number in range(ROWS + 5):
        person.served.do(GrantCredits(account="test", credits=number + 1, note=f"note {number}"))
    text = person.see("/ledger?kind=grant&account=test")
    assert len(re.findall(r"note \d+", text)) == ROWS
    older = re.search(r'href="([^"]+)" rel="next"', text)
    assert older
    rest = person.see(unescape(older[1]).removeprefix("/console"))
    assert len(re.findall(r"note \d+", rest)) == 5
    assert "kind=grant" in older[1]
    assert "No rows" in person.see("/ledger?since=2025-10-01")
    assert "Key must be a whole number" in seen(person.see("/ledger?key=x", 400))
    assert "Account not found" in seen(person.see("/ledger?account=nobody", 404))


def test_requests_are_found_and_replayed_without_a_key(person: Person) -> None:
    person.ask(region="US", period=7)
    person.ask(f"{CHART}?api_key={person.served.key}&page=2")
    person.ask("/nowhere")
    text = unescape(person.see("/requests?key=1"))
    links = re.findall(r'href="(/playground[^"]+)"', text)
    asked = [parse_qs(urlsplit(link).query) for link in links]
    assert {"endpoint": ["keyapi_trending_hashtags"], "region": ["US"], "period": ["7"]} in asked
    assert {"endpoint": ["keyapi_trending_hashtags"], "page": ["2"]} in asked
    assert person.served.key not in text
    assert "/nowhere" not in person.see("/requests?status=2")
    person.ask(period=9)
    assert '<a href="/console/keys/1">1</a>' in person.see("/requests?status=400")
    assert "No requests" in person.see("/requests?endpoint=keyapi_trending_music")


def test_a_replay_takes_the_path_along_and_nothing_strange() -> None:
    def again(target: str) -> str | None:
        row = LoggedRequest(
            id=1,
            at=1,
            request_id="r",
            key_id=None,
            account_id=None,
            endpoint="",
            method="GET",
            target=target,
            status=200,
            cost=0,
            ms=1.0,
            address="::1",
        )
        return replay(row)

    assert again("/favicon.ico?period=7") is None
    found = again(f"{CHART}?period=30&made=up&region=sk_[redacted]")
    assert found == "/playground?endpoint=keyapi_trending_hashtags&period=30"


def test_usage_is_drawn_and_tabled(person: Person) -> None:
    for _ in range(3):
        person.ask()
    text = person.see("/usage")
    assert text.count("<svg") >= 4  # the site's own, days, keys, endpoints
    assert text.count("</desc>") == 3
    assert "Calls by day: 3, most on 2025-09-29 (3)" in seen(text)
    assert "keyapi_trending_hashtags" in seen(text)
    assert "Credits by day: 6" in seen(person.see("/usage?measure=credits"))
    assert "Calls by day: 0" in seen(person.see("/usage?until=2025-09-01"))
    assert "at most 366 days" in seen(person.see("/usage?since=2020-01-01", 400))


def test_bars_stand_where_their_numbers_say() -> None:
    first, last = day_of(0), day_of(86_400_000 * 2)
    chart = days_chart([("1970-01-02", 2), ("1970-01-03", 3), ("1970-01-02", 4)], first, last)
    assert [(bar.number, bar.size) for bar in chart.bars] == [(0, 0), (6, HEIGHT), (3, HEIGHT / 2)]
    assert chart.total == 9
    assert chart.peak is chart.bars[1]
    assert names_chart([]).peak is None
    many = names_chart([(f"name {n} {'x' * 50}", n + 1) for n in range(20)])
    assert (len(many.bars), many.rest, many.total) == (12, 8, 210)
    assert [bar.number for bar in many.bars] == list(range(20, 8, -1))


# What came in, what is served.


def test_refused_rows_are_shown_as_text(person: Person) -> None:
    assert "20250929T120000" in person.see("/ingests")
    text = person.see("/quarantine/20250929T120000")
    assert HOSTILE not in text
    assert HOSTILE in unescape(text)
    assert "3 rows" in seen(text)
    assert "x" * 2001 not in text
    alone = person.see("/quarantine/20250929T120000?reason=id+is+missing")
    assert alone.count("<article") == 1
    person.see("/quarantine/nothing", 404)
    person.see("/quarantine/..%2F..%2Fcatalog", 404)


def test_the_last_ingest_and_the_current_edition_are_told(person: Person) -> None:
    text = seen(person.see(""))
    assert f"Edition {DAYS} , as of 2025-09-28" in text
    assert "Last ingest 2025-09-29 12:00 UTC" in text
    assert "Refused rows 3" in text
    assert "simulator" in person.see("/ingests") or "world" in person.see("/ingests")


def test_editions_and_what_changed(person: Person) -> None:
    listed = seen(person.see("/editions"))
    assert f"Edition {DAYS} 2025-09-28" in listed
    assert listed.count("no longer kept") == DAYS - KEPT
    text = seen(person.see("/editions/changes"))
    assert f"From edition {DAYS - 1}" in text
    assert f"to edition {DAYS}" in text
    same = seen(person.see(f"/editions/changes?before={DAYS}&after={DAYS}"))
    assert "0 entered, 0 left, 0 moved" in same.replace(" ,", ",")
    creators = seen(person.see("/editions/changes?kind=creator&period=30"))
    assert "creator/30/ALL/0" in creators
    assert "no longer kept" in seen(person.see("/editions/changes?before=1", 410))
    assert "Period must be one of" in seen(person.see("/editions/changes?period=8", 400))
    assert "Kind must be one of" in seen(person.see("/editions/changes?kind=x", 400))


def test_an_edition_that_is_held_is_said_to_be_current(person: Person) -> None:
    hold(person.served.home, DAYS - 1, NOON_AFTER)
    listed = seen(person.see("/editions"))
    assert listed.count(" current ") == 2  # one of them in the caption
    assert f"current held since {NOON_AFTER:%Y-%m-%d %H:%M}" in listed
    assert f"Edition {DAYS - 1} , as of" in seen(person.see(""))


# Sources.

SOURCES = """\
[sources.saved]
kind = "files"
folder = "saved"
every = "6h"
"""


@pytest.fixture
def runs(person: Person) -> Runs:
    """Of a home with a source that failed two days ago, in words that are not nice."""
    home = person.served.home
    (home / "trendwire.toml").write_text(SOURCES)
    begun = NOON_AFTER - timedelta(days=2)
    run = Run(
        source="saved", started=ms(begun), ended=ms(begun) + 1500, ending=Ending.FAILED, message=HOSTILE
    )
    runs = Runs(home)
    runs.end(runs.begin("saved", begun), run)
    return runs


def test_sources_and_their_runs_are_told(person: Person, runs: Runs) -> None:
    for path in ("/sources", "/sources/saved"):
        text = person.see(path)
        assert HOSTILE not in text
        assert HOSTILE in unescape(text)
        assert "stale" in seen(text)
        assert "due now" in seen(text)
        assert "No trendwire run is at work" in seen(text)
    person.see("/sources/nobody", 404)
    runs.begin("of-old", NOON_AFTER)
    assert "no longer in trendwire.toml" in seen(person.see("/sources/of-old"))


def test_a_source_is_paused_and_resumed(person: Person, runs: Runs) -> None:
    text = person.done("/sources/saved/pause", **{"from": "list"})
    assert "The source is paused" in text
    assert runs.kept("saved").paused
    assert "/sources/saved/resume" in text
    assert "by its schedule again" in person.done("/sources/saved/resume")
    assert not runs.kept("saved").paused
    refused = person.send("/sources/nobody/pause")
    assert (refused.status_code, "Source not found" in seen(refused.text)) == (404, True)
    assert person.send("/sources/saved/pause", csrf="x").status_code == 403
    assert not runs.kept("saved").paused


def test_a_run_is_asked_for(person: Person, runs: Runs) -> None:
    text = seen(person.done("/sources/saved/run", **{"from": "list"}))
    assert "That is noted, but no trendwire run is at work on this home" in text
    assert "run asked for" in text
    assert runs.wished("saved") == ms(NOON_AFTER)
    with exclusive(person.served.home / LOCK, "running"):
        text = seen(person.done("/sources/saved/run"))
    assert "The source is collected within seconds" in text
    assert "No trendwire run" not in text
    assert len(runs.latest("saved", 9)) == 1


def test_what_is_stale_stands_on_the_first_page(person: Person) -> None:
    assert "What is stale Nothing: what is served" in seen(person.see(""))
    (person.served.home / "trendwire.toml").write_text(SOURCES)
    assert "What is stale Nothing" in seen(person.see(""))
    Runs(person.served.home).begin("saved", NOON_AFTER - timedelta(days=3))
    text = seen(person.see(""))
    assert "Source saved : it never had a success; its schedule is 6h" in text


def test_an_old_edition_and_old_markets_stand_there_too(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Provenance(method="recorded", transformation="1", stale=("the newest chart ends 9 days before",))
    edition = Editions(person.served.home).current()
    monkeypatch.setattr(edition, "provenance", {f"R{n}": old for n in range(10)})
    monkeypatch.setattr(Editions, "current", lambda _self: edition)
    person.served.clock.seconds = 2 * 86_400
    assert person.sign_in().status_code == 303
    text = seen(person.see(""))
    assert f"Edition {DAYS} : its last day, 2025-09-28, is 3 days ago" in text
    assert "Markets R0, R1, R2, R3, R4, R5, R6, R7 and 2 more: the newest chart ends" in text


@pytest.mark.parametrize("text", ["[sources", '[sources.saved]\nkind = "x"', "sources = 1"])
def test_a_wrong_configuration_is_said_in_words(person: Person, runs: Runs, text: str) -> None:
    (person.served.home / "trendwire.toml").write_text(text)
    for path in ("/sources", "/sources/saved", ""):
        page = seen(person.see(path))
        assert "trendwire.toml" in page
        assert str(person.served.home) not in page
    assert "2025-09-27 12:00" in person.see("/sources/saved")
    assert person.send("/sources/saved/pause").status_code == 503
    assert not runs.kept("saved").paused


def test_without_sources_it_says_how_to_add_one(person: Person) -> None:
    text = seen(person.see("/sources"))
    assert "No source is configured. Write trendwire.toml into the home" in text
    example = re.search(r"<code>(\[sources.*?)</code>", person.see("/sources"), re.DOTALL)
    assert example
    (person.served.home / "trendwire.toml").write_text(unescape(example[1]))
    assert "1 source of trendwire.toml" in seen(person.see("/sources"))


def test_how_long_ago_is_said_in_large_units() -> None:
    assert [ago(n) for n in (0, 119, 120, 7199, 7200, 172_800)] == [
        "just now",
        "just now",
        "2 min ago",
        "119 min ago",
        "2 h ago",
        "2 d ago",
    ]


def test_a_house_without_anything_has_a_console_too(tmp_path: Path) -> None:
    Users(tmp_path, QUICK).add("ada", WORD, 1)
    with serving(tmp_path) as running:
        somebody = Person(running)
        assert somebody.sign_in().status_code == 303
        for path, _ in PAGES:
            if "{" not in path:
                assert somebody.client.get(f"/console{path}").status_code in (200, 503), path


def test_hostile_names_arrive_as_text(person: Person) -> None:
    person.served.create_key(name=HOSTILE)
    person.done("/plans", plan_name=HOSTILE, monthly_credits="1")
    person.ask(f"{CHART}?region={HOSTILE}")
    for path in ("", "/accounts", "/accounts/2", "/keys", "/keys/2", "/ledger", "/usage", "/requests"):
        text = person.see(path)
        assert "<script>alert" not in text
    assert HOSTILE in unescape(person.see("/keys"))
    for path in ("/keys?q=", "/ledger?account=", "/requests?id=", "/editions/changes?region="):
        answer = person.client.get("/console" + path + HOSTILE.replace("&", "%26"))
        assert "<script>alert" not in answer.text


def test_the_admin_api_has_all_that_the_console_shows(demo_home: Path, tmp_path: Path) -> None:
    secret = "an-admin-key-of-24-chars"
    headers = {"authorization": f"Bearer {secret}"}
    home = linked(demo_home, tmp_path / "home")
    with Quarantine(home, "monday") as quarantine:
        for line in range(1, 6):
            quarantine.add(Refused("posts.ndjson", line, "id is missing", "{}"))
    with serving(home, admin_key=secret) as running:

        def told(path: str, status: int = 200) -> Any:
            answer = running.client.get(f"/admin/v1{path}", headers=headers)
            assert answer.status_code == status, answer.text
            return msgspec.json.decode(answer.content)

        assert [one["number"] for one in told("/editions?limit=2")["rows"]] == [DAYS, DAYS - 1]
        assert [one["number"] for one in told("/editions?before=2")["rows"]] == [1]
        change = told("/editions/changes?kind=sound&period=30")
        assert change["chart"] == "sound/30/ALL/0"
        both = change["rows_after"] - len(change["entered"])
        assert both == change["rows_before"] - len(change["left"]) == change["stayed"] + len(change["moved"])
        assert told("/editions/changes?before=1", 410)["error"]["code"] == "gone"
        hold(home, DAYS - 1, NOON_AFTER)
        assert [one["current"] for one in told("/editions?limit=2")["rows"]] == [False, True]
        assert told("/ingests")["rows"][0]["sources"] == ["world"]
        (refusals,) = told("/quarantine")["rows"]
        assert refusals["reasons"] == [["id is missing", 5]]
        one = told("/quarantine/monday?limit=3")
        assert one["refusals"] == refusals
        assert len(one["samples"]) == 3
        told("/quarantine/nothing", 404)
        told("/quarantine?limit=0", 400)
    assert len(OPERATIONS) == 5
