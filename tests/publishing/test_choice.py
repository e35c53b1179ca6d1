"""Which day is published: never one that blanks a site by mistake."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.editions import told
from tests.publishing.conftest import ROWS, Home, days_before
from tests.small_world import LAST_DAY, silent
from trendwire import pipeline
from trendwire.domain.charts import Kind
from trendwire.editions import Editions
from trendwire.errors import InvalidInput, NotReady
from trendwire.pipeline import Details
from trendwire.publishing.choice import last_with_enough

DAY = timedelta(days=1)
FULL = 10


def counts(*posts: int) -> dict[date, int]:
    """Days up to LAST_DAY with so many posts each; days without any are left out."""
    days = [days_before(back) for back in range(len(posts) - 1, -1, -1)]
    return {day: number for day, number in zip(days, posts, strict=True) if number}


def post(day: date, number: int) -> dict[str, object]:
    created = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    return {
        "id": str((created << 32) + number),
        "create_time": created,
        "observed_at": created + 3600,
        "username": f"u{number}",
        "hashtag_names": ["a"],
        "view_count": 1,
    }


@pytest.mark.parametrize(
    ("posts", "back"),
    [
        pytest.param([3], 0, id="one day"),
        pytest.param([FULL] * 8, 0, id="all alike"),
        pytest.param([FULL] * 7 + [5], 0, id="half as many is enough"),
        pytest.param([FULL] * 7 + [4], 1, id="cut off in the morning"),
        pytest.param([FULL] * 7 + [1, 1], 2, id="two strays"),
        pytest.param([FULL] * 7 + [0] * 20 + [1], 21, id="a stray long after"),
        pytest.param([1] * 10 + [FULL * 9], 0, id="a burst"),
        pytest.param([FULL * 5] * 20 + [FULL] * 7, 0, id="a source that gives less since a week"),
        pytest.param([FULL, FULL, FULL, FULL, FULL, 6, 6] * 2, 0, id="a quiet weekend"),
    ],
)
def test_the_last_day_with_enough_posts(posts: list[int], back: int) -> None:
    assert last_with_enough(counts(*posts)) == days_before(back)


def test_the_default_day_is_yesterday_where_it_has_posts(home: Home) -> None:
    home.take(ROWS)
    home.take([post(LAST_DAY + DAY, 1)], "one")
    choice = pipeline.default_day(home.settings, LAST_DAY + 2 * DAY)
    assert (choice.as_of, choice.reason) == (LAST_DAY + DAY, "")


@pytest.mark.parametrize("strays", [0, 3])
def test_else_it_is_the_last_one_with_enough(home: Home, strays: int) -> None:
    home.take(ROWS)
    home.take([post(LAST_DAY + number * DAY, number) for number in range(1, strays + 1)], "strays")
    choice = pipeline.default_day(home.settings, LAST_DAY + 40 * DAY)
    assert choice.as_of == LAST_DAY
    assert choice.reason == (
        f"yesterday, {LAST_DAY + 39 * DAY}, has no posts: as of {LAST_DAY}, the last day with enough posts"
    )


def test_posts_of_today_alone_are_published_as_of_today(home: Home) -> None:
    home.take([post(LAST_DAY, number) for number in range(3)])
    assert pipeline.default_day(home.settings, LAST_DAY).as_of == LAST_DAY


def test_recorded_charts_of_today_alone_are_published_as_of_today(home: Home) -> None:
    told.append(home.settings.home, told.chart(told.rows("a"), LAST_DAY))
    assert pipeline.default_day(home.settings, LAST_DAY).as_of == LAST_DAY


def test_posts_from_the_future_count_for_nothing(home: Home) -> None:
    home.take([post(LAST_DAY, 1), post(LAST_DAY + 2000 * DAY, 2)])
    assert pipeline.default_day(home.settings, LAST_DAY + 3 * DAY).as_of == LAST_DAY
    assert pipeline.latest_day(home.settings, LAST_DAY + 3 * DAY) == LAST_DAY


def test_recorded_charts_of_yesterday_are_enough(home: Home) -> None:
    told.append(home.settings.home, told.chart(told.rows("a"), LAST_DAY))
    assert pipeline.default_day(home.settings, LAST_DAY + DAY).as_of == LAST_DAY
    later = pipeline.default_day(home.settings, LAST_DAY + 5 * DAY)
    assert later.as_of == LAST_DAY
    assert later.reason.endswith("the last day of recorded charts")


def test_without_anything_there_is_no_day(home: Home) -> None:
    with pytest.raises(NotReady, match="trendwire ingest"):
        pipeline.default_day(home.settings, LAST_DAY)


@pytest.mark.parametrize("details", Details)
@pytest.mark.parametrize("as_of", [LAST_DAY + DAY, LAST_DAY + 60 * DAY, date(2020, 1, 1)])
def test_what_would_blank_a_site_is_refused_and_names_the_last_day(
    home: Home, details: Details, as_of: date
) -> None:
    home.take(ROWS)
    before = home.publish(LAST_DAY, details)
    with pytest.raises(InvalidInput, match=f"last day with posts.*--allow-empty|{LAST_DAY}.*--allow-empty"):
        list(pipeline.publish_range(home.settings, as_of, as_of, silent, details=details))
    assert home.current().number == before.number
    assert [one.number for one in Editions(home.settings.home).records()] == [before.number]
    files = {path.name for path in (home.settings.home / "editions").rglob("*.sqlite*")}
    assert files - {f"{before.number}.details.sqlite"} == {f"{before.number}.sqlite"}
    assert home.current().identities(Kind.HASHTAG, "", 1)
    again = home.publish(LAST_DAY, details)
    assert again.content_hash == before.content_hash


def test_who_says_so_may_publish_it(home: Home) -> None:
    home.take(ROWS)
    home.publish(LAST_DAY)
    blank = LAST_DAY + 400 * DAY
    record = pipeline.publish(home.settings, blank, silent, allow_empty=True)
    assert (record.charts, home.current().number) == (0, record.number)
    assert home.publish(LAST_DAY).charts
    assert home.current().as_of == LAST_DAY


def test_the_first_edition_of_a_home_may_have_no_charts(home: Home) -> None:
    home.take([post(LAST_DAY, 1)])
    assert pipeline.publish(home.settings, LAST_DAY - 500 * DAY, silent).charts == 0


def test_an_audit_with_nothing_new_publishes_nothing(home: Home, tmp_path: Path) -> None:
    home.take(ROWS[: len(ROWS) // 2])
    for details in Details:
        before = home.publish(LAST_DAY, details)
        found = pipeline.audit(home.settings, silent)
        assert (found.same, found.edition) == (True, before.number)
        assert home.current().number == before.number
    home.take(ROWS, "more")
    found = pipeline.audit(home.settings, silent)
    assert (found.same, found.edition) == (True, before.number + 1)
    assert home.current().number == found.edition
