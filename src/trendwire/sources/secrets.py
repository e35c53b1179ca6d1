"""Secrets of sources: where the configuration says that they are, and their values, which nothing shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trendwire.errors import InvalidInput
from trendwire.sources.http_body import HIDDEN

ACCEPTED = 'must be { env = "NAME" } or { file = "PATH" }: the secret itself never stands in the file'
MOST_BYTES = 64 << 10


class Secrets(Mapping[str, str]):
    """Name -> secret. Prints as its names alone."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(f'{name}={HIDDEN}' for name in self._values)})"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret is: the variable `env`, or the file `file`; one of the two."""

    env: str | None = None
    file: str | None = None

    def read(self, name: str, environment: Mapping[str, str], folder: Path) -> str:
        """The secret, without white space around it. InvalidInput says at `name` what is missing."""
        if self.env is not None:
            value, absent = environment.get(self.env, "").strip(), f"the variable {self.env} is not set"
        else:
            value, absent = _contents(folder / Path(self.file or "").expanduser())
        if not value:
            raise InvalidInput(name, f"is needed: {absent}")
        return value


def place(told: Any, name: str) -> Place:
    """What a table says of a secret. InvalidInput where it says anything else; it is not repeated."""
    if isinstance(told, dict) and len(told) == 1:
        (key, value), *_ = told.items()
        if key in ("env", "file") and isinstance(value, str) and value.strip():
            return Place(**{key: value})
    raise InvalidInput(name, ACCEPTED)


def _contents(path: Path) -> tuple[str, str]:
    """The secret in a file, and the words for when there is none."""
    try:
        with path.open("rb") as file:
            value = file.read(MOST_BYTES).decode("utf-8").strip()
    except OSError as error:
        return "", f"the file {path} cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return "", f"the file {path} is no text"
    return value, f"the file {path} is empty"
