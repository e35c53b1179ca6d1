"""Rules 2, 5 and 9: one reader of the wall clock, no dialect in the core, SQL beside its module."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import PACKAGE, modules, name_of

WALL = {
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "perf_counter"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}
SQL = re.compile(
    r"\b(SELECT\s|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE (TEMP |OR REPLACE )?TABLE|COPY )"
)
NAMED = re.compile(r"^-- name: *(\w+)(.*)$", re.MULTILINE)


def _calls(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            yield name, node.func.attr, node.lineno


def _literals(tree: ast.Module) -> Iterator[tuple[str, int]]:
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value, node.lineno


def test_only_the_clock_reads_the_wall() -> None:
    readers = [
        f"{name_of(path)}:{line}"
        for path, tree in modules().items()
        if path != PACKAGE / "clock.py"
        for owner, name, line in _calls(tree)
        if (owner, name) in WALL
    ]
    assert readers == []


def test_sql_lies_in_sql_files() -> None:
    inline = [
        f"{name_of(path)}:{line}"
        for path, tree in modules().items()
        for text, line in _literals(tree)
        if SQL.search(text)
    ]
    assert inline == []


def _sql_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.sql"))


def test_every_query_is_named_and_says_why() -> None:
    for path in _sql_files():
        text = path.read_text()
        assert NAMED.search(text), f"{name_of(path)} names no query"
        for block in re.split(r"(?m)^(?=-- name:)", text)[1:]:
            lines = block.splitlines()
            assert len(lines) > 1, f"{name_of(path)}: {lines[0]} is empty"
            assert lines[1].startswith("-- "), f"{name_of(path)}: {lines[0]} does not say why"


def test_every_named_query_is_used() -> None:
    code = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    for path in _sql_files():
        for name, _ in NAMED.findall(path.read_text()):
            assert re.search(rf"[\"'.]{name}\b", code), f"{name_of(path)}: {name} is never used"


def test_the_core_does_not_branch_on_the_dialect() -> None:
    branch = re.compile(r"\b(if|elif|match)\b[^#\n]*\bdialect\b|\bkeyapi\b|\bcrawlora\b", re.IGNORECASE)
    core = [p for p in modules() if p.parent.name in {"domain", "engine", "editions", "facts", "accounts"}]
    assert [name_of(p) for p in core if branch.search(p.read_text())] == []


def test_commands_print_only_what_a_terminal_does_not_obey() -> None:
    printers = {("stdout", "write"), ("stderr", "write"), ("typer", "echo"), ("typer", "secho")}
    loose = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in modules().items()
        if path.parent.name == "cli" and path.name not in ("printing.py", "outcomes.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in ("print", "Console"))
            or (
                isinstance(node.func, ast.Attribute)
                and (getattr(node.func.value, "attr", getattr(node.func.value, "id", "")), node.func.attr)
                in printers
            )
        )
    ]
    assert loose == []
