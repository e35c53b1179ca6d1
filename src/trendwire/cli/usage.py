"""What is said where a command line cannot be read: the option, what it accepts, and what was given."""

from difflib import get_close_matches
from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperArgument, TyperOption

_MOST_SHOWN = 40


def words_of(error: typer.TyperException) -> str:
    """The error of the parser in plain words, on one line; empty where help was printed instead."""
    parameter = getattr(error, "param", None)
    if isinstance(error.__cause__, ValidationError) and isinstance(parameter, TyperOption | TyperArgument):
        given = str(error.__cause__.errors()[0]["input"])[:_MOST_SHOWN]
        return f"{_name(parameter)} must be {_accepted(parameter)}, not {given!r}{_meant(parameter, given)}"
    return error.format_message()


def _name(parameter: TyperOption | TyperArgument) -> str:
    return max(parameter.opts, key=len) if isinstance(parameter, TyperOption) else parameter.display_name_raw


def _accepted(parameter: TyperOption | TyperArgument) -> str:
    choices = _choices(parameter)
    if choices:
        return f"one of {', '.join(choices)}"
    if parameter.type_descriptor.annotation is not int:
        return f"a {parameter.bare_type()}"
    return f"a whole number{_bounds(parameter.min, parameter.max)}"


def _bounds(least: float | None, most: float | None) -> str:
    if least is None:
        return "" if most is None else f" up to {most:,}"
    return f" from {least:,}" + (" on" if most is None else f" to {most:,}")


def _meant(parameter: TyperOption | TyperArgument, given: str) -> str:
    close = get_close_matches(given.lower(), _choices(parameter), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _choices(parameter: TyperOption | TyperArgument) -> list[str]:
    choices: Any = parameter.type_descriptor.choices or ()
    return [str(getattr(choice, "value", choice)) for choice in choices]
