"""Rule 13 and 14: small modules, short functions, and each module opens with what it owns."""

import ast
import re

from tests.house.tree import PACKAGE, functions, modules, name_of

MODULE_LINES = 400
FUNCTION_LINES = 50


def test_no_module_reaches_400_lines() -> None:
    long = {name_of(p): n for p in modules() if (n := len(p.read_text().splitlines())) >= MODULE_LINES}
    assert long == {}


def test_no_function_passes_50_lines() -> None:
    long = [
        f"{name_of(path)}:{f.lineno} {f.name}"
        for path, tree in modules().items()
        for f in functions(tree)
        if (f.end_lineno or f.lineno) - f.lineno + 1 > FUNCTION_LINES
    ]
    assert long == []


def test_functions_are_short_on_the_whole() -> None:
    sizes = sorted((f.end_lineno or 0) - f.lineno + 1 for tree in modules().values() for f in functions(tree))
    assert sizes[len(sizes) // 2] <= 10


def test_every_module_opens_with_what_it_owns() -> None:
    assert [name_of(p) for p, tree in modules().items() if not ast.get_docstring(tree)] == []


def test_names_avoid_words_that_say_nothing() -> None:
    empty = re.compile(
        r"(^|_)(utils?|helpers?|common|manager|processor|info)(_|$)|(Manager|Processor|Helper|Common|Utils)"
    )
    named = [
        f"{name_of(path)}: {name}"
        for path, tree in modules().items()
        for name in [
            path.stem,
            *(n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef | ast.FunctionDef)),
        ]
        if empty.search(name) and "dialects" not in path.parts  # wire shapes are named by the wire
    ]
    assert named == []


def test_the_tree_shows_the_architecture() -> None:
    over_all = {"cli", "backups", "publishing"}
    boxes = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"} - over_all
    assert boxes == {
        "sources",
        "facts",
        "engine",
        "editions",
        "accounts",
        "dialects",
        "web",
        "domain",
    }
