"""Keys on the command line: shown once, listed without their text, named by id or by their beginning."""

import pytest

from tests.cli.conftest import Call
from trendwire.accounts.credential import is_well_formed


def test_a_key_is_shown_once_and_never_listed(call: Call) -> None:
    made = call("keys", "create", "--name", "ada", "--credits", 500, "--qps", 7, "--json").json
    assert is_well_formed(made["key"])
    listed = call("keys", "list", "--json")
    assert [(row["name"], row["credits"], row["qps"], row["calls"]) for row in listed.json] == [
        ("ada", 500, 7, 0)
    ]
    assert made["key"][12:] not in listed.out + call("keys", "list").out


def test_the_plain_form_begins_with_the_key(call: Call) -> None:
    assert is_well_formed(call("keys", "create", "--name", "ada").out.splitlines()[0])


def test_a_revoked_key_says_so(call: Call) -> None:
    call("keys", "create", "--name", "ada")
    assert call("keys", "revoke", 1).code == 0
    assert call("keys", "list", "--json").json[0]["revoked_at"] is not None
    assert "revoked" in call("keys", "list").out


def test_bad_values_are_usage_and_unknown_ids_fail(call: Call) -> None:
    assert call("keys", "create", "--name", "").code == 2
    assert call("keys", "create", "--name", "a", "--qps", 0).code == 2
    assert call("keys", "create", "--name", "a", "--credits", -1).code == 2
    assert call("keys", "create").code == 2
    assert call("keys", "revoke", 99).code == 1


def test_a_key_is_named_by_its_beginning(call: Call) -> None:
    live = call("keys", "create", "--name", "ada", "--json").json["key"]
    test = call("keys", "create", "--name", "bea", "--test", "--json").json["key"]
    assert call("keys", "change", "sk_l", "--qps", 3, "--json").json["id"] == 1
    assert call("keys", "change", live[:12], "--qps", 4, "--json").json["id"] == 1
    assert call("keys", "change", test[:12], "--qps", 4, "--json").json["id"] == 2
    assert call("usage", "--key", "sk_t", "--json").json == []
    assert call("requests", "--key", live[:12]).code == 0
    assert call("ledger", "--key", "sk_test", "--json").json == []
    rotated = call("keys", "rotate", "sk_t", "--overlap", 60)
    assert (rotated.code, "Key 2 works for 60 more seconds." in rotated.out) == (0, True)
    assert call("keys", "revoke", live[:10], "--json").json["id"] == 1


def test_a_whole_key_is_known_by_its_beginning_and_not_repeated(call: Call) -> None:
    text = call("keys", "create", "--name", "ada", "--json").json["key"]
    other = text[:8] + ("0000" if text[8:12] != "0000" else "1111") + text[12:]
    ended = call("keys", "revoke", other)
    assert (ended.code, text[12:] in ended.err) == (2, False)
    revoked = call("keys", "revoke", text)
    assert (revoked.code, text[12:] in revoked.out) == (0, False)


def test_a_beginning_of_several_keys_lists_them(call: Call) -> None:
    shown = [call("keys", "create", "--name", "ada", "--json").json["key"][:12] for _ in range(7)]
    call("keys", "revoke", 2)
    ended = call("keys", "revoke", "sk_live_")
    assert ended.code == 2
    assert f"{shown[0]} (id 1, ada), {shown[1]} (id 2, ada, revoked)" in ended.err
    assert "and 2 more" in ended.err
    assert [row["revoked_at"] is not None for row in call("keys", "list", "--json").json].count(True) == 1


@pytest.mark.parametrize("text", ["", "0", "sk_nope", "xyz", str(2**63)])
def test_a_beginning_of_no_key_says_so(call: Call, text: str) -> None:
    call("keys", "create", "--name", "ada")
    ended = call("keys", "revoke", text)
    assert ended.code == 2
    assert "KEY must be the id or the beginning of a key" in ended.err
