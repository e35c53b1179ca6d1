"""A hashtag has one identity however it is written, and an id that never meets a source's own."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendwire.domain.subjects import hashtag_identity, own_id


@pytest.mark.parametrize(
    ("raw", "identity"),
    [
        ("fyp", "fyp"),
        ("#FYP", "fyp"),
        (" # Fyp ", "fyp"),
        ("＃ｆｙｐ", "fyp"),
        ("Straße", "strasse"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("курск", "курск"),
        ("ام_سيف", "ام_سيف"),
        ("hungmusic💫", "hungmusic💫"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("a?b", "a?b"),
        ("e\u0301", "é"),
        ("@someone", None),
        ("#@someone", None),
        ("two words", None),
        ("#", None),
        ("", None),
        (" \u3000", None),
    ],
)
def test_identity(raw: str, identity: str | None) -> None:
    assert hashtag_identity(raw) == identity


@given(st.text(max_size=40))
def test_an_identity_is_its_own_identity_in_nfc(raw: str) -> None:
    identity = hashtag_identity(raw)
    if identity is not None:
        assert unicodedata.is_normalized("NFC", identity)
        assert not identity.startswith("@")
        assert not any(c.isspace() for c in identity)


@given(st.text(min_size=1, max_size=40))
def test_ids_of_ours_lie_above_every_snowflake(name: str) -> None:
    assert 1 << 63 <= int(own_id(name)) < 1 << 64


def test_ids_of_ours_are_stable() -> None:
    assert own_id("fyp") == "9756547475669143018"
