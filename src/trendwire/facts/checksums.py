"""SHA-256 of stored files: what tells bytes that rotted from those that were written.

A file that is written once is named with its checksum in a manifest. A JSON file carries its own as its
last field, `sha256`, over all bytes before that field; so does each line of an append-only file, shortened.
A batch packed with zstd ends with a skippable frame that holds it, which every reader of zstd passes over.
"""

import errno
import hashlib
import os
import re
import struct
from pathlib import Path
from typing import BinaryIO

import msgspec

_DIGESTS: dict[tuple[str, int, int, int], str] = {}
"""Of files that this process has read to their end: path, size, time of change, inode -> SHA-256 in hex."""

_FIELD = re.compile(rb',\s*"sha256": ?"([0-9a-f]+)"\s*}\s*\Z')
_LONGEST_FIELD = 100
_LINE_DIGITS = 16

_FRAME = struct.Struct("<II32s")
_FRAME_MAGIC, _DIGEST_BYTES = 0x184D2A5A, 32
_AT_ONCE = 1 << 20

MISSING = "it is missing"
CHANGED = "its bytes are not those that were written"


class Checksum(msgspec.Struct, frozen=True):
    """What a file must be: SHA-256 in hex, bytes (None: not noted). `written`: its time of change then, Unix
    seconds.
    """

    sha256: str
    size: int | None = None
    written: int = 0


def sha256_of(path: Path, *, again: bool = False) -> str:
    """SHA-256 of a file, in hex; read once in a process while its size, time and inode stay. `again`: read
    in any case, before its bytes are copied to another file.
    """
    told = path.stat()
    key = str(path), told.st_size, told.st_mtime_ns, told.st_ino
    if again or key not in _DIGESTS:
        with path.open("rb") as file:
            _DIGESTS[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _DIGESTS[key]


def checksum_of(path: Path) -> Checksum:
    """The checksum of a file that was just written."""
    told = path.stat()
    return Checksum(sha256_of(path, again=True), told.st_size, int(told.st_mtime))


def fault(path: Path, checksum: Checksum | None, *, again: bool = False, quick: bool = False) -> str | None:
    """Why a file is not what was written, None where it is. `quick`: a file of its size and time passes.

    Of a file without a checksum only its presence is known.
    """
    try:
        told = path.stat()
        if checksum is None:
            return None
        if checksum.size is not None and told.st_size != checksum.size:
            return f"it has {told.st_size:,} bytes where {checksum.size:,} were written"
        if quick and int(told.st_mtime) == checksum.written:
            return None
        return None if sha256_of(path, again=again) == checksum.sha256 else CHANGED
    except FileNotFoundError:
        return MISSING
    except OSError as error:
        return unreadable(error)


def unreadable(error: OSError) -> str:
    """What a disk that fails says of a file; any other error is raised again."""
    if error.errno != errno.EIO:
        raise error
    return f"the disk cannot read it: {error.strerror}"


def sealed(document: bytes) -> bytes:
    """The JSON of an object with its own checksum as its last field."""
    body = document.rstrip()[:-1].rstrip()
    return b'%b,\n "sha256": "%b"\n}\n' % (body, hashlib.sha256(body).hexdigest().encode())


def sealed_line(document: bytes) -> bytes:
    """The same as one line of a file, ended, with a shortened checksum."""
    body = document[:-1]
    return b'%b,"sha256":"%b"}\n' % (body, hashlib.sha256(body).hexdigest()[:_LINE_DIGITS].encode())


def is_line(data: bytes) -> bool:
    """Whether it is a line that was written to its end; also one whose line break is damaged."""
    return data.endswith(b"\n") or has_seal(data[:-1])


def has_seal(data: bytes) -> bool:
    """Whether JSON carries its checksum."""
    return _seal(data) is not None


def is_sound(data: bytes) -> bool:
    """Whether JSON is what its checksum tells; one without any passes."""
    found = _seal(data)
    if found is None:
        return True
    return hashlib.sha256(data[: found.start()]).hexdigest().startswith(found[1].decode())


def _seal(data: bytes) -> "re.Match[bytes] | None":
    return _FIELD.search(data, max(0, len(data) - _LONGEST_FIELD))


class BatchSeal:
    """Adds up the packed bytes of a batch; `frame` ends it."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, packed: bytes) -> bytes:
        """The same bytes."""
        self._digest.update(packed)
        return packed

    def frame(self) -> bytes:
        """The frame that holds the checksum of all before it."""
        return _FRAME.pack(_FRAME_MAGIC, _DIGEST_BYTES, self._digest.digest())


def sealed_batch(packed: bytes) -> bytes:
    """A packed batch with its checksum."""
    seal = BatchSeal()
    return seal.add(packed) + seal.frame()


def is_sound_batch(file: BinaryIO) -> bool | None:
    """Whether a packed batch is what its checksum tells; None where it carries none."""
    left = file.seek(0, os.SEEK_END) - _FRAME.size
    if left < 0:
        return None if left > -_FRAME.size else False
    file.seek(left)
    magic, size, expected = _FRAME.unpack(file.read(_FRAME.size))
    if (magic, size) != (_FRAME_MAGIC, _DIGEST_BYTES):
        return None
    file.seek(0)
    digest = hashlib.sha256()
    while left and (data := file.read(min(_AT_ONCE, left))):
        digest.update(data)
        left -= len(data)
    return bool(digest.digest() == expected)
