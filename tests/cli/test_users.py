"""The commands for users of the console: they print no password, and end what must end."""

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from trendwire.accounts.users import Users
from trendwire.errors import BadCredential

WORD, OTHER = "correct horse battery", "staple and more words"
AT = 1_760_000_000_000


def test_a_user_from_the_first_day_to_the_last(call: Call, tmp_path: Path) -> None:
    users = Users(tmp_path / "home")
    made = call("users", "add", "ada", "--password-stdin", stdin=f"{WORD}\nmore\n".encode())
    assert (made.code, made.out) == (0, "ada can sign in at /console\n")
    token = users.sign_in("::1", "ada", WORD, AT)
    (row,) = call("users", "list", "--json").json
    assert (row["name"], row["signed_in_at"]) == ("ada", "2025-10-09T08:53:20Z")
    assert "ada" in call("users", "list").out
    assert call("users", "password", "ada", "--password-stdin", stdin=OTHER.encode()).code == 0
    assert users.session(token, AT) is None
    with pytest.raises(BadCredential):
        users.sign_in("::1", "ada", WORD, AT)
    assert users.sign_in("::1", "ada", OTHER, AT)
    assert call("users", "remove", "ada").code == 0
    assert call("users", "list", "--json").json == []


def test_a_password_is_asked_for_twice_and_not_shown(call: Call, tmp_path: Path) -> None:
    told = call("users", "add", "ada", stdin=f"{WORD}\n{OTHER}\n{WORD}\n{WORD}\n".encode())
    assert told.code == 0
    assert told.out.count("The same again") == 2
    assert WORD not in told.out + told.err
    assert Users(tmp_path / "home").sign_in("::1", "ada", WORD, AT)


def test_what_can_not_be_is_said(call: Call) -> None:
    assert call("users", "add", "ada", "--password-stdin", stdin=b"short\n").code == 2
    assert call("users", "add", "", "--password-stdin", stdin=WORD.encode()).code == 2
    assert call("users", "list", "--json").json == []
    assert call("users", "remove", "ada").code == 1
    assert call("users", "password", "ada", "--password-stdin", stdin=WORD.encode()).code == 1
    call("users", "add", "ada", "--password-stdin", stdin=WORD.encode())
    assert call("users", "add", "ada", "--password-stdin", stdin=WORD.encode()).code == 1
