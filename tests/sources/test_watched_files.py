"""A watched folder: whole files once, half-written ones never, replaced ones again, none lost on the way."""

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.sources.hostile import COUNT, all_files
from tests.sources.made_up import MadeUpClient, Simulated
from trendwire.errors import InvalidInput
from trendwire.facts.durable import exclusive
from trendwire.facts.inbox import Inbox
from trendwire.facts.quarantine import Refused
from trendwire.facts.store import FactStore
from trendwire.sources import watched
from trendwire.sources.collect import collect, drain
from trendwire.sources.configuration import read
from trendwire.sources.folder import NOTE, Folder
from trendwire.sources.registry import CONNECTORS
from trendwire.sources.runs import Ending, Run, Runs
from trendwire.sources.writing import is_open_for_writing

SETTLE = 30


def rows(first: int, count: int) -> bytes:
    return b"".join(
        json.dumps({"id": str((1_747_820_685 << 32) + number), "view_count": number}).encode() + b"\n"
        for number in range(first, first + count)
    )


class Watch:
    """A home that watches a folder; each run is `later` seconds after the last change of its files."""

    def __init__(self, home: Path, folder: Path, then: str = "keep", pattern: str = "*") -> None:
        self.home, self.folder = home, folder
        folder.mkdir(exist_ok=True)
        self.told = f'folder = "{folder}"\nthen = "{then}"\npattern = "{pattern}"\nsettle_seconds = {SETTLE}'

    def run(self, later: float = SETTLE + 1) -> Run:
        found = [path.stat().st_ctime for path in self.folder.rglob("*")]
        at = datetime.fromtimestamp(max(found, default=1_800_000_000.0) + later, UTC)
        source = read(f'[sources.drop]\nkind = "files"\n{self.told}', CONNECTORS, self.home).source("drop")
        time = Simulated(at)
        Runs(self.home).lease("drop", "test", at)
        client = MadeUpClient(time, lambda _call: pytest.fail("it asks nobody"))
        connector = source.make(source.read_secrets({}))
        return collect("drop", connector, client, self.home, at, "test", lambda *_: None, lambda: False)

    def put(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def names(self) -> list[str]:
        files = (path for path in self.folder.rglob("*") if path.is_file() and path.name != NOTE)
        return sorted(path.relative_to(self.folder).as_posix() for path in files)

    def stored(self) -> tuple[int, int]:
        drain(self.home)
        snapshot = FactStore(self.home).snapshot()
        return snapshot.posts, snapshot.observations


@pytest.fixture
def keeps(tmp_path: Path) -> Watch:
    return Watch(tmp_path / "home", tmp_path / "drop")


@pytest.fixture
def moves(tmp_path: Path) -> Watch:
    return Watch(tmp_path / "home", tmp_path / "drop", then="move")


def test_files_of_all_formats_are_read_once(keeps: Watch) -> None:
    keeps.put("a.ndjson", rows(1, 3))
    keeps.put("b.json", json.dumps([json.loads(row) for row in rows(4, 2).splitlines()]).encode())
    keeps.put("c.csv", b"id,create_time\n77,1747820685\n")
    keeps.put("d.gz", gzip.compress(rows(6, 2)))
    first = keeps.run()
    assert (first.ending, first.rows) == (Ending.DONE, 8)
    second = keeps.run(later=1000)
    assert (second.ending, second.rows) == (Ending.EMPTY, 0)
    assert keeps.stored() == (8, 8)
    assert len(keeps.names()) == 4


def test_a_file_that_changes_waits(keeps: Watch) -> None:
    keeps.put("a.ndjson", rows(1, 3))
    assert keeps.run(later=SETTLE - 1).ending is Ending.EMPTY
    assert keeps.run().rows == 3


@pytest.mark.parametrize(
    ("half", "whole"),
    [
        (rows(1, 5)[:-20], rows(1, 5)),
        (gzip.compress(rows(1, 500))[:-40], gzip.compress(rows(1, 500))),
        (b"[" + rows(1, 1).strip() + b",", b"[" + rows(1, 1).strip() + b"]"),
        (b"", rows(1, 1)),
    ],
)
def test_a_half_written_file_waits_for_the_rest(moves: Watch, half: bytes, whole: bytes) -> None:
    moves.put("a", half)
    assert moves.run(later=600).ending is Ending.EMPTY
    assert moves.names() == ["a"]
    assert moves.stored() == (0, 0)
    moves.put("a", whole)
    assert moves.run().quarantined == 0
    assert moves.names() == ["done/a"]


def test_what_stays_half_written_has_failed(moves: Watch) -> None:
    moves.put("sub/a.gz", gzip.compress(os.urandom(2000).hex().encode() + b"\n" + rows(1, 5000))[:-40])
    moves.told = moves.told.replace('"*"', '"**/*"')
    moves.put("page.html", b"<html>")
    run = moves.run(later=watched.PATIENCE + 1)
    assert run.quarantined >= 2
    assert moves.names() == [
        "failed/page.html",
        "failed/page.html.reason.txt",
        "failed/sub/a.gz",
        "failed/sub/a.gz.reason.txt",
    ]
    reason = (moves.folder / "failed" / "page.html.reason.txt").read_text()
    assert "web page" in reason
    assert moves.run(later=10_000).ending is Ending.EMPTY


BAD = {
    "page.html": b"<html>",
    "no line break": b"x,y" * 50_000,
    "a carriage return": b"a,b\rc,d",
    "header.csv": b'"id,create_time\n1,2\n',
    "not utf-8 \udcff": b"no posts\n",
    "packed twice": gzip.compress(gzip.compress(b"x")),
}


@pytest.mark.parametrize("then", ["keep", "move", "delete"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_and_moved_and_the_others_go_on(tmp_path: Path, name: str, then: str) -> None:
    watch = Watch(tmp_path / "home", tmp_path / "drop", then=then)
    watch.put(name, BAD[name])
    watch.put("a before.ndjson", rows(1, 2))
    watch.put("z after.ndjson", rows(3, 2))
    run = watch.run()
    assert (run.ending, run.rows, run.quarantined) == (Ending.DONE, 4, 1)
    assert run.message.startswith(name.replace("\udcff", "\\xff") + ": is ")
    assert [one for one in watch.names() if one.startswith("failed")] == [
        f"failed/{name}",
        f"failed/{name}.reason.txt",
    ]
    assert not (watch.folder / name).exists()
    assert (watch.folder / "failed" / f"{name}.reason.txt").read_text().strip() in run.message
    assert watch.run(later=watched.PATIENCE + 2).ending is Ending.EMPTY
    assert watch.stored() == (4, 4)


@pytest.mark.parametrize("before", [0, 1, 10])
def test_a_bad_file_after_all_others_is_named_and_moved(moves: Watch, before: int) -> None:
    for number in range(before):
        moves.put(f"{number}.ndjson", rows(number, 1))
    moves.put("page.html", b"<html>")
    run = moves.run()
    assert (run.rows, run.quarantined) == (before, 1)
    assert run.ending is (Ending.DONE if before else Ending.SUSPICIOUS)
    assert run.message == "page.html: is a web page (HTML or XML), not posts"
    assert "failed/page.html" in moves.names()
    assert moves.run(later=1000).ending is Ending.EMPTY


def test_a_bad_file_that_cannot_be_moved_is_named_once(keeps: Watch) -> None:
    keeps.put("page.html", b"<html>")
    keeps.put("failed", b"in the way of the folder")
    assert keeps.run().quarantined == 1
    assert keeps.run(later=1000).ending is Ending.EMPTY
    assert keeps.names() == ["failed", "page.html"]


def test_a_file_with_a_name_that_is_not_utf8_is_read_once(keeps: Watch, moves: Watch) -> None:
    keeps.put("posts \udcff.ndjson", rows(1, 12_000))
    assert keeps.run().rows == 12_000
    assert keeps.run(later=1000).ending is Ending.EMPTY
    keeps.told = keeps.told.replace("keep", "move")
    keeps.put("posts \udcff.ndjson", rows(1, 3))
    assert keeps.run().rows == 3
    assert keeps.names() == ["done/posts \udcff.ndjson"]


def test_a_file_that_waits_for_its_rest_is_named(moves: Watch) -> None:
    moves.put("a.gz", gzip.compress(rows(1, 500))[:-40])
    moves.put("b.ndjson", rows(1, 2))
    assert moves.run().message == "a.gz: is not whole yet"


def test_a_file_is_taken_when_its_writer_closes_it(moves: Watch) -> None:
    moves.told = moves.told.replace(f"settle_seconds = {SETTLE}", "")
    path = moves.put("a.ndjson", rows(1, 1))
    with path.open("ab") as file:
        file.write(rows(2, 1))
        file.flush()
        if is_open_for_writing(path) is None:
            pytest.skip("this system does not say who writes a file")
        assert moves.run(later=1).ending is Ending.EMPTY
        file.write(rows(3, 1))
    assert moves.run(later=0.1).rows == 3
    assert moves.names() == ["done/a.ndjson"]


def test_a_folder_of_hostile_files_is_read_in_one_run(moves: Watch, tmp_path: Path) -> None:
    files = all_files(tmp_path)
    for number, file in enumerate(files):
        moves.put(f"{number:03}", file.content)
    run = moves.run(later=watched.PATIENCE + 1)
    least = sum(COUNT - len(file.cost) for file in files if not file.broken)
    assert (run.ending, run.rows >= least) == (Ending.DONE, True)
    failed = {name.split("/")[1] for name in moves.names() if name.endswith(".reason.txt")}
    assert failed == {f"{number:03}.reason.txt" for number, file in enumerate(files) if file.broken}
    assert {name.split("/")[0] for name in moves.names()} == {"done", "failed"}
    assert moves.run(later=3 * watched.PATIENCE).ending is Ending.EMPTY


def test_a_replaced_file_is_read_again_and_doubles_nothing(keeps: Watch) -> None:
    path = keeps.put("a.ndjson", rows(1, 3))
    keeps.run()
    path.unlink()
    keeps.put("a.ndjson", rows(1, 4))
    assert keeps.run().rows == 4
    assert keeps.stored() == (4, 4)


def test_a_touched_file_is_not_read_again(keeps: Watch) -> None:
    path = keeps.put("a.ndjson", rows(1, 3))
    keeps.run()
    path.touch()
    assert keeps.run().ending is Ending.EMPTY


@pytest.mark.parametrize(("then", "left"), [("move", ["done/a.ndjson"]), ("delete", [])])
def test_what_was_read_goes(tmp_path: Path, then: str, left: list[str]) -> None:
    watch = Watch(tmp_path / "home", tmp_path / "drop", then=then)
    watch.put("a.ndjson", rows(1, 12_000))
    assert watch.run().rows == 12_000
    assert watch.names() == left
    assert watch.stored() == (12_000, 12_000)


def test_the_same_name_again_takes_no_place(moves: Watch) -> None:
    for count in (1, 2):
        moves.put("a.ndjson", rows(1, count))
        moves.run()
    assert len(moves.names()) == 2
    assert moves.stored() == (2, 2)


def test_a_file_goes_only_after_its_rows_are_durable(moves: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    moves.put("a.ndjson", rows(1, 3))

    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Inbox, "append", full)
        assert moves.run().ending is Ending.FAILED
    assert moves.names() == ["a.ndjson"]
    seen: list[int] = []
    tidy = Folder.tidy

    def noted(self: Folder, ended: Any) -> None:
        seen.append(len(Inbox(moves.home).waiting()))
        tidy(self, ended)

    monkeypatch.setattr(Folder, "tidy", noted)
    assert moves.run().ending is Ending.DONE
    assert seen == [1]
    assert moves.names() == ["done/a.ndjson"]


def test_a_file_replaced_while_it_was_read_stays(moves: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    moves.put("a.ndjson", rows(1, 3))
    tidy = Folder.tidy

    def replaced(self: Folder, ended: Any) -> None:
        moves.put(".new", rows(1, 9)).rename(moves.folder / "a.ndjson")
        tidy(self, ended)

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "tidy", replaced)
        assert moves.run().rows == 3
    assert moves.names() == ["a.ndjson"]
    assert moves.run().rows == 9
    assert moves.stored() == (9, 9)


def test_many_files_are_tidied_in_steps(moves: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "TIDIED_AT_ONCE", 3)
    for number in range(8):
        moves.put(f"{number}.ndjson", rows(number, 1))
    assert moves.run().rows == 8
    assert [name.split("/")[0] for name in moves.names()] == ["done"] * 8


def test_bad_rows_are_put_aside_and_strange_ones_kept(keeps: Watch) -> None:
    strange = b'{"id": "1", "create_time": 1747820685, "video_description": "\\ud800 x", "n": 1' + b"0" * 40
    keeps.put("a.ndjson", rows(1, 1) + b"no json\n" + strange + b"}\n[1]\n" + rows(2, 1))
    run = keeps.run()
    assert (run.ending, run.rows + run.quarantined) == (Ending.DONE, 5)
    assert run.rows >= 2


def test_rows_set_aside_are_named_with_file_and_line(keeps: Watch) -> None:
    first = keeps.put("a.ndjson", rows(1, 3) + b'{"id": ""}\n' + rows(4, 1) + b"garbage\n" + rows(5, 1))
    second = keeps.put("b.csv", b'id,create_time\n1,1747820685\n2,"x\n,1747820685\n')
    assert keeps.run().quarantined == 4
    (path,) = (keeps.home / "facts" / "quarantine").iterdir()
    found = [msgspec.json.decode(line, type=Refused) for line in path.read_bytes().splitlines()]
    named = sorted((one.file, one.line) for one in found)
    assert named == [(str(first), 4), (str(first), 6), (str(second), 3), (str(second), 4)]


def test_hidden_files_and_folders_are_not_read(keeps: Watch) -> None:
    keeps.told = keeps.told.replace('"*"', '"**/*"')
    for name in (".a.ndjson.tmp", "done/a.ndjson", "failed/b.ndjson", ".git/c.ndjson"):
        keeps.put(name, rows(1, 1))
    keeps.put("sub/d.ndjson", rows(1, 2))
    assert keeps.run().rows == 2


def test_a_folder_that_is_not_there_is_a_failure(keeps: Watch) -> None:
    keeps.folder.rmdir()
    run = keeps.run()
    assert run.ending is Ending.FAILED
    assert "folder" in run.message


def test_rows_wait_while_another_process_stores(moves: Watch) -> None:
    moves.put("a.ndjson", rows(1, 3))
    with exclusive(moves.home / "facts" / "write.lock", "draining the inbox"):
        assert moves.run().rows == 3
    assert moves.stored() == (3, 3)


def test_an_option_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="then"):
        Watch(tmp_path, tmp_path / "drop", then="burn").run()


def test_a_mapping_in_the_configuration_reads_files_of_others(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "home", tmp_path / "drop")
    watch.told += '\nmap = { id = "Nr", view_count = "Seen" }'
    ids = [str((1_747_820_685 << 32) + number) for number in range(3)]
    watch.put("table.csv", ("Nr,Seen\n" + "".join(f"{id_},5\n" for id_ in ids)).encode())
    watch.put("rows.json", json.dumps({"data": [{"Nr": ids[0], "Seen": 9}]}).encode())
    assert watch.run().rows == 4


def test_a_mapping_of_an_unknown_field_is_refused(tmp_path: Path) -> None:
    text = '[sources.drop]\nkind = "files"\nfolder = "x"\nmap = { views = "Seen" }'
    with pytest.raises(InvalidInput, match="'views', which is no field of the post record"):
        read(text, CONNECTORS, tmp_path)
