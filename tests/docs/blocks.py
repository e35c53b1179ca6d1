"""Reads the fenced code blocks of a page, and runs them as a reader would: top to bottom, in one shell.

`console`: `$ ` starts a command (lines that end with a backslash go on), what follows is its output;
`...` in it stands for anything. `python`, `bash`: run as they are. `json`: must parse. Others are shown only.
A block behind `<!-- not run: reason -->` is left out.
"""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(
    r"(?P<skip><!-- not run: [^\n]+ -->\n+)?^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SHOWN = {"text", "sql", "toml", "ini"}
RUN = {"console", "bash", "python", "json"}
SECONDS = 240


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `line` is that of its fence."""

    language: str
    body: str
    line: int
    skipped: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One command and the output the page shows for it."""

    command: str
    output: str


def blocks(page: str) -> list[Block]:
    return [
        Block(m["language"], m["body"], page[: m.start()].count("\n") + 1, bool(m["skip"]))
        for m in FENCE.finditer(page)
    ]


def steps(body: str) -> list[Step]:
    """The commands of a `console` block with their outputs."""
    found: list[tuple[list[str], list[str]]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif found and not found[-1][1] and found[-1][0][-1].endswith("\\"):
            found[-1][0].append(line)
        else:
            found[-1][1].append(line)
    return [Step("\n".join(command), "\n".join(output)) for command, output in found]


def matches(shown: str, printed: str) -> bool:
    """Whether what was printed is what the page shows, if it shows anything; `...` stands for anything."""
    if not shown.strip():
        return True
    pattern = ".*?".join(re.escape(part) for part in _even(shown).split("..."))
    return re.fullmatch(pattern, _even(printed), re.DOTALL) is not None


def run_block(block: Block, folder: Path, environment: dict[str, str]) -> None:
    """Runs one block; raises AssertionError with what went otherwise than shown."""
    if block.language == "json":
        json.loads(block.body)
    elif block.language == "python":
        _run(["python", "-c", block.body], folder, environment)
    elif block.language == "bash":
        _run(["bash", "-euo", "pipefail", "-c", block.body], folder, environment)
    else:
        for step in steps(block.body):
            printed = _run(["bash", "-uo", "pipefail", "-c", step.command], folder, environment)
            assert matches(step.output, printed), (
                f"`{step.command}` printed\n{printed}\nbut shown is\n{step.output}"
            )


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{command[-1]}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def _even(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
