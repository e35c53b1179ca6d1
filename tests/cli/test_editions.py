"""Editions on the command line: listed, shown, and an older one made current."""

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.small_world import DAYS, LAST_DAY
from trendwire.editions import Editions

OLDER = DAYS - 1


def test_the_list_says_which_is_current_and_which_is_held(published: Call) -> None:
    bare, listed = published("editions"), published("editions", "list")
    assert bare.out == listed.out
    states = [line.split("  ")[-1].strip() for line in bare.out.splitlines()[1:]]
    assert (states[0], states[-1]) == ("pruned", "current")
    assert [one["current"] for one in published("editions", "--json").json] == [False, False, True]
    used = published("editions", "use", OLDER)
    assert (used.code, f"edition {OLDER}" in used.out, "held" in used.out) == (0, True, True)
    assert "current, held since 20" in published("editions", "list").out.splitlines()[OLDER]
    assert [one["current"] for one in published("editions", "list", "--json").json] == [False, True, False]


def test_an_older_edition_is_served_until_it_is_released(published: Call, tmp_path: Path) -> None:
    server = Editions(tmp_path / "home")
    assert server.current().number == DAYS
    published("editions", "use", OLDER)
    assert server.current().number == OLDER
    assert f"edition {OLDER}" in published("chart", "hashtags").out
    released = published("editions", "use", "--newest")
    assert (released.code, f"edition {DAYS}" in released.out) == (0, True)
    assert server.current().number == DAYS


def test_a_publish_by_hand_releases_it_and_one_of_a_schedule_does_not(published: Call) -> None:
    published("editions", "use", OLDER)
    ended = published("publish", "--as-of", LAST_DAY, "--keep-held")
    assert f"edition {OLDER} stays current" in ended.err
    assert published("editions", "show", OLDER, "--json").json["current"]
    ended = published("publish", "--as-of", LAST_DAY)
    assert f"edition {OLDER} is no longer held" in ended.err
    assert published("editions", "show", DAYS + 2, "--json").json["current"]


def test_one_edition_is_shown(published: Call) -> None:
    shown = published("editions", "show", DAYS)
    assert (shown.code, shown.err) == (0, "")
    for words in (f"edition       {DAYS}", f"as of         {LAST_DAY}", "state         current"):
        assert words in shown.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", 9), 1, "edition 9 not found"),
        (("use", 9), 1, "edition 9 not found"),
        (("use", 1), 1, "edition 1 is no longer kept"),
        (("use",), 2, "--newest"),
        (("use", 2, "--newest"), 2, "--newest"),
    ],
)
def test_what_cannot_be_shown_or_used_is_said(
    published: Call, words: tuple[object, ...], code: int, said: str
) -> None:
    ended = published("editions", *words)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


def test_an_edition_that_cannot_be_read_is_not_used(published: Call, tmp_path: Path) -> None:
    file = tmp_path / "home" / "editions" / f"{OLDER}.sqlite"
    file.unlink()
    file.write_bytes(b"nothing")
    ended = published("editions", "use", OLDER)
    assert (ended.code, "is damaged" in ended.err) == (1, True)
    assert published("editions", "--json").json[-1]["current"]
