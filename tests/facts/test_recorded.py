"""Recorded charts: kept as they were told, one file for what was told twice, the same in any order."""

from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from tests.editions.told import DAY, append, chart, days, row, rows
from trendwire.domain.charts import ChartKey, Kind
from trendwire.errors import Corrupt, InvalidInput
from trendwire.facts.recorded import Recorded


def test_a_chart_comes_back_as_it_was_told(tmp_path: Path) -> None:
    told = chart([row("a", 1, views=5, days=days(DAY, 1, None, 4)), row("b", 2, curve=((DAY, 0.5),))])
    append(tmp_path, told)
    assert list(Recorded(tmp_path).charts()) == [told]


def test_names_tell_what_files_hold(tmp_path: Path) -> None:
    append(tmp_path, chart(rows("a"), source="tiktok-business", region="ALL", industry=23000000000))
    ((filed,),) = Recorded(tmp_path).filed().values()
    assert (filed.as_of, filed.source) == (DAY, "tiktok-business")
    assert filed.key == ChartKey(Kind.HASHTAG, 7, "ALL", 23000000000)


def test_the_same_told_again_is_one_file_that_says_when_last(tmp_path: Path) -> None:
    contents = set()
    for number, times in enumerate(permutations((10, 30, 20))):
        home = tmp_path / str(number)
        append(home, *(chart(rows("a"), fetched_at=at) for at in times))
        ((path,),) = ([one.path for one in filed] for filed in Recorded(home).filed().values())
        contents.add((path.name, path.read_bytes()))
        (found,) = Recorded(home).charts()
        assert found.fetched_at == 30
    assert len(contents) == 1


def test_something_else_told_is_another_file(tmp_path: Path) -> None:
    append(tmp_path, chart(rows("a")), chart(rows("b")), chart(rows("a"), complete=False))
    assert len(list(Recorded(tmp_path).charts())) == 3


@pytest.mark.parametrize("region", ["../../x", "us", "XX", "", "VN/.."])
def test_a_region_that_is_none_is_refused(tmp_path: Path, region: str) -> None:
    with pytest.raises(InvalidInput, match="region"):
        append(tmp_path, chart(rows("a"), region=region))
    assert not (tmp_path / "facts").exists()


@pytest.mark.parametrize("source", ["", "a b", "a/b", "x\r\nset-cookie: y", "é", "a" * 65])
def test_a_source_name_that_no_header_can_carry_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(InvalidInput, match="source"):
        append(tmp_path, chart(rows("a"), source=source))


def test_a_damaged_file_is_said_so(tmp_path: Path) -> None:
    path = Recorded(tmp_path).append(chart(rows("a"), as_of=date(2025, 1, 1)))
    path.write_text("{")
    with pytest.raises(Corrupt):
        list(Recorded(tmp_path).charts())
    path.rename(path.with_name("what.json"))
    with pytest.raises(Corrupt):
        Recorded(tmp_path).filed()
