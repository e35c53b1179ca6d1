"""From files to an edition: ingest, publish, editions, simulate, with their exit codes."""

import csv
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.cli.conftest import Call
from tests.house.tree import ROOT
from tests.small_world import DAYS, LAST_DAY

DAY = 1_746_057_600  # 2025-05-01
POSTS: list[dict[str, object]] = [
    {
        "id": number,
        "create_time": DAY + number,
        "username": f"u{number}",
        "hashtag_names": ["Tag"],
        "view_count": 5,
    }
    for number in range(1, 6)
]


def _ndjson(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_from_a_file_to_a_chart(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "world.ndjson"
    simulated = call(
        "simulate",
        "--posts",
        2000,
        "--days",
        100,
        "--seed",
        4,
        "--regions",
        3,
        "--last-day",
        LAST_DAY,
        "--out",
        file,
    )
    assert (simulated.code, simulated.out) == (0, "")
    taken = call("ingest", file, "--json")
    assert taken.code == 0
    assert taken.json["rows"] == len(file.read_text().splitlines())
    assert call("ingest", file, "--json").json["observations_new"] == 0
    made = call("publish", "--as-of", "latest", "--json").json
    assert made["as_of"] == LAST_DAY.isoformat()
    assert [record["content_hash"] for record in call("editions", "--json").json] == [made["content_hash"]]
    assert "rank" in call("chart", "hashtags", "--period", 30).out


def test_the_same_seed_is_the_same_world(call: Call, tmp_path: Path) -> None:
    for name in ("a", "b"):
        call(
            "simulate",
            "--posts",
            300,
            "--days",
            20,
            "--seed",
            5,
            "--last-day",
            LAST_DAY,
            "--out",
            tmp_path / name,
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != b""


def test_bad_rows_and_bad_files_leave_the_others_be(call: Call, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [*POSTS, {"create_time": DAY}, {"id": "x", "create_time": "never"}]
    _ndjson(tmp_path / "good.ndjson", rows)
    (tmp_path / "bad.html").write_text("<html></html>")
    ended = call("ingest", tmp_path / "*.ndjson", tmp_path / "bad.html", tmp_path / "none.csv", "--json")
    assert ended.code == 3
    assert (ended.json["rows"], ended.json["posts_new"], ended.json["quarantined"]) == (7, 5, 2)
    assert Path(ended.json["quarantine_path"]).exists()
    assert {Path(name).name for name, _ in ended.json["failed_files"]} == {"bad.html", "none.csv"}
    assert sum(line.startswith("trendwire: ") for line in ended.err.splitlines()) == 2


@pytest.mark.parametrize(
    "bad", [b"x" * 140_000, b"a,b\rc", b'id,"' + b"x" * 140_000, b"\0" * 9, b"\x1f\x8bx"]
)
def test_one_bad_file_is_named_and_the_others_are_stored(call: Call, tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(bad)
    _ndjson(tmp_path / "b.ndjson", POSTS)
    ended = call("ingest", tmp_path / "a.csv", tmp_path / "b.ndjson")
    assert ended.code == 3
    assert f"trendwire: {tmp_path}/a.csv: is " in ended.err
    assert "posts new         5" in ended.out


def test_a_stray_quote_among_two_thousand_rows_costs_one(call: Call, tmp_path: Path) -> None:
    quotes = ['"' if n == 7 else "" for n in range(2_000)]
    rows = [f"{(1_747_820_685 << 32) + n},1747820685,{quote}a caption\n" for n, quote in enumerate(quotes)]
    (tmp_path / "a.csv").write_text("id,create_time,video_description\n" + "".join(rows))
    ended = call("ingest", tmp_path / "a.csv", "--json")
    assert (ended.code, ended.json["rows"], ended.json["posts_new"], ended.json["quarantined"]) == (
        3,
        2_000,
        1_999,
        1,
    )
    (refused,) = Path(ended.json["quarantine_path"]).read_text().splitlines()
    assert (json.loads(refused)["file"], json.loads(refused)["line"]) == (str(tmp_path / "a.csv"), 9)


def test_nothing_but_bad_files_is_a_failure(call: Call, tmp_path: Path) -> None:
    assert call("ingest", tmp_path / "none.ndjson").code == 1


def test_posts_come_from_standard_input_too(call: Call) -> None:
    text = "".join(json.dumps(row) + "\n" for row in POSTS).encode()
    ended = call("ingest", "-", stdin=text)
    assert ended.code == 0
    assert "posts new         5" in ended.out


def test_a_range_publishes_each_day_in_turn(published: Call) -> None:
    first = LAST_DAY - timedelta(days=1)
    made = published("publish", "--from", first, "--as-of", LAST_DAY, "--json").json
    assert [record["number"] for record in made] == [DAYS + 1, DAYS + 2]
    assert [record["as_of"] for record in made] == [str(first), str(LAST_DAY)]


def test_the_default_day_of_a_history_is_the_last_with_posts_and_is_said(published: Call) -> None:
    ended = published("publish", "--json")
    assert (ended.code, ended.json["as_of"]) == (0, str(LAST_DAY))
    assert ended.json["charts"] > 0
    assert f"has no posts: as of {LAST_DAY}, the last day with enough posts" in ended.err


@pytest.mark.parametrize("more", [(), ("--allow-empty",)])
def test_a_day_to_come_is_refused_whatever_is_allowed(published: Call, more: tuple[str, ...]) -> None:
    ended = published("publish", "--as-of", "2999-01-01", *more)
    assert (ended.code, ended.out) == (2, "")
    assert "--as-of must be today" in ended.err
    assert published("editions", "--json").json[-1]["number"] == DAYS


def test_a_day_after_the_last_post_must_be_allowed(published: Call) -> None:
    after = LAST_DAY + timedelta(days=1)
    ended = published("publish", "--as-of", after)
    assert (ended.code, ended.out) == (2, "")
    assert f"{after} is after {LAST_DAY}, the last day with posts" in ended.err
    assert "--allow-empty" in ended.err
    assert published("publish", "--as-of", after, "--allow-empty", "--json").json["as_of"] == str(after)


def test_an_edition_without_charts_must_be_allowed(published: Call) -> None:
    ended = published("publish", "--as-of", "2020-01-01")
    assert (ended.code, ended.out) == (2, "")
    for words in ("2020-01-01 gives no charts", f"edition {DAYS}", f"with posts is {LAST_DAY}"):
        assert words in ended.err
    assert published("publish", "--as-of", "2020-01-01", "--allow-empty", "--json").json["charts"] == 0


def test_an_audit_with_nothing_new_publishes_nothing(published: Call) -> None:
    ended = published("audit", "--json")
    assert (ended.code, ended.json["same"], ended.json["edition"]) == (0, True, DAYS)
    assert published("editions", "--json").json[-1]["number"] == DAYS


def test_the_same_day_again_has_the_same_content(published: Call) -> None:
    before = published("editions", "--json").json[-1]
    again = published("publish", "--as-of", LAST_DAY, "--json").json
    assert again["number"] == before["number"] + 1
    assert again["content_hash"] == before["content_hash"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("publish", "--as-of", "yesterday"), 2, "--as-of must be a day"),
        (("publish", "--from", "2025-05-02", "--as-of", "2025-05-01"), 2, "--from must not be later"),
        (("publish",), 1, "trendwire ingest"),
        (("publish", "--as-of", "latest"), 1, "trendwire ingest"),
        (("chart", "hashtags"), 1, "trendwire publish"),
        (("ingest",), 2, "FILE"),
    ],
)
def test_what_cannot_be_done_is_one_plain_line(
    call: Call, words: tuple[str, ...], code: int, said: str
) -> None:
    ended = call(*words)
    assert ended.code == code
    assert ended.out == ""
    lines = [line for line in ended.err.splitlines() if line.startswith("trendwire: ")]
    assert len(lines) == 1
    assert said in lines[0]
    assert "Traceback" not in ended.err


def test_a_home_is_for_its_owner_alone(call: Call, tmp_path: Path) -> None:
    """Also one that an older version made for everybody."""
    home = tmp_path / "home"
    for _ in range(2):
        call("ingest", "-", stdin=b'{"id":"7506832682593094928","hashtag_names":["a"]}\n')
        call("publish", "--as-of", "latest")
        folders = [home, home / "facts", home / "editions"]
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700] * 3
        for folder in folders[1:]:
            folder.chmod(0o755)


EXAMPLES = ROOT / "examples"


@pytest.mark.parametrize(
    "name",
    [
        "zeeschuimer.ndjson",
        "apify-clockworks.json",
        "yt-dlp.json",
        "tikhub.json",
        "bright-data.json",
        "4cat.csv",
    ],
)
def test_a_recognised_shape_gives_charts_with_one_command(name: str, call: Call) -> None:
    taken = call("ingest", EXAMPLES / "shapes" / name)
    assert (taken.code, taken.out.splitlines()[1]) == (0, "posts new         20")
    call("publish", "--as-of", "latest")
    assert "#harvestmoon" in call("chart", "hashtags", "--period", 7).out


def test_a_spreadsheet_gives_charts_with_one_command(call: Call, tmp_path: Path) -> None:
    rows = list(csv.reader((EXAMPLES / "spreadsheet.csv").read_text().splitlines(), delimiter=";"))
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(tmp_path / "posts.xlsx")
    for path in (EXAMPLES / "spreadsheet.csv", tmp_path / "posts.xlsx"):
        assert "read as           columns 20" in call("ingest", path).out
    assert call("publish", "--as-of", "latest", "--json").json["charts"] > 0
    assert "#harvestmoon" in call("chart", "hashtags", "--period", 7).out


def test_a_folder_is_all_files_below_it(call: Call, tmp_path: Path) -> None:
    for place in ("in/a.ndjson", "in/deep/b.ndjson", "in/.hidden/c.ndjson", "in/.d.ndjson"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        _ndjson(tmp_path / place, POSTS[:1] if place.endswith("a.ndjson") else POSTS[1:])
    assert call("ingest", tmp_path / "in", "--json").json["posts_new"] == 5
    assert call("ingest", tmp_path / "in", tmp_path / "in/a.ndjson", "--json").json["rows"] == 5
    (tmp_path / "empty").mkdir()
    ended = call("ingest", tmp_path / "empty")
    assert (ended.code, "is a folder without files" in ended.err) == (1, True)


def test_check_reports_and_stores_nothing(call: Call, tmp_path: Path) -> None:
    file = _ndjson(tmp_path / "posts", [*POSTS, {"create_time": DAY}])
    ended = call("ingest", "--check", file)
    assert ended.code == 3
    assert ended.out.splitlines()[:4] == [
        "rows read    6",
        "posts        5",
        "created      2025-05-01 to 2025-05-01",
        "quarantined  1",
    ]
    assert "fields read  id 5, create_time 5, username 5, hashtag_names 5, view_count 5" in ended.out
    assert not (tmp_path / "home").exists()
    assert call("ingest", "--check", file, "--json").json["posts"] == 5


def test_what_was_not_understood_is_said(call: Call, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        *POSTS,
        {"id": 6, "create_time": DAY, "hashtag_names": ["two words"], "video_duration": "soon", "moood": 1},
        {"id": "7.35e+18"},
    ]
    ended = call("ingest", _ndjson(tmp_path / "posts", rows))
    assert "values not understood  hashtag_names 1, video_duration 1" in ended.out
    assert "fields ignored         moood 1" in ended.out
    assert "quarantined 1: id is a floating-point number" in ended.out
    assert f'the first is {tmp_path / "posts"}, row 7: {{"id": "7.35e+18"}}' in ended.out


def test_a_file_that_is_not_understood_names_its_fields_and_the_option(call: Call, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"nr": row["id"], "seen\x1b[2J": 5, "tagz": "a,b"} for row in POSTS]
    file = _ndjson(tmp_path / "posts", rows)
    ended = call("ingest", file)
    assert ended.code == 3
    assert "no post's id was found in it. It has the fields nr, seen\\x1b[2J, tagz;" in ended.err
    assert "nearest known: tagz (hashtag_names). Name them with --map id=COLUMN" in ended.err
    mapped = call("ingest", "--map", "id=nr,create_time=when", "--map", "username=nr", file)
    assert "--map create_time=when: no row has when" in mapped.err
    wrong = call("ingest", "--map", "views=seen", file)
    assert (wrong.code, "no field of the post record; did you mean view_count?" in wrong.err) == (2, True)


@pytest.mark.parametrize("id_", ["7.35e+18", "https://www.tiktok.com/@ada"])
def test_ids_that_are_there_and_cannot_be_used_are_no_question_of_names(
    call: Call, tmp_path: Path, id_: str
) -> None:
    ended = call("ingest", _ndjson(tmp_path / "posts", [{"id": id_, "view_count": 5}]))
    assert ended.code == 3
    assert "quarantined 1: id is " in ended.out
    assert "--map" not in ended.err
