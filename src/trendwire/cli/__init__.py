"""The command `trendwire`: one module per group of commands, all hung on `program.app`.

`program` owns the root and the errors, `outcomes` the exit codes, `printing` what is printed; the others
are the commands. A command parses, calls one function of the boxes or of the pipeline, and prints.
"""

from trendwire.cli import (
    accounts,
    backing,
    collecting,
    demo,
    doctor,
    editions,
    feeding,
    forgetting,
    keys,
    reading,
    running,
    serving,
    users,
)
from trendwire.cli.program import app

__all__ = [
    "accounts",
    "app",
    "backing",
    "collecting",
    "demo",
    "doctor",
    "editions",
    "feeding",
    "forgetting",
    "keys",
    "main",
    "reading",
    "running",
    "serving",
    "users",
]


def main() -> None:
    """The entry point of the command `trendwire`."""
    app()
