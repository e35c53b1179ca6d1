"""Keys on the command line: shown once, listed without their text, revoked by id."""

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
