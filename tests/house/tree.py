"""What the house tests look at: the tracked and the new files of the checkout, and the package's modules."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "trendwire"
VENDOR = "vendor"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def checkout() -> tuple[Path, ...]:
    """Every file that is, or would be, committed; vendored ones left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(path for path in paths if path.is_file() and VENDOR not in path.parts)


@cache
def texts() -> dict[Path, str]:
    """Path -> text of every file of the checkout that is text."""
    found = {}
    for path in checkout():
        data = path.read_bytes()
        if b"\0" not in data:
            found[path] = data.decode("utf-8")
    return found


@cache
def modules() -> dict[Path, ast.Module]:
    """Path -> syntax tree of every module of the package."""
    return {path: ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))
