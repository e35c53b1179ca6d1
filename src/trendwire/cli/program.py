"""The program itself: its root options, the order of its commands, and where errors become exit codes."""

import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup

from trendwire import __version__, settings
from trendwire.cli import printing
from trendwire.cli.outcomes import (
    MEANINGS,
    ExitCode,
    code_of,
    interrupts,
    say,
    say_error,
    warnings_to_stderr,
)
from trendwire.cli.usage import words_of
from trendwire.errors import InvalidInput, TrendwireError

PANELS: dict[str, tuple[str, ...]] = {
    "Start here": ("demo", "ingest", "publish", "serve", "doctor"),
    "Read charts": ("chart", "explain", "editions"),
    "Collect from sources": ("sources", "collect", "run"),
    "Accounts, keys and their use": ("keys", "accounts", "plans", "usage", "requests", "ledger", "users"),
    "Look after the data": ("backup", "restore", "audit", "prune", "forget"),
    "Test data": ("simulate",),
}
"""The commands as `--help` shows them, in the order in which people need them."""

HELP = ("-h", "--help")

_MEANING = {row.name: row for row in settings.rows()}


def option(name: str, *flags: str) -> Any:
    """An option that sets the setting `name`; its help is that setting's row."""
    row = _MEANING[name]
    return typer.Option(*flags, help=f"{row.meaning} [{row.env}; default: {row.default}]", show_default=False)


Home = Annotated[Path | None, option("home", "--home")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def help_text(*lines: str) -> str:
    """Lines that help prints as they are, one paragraph each (`\\b`)."""
    return "\n\n".join(f"\b\n{line}" for line in lines)


def examples(*commands: str) -> str:
    """The epilog of a command: lines to try."""
    return "\b\nExamples:\n" + "\n".join(f"  {command}" for command in commands)


def _codes() -> str:
    rows = "\n".join(f"  {code.value:<5}{words}" for code, words in MEANINGS.items())
    return f"\b\nExit codes:\n{rows}"


class Commands(TyperGroup):
    """The group of all commands; errors of ours end here, in one line and an exit code."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        order = [name for names in PANELS.values() for name in names]
        self.commands = dict(sorted(self.commands.items(), key=lambda one: order.index(one[0])))
        for panel, names in PANELS.items():
            for name in names:
                cast("TyperCommand", self.commands[name]).rich_help_panel = panel

    def main(self, *args: Any, **options: Any) -> NoReturn:
        """Run a command line and exit with its code; see `outcomes`."""
        with interrupts() as interrupted:
            try:
                _shown_as_written(self)
                code = int(super().main(*args, **(options | {"standalone_mode": False})) or ExitCode.DONE)
            except (typer.Abort, KeyboardInterrupt):
                code = ExitCode.INTERRUPTED
            except Exception as error:  # noqa: BLE001  the last door: never a traceback for a user
                code = ExitCode.INTERRUPTED if interrupted.is_set() else _said(error)
            if code == ExitCode.INTERRUPTED:
                say("interrupted")
        sys.exit(int(code))


def _said(error: Exception) -> ExitCode:
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()  # whoever read us is gone; Python would complain at its exit
        return ExitCode.FAILED
    say_error(error)
    return code_of(error) if isinstance(error, TrendwireError) else ExitCode.FAILED


def _shown_as_written(command: Any) -> None:
    """Typer reads help as markup, so that brackets vanish; breaks lines where docstrings do; names no flag's
    value `<bool>`.
    """
    paragraphs = (command.help or "").split("\n\n")
    unwrapped = (one if one.startswith("\b") else " ".join(one.split()) for one in paragraphs)
    command.help = escape("\n\n".join(unwrapped))
    command.epilog = escape(command.epilog or "")
    for parameter in command.get_params(typer.Context(command, help_option_names=list(HELP))):
        parameter.help = escape(parameter.help or "")
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
    for below in getattr(command, "commands", {}).values():
        _shown_as_written(below)


def _usage(error: typer.TyperException) -> ExitCode:
    context: typer.Context | None = getattr(error, "ctx", None)
    words = words_of(error)
    if not words:  # a group called without a command has printed its help already
        return ExitCode.USAGE
    command = context.command_path if context is not None else "trendwire"
    say(f"{words} ({command} --help)")
    return ExitCode.USAGE


app = typer.Typer(
    name="trendwire",
    cls=Commands,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": list(HELP)},
    epilog=_codes(),
)


def _version(asked: bool) -> None:
    if asked:
        printing.line(f"trendwire {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: Home = None,
    version: Annotated[  # noqa: ARG001  its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Trendwire: which hashtags and sounds are trending, computed from posts and served over HTTP."""
    warnings_to_stderr()
    context.obj = home


def settings_for(context: typer.Context, home: Path | None, **given: Any) -> settings.Settings:
    """The settings of one command: its own options, then those of the root, then the environment."""
    loaded = settings.load(home=home or context.obj, **given)
    if loaded.home.is_file():
        raise InvalidInput("--home", f"must name a folder: {loaded.home} is a file")
    return loaded
