"""Every form of a body, with any id spliced in, decodes to the same bytes; the one asked for is sent."""

import gzip
import json
import zlib

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendwire.facts.zstd import zstd
from trendwire.web.variants import IDENTITY, PREFERRED, Variants, negotiated

MARK = b"4f5e0d0c-1b2a-4c3d-8e4f-5a6b7c8d9e0f"

texts = st.text(max_size=300)
bodies = st.builds(
    lambda before, after: (json.dumps([before] * 3).encode(), json.dumps({"rows": [after] * 9}).encode()),
    texts,
    texts,
)
ids = st.text("0123456789abcdef-", min_size=len(MARK), max_size=len(MARK)).map(str.encode)


def decoded(encoding: str, sent: bytes) -> bytes:
    """By a decoder that is fed byte after byte, as from a slow network."""
    if encoding == IDENTITY:
        return sent
    if encoding == "br":
        unpacker = brotli.Decompressor()
        return b"".join(unpacker.process(sent[at : at + 1]) for at in range(len(sent)))
    if encoding == "gzip":
        stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        told = b"".join(stream.decompress(sent[at : at + 1]) for at in range(len(sent)))
        assert stream.eof
        assert gzip.decompress(sent) == told
        return told
    packed = zstd.ZstdDecompressor()
    told = b"".join(packed.decompress(sent[at : at + 1]) for at in range(len(sent)))
    assert packed.eof
    return told


@given(bodies, ids, st.sampled_from(["start", "middle", "end", "none"]))
def test_every_form_says_the_same(parts: tuple[bytes, bytes], request_id: bytes, place: str) -> None:
    before, after = parts
    body = {
        "start": b'{"id":"' + MARK + b'","data":' + before + after + b"}",
        "middle": before + MARK + after,
        "end": before + after + MARK + b'"}',
        "none": before + after,
    }[place]
    variants = Variants(body, MARK)
    for encoding in (IDENTITY, *PREFERRED):
        sent = b"".join(variants.encoded(encoding, request_id))
        assert len(sent) == variants.length(encoding)
        assert decoded(encoding, sent) == body.replace(MARK, request_id)


def test_what_does_not_come_out_right_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trendwire.web.variants._AFTER_HOLE", 10**6)
    monkeypatch.setitem(vars(zstd), "no", None)
    variants = Variants(b'{"id":"' + MARK + b'","data":"' + b"abc" * 200 + b'"}', MARK)
    variants._forms["br"] = None
    assert variants.choice("br, gzip;q=0.5") == "gzip"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", IDENTITY),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("GZIP;Q=1", IDENTITY),
        ("gzip; q=0.5, zstd;q=0.4", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("br;q=0, *;q=0.1", "zstd"),
        ("identity", IDENTITY),
        ("br;q=x", IDENTITY),
        (",,;=", IDENTITY),
    ],
)
def test_the_encoding_liked_most_is_sent(accepted: str, expected: str) -> None:
    assert negotiated(accepted, PREFERRED) == expected


@given(st.text())
def test_no_wish_is_too_odd(accepted: str) -> None:
    assert negotiated(accepted, PREFERRED) in (IDENTITY, *PREFERRED)
