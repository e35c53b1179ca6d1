"""The program as a whole: help, version, exit codes, settings, and errors without tracebacks."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from tests.cli.conftest import Call
from trendwire import __version__, pipeline, settings
from trendwire.cli import app
from trendwire.cli.outcomes import MEANINGS, ExitCode
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
