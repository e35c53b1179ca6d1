"""Files made to be misread: each with its true rows, and those of them that it may cost."""

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from trendwire.facts.zstd import zstd

CREATED = 1_747_820_685
COUNT = 40
MIDDLE = 20
EMPTY: frozenset[int] = frozenset()
EVERY = frozenset(range(COUNT))

Row = dict[str, Any]
Encode = Callable[[list[Row]], bytes]


@dataclass(frozen=True)
class Hostile:
    """`rows`: the true ones. `cost`: places of rows that may be set aside; all others must be read. `broken`:
    the file must be named as one that could not be read to its end; what it costs then is any row.
    """

    name: str
    content: bytes
    rows: tuple[Row, ...]
    cost: frozenset[int] = EMPTY
    broken: bool = False


def posts(case: int, **middle: Any) -> list[Row]:
    """The true rows of a file; `middle`: what differs in the one in the middle."""
    rows: list[Row] = [
        {
            "id": str((CREATED << 32) + case * 1000 + n),
            "create_time": CREATED,
            "video_description": f"caption {n} of file {case}",
            "view_count": case * 1000 + n,
        }
        for n in range(COUNT)
    ]
    rows[MIDDLE] |= middle
    return rows


def cell(value: object, delimiter: str) -> str:
    text = str(value)
    is_plain = not {delimiter, '"', "\n", "\r"} & set(text)
    return text if is_plain else '"' + text.replace('"', '""') + '"'


def lines_of(rows: list[Row], delimiter: str = ",") -> list[str]:
    """A CSV, header first, without its line breaks."""
    return [delimiter.join(rows[0])] + [delimiter.join(cell(v, delimiter) for v in r.values()) for r in rows]


def table(rows: list[Row], delimiter: str = ",", end: str = "\n") -> bytes:
    return "".join(line + end for line in lines_of(rows, delimiter)).encode()


def ndjson(rows: list[Row]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _spoilt(rows: list[Row], spoil: Callable[[str], str], delimiter: str = ",", at: int = MIDDLE) -> bytes:
    """A CSV with one line that somebody wrote by hand."""
    lines = lines_of(rows, delimiter)
    lines[at + 1] = spoil(lines[at + 1])
    return "".join(line + "\n" for line in lines).encode()


def _caption(new: str) -> Callable[[str], str]:
    """Puts something in place of the caption of a line."""

    def spoil(line: str) -> str:
        delimiter = next(one for one in "\t;," if one in line)
        cells = line.split(delimiter)
        return delimiter.join([*cells[:2], new.replace(",", delimiter), *cells[3:]])

    return spoil


Made = tuple[str, Callable[[int], tuple[bytes, list[Row], frozenset[int] | None]]]
"""A name, and what makes content, true rows and cost (None: the file is broken) of the number of the file."""


def _csv_with(
    name: str, spoil: Callable[[str], str], cost: frozenset[int] | None, **middle: Any
) -> list[Made]:
    """The same by three delimiters."""

    def of(delimiter: str) -> Made:
        def make(case: int) -> tuple[bytes, list[Row], frozenset[int] | None]:
            rows = posts(case, **middle)
            return _spoilt(rows, spoil, delimiter), rows, cost

        return f"{name} ({delimiter!r})", make

    return [of(delimiter) for delimiter in ",;\t"]


def _whole(name: str, encode: Encode, cost: frozenset[int] | None = EMPTY, **middle: Any) -> Made:
    def make(case: int) -> tuple[bytes, list[Row], frozenset[int] | None]:
        rows = posts(case, **middle)
        return encode(rows), rows, cost

    return name, make


ONE = frozenset({MIDDLE})


def _quotes() -> Iterator[Made]:
    yield from _csv_with("a quote opens and is never closed", _caption('"a caption'), ONE)
    yield from _csv_with("a quote alone in its cell", _caption('"'), ONE)
    yield from _csv_with("text after a closing quote", _caption('"a" caption'), ONE)
    yield from _csv_with("quotes within a quoted cell", _caption('"he said "yes" to it"'), ONE)
    literal = '5" screen'
    yield from _csv_with("a quote within a cell", _caption(literal), EMPTY, video_description=literal)
    for first, last in ((0, 1), (3, 30), (0, COUNT - 1)):

        def swallowing(rows: list[Row], first: int = first, last: int = last) -> bytes:
            lines = lines_of(rows)
            lines[first + 1] = _caption('"cut')(lines[first + 1])
            lines[last + 1] = _caption('cut"')(lines[last + 1])
            return "".join(line + "\r\n" for line in lines).encode()

        yield _whole(f"a quote from row {first} to {last}", swallowing, frozenset(range(first, last + 1)))
    for at in (0, COUNT - 1):
        yield _whole(
            f"a quote opens in row {at}",
            partial(_spoilt, spoil=_caption('"x'), at=at),
            frozenset({at}),
        )
    yield _whole("a quote opens every caption", lambda r: table(r).replace(b",capt", b',"capt'), EVERY)
    yield _whole("a quote in the header", lambda rows: b'"' + table(rows), None)


def _line_breaks() -> Iterator[Made]:
    for end in ("\n", "\r\n", "\r"):
        words = f"one,{end}two, three{end}{end}and four"
        yield _whole(
            f"a caption over lines ({end!r})",
            partial(table, end=end),
            video_description=words,
        )
    fake = f"caption\n{(CREATED << 32) + 999_999},{CREATED},never a post,1\nend"
    yield _whole("a caption with a row in it", table, ONE, video_description=fake)
    two = fake.replace("end", f"{(CREATED << 32) + 999_998},{CREATED},neither,2")
    yield _whole("a caption with two rows in it", lambda r: table(r, end="\r\n"), ONE, video_description=two)
    yield from _csv_with("a line break outside quotes", _caption("one\ntwo"), ONE)
    yield from _csv_with("a carriage return outside quotes", _caption("one\rtwo"), ONE)
    yield _whole("carriage returns only", lambda rows: table(rows, end="\r"))
    yield _whole("carriage returns only, packed", lambda rows: gzip.compress(table(rows, end="\r")))

    def mixed(*ends: str) -> Encode:
        return lambda rows: "".join(
            line + ends[n % len(ends)] for n, line in enumerate(lines_of(rows))
        ).encode()

    yield _whole("line ends mixed, CRLF and LF", mixed("\n", "\r\n"))
    yield _whole("line ends mixed, all three", mixed("\r\n", "\r", "\n"))
    yield _whole("blank lines everywhere", mixed("\n\n", "\r\n \r\n"))
    yield _whole("no last line break", lambda rows: table(rows).rstrip())
    yield _whole("cut off within a row", lambda rows: table(rows)[:-25], frozenset({COUNT - 1}))
    yield _whole("a carriage return in the header", lambda r: table(r).replace(b"create", b"cre\rate"), EVERY)


def _cells() -> Iterator[Made]:
    yield from _csv_with("NUL in a cell", _caption("a\0b"), ONE)
    yield _whole("NUL in an id", lambda rows: _spoilt(rows, lambda line: "\0" + line), ONE)
    yield _whole("NUL in the first row", lambda rows: _spoilt(rows, _caption("\0"), at=0), frozenset({0}))
    yield _whole("NUL in the header", lambda rows: b"\0" + table(rows), None)
    yield from _csv_with("too many cells", _caption("one,two,three"), ONE)
    yield _whole("cells too many that are empty", lambda rows: _spoilt(rows, lambda line: line + ",,"))
    yield _whole("a cell of 140 kB", table, video_description="x" * 140_000)
    yield _whole("a cell of 2 MB", table, ONE, video_description="x" * (2 << 20))
    yield _whole("a cell of 17 MB", table, ONE, video_description="x" * (17 << 20))
    yield _whole("a quoted cell of 17 MB", table, ONE, video_description="a, " * (6 << 20))

    def doubled(rows: list[Row], other: str) -> bytes:
        head, *lines = lines_of(rows)
        filled = [line + "," + line.rsplit(",", 1)[1] for line in lines]
        filled[MIDDLE] = lines[MIDDLE] + other
        return "\n".join([head + ",view_count", *filled, ""]).encode()

    yield _whole("a column twice", lambda rows: doubled(rows, ","))
    yield _whole("a column twice that contradicts", lambda rows: doubled(rows, ",7"), ONE)
    yield _whole(
        "a header in capitals", lambda rows: table(rows).replace(b"id,create_time", b"ID, Create_Time")
    )


def _encodings() -> Iterator[Made]:
    accent = "café ünïcode"
    yield _whole("a BOM", lambda rows: b"\xef\xbb\xbf" + table(rows), video_description=accent)
    yield _whole("UTF-16 with a BOM", lambda r: table(r).decode().encode("utf-16"), video_description=accent)
    yield _whole("UTF-16 without", lambda rows: table(rows).decode().encode("utf-16-le"), None)
    yield _whole("Latin-1", lambda r: table(r).decode().encode("latin-1"), ONE, video_description=accent)
    yield _whole("NDJSON in UTF-16", lambda rows: ndjson(rows).decode().encode("utf-16"))

    def lone(rows: list[Row]) -> bytes:
        return table(rows).decode().replace("caption 20", "\ud800").encode("utf-16", "surrogatepass")

    def latin(rows: list[Row]) -> bytes:
        return ndjson(rows).replace(b"caption 20", b"caf\xe9")

    yield _whole("UTF-16 with half a pair", lone, ONE)
    yield _whole("NDJSON in Latin-1", latin, ONE)
    yield _whole("an array in Latin-1", lambda rows: b"[" + b",".join(latin(rows).splitlines()) + b"]", ONE)
    yield _whole(
        "an array in Latin-1 with NaN",
        lambda rows: b'[{"id":NaN},' + b",".join(latin(rows).splitlines()) + b"]",
        ONE,
    )
    yield _whole(
        "objects over lines in Latin-1",
        lambda rows: json.dumps(rows, indent=1).encode().strip(b"[]").replace(b"caption 20", b"caf\xe9"),
        ONE,
    )


def _json() -> Iterator[Made]:
    def with_line(line: bytes) -> Encode:
        def encode(rows: list[Row]) -> bytes:
            lines = ndjson(rows).splitlines()
            return b"\n".join([*lines[:MIDDLE], line, *lines[MIDDLE:], b""])

        return encode

    def spoilt(old: bytes, new: bytes) -> Encode:
        return lambda rows: ndjson(rows).replace(old, new)

    def two(rows: list[Row]) -> bytes:
        joined = ndjson(rows[20:22]).replace(b"\n", b"") + b"\n"
        return ndjson(rows[:20]) + joined + ndjson(rows[22:])

    def reply(rows: list[Row]) -> bytes:
        return json.dumps({"data": {"videos": rows}, "error": {"code": "ok"}}).encode()

    yield _whole("NDJSON with garbage", with_line(b"garbage\0\xff"))
    yield _whole("NDJSON with an array", with_line(b"[1, 2]"))
    yield _whole("NDJSON that begins with an array", lambda rows: b"[1]\n" + ndjson(rows))
    yield _whole("NDJSON that begins with garbage", lambda rows: b"garbage\r\n\r\n" + ndjson(rows))
    yield _whole("NDJSON with deep nesting", with_line(b"[" * 50_000))
    yield _whole("NDJSON with a line of 17 MB", with_line(b'{"id":"' + b"9" * (17 << 20) + b'"}'))
    yield _whole("NDJSON with a raw line break", spoilt(b"caption 20", b"capt\nion"), ONE)
    yield _whole("NDJSON with NUL", spoilt(b"caption 20", b"a\0b"), ONE)
    yield _whole("NDJSON with carriage returns", lambda rows: ndjson(rows).replace(b"\n", b"\r"))
    yield _whole("NDJSON cut off", lambda rows: ndjson(rows)[:-20], frozenset({COUNT - 1}))
    yield _whole("NDJSON with two on a line", two, frozenset({20, 21}))
    yield _whole("an array cut off", lambda rows: json.dumps(rows).encode()[:2000], None)
    yield _whole("an array with damage", lambda r: json.dumps(r).encode().replace(b"caption 20", b'"'), None)
    yield _whole("an array and more", lambda rows: json.dumps(rows).encode() + b"\n{}", None)
    yield _whole("a reply, then rows", lambda rows: reply(rows[:9]) + b"\n" + ndjson(rows[9:]))
    yield _whole("replies without posts", lambda rows: reply(rows) + b'\n{"data":{"items":[1]}}\n')


def _packed() -> Iterator[Made]:
    for name, pack in (("gzip", gzip.compress), ("zstd", zstd.compress)):
        for kind, encode in (("CSV", table), ("NDJSON", ndjson)):
            for share in (3, 6, 9):

                def cut(
                    rows: list[Row], pack: Any = pack, encode: Encode = encode, share: int = share
                ) -> bytes:
                    packed: bytes = pack(encode(rows))
                    return packed[: len(packed) * share // 10]

                yield _whole(f"{name} of {kind}, cut at {share}/10", cut, None)

    def flipped(rows: list[Row]) -> bytes:
        packed = bytearray(gzip.compress(ndjson(rows), compresslevel=0))
        packed[packed.index(b"caption 20") + 9] ^= 1
        return bytes(packed)

    yield _whole("gzip with a flipped bit", flipped, None)
    yield _whole("gzip and garbage", lambda rows: gzip.compress(ndjson(rows)) + b"garbage", None)
    yield _whole("gzip in gzip", lambda rows: gzip.compress(gzip.compress(ndjson(rows))), None)
    yield _whole("zstd in gzip", lambda rows: gzip.compress(zstd.compress(ndjson(rows))), None)
    yield _whole("gzip of two members", lambda r: gzip.compress(ndjson(r[:9])) + gzip.compress(ndjson(r[9:])))
    yield _whole("bzip2", lambda rows: bz2.compress(ndjson(rows)), None)
    yield _whole("xz", lambda rows: lzma.compress(ndjson(rows)), None)
    yield _whole("zip in gzip", lambda rows: gzip.compress(_zip(ndjson(rows))), None)
    yield _whole("tar", lambda rows: _tar(ndjson(rows)), None)
    yield _whole("tar in gzip", lambda rows: gzip.compress(_tar(ndjson(rows))), None)


def _zip(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("posts.ndjson", content)
    return made.getvalue()


def _tar(content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        member = tarfile.TarInfo("posts.ndjson")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


def _others(folder: Path) -> Iterator[Made]:
    def parquet(rows: list[Row]) -> bytes:
        (folder / "made.ndjson").write_bytes(ndjson(rows))
        values = {"rows": str(folder / "made.ndjson"), "path": str(folder / "made.parquet")}
        duckdb.execute("copy (select * from read_json($rows)) to $path (format parquet)", values)
        return (folder / "made.parquet").read_bytes()

    def database(rows: list[Row]) -> bytes:
        path = folder / "made.sqlite"
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as made:
            made.execute("create table posts (id)")
            made.executemany("insert into posts values (?)", [(row["id"],) for row in rows])
        made.close()
        return path.read_bytes()

    huge = ["tag"] * 1_500_000
    yield _whole("Parquet", parquet)
    yield _whole("Parquet with a row of a million items", parquet, ONE, hashtag_names=huge)
    yield _whole("Parquet in gzip", lambda rows: gzip.compress(parquet(rows)))
    yield _whole("Parquet cut off", lambda rows: parquet(rows)[:-30], None)
    yield _whole("Parquet without its middle", lambda rows: parquet(rows)[:200] + parquet(rows)[-200:], None)
    yield _whole(
        "Parquet with a damaged foot", lambda r: parquet(r)[:-60] + b"\xff" * 40 + parquet(r)[-20:], None
    )
    yield _whole("a database", database, None)
    yield _whole("a page", lambda rows: b"<html>" + table(rows), None)
    yield _whole("140 kB without a line break", lambda _: b"x,y" * 47_000, None)
    yield _whole("140 kB of a header", lambda rows: b"id," + b"x" * 140_000 + b"\n", None)
    yield _whole("a lone carriage return", lambda _: b"a,b\rc", None)


def all_files(folder: Path) -> list[Hostile]:
    """All of them, each with ids of its own. `folder`: for what must be a file on its way."""
    makers = [*_quotes(), *_line_breaks(), *_cells(), *_encodings(), *_json(), *_packed(), *_others(folder)]
    return [_hostile(name, make, case) for case, (name, make) in enumerate(makers, 1)]


def _hostile(name: str, make: Callable[[int], Any], case: int) -> Hostile:
    content, rows, cost = make(case)
    return Hostile(f"{case:03d} {name}", content, tuple(rows), cost or EMPTY, broken=cost is None)
