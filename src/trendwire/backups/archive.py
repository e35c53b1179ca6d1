"""The file of a backup: a tar packed with zstd, which `tar --zstd -x` reads without Trendwire.

    frame of zstd     the files, one after the other, as GNU tar writes them, in a folder `home`
    frame of zstd     the last one, manifest.json: size and SHA-256 of each, and the end of the tar
    skippable frame   where the frame of the manifest begins; zstd and tar pass over it

Written in one go, since what is taken of a live home is only known when it was read. Read from its end: the
manifest comes first, and binds what the rest may hold. Nothing but plain files is written or read.
"""

import hashlib
import os
import struct
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath
from typing import BinaryIO

import msgspec

from trendwire.errors import BadFile, Conflict, NotReady
from trendwire.facts.zstd import zstd

VERSION = 1
MANIFEST = "manifest.json"
AT_ONCE = 1 << 20

MOST_MANIFEST = 256 << 20
"""Bytes of a manifest, unpacked: that of about a million files."""

_PACKING: Mapping[int, int] = {
    zstd.CompressionParameter.compression_level: 3,
    zstd.CompressionParameter.checksum_flag: 1,
}
_MODES = 0o755
_FOLDER = "home/"
_LONGEST_NAME = 4096
_POINTER = struct.Struct("<IIQ")
_POINTER_MAGIC, _POINTER_BYTES = 0x184D2A50, 8  # of a skippable frame, and what it holds: the offset

_NO_BACKUP = "is no whole backup: it was cut off, damaged, or not made by `trendwire backup`"


class File(msgspec.Struct, frozen=True):
    """One file of a home. `path`: within the home, with `/`. `size` in bytes, `sha256` in hex."""

    path: str
    size: int
    sha256: str


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself. `made_by`: the version of Trendwire; `formats`: of what its files are in.

    `created_at`: when it began (UTC): what was acknowledged before is in it.
    """

    version: int = VERSION
    made_by: str
    created_at: datetime
    formats: dict[str, int]
    files: tuple[File, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files, unpacked."""
        return sum(file.size for file in self.files)


class Writer:
    """Writes a backup piece by piece; `write` takes its bytes."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write, self._packer = write, zstd.ZstdCompressor(options=_PACKING)
        self._files: list[File] = []
        self.written = 0
        """Bytes of the backup so far."""

    def add(self, path: str, file: BinaryIO, size: int, mode: int, changed: float) -> File:
        """The next `size` bytes of `file`. `changed`: Unix seconds. Conflict where it holds fewer."""
        self._head(_FOLDER + path, size, mode, changed)
        digest, left = hashlib.sha256(), size
        while left:
            data = file.read(min(AT_ONCE, left))
            if not data:
                raise Conflict(f"{path} was cut shorter while it was read: run the backup again")
            digest.update(data)
            self._pack(data)
            left -= len(data)
        self._pack(b"\0" * (-size % tarfile.BLOCKSIZE))
        self._files.append(File(path, size, digest.hexdigest()))
        return self._files[-1]

    def end(self, contents: Contents) -> Contents:
        """Write the manifest, with the files that were added; the backup is whole then."""
        whole = msgspec.structs.replace(contents, files=tuple(self._files))
        text = msgspec.json.format(msgspec.json.encode(whole), indent=1)
        self._end_frame()
        begin = self.written
        self._head(MANIFEST, len(text), 0o600, contents.created_at.timestamp())
        self._pack(text + b"\0" * (-len(text) % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE))
        self._end_frame()
        self._out(_POINTER.pack(_POINTER_MAGIC, _POINTER_BYTES, begin))
        return whole

    def _head(self, path: str, size: int, mode: int, changed: float) -> None:
        try:
            path.encode()
        except UnicodeEncodeError:
            raise NotReady(f"the name of a file in the home is no text: rename it ({path!r})") from None
        head = tarfile.TarInfo(path)
        head.size, head.mode, head.mtime = size, mode & _MODES, int(changed)
        self._pack(head.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict"))

    def _pack(self, data: bytes) -> None:
        self._out(self._packer.compress(data))

    def _end_frame(self) -> None:
        self._out(self._packer.flush())

    def _out(self, data: bytes) -> None:
        self._write(data)
        self.written += len(data)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a backup as it is read. `pieces` gives its bytes, and is to be read to its end."""

    file: File
    mode: int
    changed: int
    pieces: Iterator[bytes]


def contents(backup: BinaryIO) -> Contents:
    """What a backup says of itself. BadFile where it is none, or not whole, or names what it must not."""
    try:
        told = msgspec.json.decode(_manifest(backup), type=Contents)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFile(_NO_BACKUP) from error
    if told.version > VERSION:
        raise BadFile(f"is a backup of a later Trendwire ({told.made_by}): restore it with that one")
    names = {file.path for file in told.files}
    for file in told.files:
        _check_name(file.path, names)
    if len(names) < len(told.files) or any(file.size < 0 for file in told.files):
        raise BadFile("has a manifest that contradicts itself")
    return told


def members(backup: BinaryIO, told: Contents) -> Iterator[Member]:
    """The files, in their order; read one before the next. BadFile where one is not as `told`, or absent."""
    backup.seek(0)
    waiting = {_FOLDER + file.path: file for file in told.files}
    with zstd.ZstdFile(backup) as unpacked:
        stream = _Stream(unpacked)
        while waiting:
            head = stream.head()
            file = waiting.pop(head.name, None)
            if file is None or head.type != tarfile.REGTYPE or head.size != file.size:
                raise BadFile(f"holds what its manifest does not name: {head.name!r}")
            yield Member(file, head.mode & _MODES, int(head.mtime), stream.pieces(file))


class _Stream:
    """A tar as it is unpacked: never more of it than was asked for."""

    def __init__(self, unpacked: "zstd.ZstdFile") -> None:
        self._unpacked = unpacked

    def head(self) -> tarfile.TarInfo:
        """The next header; a long name stands in one before it."""
        head = self._block()
        if head.type != tarfile.GNUTYPE_LONGNAME:
            return head
        if not 0 < head.size <= _LONGEST_NAME:
            raise BadFile("holds a name that is too long")
        name = self.read(head.size + -head.size % tarfile.BLOCKSIZE)[: head.size].rstrip(b"\0")
        head = self._block()
        head.name = name.decode(errors="replace")
        return head

    def pieces(self, file: File) -> Iterator[bytes]:
        digest, left = hashlib.sha256(), file.size
        while left:
            data = self.read(min(AT_ONCE, left))
            digest.update(data)
            left -= len(data)
            yield data
        self.read(-file.size % tarfile.BLOCKSIZE)
        if digest.hexdigest() != file.sha256:
            raise BadFile(f"is damaged: {file.path} is not what was backed up")

    def read(self, size: int) -> bytes:
        """Exactly so many bytes."""
        try:
            data = self._unpacked.read(size)
            while len(data) < size:
                more = self._unpacked.read(size - len(data))
                if not more:
                    raise BadFile(_NO_BACKUP)
                data += more
        except (zstd.ZstdError, EOFError) as error:
            raise BadFile(_NO_BACKUP) from error
        return data

    def _block(self) -> tarfile.TarInfo:
        try:
            return tarfile.TarInfo.frombuf(self.read(tarfile.BLOCKSIZE), "utf-8", "replace")
        except tarfile.HeaderError as error:
            raise BadFile(_NO_BACKUP) from error


def _manifest(backup: BinaryIO) -> bytes:
    """Its bytes, from the frame that the end of the file points to."""
    end = backup.seek(0, os.SEEK_END) - _POINTER.size
    if end < 0:
        raise BadFile(_NO_BACKUP)
    backup.seek(end)
    magic, size, begin = _POINTER.unpack(backup.read(_POINTER.size))
    if (magic, size) != (_POINTER_MAGIC, _POINTER_BYTES) or not 0 <= begin < end <= begin + MOST_MANIFEST:
        raise BadFile(_NO_BACKUP)
    backup.seek(begin)
    try:
        packed = backup.read(end - begin)
        stream = BytesIO(zstd.ZstdDecompressor().decompress(packed, MOST_MANIFEST))
        head = tarfile.TarInfo.frombuf(stream.read(tarfile.BLOCKSIZE), "utf-8", "replace")
    except (zstd.ZstdError, EOFError, tarfile.HeaderError) as error:
        raise BadFile(_NO_BACKUP) from error
    text = stream.read(max(head.size, 0))
    if head.name != MANIFEST or len(text) != head.size:
        raise BadFile(_NO_BACKUP)
    return text


def _check_name(path: str, names: set[str]) -> None:
    """A name must lead to a file in the home, and to no folder of another."""
    told = PurePosixPath(path)
    plain = path == str(told) and not told.is_absolute() and "\0" not in path and ".." not in told.parts
    if not plain or not told.parts or len(_FOLDER + path) > _LONGEST_NAME:
        raise BadFile(f"names a file that no home has: {path!r}")
    if any(str(parent) in names for parent in told.parents):
        raise BadFile(f"names {path!r}, whose folder is a file")
