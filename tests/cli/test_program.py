"""The program as a whole: help, version, exit codes, settings, and errors without tracebacks."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.cli.conftest import Call
from trendwire import __version__, pipeline, settings
from trendwire.cli import app
from trendwire.cli.outcomes import MEANINGS, ExitCode
from trendwire.cli.program import PANELS
from trendwire.errors import Corrupt, InvalidInput


def _commands() -> Iterator[tuple[str, ...]]:
    root = typer.main.get_group(app)
    for name, command in root.commands.items():
        children = getattr(command, "commands", None)
        yield from ((name, child) for child in children) if children else [(name,)]


@pytest.mark.parametrize("words", list(_commands()), ids=" ".join)
def test_every_command_has_help_with_an_example(call: Call, words: tuple[str, ...]) -> None:
    ended = call(*words, "--help")
    assert ended.code == 0
    assert f"  trendwire {' '.join(words)}" in ended.out or f"{words[-1]} --port" in ended.out
    assert "Examples:" in ended.out


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\b│╭╮╰╯─]", "", text)


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("words", [(), *_commands()], ids=" ".join)
def test_help_is_shown_as_it_is_written(
    call: Call, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    command: Any = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    shown = call(*words, "--help").out
    texts = [command.help, command.epilog, *(one.help for one in command.params)]
    assert [text for text in texts if _squeezed(text or "") not in _squeezed(shown)] == []
    assert "<bool>" not in shown
    assert max(map(len, shown.splitlines())) <= columns


def test_a_paragraph_of_help_is_broken_where_the_terminal_ends(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "\n the others go on" not in call("ingest", "--help").out


def test_every_command_stands_in_one_panel_in_the_order_of_the_table(call: Call) -> None:
    listed = [name for names in PANELS.values() for name in names]
    assert sorted(listed) == sorted({words[0] for words in _commands()})
    shown = call("--help").out
    places = [shown.index(f"─ {panel} ─") for panel in PANELS]
    assert places == sorted(places)
    assert [line.split()[1] for line in shown.splitlines() if re.match(r"│ [a-z]", line)] == listed


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ke", {"keys"}),
        ("chart ", {"hashtags", "music"}),
        ("publish --engine s", {"spark"}),
        ("chart hashtags --industry S", {"Sports"}),
        ("chart hashtags --region V", {"VA", "VC", "VE", "VG", "VI", "VN", "VU"}),
        ("keys r", {"revoke", "rotate"}),
    ],
)
def test_a_shell_completes_what_is_typed(
    call: Call, monkeypatch: pytest.MonkeyPatch, typed: str, offered: set[str]
) -> None:
    assert "--install-completion" in call("--help").out
    words = f"trendwire {typed}"
    monkeypatch.setenv("_TRENDWIRE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    assert set(call().out.splitlines()) == offered


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "--engine must be one of embedded, spark, not 'sparc'; did you mean spark?",
            "publish --engine sparc",
        ),
        ("--limit must be a whole number from 1 to 100, not '500'", "chart hashtags --limit 500"),
        ("--limit must be a whole number from 1 to 100, not 'ten'", "chart hashtags --limit ten"),
        ("--qps must be a whole number, not '1.5'", "keys create --name a --qps 1.5"),
        ("--posts must be a whole number from 1 on, not '0'", "simulate --posts 0"),
        ("--by must be one of day, key, endpoint, not 'hour'", "usage --by hour"),
        ("must be one of hashtags, music, not 'hashtag'; did you mean hashtags?", "chart hashtag"),
        ("--period must be one of 7, 30, 120, not '8'", "chart hashtags --period 8"),
        ("--period must be one of 7, 30, 120, not 'week'", "chart hashtags --period week"),
        ("--as-of must be a day like 2026-01-31, or latest, not 'today'", "publish --as-of today"),
        ("--from must be a day like 2026-01-31, not '1'", "publish --from 1"),
        ("No such command 'publis'. Did you mean 'publish'?", "publis"),
        ("No such option: --jsno (Possible options: --as-of, --json)", "publish --jsno"),
    ],
)
def test_what_is_accepted_is_said_in_plain_words(call: Call, said: str, words: str) -> None:
    ended = call(*words.split())
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert said in ended.err
    assert "input" not in ended.err.lower()


def test_the_help_shows_the_exit_codes(call: Call) -> None:
    shown = call("--help").out
    assert all(f"{code.value} " in shown and meaning in shown for code, meaning in MEANINGS.items())
    assert set(MEANINGS) == set(ExitCode)


def test_the_version_is_the_package_s(call: Call) -> None:
    assert call("--version").out == f"trendwire {__version__}\n"


@pytest.mark.parametrize("words", [(), ("keys",), ("nothing",), ("--nothing",), ("keys", "revoke", "x")])
def test_usage_ends_with_2(call: Call, words: tuple[str, ...]) -> None:
    assert call(*words).code == 2


def test_an_error_of_ours_tells_its_file_and_no_traceback(call: Call, tmp_path: Path) -> None:
    (tmp_path / "home" / "editions").mkdir(parents=True)
    (tmp_path / "home" / "editions" / "catalog.json").write_text("{")
    ended = call("editions")
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "catalog.json" in ended.err


@pytest.mark.parametrize("error", [ZeroDivisionError("x\ny"), Corrupt("broken"), KeyboardInterrupt()])
def test_whatever_goes_wrong_is_one_line(
    call: Call, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "default_day", fail)
    ended = call("publish")
    assert ended.code == (130 if isinstance(error, KeyboardInterrupt) else 1)
    assert ended.err.startswith("trendwire: ")
    assert ended.err.count("\n") == 1
    monkeypatch.setenv("TRENDWIRE_DEBUG", "1")
    assert ("Traceback" in call("publish").err) == (not isinstance(error, KeyboardInterrupt))


def test_a_setting_that_is_not_accepted_is_named(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRENDWIRE_KEEP_EDITIONS", "many")
    ended = call("editions")
    assert ended.code == 2
    assert "TRENDWIRE_KEEP_EDITIONS" in ended.err


def test_settings_are_rows_with_names_units_and_meanings(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = settings.rows()
    assert [row.name for row in rows] == list(settings.Settings.model_fields)
    assert all(row.meaning.endswith(".") and row.unit and row.default for row in rows)
    monkeypatch.setenv("TRENDWIRE_PORT", "9")
    assert settings.load().port == 9
    assert settings.load(port=10, host=None).port == 10
    with pytest.raises(InvalidInput, match="TRENDWIRE_PORT"):
        settings.load(port=0)


def test_the_module_is_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "trendwire", "--home", str(tmp_path), "editions", "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "[]\n"
