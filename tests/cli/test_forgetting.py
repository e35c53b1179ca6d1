"""Forgetting and pruning from the command line: what was removed is said, place by place."""

import json
from pathlib import Path

from tests.cli.conftest import Call
from tests.small_world import LAST_DAY
from trendwire.domain.charts import ChartKey, CreatorEntry, Kind
from trendwire.editions import Editions
from trendwire.facts.inbox import Inbox
from trendwire.facts.store import FactStore
from trendwire.sources.base import RawBatch
from trendwire.sources.parsing import Job, parse


def star_of(home: Path) -> str:
    first = (Editions(home).current().chart(ChartKey(Kind.CREATOR, 7)) or ())[0]
    assert isinstance(first, CreatorEntry)
    return first.username


def test_forget_says_what_went_and_what_is_to_be_done(published: Call, tmp_path: Path) -> None:
    star = star_of(tmp_path / "home")
    dry = published("forget", "--user", star, "--dry-run", "--json").json
    assert (dry["dry_run"], dry["editions"], dry["published"]) == (True, [2, 3], None)
    ended = published("forget", "--user", f"@{star}")
    assert ended.code == 0
    assert ended.out.splitlines()[0].split() == ["posts", str(dry["facts"]["posts"])]
    assert "trendwire publish" in ended.err
    assert published("chart", "hashtags").code == 1
    again = published("publish", "--as-of", LAST_DAY, "--json").json
    assert again["number"] == 4
    assert published("forget", "--json").json["facts"]["posts"] == 0


def test_forget_can_publish_at_once(published: Call, tmp_path: Path) -> None:
    told = published("forget", "--user", star_of(tmp_path / "home"), "--publish", "--json").json
    assert (told["editions"], told["published"]) == ([2, 3], 4)
    assert published("chart", "hashtags").code == 0


def test_forget_of_nothing_is_nothing(call: Call, tmp_path: Path) -> None:
    told = call("forget", "--user", "nobody", "--post", "1", "--publish", "--json").json
    assert set(told["facts"].values()) == {0}
    assert told["published"] is None
    assert (tmp_path / "home" / "facts" / "forgotten.json").exists()


def test_prune_keeps_what_the_table_says(published: Call, tmp_path: Path) -> None:
    home = tmp_path / "home"
    posts = FactStore(home).snapshot().posts
    assert published("prune", "--json").json["posts"] == 0
    (home / "trendwire.toml").write_text("[retention]\nposts = 1\n")
    assert published("prune", "--posts", 36_500, "--json").json["posts"] == 0
    told = published("prune", "--json").json
    assert told["posts"] == posts
    assert published("prune").out.splitlines()[0].split() == ["posts", "0"]


def test_publish_takes_in_what_waits(call: Call, tmp_path: Path) -> None:
    """What was pushed counts without a process that watches the inbox."""
    row = json.dumps({"id": "1", "create_time": "2025-05-01", "view_count": 5, "username": "u"}).encode()
    parsed = parse(Job("push", "push", 1_747_820_685, RawBatch([(1, row)])))
    Inbox(tmp_path / "home").append(parsed.lines)
    assert call("publish", "--as-of", "2025-05-01").code == 0
    assert FactStore(tmp_path / "home").snapshot().posts == 1


def test_a_limit_of_no_days_is_refused(call: Call) -> None:
    assert call("prune", "--posts", 0).code == 2
