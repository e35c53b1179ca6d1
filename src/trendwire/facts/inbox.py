"""The inbox: a folder that any process may append batches of observations to, without waiting for another."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from trendwire.domain.posts import Observation
from trendwire.facts import manifest
from trendwire.facts.checksums import CHANGED, BatchSeal, is_sound_batch, sealed_batch, unreadable
from trendwire.facts.damaged import Damaged, Note
from trendwire.facts.durable import Aside, write_whole
from trendwire.facts.zstd import zstd

LINES = ".ndjson.zst"
TABLE = ".parquet"
"""How the files of the two kinds of batches end: a few observations as lines of JSON, many as columns."""

PUSHES = "pushes"
"""Folder of the notes of pushes, one for each batch."""

_PACKING: Mapping[int, int] = {
    zstd.CompressionParameter.compression_level: 1,
    zstd.CompressionParameter.checksum_flag: 1,
}
_AT_ONCE = 1 << 20
_NAME_BYTES = 16

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
        self._damaged = Damaged(home)

    def append(
        self, batch: bytes | bytearray | Iterable[Observation], batch_id: str | None = None
    ) -> BatchReceipt:
        """Store a batch: durable when this returns.

        `batch`: observations, or their JSON one a line. `batch_id`: any text that names the batch; a batch
        of the same id is taken once. Default: the hash of its content.
        """
        lines = batch if isinstance(batch, bytes | bytearray) else encoded(batch)
        name = _name("c", lines) if batch_id is None else _name("k", batch_id.encode())
        path = self.folder / (name + LINES)
        if path.exists() or name in manifest.read(self._manifest).batches:
            return BatchReceipt(name, repeated=True)
        write_whole(path, sealed_batch(zstd.compress(lines, options=_PACKING)))
        return BatchReceipt(name, repeated=False)

    def append_table(self, table: bytes) -> BatchReceipt:
        """The same for the Parquet file of many observations, which is known by its content."""
        name = _name("c", table)
        path = self.folder / (name + TABLE)
        if path.exists() or name in manifest.read(self._manifest).batches:
            return BatchReceipt(name, repeated=True)
        write_whole(path, table)
        return BatchReceipt(name, repeated=False)

    def open(self, batch_id: str) -> "OpenBatch":
        """A batch that is written piece by piece, for one that is too large to be held."""
        name = _name("k", batch_id.encode())
        return OpenBatch(name, Aside(self.folder / (name + LINES)))

    def set_aside(self, batch: str, reason: str) -> None:
        """Put a damaged batch away; whoever brings its rows again finds it unknown, also under its key."""
        kind = TABLE if (self.folder / (batch + TABLE)).exists() else LINES
        self._damaged.set_aside(Note(file=f"inbox/{batch}{kind}", reason=reason))
        (self.folder.parent / PUSHES / f"{batch}.json").unlink(missing_ok=True)

    def waiting(self) -> dict[str, Path]:
        """The batches not yet drained: id -> file, by id."""
        paths = [*self.folder.glob(f"*{LINES}"), *self.folder.glob(f"*{TABLE}")]
        return {_batch(path): path for path in sorted(paths)}


class OpenBatch:
    """Takes observations, their JSON one a line. `keep` stores them; `close` without it leaves nothing."""

    def __init__(self, batch: str, aside: Aside) -> None:
        self.batch = batch
        self._aside, self._packer = aside, zstd.ZstdCompressor(options=_PACKING)
        self._seal = BatchSeal()

    def __enter__(self) -> "OpenBatch":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def write(self, lines: bytes) -> None:
        self._aside.write(self._seal.add(self._packer.compress(lines)))

    def keep(self) -> None:
        """Durable when this returns; a batch of the same id that still waits is replaced."""
        self._aside.write(self._seal.add(self._packer.flush()) + self._seal.frame())
        self._aside.place()

    def close(self) -> None:
        self._aside.close()


def fault(path: Path) -> str | None:
    """Why a batch is not what was written, None where it is. A table is named by its content. Lines of an
    older version carry no checksum: they must unpack, and be what their name tells if it tells that.
    """
    try:
        if is_table(path):
            return None if _name("c", path.read_bytes()) == _batch(path) else CHANGED
        with path.open("rb") as file:
            sound = is_sound_batch(file)
        if sound is None:
            sound = _unpacks_to_its_name(path)
    except OSError as error:
        return unreadable(error)
    return None if sound else CHANGED


def _unpacks_to_its_name(path: Path) -> bool:
    name, digest = _batch(path), hashlib.blake2b(digest_size=_NAME_BYTES)
    try:
        with zstd.ZstdFile(path) as lines:
            while data := lines.read(_AT_ONCE):
                digest.update(data)
    except (zstd.ZstdError, EOFError):
        return False
    return not name.startswith("c") or name == f"c{digest.hexdigest()}"


def is_table(path: Path) -> bool:
    """Whether a batch is written by columns."""
    return path.name.endswith(TABLE)


def _batch(path: Path) -> str:
    """The id of the batch in a file."""
    return path.name.partition(".")[0]


def encoded(observations: Iterable[Observation]) -> bytes:
    """Observations as the inbox takes them."""
    return b"".join([_encode(observation) + b"\n" for observation in observations])


def _name(kind: str, content: bytes | bytearray) -> str:
    return kind + hashlib.blake2b(content, digest_size=_NAME_BYTES).hexdigest()
