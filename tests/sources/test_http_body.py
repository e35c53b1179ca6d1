"""What a source sends back is read within limits, and secrets are found in every spelling."""

import gzip
import random
import zlib

import pytest
from structlog.testing import capture_logs

from tests.sources.asking import CALL, client, refused
from tests.sources.misbehaving import (
    answer,
    misbehaving,
    packed,
)
from trendwire.sources.http import Limits
from trendwire.sources.http_body import Redaction, quoted


def test_gzip_is_unpacked() -> None:
    with misbehaving(packed(b'{"ok":[' + b"1," * 300_000 + b"1]}")) as source, client(source) as fetch:
        assert len(fetch(CALL)["ok"]) == 300_001
    assert source.asked[0].headers["Accept-Encoding"] == "gzip"


def test_a_bomb_is_cut_off_early() -> None:
    bomb = gzip.compress(b" " * (100 << 20), 9)
    step = answer(body=bomb, Content_Encoding="gzip")
    with misbehaving(step) as source, client(source) as fetch, capture_logs() as lines:
        error = refused(fetch)
    assert error.public == "the source's reply is packed to less than a 100th: it is not read"
    assert lines[0]["bytes"] < 20 << 20
    assert len(source.asked) == 1


@pytest.mark.parametrize("pack", [False, True], ids=["plain", "packed"])
def test_a_reply_that_is_too_large_is_not_read_to_its_end(pack: bool) -> None:
    body = random.Random(1).randbytes(3 << 20)
    step = packed(body) if pack else answer(body=body)
    limits = Limits(allow_private=True, body=2 << 20)
    with misbehaving(step) as source, client(source, limits=limits) as fetch:
        assert refused(fetch).public == "the source's reply is larger than 2 MB"


def test_what_follows_a_packed_body_is_not_kept() -> None:
    tail = b"x" * (3 << 20)
    step = answer(body=gzip.compress(b"[1]") + tail, Content_Encoding="gzip")
    with misbehaving(step) as source, client(source) as fetch:
        assert fetch(CALL) == [1]
    limits = Limits(allow_private=True, body=2 << 20)
    with misbehaving(step) as source, client(source, limits=limits) as fetch:
        assert refused(fetch).public == "the source's reply is larger than 2 MB"


def test_a_stream_whose_output_ends_with_a_full_buffer_is_read_whole() -> None:
    body = b"[" + b" " * ((1 << 16) * 3 - 2) + b"]"
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    step = answer(body=squeeze.compress(body) + squeeze.flush(), Content_Encoding="gzip")
    with misbehaving(step) as source, client(source) as fetch:
        assert fetch(CALL) == []


def test_a_secret_is_hidden_before_a_quotation_is_cut() -> None:
    assert quoted(b"x" * 76 + b"s3cret", Redaction(["s3cret"])) == "x" * 76 + "***"


def test_a_secret_within_another_is_hidden_with_it() -> None:
    hide = Redaction(["abc", "abcdef", ""])
    assert hide("x abcdef abc ABC") == "x *** *** ***"
    assert Redaction(())("abc") == "abc"


@pytest.mark.parametrize("times", range(5))
def test_a_secret_is_hidden_however_often_it_was_encoded(times: int) -> None:
    text = secret = "s3/cr=t"
    for _ in range(times):
        text = "".join(f"%{ord(c):02x}" for c in text)
    clean = Redaction([secret])(f"https://source.test/?a=%2525&key={text}")
    assert clean.endswith("&key=***")
