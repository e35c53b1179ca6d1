"""Rows of posts as a reply holds them: those with a whole id, and the others with the reason."""

from collections.abc import Iterable

from trendwire.errors import InvalidInput
from trendwire.facts.quarantine import Refused
from trendwire.sources.wire_rows import exact_id, fields_of, refusal

Post = dict[str, object]


def read_posts(
    rows: Iterable[object], names: Iterable[str], at: int, who: str
) -> tuple[list[Post], list[Refused]]:
    """The fields `names` of each row, which are those of the post record, observed at `at` (Unix seconds).

    A row without an id, or with one that a float has damaged, is refused. `who`: what it is said to be of.
    """
    names = tuple(names)
    posts: list[Post] = []
    refused: list[Refused] = []
    for number, row in enumerate(rows, 1):
        try:
            posts.append(_post(row, names, at))
        except InvalidInput as error:
            refused.append(refusal(who, number, error.public, row))
    return posts, refused


def _post(row: object, names: tuple[str, ...], at: int) -> Post:
    told = fields_of(row)
    if exact_id("id", told.get("id")) is None:
        raise InvalidInput("id", "is missing or no id")
    return {**{name: told[name] for name in names if name in told}, "observed_at": at}
