"""Writes the golden files anew: `python -m tests.dialects.golden`. Read the difference before a commit."""

from pathlib import Path

from tests.dialects.answers import CASES
from trendwire.dialects.catalog import BY_NAME, render
from trendwire.dialects.openapi import example_request_id

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "dialects"


def body(name: str) -> bytes:
    """The body of a case, as it is served."""
    endpoint_name, answer = CASES[name]
    endpoint = BY_NAME[endpoint_name]
    return render(endpoint, answer, example_request_id(endpoint.dialect))


def path(name: str) -> Path:
    return FOLDER / f"{name}.json"


def write() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in CASES:
        path(name).write_bytes(body(name) + b"\n")


if __name__ == "__main__":
    write()
