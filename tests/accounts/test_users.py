"""Users of the console: what is kept of them, how long they are in, how fast a guesser may try."""

import hashlib
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher

from trendwire.accounts.passwords import Passwords
from trendwire.accounts.users import (
    IDLE_MS,
    OLDEST_MS,
    REMEMBERED_MS,
    SLOWINGS,
    Users,
)
from trendwire.errors import BadCredential, Conflict, InvalidInput, NotFound, NotReady, RateLimited

NOW = 1_760_000_000_000
WORD = "correct horse battery"
HERE = "192.0.2.1"

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Costs no time; one test uses the real parameters."""


@pytest.fixture
def users(tmp_path: Path) -> Users:
    made = Users(tmp_path / "home", Passwords(QUICK))
    made.add("ada", WORD, NOW)
    return made


def fail(users: Users, times: int, at: int = NOW, name: str = "ada", address: str = HERE) -> None:
    for _ in range(times):
        with pytest.raises(BadCredential):
            users.sign_in(address, name, "wrong", at)


def test_a_home_without_users_lets_nobody_in(tmp_path: Path) -> None:
    users = Users(tmp_path)
    assert not users.exist()
    assert users.list() == ()
    assert users.session("token", NOW) is None
    assert list(tmp_path.iterdir()) == []


def test_neither_password_nor_token_is_kept(users: Users) -> None:
    token = users.sign_in(HERE, "ada", WORD, NOW)
    kept = b"".join(path.read_bytes() for path in users.home.iterdir())
    assert token.encode() not in kept
    assert WORD.encode() not in kept
    assert hashlib.sha256(token.encode()).digest() in kept
    assert len(token) >= 43  # 32 bytes
    assert b"$argon2id$" in kept
    assert {stat.S_IMODE(path.stat().st_mode) for path in users.home.iterdir()} == {0o600}


def test_passwords_are_hashed_as_the_library_thinks_best() -> None:
    passwords = Passwords()
    stored = passwords.hashed(WORD)
    assert not PasswordHasher().check_needs_rehash(stored)
    assert passwords.fits(stored, WORD)
    assert not passwords.fits(stored, "wrong")
    assert not passwords.fits(None, "nobody has this password")


def test_an_unknown_name_costs_the_same_work(users: Users) -> None:
    tried: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            tried.append(str(hash))
            return super().verify(hash, password)

    counted = Users(users.home, Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1)))
    fail(counted, 1, name="ada")
    fail(counted, 1, name="nobody")
    known, unknown = tried
    assert known.rpartition("$")[0].split("$")[1:4] == unknown.rpartition("$")[0].split("$")[1:4]


def test_a_session_ends_by_idleness_age_or_sign_out(users: Users) -> None:
    token = users.sign_in(HERE, "ada", WORD, NOW)
    session = users.session(token, NOW + IDLE_MS - 1)
    assert session is not None
    assert session.user == "ada"
    at = NOW + IDLE_MS - 1
    while at + IDLE_MS - 1 < NOW + OLDEST_MS:
        at += IDLE_MS - 1
        assert users.session(token, at) == session
    assert users.session(token, NOW + OLDEST_MS) is None
    idle = users.sign_in(HERE, "ada", WORD, NOW)
    assert users.session(idle, NOW + IDLE_MS) is None
    other = users.sign_in(HERE, "ada", WORD, NOW)
    users.sign_out(other)
    assert users.session(other, NOW) is None
    assert users.session("x", NOW) is None


def test_each_sign_in_has_its_own_token(users: Users) -> None:
    tokens = [users.sign_in(HERE, "ada", WORD, NOW) for _ in range(3)]
    sessions = [users.session(token, NOW) for token in tokens]
    assert len(set(tokens)) == 3
    assert len({session.csrf for session in sessions if session}) == 3


@pytest.mark.parametrize("change", ["remove", "password"])
def test_a_new_password_or_a_removal_ends_all_sessions(users: Users, change: str) -> None:
    token = users.sign_in(HERE, "ada", WORD, NOW)
    if change == "remove":
        users.remove("ada")
    else:
        users.set_password("ada", "another long word")
    assert users.session(token, NOW) is None
    with pytest.raises(BadCredential):
        users.sign_in(HERE, "ada", WORD, NOW)


def test_guessing_is_slowed_down_more_and_more(users: Users) -> None:
    free = SLOWINGS[2].free
    fail(users, free)
    at, waits = NOW, []
    for _ in range(4):
        with pytest.raises(RateLimited) as slowed:
            users.sign_in(HERE, "ada", WORD, at)
        waits.append(slowed.value.retry_after)
        at += int(slowed.value.retry_after * 1000)
        fail(users, 1, at)
    assert waits == [1, 2, 4, 8]
    assert users.sign_in("198.51.100.7", "ada", WORD, at)  # another address is not held up by this one
    users.sign_in(HERE, "ada", WORD, at + 16_000)
    fail(users, free, at + 16_000)


def test_one_address_is_slowed_down_over_all_names(users: Users) -> None:
    for number in range(SLOWINGS[0].free):
        fail(users, 1, name=f"name {number}")
    with pytest.raises(RateLimited):
        users.sign_in(HERE, "ada", WORD, NOW)
    assert users.sign_in(HERE, "ada", WORD, NOW + REMEMBERED_MS)


def test_a_stranger_holds_up_an_owner_for_a_minute_at_most(users: Users) -> None:
    at, waits = NOW, [0.0]
    for number in range(60):
        try:
            users.sign_in(f"198.51.100.{number}", "ada", "wrong", at)
        except BadCredential:
            continue
        except RateLimited as slowed:
            waits.append(slowed.retry_after)
            at += int(slowed.retry_after * 1000)
    assert max(waits) == SLOWINGS[1].longest
    assert users.sign_in(HERE, "ada", WORD, at + SLOWINGS[1].longest * 1000)


def test_tries_at_one_moment_do_not_pass_as_one(users: Users) -> None:
    def guess(_number: int) -> type[Exception]:
        try:
            users.sign_in(HERE, "ada", "wrong", NOW)
        except (BadCredential, RateLimited) as error:
            return type(error)
        raise AssertionError

    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(guess, range(32)))
    assert outcomes.count(BadCredential) == SLOWINGS[2].free


def test_tries_are_forgotten(users: Users) -> None:
    fail(users, 3)
    fail(users, 1, NOW + REMEMBERED_MS + 1)
    with sqlite3.connect(users.path) as db:
        assert db.execute("SELECT count(*) FROM attempt").fetchone() == (1,)
    db.close()


def test_old_hashes_are_made_anew(users: Users) -> None:
    better = Users(users.home, Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)))
    token = better.sign_in(HERE, "ada", WORD, NOW)
    assert better.session(token, NOW) is not None
    with sqlite3.connect(users.path) as db:
        assert "t=2" in db.execute("SELECT password FROM user").fetchone()[0]
    db.close()


def test_what_can_not_be_is_said(users: Users, tmp_path: Path) -> None:
    with pytest.raises(Conflict):
        users.add("ada", WORD, NOW)
    with pytest.raises(InvalidInput, match="password must have"):
        users.add("bob", "short", NOW)
    with pytest.raises(InvalidInput):
        users.add("\n", WORD, NOW)
    with pytest.raises(NotFound):
        users.remove("bob")
    with pytest.raises(NotFound):
        Users(tmp_path / "other").set_password("ada", WORD)
    assert [one.name for one in users.list()] == ["ada"]


def test_users_of_a_later_program_are_left_alone(users: Users) -> None:
    with sqlite3.connect(users.path) as db:
        db.execute("PRAGMA user_version = 2")
    db.close()
    with pytest.raises(NotReady):
        users.list()
