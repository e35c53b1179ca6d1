"""A file's name and its fields' names are shown harmless, whatever bytes they are made of."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from trendwire.escaping import terminal

CREATED = 1_747_820_685
ROWS = f'{{"id":"{CREATED << 32}","\\ud800\\u001b[31m":1}}\nno json\n'

NAMES = {
    b"not utf-8 \xff.ndjson": "not utf-8 \\xff.ndjson",
    b"\x1b[2J\x1b[31mred.ndjson": "\\x1b[2J\\x1b[31mred.ndjson",
    b"two\nlines\r.ndjson": "two\\nlines\\r.ndjson",
    "right to \u202eleft.ndjson".encode(): "right to \\u202eleft.ndjson",
    b"[red]markup[bold].ndjson": "[red]markup[bold].ndjson",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_with_escapes(call: Call, tmp_path: Path, name: bytes) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb") as file:  # noqa: PTH123  a name of bytes
        file.write(ROWS.encode())
    ended = call("ingest", os.fsdecode(path))
    assert (ended.code, ended.out.splitlines()[0]) == (3, "rows read         2")
    assert NAMES[name] in ended.err
    shown = ended.out + ended.err
    assert [one for one in shown if not one.isprintable() and one != "\n"] == []
    again = call("ingest", os.fsdecode(path), "--json")
    assert list(again.json["unknown_fields"]) == ["\\ud800\\x1b[31m"]
    (refused,) = Path(again.json["quarantine_path"]).read_text().splitlines()
    assert json.loads(refused)["file"] == str(tmp_path / NAMES[name])


@pytest.mark.parametrize("name", ["x" * 5_000, "x*" * 3_000, "a\0b"])
def test_a_name_that_cannot_be_one_is_a_file_that_cannot_be_opened(
    call: Call, tmp_path: Path, name: str
) -> None:
    good = tmp_path / "good.ndjson"
    good.write_text(ROWS)
    ended = call("ingest", name, good)
    assert (ended.code, ended.out.splitlines()[0]) == (3, "rows read         2")
    assert ": cannot be opened: " in ended.err
    assert "unexpected" not in ended.err


def test_a_missing_file_is_said_without_a_table_of_zeros(call: Call) -> None:
    ended = call("ingest", "none.ndjson")
    assert (ended.code, ended.out) == (1, "")
    assert "none.ndjson: cannot be opened: no such file or directory" in ended.err


@pytest.mark.parametrize("text", ["می‌خواهم", "👨‍👩‍👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "narrow\u202fspace", "日本語"])
def test_words_and_emoji_are_shown_as_they_are(text: str) -> None:
    assert terminal(text) == text
