"""The inbox: a folder that any process may append batches of observations to, without waiting for another."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from trendwire.domain.posts import Observation
from trendwire.facts import manifest
from trendwire.facts.durable import Aside, write_whole
from trendwire.facts.zstd import zstd

SUFFIX = ".ndjson.zst"
_FAST = 1

_encode = msgspec.json.Encoder().encode


class BatchReceipt(msgspec.Struct, frozen=True):
    """`batch`: the id under which the batch is known. `repeated`: it was known before, nothing is written."""

    batch: str
    repeated: bool


class Inbox:
    """The inbox of the data folder `home`."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "facts" / "inbox"
        self._manifest = home / "facts" / "manifest.json"

    def append(
        self, batch: bytes | bytearray | Iterable[Observation], batch_id: str | None = None
    ) -> BatchReceipt:
        """Store a batch: durable when this returns.

        `batch`: observations, or their JSON one a line. `batch_id`: any text that names the batch; a batch
        of the same id is taken once. Default: the hash of its content.
        """
        lines = batch if isinstance(batch, bytes | bytearray) else encoded(batch)
        name = _name("c", lines) if batch_id is None else _name("k", batch_id.encode())
        path = self.folder / (name + SUFFIX)
        if path.exists() or name in manifest.read(self._manifest).batches:
            return BatchReceipt(name, repeated=True)
        write_whole(path, zstd.compress(lines, _FAST))
        return BatchReceipt(name, repeated=False)

    def open(self, batch_id: str) -> "OpenBatch":
        """A batch that is written piece by piece, for one that is too large to be held."""
        name = _name("k", batch_id.encode())
        return OpenBatch(name, Aside(self.folder / (name + SUFFIX)))

    def waiting(self) -> dict[str, Path]:
        """The batches not yet drained: id -> file, by id."""
        return {path.name.removesuffix(SUFFIX): path for path in sorted(self.folder.glob(f"*{SUFFIX}"))}


class OpenBatch:
    """Takes observations, their JSON one a line. `keep` stores them; `close` without it leaves nothing."""

    def __init__(self, batch: str, aside: Aside) -> None:
        self.batch = batch
        self._aside, self._packer = aside, zstd.ZstdCompressor(_FAST)

    def __enter__(self) -> "OpenBatch":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def write(self, lines: bytes) -> None:
        self._aside.write(self._packer.compress(lines))

    def keep(self) -> None:
        """Durable when this returns; a batch of the same id that still waits is replaced."""
        self._aside.write(self._packer.flush())
        self._aside.place()

    def close(self) -> None:
        self._aside.close()


def encoded(observations: Iterable[Observation]) -> bytes:
    """Observations as the inbox takes them."""
    return b"".join([_encode(observation) + b"\n" for observation in observations])


def _name(kind: str, content: bytes | bytearray) -> str:
    return kind + hashlib.blake2b(content, digest_size=16).hexdigest()
