"""What is committed names no machine and no registry, leaves nothing open, and installs from hashed locks."""

import re
import tomllib

from tests.house.tree import ROOT, name_of, texts

RUNTIME_LOCK = ROOT / "requirements" / "runtime.lock"
BUILD_ONLY = {"hatchling", "editables", "packaging", "pathspec", "pluggy", "trove-classifiers"}
MOST_DISTRIBUTIONS = 48

MACHINE = re.compile(r"(^|[^A-Za-z0-9_.:/-])/(work|root|farm)/[a-z.]", re.MULTILINE)
REGISTRY = re.compile(r"\b(pypi|npmjs|pythonhosted|debian)\.(org|com)\b")
OPEN = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|pragma: no cover")


def test_no_machine_and_no_registry_is_named() -> None:
    named = [name_of(p) for p, text in texts().items() if MACHINE.search(text) or REGISTRY.search(text)]
    assert [n for n in named if n != "tests/house/test_tree.py"] == []


def test_nothing_is_left_open() -> None:
    source = {p: text for p, text in texts().items() if "src" in p.parts}
    assert [name_of(p) for p, text in source.items() if OPEN.search(text)] == []


def test_locks_are_hashed_and_name_no_index() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        pins = re.split(r"(?m)^(?=[a-zA-Z0-9])", text)[1:]
        assert all("--hash=sha256:" in pin and "==" in pin for pin in pins), lock.name


def test_the_core_stays_small() -> None:
    names = set(re.findall(r"(?m)^([a-zA-Z0-9._-]+)==", RUNTIME_LOCK.read_text())) - BUILD_ONLY
    assert len(names) <= MOST_DISTRIBUTIONS


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    reasons = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text()
    names = [re.split(r"[><=;\s]", line)[0] for line in declared]
    assert [name for name in names if f"`{name}`" not in reasons] == []


def test_ci_calls_the_documented_command() -> None:
    assert re.search(r"(?m)^make test$", (ROOT / ".ci" / "run").read_text())
    assert re.search(r"make test\b", (ROOT / "README.md").read_text())
    assert re.search(r"make demo\b", (ROOT / "README.md").read_text())
