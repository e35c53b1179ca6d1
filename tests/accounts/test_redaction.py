"""No key gets through the redaction, however it is encoded or cut into pieces."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendwire.accounts.credential import mint
from trendwire.accounts.redaction import REDACTED, redacted

LIVE = mint()
SECRET = LIVE[len("sk_live_") :]


def encoded(text: str, every: bool, upper: bool) -> str:
    """Percent-encoded once: every character, or those which stand out in a key."""
    form = "%%%02X" if upper else "%%%02x"
    return "".join(form % ord(c) if every or c in "sk_%" else c for c in text)


def bare(text: str) -> str:
    """Decoded until nothing changes."""
    while (plain := unquote(text)) != text:
        text = plain
    return text


@given(
    levels=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=5), before=st.text(), after=st.text()
)
def test_a_key_is_found_however_often_it_was_encoded(
    levels: list[tuple[bool, bool]], before: str, after: str
) -> None:
    text = LIVE
    for every, upper in levels:
        text = encoded(text, every, upper)
    clean = redacted(f"{before} {text} {after}")
    assert SECRET not in bare(clean)
    assert REDACTED in clean


@pytest.mark.parametrize("times", [1, 2, 3, 4, 5, 10, 40, 1000])
def test_a_percent_sign_encoded_again_and_again_hides_nothing(times: int) -> None:
    assert redacted(f"/v1?q=%{'25' * times}73{LIVE[1:]}") == f"/v1?q={REDACTED}"


def test_what_is_encoded_deeper_than_can_be_told_is_not_shown() -> None:
    text = "%7" + "%" * 60 + "3" * 61
    assert bare(text) == "s"
    assert redacted(f"/v1?q={text}{LIVE[1:]}") == REDACTED


@pytest.mark.parametrize(
    "target",
    [
        "/v1?a={0}&b={1}",
        "/v1?a={0}&b={1}&c=x",
        "/v1?x=1&a={0};b={1}",
        "/v1?a={0}&a={1}",
        "/v1?a={0}&a={1}&z={0}",
        "/v1/{0}/{1}",
        "/v1?{0}={1}",
        "/v1?a={0}%00{1}",
        "/v1?a={0}%252F{1}",
        "/v1?a={0}+{1}",
        "a={0}&b={1}",
        "Bearer {0}\n {1}",
        "/v1?a={0}&some%255Fname={1}",
    ],
)
@pytest.mark.parametrize("cut", [1, 3, 5, 8, 9, 20, 40])
def test_a_key_cut_in_two_is_found(target: str, cut: int) -> None:
    clean = redacted(target.format(LIVE[:cut], LIVE[cut:]))
    assert LIVE[max(cut, 8) :] not in bare(clean)
    assert REDACTED in clean


def test_a_key_cut_into_many_pieces_is_found() -> None:
    target = "/v1?" + "&".join(f"p{place}={letter}" for place, letter in enumerate(LIVE))
    assert redacted(target) == f"/v1?p0={REDACTED}"


@pytest.mark.parametrize(
    "text",
    [
        "/v1/tiktok/trending/hashtags?region=VN&period=7",
        "/v1?q=%2523tet%252B&x=100%25",
        "/v1?q=%zz%25%2",
        "sk_live",
        "desk_lamp",
        "/v1?a=sk&b=live&c=" + "0" * 38,
    ],
)
def test_what_is_no_key_stays_as_it_was(text: str) -> None:
    assert redacted(text) == text
