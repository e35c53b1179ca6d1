"""Keys are made, listed, revoked and found, and their text is told once."""

import pytest

from tests.accounts.moments import START
from trendwire.accounts import Store, credential, keys, ledger
from trendwire.errors import BadCredential, InvalidInput, NotFound


def test_a_key_is_found_by_its_text_alone(store: Store) -> None:
    new = keys.create(store, "ada", 10, 5, START)
    found = keys.find(store, new.text)
    assert (found.key_id, found.account_id, found.qps, found.balance) == (
        new.key.id,
        new.key.account_id,
        5,
        10,
    )
    with pytest.raises(BadCredential):
        keys.find(store, credential.mint())


def test_keys_of_one_name_share_one_account(store: Store) -> None:
    one = keys.create(store, "ada", 10, 5, START).key
    two = keys.create(store, "ada", 7, 9, START).key
    other = keys.create(store, "bob", 0, 1, START).key
    assert one.account_id == two.account_id != other.account_id
    assert [(key.id, key.name, key.balance, key.qps) for key in keys.listed(store)] == [
        (one.id, "ada", 17, 5),
        (two.id, "ada", 17, 9),
        (other.id, "bob", 0, 1),
    ]


def test_lists_show_the_start_and_the_moment(store: Store) -> None:
    new = keys.create(store, "ada", 10, 5, START)
    assert new.key.shown == new.text[:12]
    assert new.key.created_at == START
    assert new.key.revoked_at is None


def test_the_text_is_in_no_repr(store: Store) -> None:
    new = keys.create(store, "ada", 10, 5, START)
    assert new.text not in repr(new)
    assert new.text not in repr(keys.find(store, new.text))


def test_a_revoked_key_is_refused_and_stays_listed(store: Store) -> None:
    new = keys.create(store, "ada", 10, 5, START)
    revoked = keys.revoke(store, new.key.id, START)
    assert revoked.revoked_at == START
    assert keys.revoke(store, new.key.id, START.replace(year=2026)) == revoked
    with pytest.raises(BadCredential) as refused:
        keys.find(store, new.text)
    assert new.text not in str(refused.value.facts)
    assert keys.listed(store) == [revoked]


@pytest.mark.parametrize("key_id", [0, -1, 1, 2**63, 10**30])
def test_a_key_that_is_not_there_can_not_be_revoked(store: Store, key_id: int) -> None:
    with pytest.raises(NotFound):
        keys.revoke(store, key_id, START)


def test_refusals_tell_a_caller_nothing_about_the_key(store: Store) -> None:
    revoked = keys.create(store, "ada", 10, 5, START)
    keys.revoke(store, revoked.key.id, START)
    said = set()
    for text in (revoked.text, credential.mint(), "nonsense"):
        with pytest.raises(BadCredential) as refused:
            keys.find(store, text)
        said.add(refused.value.public)
    assert len(said) == 1


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "\x1b[31m", "\ud800"])
def test_a_bad_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        keys.create(store, name, 1, 1, START)
    assert refused.value.name == "name"
    assert keys.listed(store) == []


@pytest.mark.parametrize(
    ("name", "credits_", "qps"),
    [
        ("credits", -1, 1),
        ("credits", ledger.MAX_CREDITS + 1, 1),
        ("qps", 1, 0),
        ("qps", 1, keys.MAX_QPS + 1),
        ("qps", 1, 10**30),
    ],
)
def test_a_bad_number_is_refused(store: Store, name: str, credits_: int, qps: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        keys.create(store, "ada", credits_, qps, START)
    assert refused.value.name == name
    assert keys.listed(store) == []
