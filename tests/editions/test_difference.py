"""What changed between two charts: everybody is told once, where they belong."""

from hypothesis import given
from hypothesis import strategies as st

from trendwire.domain.charts import HashtagEntry, Move
from trendwire.editions.difference import difference

names = st.lists(st.text(min_size=1, max_size=2), unique=True, max_size=12)


def chart(subjects: list[str]) -> list[HashtagEntry]:
    return [
        HashtagEntry(
            name=name,
            hashtag_id="1",
            industry=None,
            promoted=False,
            curve=(),
            creators=(),
            posts=1,
            views=1,
            rank=rank,
            move=Move.NEW,
            steps=0,
            first_time=False,
            heat=1.0,
        )
        for rank, name in enumerate(subjects, 1)
    ]


@given(names, names)
def test_everybody_is_told_once(before: list[str], after: list[str]) -> None:
    found = difference(chart(before), chart(after))
    assert [one.subject for one in found.entered] == [name for name in after if name not in before]
    assert [one.subject for one in found.left] == [name for name in before if name not in after]
    moved = {one.subject: (one.before, one.after) for one in found.moved}
    both = set(before) & set(after)
    assert moved == {
        name: (before.index(name) + 1, after.index(name) + 1)
        for name in both
        if before.index(name) != after.index(name)
    }
    assert found.stayed == len(both) - len(moved)
    steps = [abs(one.climbed) for one in found.moved]
    assert steps == sorted(steps, reverse=True)
