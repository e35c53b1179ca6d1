"""Nothing from outside steers the terminal of whoever runs a command."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from trendwire.cli import outcomes, printing
from trendwire.errors import BadFile
from trendwire.escaping import terminal, terminal_json, terminal_lines

CONTROLS = "".join(
    map(chr, [*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A)])
)
HOSTILE = f"a{CONTROLS}\udcff\x1b]0;title\x07\x1b[2Jz"
OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("café 日本語 🎉 ▲▁█ العربية\u200f", "café 日本語 🎉 ▲▁█ العربية\u200f"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\tb\r\nc", "a\\tb\\r\\nc"),
        ("\x9b2J\x7f", "\\x9b2J\\x7f"),
        ("fig\u202egpj", "fig\\u202egpj"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert terminal(text) == shown


def test_lines_stay_lines_and_json_the_same_document() -> None:
    assert terminal_lines("a\nb\x1b") == "a\nb\\x1b"
    document = json.dumps({"name": "\x9b\x7f\u202e日"}, ensure_ascii=False)
    assert json.loads(terminal_json(document)) == json.loads(document)
    assert OBEYED.search(terminal_json(document)) is None


def test_whatever_is_printed_no_character_is_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    printing.line(HOSTILE)
    printing.lines([HOSTILE])
    printing.pairs([("name", HOSTILE)])
    printing.table(("name",), [(HOSTILE,)])
    printing.as_json({"name": HOSTILE.replace("\udcff", "")})
    printing.json_line({"name": HOSTILE.replace("\udcff", "")})
    outcomes.say(HOSTILE)
    outcomes.say_error(BadFile(HOSTILE, path=HOSTILE))
    with printing.progress() as told:
        told(HOSTILE, 0.5)
    out, err = capsys.readouterr()
    assert OBEYED.findall(out + err) == []
    assert out.count("\n") == 3 + 2 + 3 + 1
    assert err.count("\n") == 3


def test_a_traceback_is_shown_without_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(outcomes.DEBUG_VARIABLE, "1")
    outcomes.say_error(ValueError(HOSTILE))
    assert OBEYED.findall(capsys.readouterr().err) == []


def test_names_of_files_do_not_reach_the_terminal_as_they_are(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[2J\x9b\u202e.ndjson"
    file.write_bytes(b"\x00\x01\x02")
    ended = call("ingest", file)
    assert ended.code == 1
    assert "a\\x1b[2J\\x9b\\u202e.ndjson" in ended.err
    assert OBEYED.findall(ended.out + ended.err) == []


def test_a_hashtag_with_control_characters_is_explained_as_text(call: Call, tmp_path: Path) -> None:
    row = {"id": "7506832682593094928", "create_time": 1767225600, "hashtag_names": ["ev\x1bil\x9b"]}
    file = tmp_path / "posts.ndjson"
    file.write_text(json.dumps(row | {"username": "ada", "region_code": "VN", "view_count": 1000}))
    assert call("ingest", file).code == 0
    assert call("publish", "--as-of", "latest").code == 0
    ended = call("explain", "hashtag", "ev\x1bil\x9b")
    assert ended.code == 0
    assert "ev\\x1bil\\x9b" in ended.out
    assert OBEYED.findall(ended.out) == []
