"""CSV is read strictly: a stray quote costs its own row, a quoted cell is what its writer put in."""

import csv
import io
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trendwire.facts.quarantine import Refused
from trendwire.sources.comma_separated import delimiter_of, rows
from trendwire.sources.streams import MAX_LINE

HEADER = "id,create_time,video_description,view_count\n"
MANY = 2_000


def line(number: int, caption: str = "a caption") -> str:
    return f"{10**18 + number},1747820685,{caption},{number}\n"


def read(text: str | bytes, size: int = 1 << 20) -> tuple[list[tuple[int, Any]], list[Refused]]:
    """The rows with their lines, and the refused ones."""
    data = text.encode() if isinstance(text, str) else text
    chunks = (data[start : start + size] for start in range(0, len(data), size))
    found = list(rows("posts.csv", chunks, ","))
    return [row for row in found if not isinstance(row, Refused)], [
        r for r in found if isinstance(r, Refused)
    ]


def test_a_stray_quote_costs_its_own_row() -> None:
    kept, refused = read(HEADER + "".join(line(n, '"a caption' if n == 7 else "b") for n in range(MANY)))
    assert [number for number, _ in kept] == [n + 2 for n in range(MANY) if n != 7]
    assert [(one.line, one.row) for one in refused] == [(9, line(7, '"a caption').strip())]
    assert "quote" in refused[0].reason


def test_rows_between_two_stray_quotes_are_named_one_by_one() -> None:
    captions = {100: '"opens', 995: 'closes"'}
    kept, refused = read(HEADER + "".join(line(n, captions.get(n, "b")) for n in range(MANY)))
    assert len(kept) == MANY - 896
    assert [one.line for one in refused] == list(range(102, 998))
    assert {one.reason for one in refused} == {
        "the row lies in a quoted cell whose lines read as rows of their own"
    }
    assert refused[0].row.endswith('"opens,100')


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_caption_may_have_lines(end: str) -> None:
    caption = f'first, line{end}{end}2025, a year, and more{end}said ""so""'
    kept, refused = read(
        (HEADER + line(1, f'"{caption}"') + line(2)).replace("\n", end).replace("\r\r", "\r")
    )
    assert refused == []
    assert [row["view_count"] for _, row in kept] == ["1", "2"]
    assert kept[0][1]["video_description"].endswith('said "so"')


def test_nul_bytes_name_the_line() -> None:
    kept, refused = read(HEADER + line(1) + line(2, "a\0b") + line(3))
    assert [row["view_count"] for _, row in kept] == ["1", "3"]
    assert [(one.line, one.reason) for one in refused] == [(3, "the row holds NUL bytes")]


def test_a_row_torn_by_a_line_break_is_set_aside_whole() -> None:
    kept, refused = read(HEADER + line(1) + line(2, "one\ntwo, three") + line(3))
    assert [row["view_count"] for _, row in kept] == ["1", "3"]
    assert [one.line for one in refused] == [3, 4]


def test_rows_without_their_last_cells_are_read() -> None:
    kept, refused = read(HEADER + "1,1747820685\n2,1747820685,b\n" + line(3))
    assert (len(kept), refused) == (3, [])


@pytest.mark.parametrize("head", [b"x" * 140_000, b"a,b\rc", b"\0\0", b""])
def test_looking_for_the_delimiter_never_fails(head: bytes) -> None:
    assert delimiter_of(head) is None


def test_a_line_without_end_is_not_held() -> None:
    kept, refused = read(HEADER.encode() + b"1," + b"x" * (2 * MAX_LINE) + b"\n" + line(3).encode())
    assert ([row["view_count"] for _, row in kept], [one.line for one in refused]) == (["3"], [2])
    assert len(refused[0].row) <= 1 << 20


@given(
    st.lists(st.text(st.sampled_from('ab1",\n\r\0; é')), min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 40),
)
@example(['x\n1000000000000000009,1747820685,"",9'], "\n", 7)
def test_what_a_csv_writer_wrote_is_read_or_set_aside(captions: list[str], end: str, size: int) -> None:
    """Whatever stands in a quoted cell: no row is changed, none made up, none lost without its line."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator=end)
    writer.writerow(HEADER.strip().split(","))
    places, true = {}, {}
    for number, caption in enumerate(captions):
        id_ = str(10**18 + number)
        places[made.getvalue().replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1] = id_
        true[id_] = caption
        writer.writerow([id_, "1747820685", caption, number])
    kept, refused = read(made.getvalue(), size)
    assert {row["id"]: row.get("video_description", "") for _, row in kept}.items() <= true.items()
    assert all(places[number] == row["id"] for number, row in kept)
    lost = set(true) - {row["id"] for _, row in kept}
    assert lost <= {places.get(one.line) for one in refused}
