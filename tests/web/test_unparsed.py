"""Parts of one request each, however the bytes of many arrive."""

from hypothesis import given
from hypothesis import strategies as st

from trendwire.web.unparsed import Unparsed

HEAD = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"


@given(st.lists(st.integers(1, 60), max_size=40), st.integers(1, 5))
def test_no_part_holds_an_end_and_what_follows_it(sizes: list[int], heads: int) -> None:
    sent = [HEAD % number for number in range(heads)]
    ends = {sum(map(len, sent[: number + 1])) for number in range(heads)}
    arriving, unparsed, parts = b"".join(sent), Unparsed(), []
    for size in (*sizes, len(arriving)):
        unparsed.add(arriving[:size])
        arriving = arriving[size:]
        while unparsed:
            parts.append(unparsed.take())
    assert b"".join(parts) == b"".join(sent)
    cuts = {sum(map(len, parts[: number + 1])) for number in range(len(parts))}
    assert ends <= cuts


def test_a_body_of_declared_length_is_not_searched_for_ends() -> None:
    unparsed = Unparsed()
    unparsed.body_left = 10
    unparsed.add(b"\r\n\r\n12")
    assert unparsed.take() == b"\r\n\r\n12"
    unparsed.add(b"3456GET / HTTP/1.1\r\n\r\n")
    assert [unparsed.take(), unparsed.take(), len(unparsed)] == [b"3456", b"GET / HTTP/1.1\r\n\r\n", 0]


def test_empty_lines_before_a_request_are_dropped() -> None:
    unparsed = Unparsed()
    unparsed.add(b"\r\n\n\r\nGET ")
    unparsed.drop_empty_lines()
    assert unparsed.take() == b"GET "
