"""Each definition of a number stands in one place: a change of it cannot miss a copy."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house.tree import PACKAGE, modules


class Definition(NamedTuple):
    """What is defined, what it looks like in code, and the one file that may look so."""

    what: str
    pattern: str
    file: str


DEFINITIONS = (
    Definition(
        "how a gain spreads over days", r"// \((\w*last\w*) - (\w*first\w*) \+ 1\)", "engine/views.py"
    ),
    Definition("the volume under a subject", r"sqrt\((math\.|np\.)?sqrt\(", "domain/heat.py"),
    Definition("the swing that an evergreen tag may make", r"\b1\.25\b", "domain/heat.py"),
    Definition("the chance that heat allows for", r"\b2\.75\b", "domain/heat.py"),
    Definition("the quantile of first posts", r"\bceil\(.*QUANTILE", "engine/scoring.py"),
    Definition("how many windows a region's past covers", r"// period - 1", "engine/surroundings.py"),
    Definition("the day that cuts a cold window", r"\btotal // 2", "engine/surroundings.py"),
    Definition(
        "how strongly two hashtags belong together", r"\b(log|ln)\(.* / (log|ln)\(", "engine/related.py"
    ),
    Definition("the earliest creation", r"\b1388534400\b|\b2014\b", "sources/records.py"),
    Definition(
        "the creation time in an id", r"\bint\(.*\) >> 32|\bid(_time)?::\w+ >> 32", "sources/records.py"
    ),
    Definition(
        "when an undated row counts as seen",
        r"observed.*\b(604800|7 \* 86400)\b|^UNDATED = ",
        "domain/posts.py",
    ),
    Definition("the size of a chart", r"^CHART_SIZE = ", "domain/charts.py"),
    Definition("the creators that a chart asks for", r"^MIN_CREATORS = ", "domain/charts.py"),
    Definition("the posts that agree on an industry", r"^INDUSTRY_SUPPORT = ", "engine/industries.py"),
    Definition("their share", r"^INDUSTRY_SHARE = ", "engine/industries.py"),
    Definition("the days of a first count", r"^FIRST_WEEK = ", "engine/views.py"),
)

LIMITS = re.compile(r"((?<![<>])[<>]=?|\bLIMIT|\[:) ?(100|30|7)\b|(?<![<>])[<>]=? ?3\b", re.IGNORECASE)
"""The sizes above as numbers, where something is compared with them or cut."""

COUNTING = ("domain", "editions", "engine", "facts", "publishing")

WORLDS = "simulator"
"""Simulated worlds have numbers of their own."""


class _NoTexts(ast.NodeTransformer):
    """Texts say what a formula is, and are none."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node


@cache
def code() -> dict[str, str]:
    """File of the package -> its code without texts and comments, written in one way."""
    found = {}
    for path in modules():
        tree = _NoTexts().visit(ast.parse(path.read_text()))
        found[_name(path)] = ast.unparse(tree)
    for path in PACKAGE.rglob("*.sql"):
        found[_name(path)] = re.sub(r"--.*", "", path.read_text())
    return {name: text for name, text in found.items() if WORLDS not in name}


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("one", DEFINITIONS, ids=lambda one: one.what)
def test_a_definition_stands_in_one_place(one: Definition) -> None:
    pattern = re.compile(one.pattern, re.MULTILINE)
    assert [name for name, text in code().items() if pattern.search(text)] == [one.file]


def test_what_counts_compares_with_names_and_not_with_copies_of_their_numbers() -> None:
    copies = [
        f"{name}: {line.strip()}"
        for name, text in code().items()
        if name.startswith(COUNTING)
        for line in text.splitlines()
        if LIMITS.search(line)
    ]
    assert copies == []
