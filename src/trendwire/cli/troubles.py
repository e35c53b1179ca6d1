"""Owns plain words for what the system, SQLite and DuckDB raise: a full disk, rights, damaged files."""

import errno
import sqlite3
from pathlib import Path

import duckdb

_DEEP = "`trendwire doctor --deep` says which file, and what to do"
_FULL = "the disk is full: free some space and do it again; nothing that was stored is lost"

_SYSTEM = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "this user's share of the disk is full: free some space and do it again",
    errno.EROFS: "the file system is read-only: name a --home that can be written",
    errno.EACCES: "this user has no rights to it: change its owner or mode, or name another --home",
    errno.EPERM: "this user has no rights to it: change its owner or mode, or name another --home",
    errno.ENOTDIR: "a part of this path is a file, where a folder must be: name another --home or path",
    errno.EEXIST: "there is a file, where a folder must be: name another --home or path",
    errno.EISDIR: "it is a folder, where a file must be",
    errno.ENOENT: "there is no such file or folder",
    errno.ENAMETOOLONG: "the path is too long for this file system",
    errno.EIO: f"the disk cannot read or write it, and may be failing: {_DEEP}",
    errno.EMFILE: "too many files are open: raise `ulimit -n`",
}

_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: "a database of the home cannot be written: change its owner or mode",
    sqlite3.SQLITE_CANTOPEN: "a database of the home cannot be opened: look at the rights of the home",
    sqlite3.SQLITE_BUSY: "another program has a database of the home locked: do it again",
    sqlite3.SQLITE_LOCKED: "another program has a database of the home locked: do it again",
    sqlite3.SQLITE_IOERR: "a database of the home cannot be read or written: the disk may be full or failing",
    sqlite3.SQLITE_CORRUPT: f"a database or an edition of the home is damaged: {_DEEP}",
    sqlite3.SQLITE_NOTADB: f"a database or an edition of the home is damaged: {_DEEP}",
}

_PRIMARY = 0xFF
"""Of an extended result code of SQLite."""


def in_words(error: BaseException) -> str | None:
    """What is wrong and what to do, None for errors that nobody expects."""
    if isinstance(error, OSError) and error.errno in _SYSTEM:
        path = f"{Path(error.filename)}: " if isinstance(error.filename, str | Path) else ""
        return path + _SYSTEM[error.errno]
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY)
    if isinstance(error, duckdb.OutOfMemoryException):
        return "this takes more memory than it may: raise TRENDWIRE_ENGINE_MEMORY_MB"
    if isinstance(error, duckdb.Error):
        return _of_duckdb(error)
    return None


def _of_duckdb(error: duckdb.Error) -> str | None:
    text = str(error)
    if "No space left" in text or "disk is full" in text:
        return _FULL
    if isinstance(error, duckdb.IOException | duckdb.SerializationException | duckdb.InvalidInputException):
        return f"a file of the home cannot be read or written: {_DEEP} ({text})"
    return None
