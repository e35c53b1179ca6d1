"""Pages and filters: a page is a slice of the rows kept, ranks stay those of the chart."""

from dataclasses import dataclass
from datetime import date
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from trendwire.domain.charts import ChartKey, Entry, Kind, Move, SoundEntry
from trendwire.domain.queries import ChartQuery
from trendwire.editions import Edition
from trendwire.web.answers import chart_page

KEY = ChartKey(Kind.SOUND, 7)


@dataclass(frozen=True, slots=True)
class OneChart:
    """An edition of one chart."""

    rows: tuple[Entry, ...]
    number: int = 4
    as_of: date = date(2025, 5, 14)

    def chart(self, key: ChartKey) -> tuple[Entry, ...] | None:
        return self.rows if key == KEY else None

    def data_source(self, _region: str) -> str:
        return "recorded:acme"


def edition(*rows: Entry) -> Edition:
    return cast("Edition", OneChart(rows))


def sound(
    rank: int,
    title: str | None = "Song",
    author: str | None = "Ada",
    commercial: bool | None = None,
    first_time: bool = False,
) -> SoundEntry:
    return SoundEntry(
        clip_id=str(rank),
        song_id=None,
        title=title,
        author=author,
        cover_url=None,
        music_url=None,
        duration=None,
        commercial=commercial,
        promoted=False,
        curve=(1,),
        top_posts=(),
        days_listed=1,
        posts=1,
        views=1,
        rank=rank,
        move=Move.NEW,
        steps=0,
        first_time=first_time,
        heat=1.0,
    )


def ranks(query: ChartQuery, *rows: Entry) -> list[int]:
    return [entry.rank for entry in chart_page(query, edition(*rows)).entries]


@given(size=st.integers(0, 100), page=st.integers(1, 10**15), limit=st.integers(1, 100))
def test_a_page_is_a_slice_and_the_total_is_the_whole_chart(size: int, page: int, limit: int) -> None:
    rows = [sound(rank) for rank in range(1, size + 1)]
    found = chart_page(ChartQuery(key=KEY, page=page, limit=limit), edition(*rows))
    assert [row.rank for row in found.entries] == list(range(1, size + 1))[(page - 1) * limit : page * limit]
    assert found.total == size


@given(flags=st.lists(st.tuples(st.booleans(), st.sampled_from([True, False, None])), max_size=30))
def test_filters_keep_ranks_and_the_total_counts_the_kept(flags: list[tuple[bool, bool | None]]) -> None:
    rows = [sound(n, first_time=new, commercial=cleared) for n, (new, cleared) in enumerate(flags, 1)]
    query = ChartQuery(key=KEY, limit=100, new_only=True, commercial_only=True)
    kept = [n for n, (new, cleared) in enumerate(flags, 1) if new and cleared]
    assert ranks(query, *rows) == kept
    assert chart_page(query, edition(*rows)).total == len(kept)


def test_a_keyword_is_looked_for_in_title_and_author_in_any_case() -> None:
    rows = [
        sound(1, "Straße", "x"),
        sound(2, "a", "STRASSENBAND"),
        sound(3, "no", "no"),
        sound(4, None, None),
        sound(5, "stra", "sse"),
    ]
    assert ranks(ChartQuery(key=KEY, keyword="strasse"), *rows) == [1, 2]


def test_a_chart_that_is_not_there_is_an_empty_page() -> None:
    query = ChartQuery(key=ChartKey(Kind.SOUND, 7, "AD"))
    found = chart_page(query, edition(sound(1)))
    assert (found.entries, found.total) == ((), 0)
