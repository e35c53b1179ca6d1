"""A key with one slip is refused without a look-up, and what is stored of it reveals nothing."""

import string

from hypothesis import given
from hypothesis import strategies as st

from trendwire.accounts import credential

ALPHABET = string.digits + string.ascii_letters
bodies = st.text(ALPHABET, min_size=32, max_size=32)
keys = bodies.map(lambda body: f"sk_live_{body}" + credential.checksum(f"sk_live_{body}"))


@given(keys)
def test_a_key_has_the_published_shape(text: str) -> None:
    assert credential.is_well_formed(text)
    assert len(text) == 46
    assert set(text.removeprefix("sk_live_")) <= set(ALPHABET)


@given(keys, st.integers(0, 45), st.characters())
def test_one_changed_character_is_refused(text: str, place: int, other: str) -> None:
    changed = text[:place] + other + text[place + 1 :]
    assert credential.is_well_formed(changed) == (changed == text)


@given(keys, st.integers(0, 44))
def test_two_swapped_neighbours_are_refused(text: str, place: int) -> None:
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert credential.is_well_formed(swapped) == (swapped == text)


@given(st.one_of(st.text(), st.text(ALPHABET, min_size=38, max_size=38).map("sk_live_".__add__)))
def test_other_texts_are_refused_and_never_crash(text: str) -> None:
    if credential.is_well_formed(text):
        assert text.endswith(credential.checksum(text[:-6]))


@given(keys, st.sampled_from([" ", "\n", "\0", "a"]))
def test_nothing_may_stand_around_a_key(text: str, more: str) -> None:
    assert not credential.is_well_formed(text + more)
    assert not credential.is_well_formed(more + text)


def test_minted_keys_are_well_formed_and_differ() -> None:
    minted = {credential.mint() for _ in range(1000)}
    assert len(minted) == 1000
    assert all(map(credential.is_well_formed, minted))


@given(keys, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_the_digest_depends_on_the_secret(text: str, one: bytes, other: bytes) -> None:
    assert len(credential.digest(one, text)) == 32
    assert (credential.digest(one, text) == credential.digest(other, text)) == (one == other)


def test_the_checksum_is_the_documented_crc32() -> None:
    # CRC-32 (reflected, 0xEDB88320) bit by bit, then base62 by powers.
    crc = 0xFFFFFFFF
    for byte in b"sk_live_" + b"0" * 32:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    expected = "".join(digits[crc // 62**power % 62] for power in range(5, -1, -1))
    assert credential.checksum("sk_live_" + "0" * 32) == expected
