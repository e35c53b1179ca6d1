"""A file that is no whole backup, or one made to do harm, is refused, and leaves nothing anywhere."""

import hashlib
import io
import os
import random
import struct
import tarfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from tests.accounts.moments import START
from tests.backups.conftest import changed
from tests.furnished import AT
from tests.small_world import silent
from trendwire import backups
from trendwire.backups import archive
from trendwire.backups.archive import Contents, File, Writer
from trendwire.errors import BadFile, Conflict, NotReady, TrendwireError
from trendwire.facts.zstd import zstd

DATA = b"{}"
NO_BACKUP = "is no whole backup"


def forged(path: Path, members: Sequence[tarfile.TarInfo], files: Sequence[File], data: bytes = DATA) -> Path:
    """A backup with these members, whose manifest names these files."""
    out = io.BytesIO()
    for one in members:
        out.write(one.tobuf(tarfile.GNU_FORMAT))
        if one.isreg():
            out.write(data + b"\0" * (-len(data) % 512))
    body = zstd.compress(out.getvalue())
    text = msgspec.json.encode(Contents(made_by="0", created_at=AT, formats={}, files=tuple(files)))
    head = tarfile.TarInfo(archive.MANIFEST)
    head.size = len(text)
    manifest = zstd.compress(head.tobuf() + text + b"\0" * (-len(text) % 512 + 1024))
    path.write_bytes(body + manifest + struct.pack("<IIQ", 0x184D2A50, 8, len(body)))
    return path


def member(
    name: str, kind: bytes = tarfile.REGTYPE, size: int = len(DATA), link: str = ""
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(f"home/{name}")
    made.type, made.size, made.linkname = kind, size, link
    return made


def named(name: str, size: int = len(DATA), data: bytes = DATA) -> File:
    return File(name, size, hashlib.sha256(data).hexdigest())


def refusal(file: Path, home: Path) -> str:
    """Why it is refused: by a restore, which leaves nothing, and by a check, in the same words."""
    with pytest.raises(TrendwireError) as error:
        backups.restore(str(file), home, START, silent, verified=False)
    with pytest.raises(type(error.value)):
        backups.check(str(file), START, silent, verified=False)
    assert [path.name for path in home.parent.iterdir()] == [file.name]
    assert isinstance(error.value, BadFile)
    return error.value.public.removeprefix(f"{file} ")


def test_what_the_tests_forge_is_one_where_nothing_is_wrong(tmp_path: Path) -> None:
    file = forged(tmp_path / "file", [member("a/b")], [named("a/b")])
    backups.restore(str(file), tmp_path / "home", START, silent, verified=False)
    assert (tmp_path / "home" / "a" / "b").read_bytes() == DATA


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/x", "a/../../x", "a/./b", "a//b", "./a", "", ".", "..", "a/", "a\0b", "n" * 5000],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    file = forged(tmp_path / "file", [member("a")], [named(name)])
    assert "names a file that no home has" in refusal(file, tmp_path / "home")


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = forged(tmp_path / "file", [member("a"), member("a/b")], [named("a"), named("a/b")])
    assert "whose folder is a file" in refusal(file, tmp_path / "home")
    file = forged(file, [member("a"), member("a")], [named("a"), named("a")])
    assert "contradicts itself" in refusal(file, tmp_path / "home")
    file = forged(file, [member(".restored/a")], [named(".restored/a")])
    assert "names files that no backup holds" in refusal(file, tmp_path / "home")


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.XHDTYPE,
        tarfile.GNUTYPE_SPARSE,
    ],
)
def test_what_is_no_plain_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    file = forged(tmp_path / "file", [member("a", kind, link="/etc/passwd"), member("a")], [named("a")])
    assert "holds what its manifest does not name" in refusal(file, tmp_path / "home")


@pytest.mark.parametrize(
    ("members", "files", "words"),
    [
        ([member("b")], [named("a")], "does not name: 'home/b'"),
        ([member("a"), member("a")], [named("a"), named("b")], "does not name: 'home/a'"),
        ([member("a", size=1 << 60)], [named("a")], "does not name"),
        ([member("a", size=1)], [named("a")], "does not name"),
        ([member("a")], [named("a", data=b"[]")], "a is not what was backed up"),
        ([member("a")], [named("a", size=-1)], "contradicts itself"),
        ([member("a", size=1 << 40)], [named("a", size=1 << 20)], "does not name"),
        ([], [named("a")], "does not name: 'manifest.json'"),
        ([member("a", tarfile.GNUTYPE_LONGNAME, size=1 << 40)], [named("a")], "a name that is too long"),
    ],
)
def test_what_is_not_as_the_manifest_says_is_refused(
    tmp_path: Path, members: list[tarfile.TarInfo], files: list[File], words: str
) -> None:
    assert words in refusal(forged(tmp_path / "file", members, files), tmp_path / "home")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A gigabyte in a few kilobytes, which the manifest does not know of; a manifest that fills any disk."""
    packer = zstd.ZstdCompressor()
    bomb = b"".join(packer.compress(bytes(1 << 24)) for _ in range(64)) + packer.flush()
    honest = forged(tmp_path / "file", [], [named("a")]).read_bytes()
    manifest = honest[honest.rindex(zstd.compress(b"")[:4]) : -16]
    (tmp_path / "file").write_bytes(bomb + manifest + struct.pack("<IIQ", 0x184D2A50, 8, len(bomb)))
    assert NO_BACKUP in refusal(tmp_path / "file", tmp_path / "home")
    (tmp_path / "file").write_bytes(bomb + struct.pack("<IIQ", 0x184D2A50, 8, 0))
    assert NO_BACKUP in refusal(tmp_path / "file", tmp_path / "home")
    file = forged(tmp_path / "file", [member("a", size=1 << 60)], [named("a", size=1 << 60)])
    with pytest.raises(NotReady, match="there is no room"):
        backups.restore(str(file), tmp_path / "home", START, silent, verified=False)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 1000, 0.3, 0.6, 0.9, -17, -16, -1])
def test_a_backup_that_was_cut_off_is_refused(file: Path, tmp_path: Path, length: float) -> None:
    with changed(file) as data:
        del data[int(length * len(data)) if 0 < length < 1 else int(length) :]
    file = file.rename(_alone(tmp_path) / "file")
    assert refusal(file, file.parent / "home").startswith(NO_BACKUP)


@pytest.mark.parametrize("seed", range(40))
def test_a_changed_byte_is_found(file: Path, tmp_path: Path, seed: int) -> None:
    """Or changes nothing of what is restored."""
    with changed(file) as data:
        end = len(data) if seed % 2 else 4000  # many of them in the manifest and the pointer
        data[-random.Random(seed).randrange(1, end)] ^= 1 << seed % 8
    file = file.rename(_alone(tmp_path) / "file")
    refusal(file, file.parent / "home")


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    for place in (tmp_path / "none", tmp_path):
        with pytest.raises(BadFile, match="cannot be read: "):
            backups.check(str(place), START, silent, verified=False)


def test_a_file_that_shrinks_while_it_is_read_ends_the_backup() -> None:
    with pytest.raises(Conflict, match="a was cut shorter"):
        Writer(lambda _data: None).add("a", io.BytesIO(b"short"), 6, 0o644, 0)


def test_long_names_and_large_sizes_come_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    name = "/".join(["é" * 60] * 4)
    (home / name).parent.mkdir(parents=True)
    (home / name).write_bytes(os.urandom(3 * archive.AT_ONCE + 1))
    backups.backup(home, str(tmp_path / "file"), AT, "0", silent)
    backups.restore(str(tmp_path / "file"), tmp_path / "new", START, silent, verified=False)
    assert (tmp_path / "new" / name).read_bytes() == (home / name).read_bytes()
    head = tarfile.TarInfo("home/large")
    head.size = 1 << 40
    assert tarfile.TarInfo.frombuf(head.tobuf(tarfile.GNU_FORMAT), "utf-8", "strict").size == 1 << 40


def test_a_name_that_is_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / os.fsdecode(b"a\xff")).touch()
    with pytest.raises(NotReady, match="is no text: rename it"):
        backups.backup(tmp_path / "home", str(tmp_path / "file"), AT, "0", silent)


def _alone(tmp_path: Path) -> Path:
    (tmp_path / "alone").mkdir()
    return tmp_path / "alone"
