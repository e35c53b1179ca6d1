"""Charts and explanations on the terminal say what the edition says."""

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.small_world import DAYS, LAST_DAY
from trendwire.cli.parameters import industry_of
from trendwire.cli.printing import sparkline
from trendwire.domain.heat import Components, Heat
from trendwire.domain.taxonomy import Industry, industries
from trendwire.web.reasons import MEANINGS, STEPS


def test_a_chart_is_a_table_of_its_rows(published: Call) -> None:
    rows = published("chart", "hashtags", "--period", 30, "--json").json["rows"]
    printed = published("chart", "hashtags", "--period", 30, "--limit", len(rows)).out.splitlines()
    assert f"30 days up to {LAST_DAY}" in printed[0]
    assert len(printed) == 2 + len(rows)
    for row, line in zip(rows, printed[2:], strict=True):
        assert line.split()[0] == str(row["rank"])
        assert f"#{row['name']} " in line
        assert f"{row['views']:,}" in line


def test_music_and_regions_are_charted_too(published: Call) -> None:
    found = published("chart", "music", "--region", "us", "--limit", 3, "--json").json
    assert (found["kind"], found["region"], found["period"]) == ("sound", "US", 7)
    assert len(found["rows"]) <= 3


def test_a_chart_is_pinned_to_an_edition(published: Call) -> None:
    assert published("chart", "hashtags", "--edition", DAYS - 1, "--json").json["edition"] == DAYS - 1
    gone = published("chart", "hashtags", "--edition", 1)
    assert (gone.code, "no longer kept" in gone.err) == (1, True)


def test_every_rank_is_explained_by_its_neighbours(published: Call) -> None:
    rows = published("chart", "hashtags", "--period", 30, "--limit", 100, "--json").json["rows"]
    for row in rows[:3]:
        told = published("explain", "hashtag", f"#{row['name'].upper()}", "--period", 30, "--json").json
        assert told["rank"] == row["rank"]
        assert told["heat"] == row["heat"] == told["steps"]["heat"]
        assert (told["posts"], told["views"]) == (row["posts"], row["views"])
        assert set(told["components"]) == set(MEANINGS)
    words = published("explain", "hashtag", rows[1]["name"], "--period", 30).out
    assert f"Rank 2 of {len(rows)}" in words
    assert f"Below #{rows[0]['name']}" in words
    assert all(meaning in words for meaning in (*MEANINGS.values(), *STEPS.values()))


def test_what_has_no_rank_says_why(published: Call) -> None:
    words = published("explain", "hashtag", "fyp", "--period", 30).out
    assert "No rank: heat 0" in words


def test_every_component_and_step_of_the_formula_has_words() -> None:
    assert sorted(MEANINGS) == sorted(Components._fields)
    assert tuple(STEPS) == Heat._fields


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("chart", "hashtags", "--region", "XX"), 2),
        (("chart", "hashtags", "--period", "8"), 2),
        (("chart", "hashtags", "--industry", "1"), 2),
        (("chart", "hashtags", "--limit", "0"), 2),
        (("chart", "nothing"), 2),
        (("explain", "hashtag", "@me"), 2),
        (("explain", "hashtag", "nobodysaysthis"), 1),
        (("explain", "music", "nosuchclip"), 1),
    ],
)
def test_bad_questions_are_one_plain_line(published: Call, words: tuple[str, ...], code: int) -> None:
    ended = published(*words)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("trendwire: ")
    assert ended.err.count("\n") == 1


def test_a_sparkline_has_a_bar_a_value() -> None:
    assert sparkline([0, 1, 2, 4, 8]) == "▁▂▃▅█"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""


def test_the_home_may_stand_before_or_after_the_command(published: Call, tmp_path: Path) -> None:
    other = str(tmp_path / "nowhere")
    assert published("--home", other, "editions", "--json").json == []
    assert published("editions", "--home", other, "--json").json == []
    assert len(published("--home", other, "editions", "--home", tmp_path / "home", "--json").json) == DAYS


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("Sports", 28000000000),
        ("sports & outdoor", 28000000000),
        ("28000000000", 28000000000),
        ("outdoor", 28000000000),
        ("GAMES", 25000000000),
        ("Automobiles", 11000000000),
        ("e-com", 30000000000),
    ],
)
def test_an_industry_is_named_by_id_name_or_the_beginning_of_a_word(
    published: Call, text: str, id_: int
) -> None:
    assert published("chart", "hashtags", "--industry", text, "--json").json["industry"] == id_


def test_the_chart_of_an_industry_names_it(published: Call) -> None:
    assert "the whole world, Sports & Outdoor" in published("chart", "hashtags", "--industry", "Sports").out


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--industry", "Sprots & Outdoor", "'Sprots & Outdoor'; did you mean Sports & Outdoor?"),
        ("--industry", "Services", "did you mean Financial Services or Business Services or Life Services?"),
        ("--industry", "1", "the industries are Education, Vehicle & Transportation"),
        ("--industry", "zzz", "the industries are Education, Vehicle & Transportation"),
        ("--industry", "", "must be the name or the id of one industry"),
        ("--region", "Vietnma", "'Vietnma'; did you mean Vietnam (VN)"),
        ("--region", "XX", "must be the ISO 3166-1 code or the name of a country, such as VN, or all"),
    ],
)
def test_what_is_near_is_offered(call: Call, option: str, text: str, said: str) -> None:
    ended = call("chart", "hashtags", option, text)
    assert ended.code == 2
    assert said in ended.err


def test_a_country_is_named_too(published: Call) -> None:
    found = published("chart", "hashtags", "--region", "united states", "--json").json
    assert found["region"] == "US"


@pytest.mark.parametrize("industry", industries().values(), ids=lambda industry: industry.name)
def test_the_first_word_of_an_industry_names_it(industry: Industry) -> None:
    assert industry_of(industry.name.split()[0].rstrip(",")) == industry.id
