"""Parquet is read in order and within a bounded memory, and what is too large is said."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from trendwire.errors import BadFile
from trendwire.facts.quarantine import Refused
from trendwire.sources.parquet import rows

MOST_MB = 480
"""Of a whole process, which has some 100 MB before it reads anything."""

COUNT = 300
POST = "(1747820685::bigint << 32) + i as id"
HUGE = {
    "a row of five million items": "case when i = 5 then range(5000000) else [1] end hashtag_names",
    "a cell of 200 MB": "case when i = 5 then repeat('x', 200000000) else 'a' end video_description",
    "cells of 20 MB": "case when i % 100 = 5 then repeat('x', 20000000) else 'a' end video_description",
    "thousands of rows of 700 kB": "repeat((i + 1000)::varchar, 175000) video_description",
}
SCRIPT = """
import sys
from pathlib import Path
from trendwire.errors import BadFile
from trendwire.sources.files import FileSource
from trendwire.sources.parsing import Job, parse
read, reason = 0, ""
try:
    for batch in FileSource(sys.argv[1]).batches():
        read += parse(Job("x", "x", 1_800_000_000, batch)).rows
except BadFile as error:
    reason = error.public
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(read, int(peak.split()[1]) // 1024, reason)
"""


def made(path: Path, column: str, count: int) -> Path:
    duckdb.execute(f"copy (select {POST}, {column} from range({count}) t(i)) to '{path}' (format parquet)")
    return path


@pytest.mark.parametrize("kind", HUGE)
def test_huge_values_are_read_or_refused_in_bounded_memory(kind: str, tmp_path: Path) -> None:
    path = made(tmp_path / "huge.parquet", HUGE[kind], COUNT)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, check=True
    )
    read, memory, reason = done.stdout.rstrip("\n").split(" ", 2)
    assert int(memory) < MOST_MB
    assert int(read) == COUNT or "holds values that are too large: its rows from" in reason


def test_a_row_that_is_too_long_is_refused_alone(tmp_path: Path) -> None:
    path = made(tmp_path / "huge.parquet", HUGE["cells of 20 MB"], COUNT)
    found = list(rows("huge.parquet", path))
    refused = [(one.line, one.reason) for one in found if isinstance(one, Refused)]
    assert refused == [(n, "the row is longer than 4,194,304 bytes") for n in (6, 106, 206)]
    assert [row[0] for row in found if not isinstance(row, Refused)] == [
        n for n in range(1, COUNT + 1) if n not in (6, 106, 206)
    ]


def test_rows_are_numbered_in_the_order_of_the_file(tmp_path: Path) -> None:
    count = 300_000
    path = made(tmp_path / "many.parquet", "i as view_count", count)
    numbers, places = [], []
    for row in rows("many.parquet", path):
        assert isinstance(row, tuple)
        numbers.append(row[0])
        assert isinstance(row[1], bytes)
        places.append(json.loads(row[1])["view_count"])
    assert numbers == [place + 1 for place in places] == list(range(1, count + 1))


def test_damage_names_the_row_from_which_nothing_is_read(tmp_path: Path) -> None:
    path = made(tmp_path / "posts.parquet", "md5(i::varchar) as username", 300_000)
    content = bytearray(path.read_bytes())
    middle = len(content) * 2 // 3
    content[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(content)
    taken = 0
    with pytest.raises(BadFile, match=r"is damaged: .*its rows from [\d,]+ on are not read") as raised:
        for taken, _ in enumerate(rows("posts.parquet", path), 1):  # noqa: B007
            pass
    assert f"from {taken + 1:,} on" in raised.value.public
