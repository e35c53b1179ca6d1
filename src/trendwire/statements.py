"""Reads the named SQL statements of a `.sql` file that lies beside the module that runs them.

A statement starts at a line `-- name: <name>`; the comment after it says why it is as it is.
"""

from importlib.resources import files

_MARK = "-- name: "


def named(package: str, file: str) -> dict[str, str]:
    """The statements of `file` in `package` (a module's `__package__`), by name."""
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    blocks = text.split(_MARK)[1:]
    return {name.strip(): sql.strip() for name, _, sql in (block.partition("\n") for block in blocks)}
