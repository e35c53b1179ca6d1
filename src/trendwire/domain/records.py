"""What a lean edition keeps so that a detail can be rendered when it is asked for: posts and common factors.

Nothing here depends on how a build numbered its subjects, posts or creators: names and ids are text, so what
two builds wrote can be compared.
"""

import msgspec

Span = tuple[int, int, int]
"""(gain, first epoch day, days): views spread evenly; day k of n gets floor(g*k/n) - floor(g*(k-1)/n)."""


class PostRecord(msgspec.Struct, frozen=True, array_like=True):
    """One post as the newest sightings tell it.

    `day`: epoch day of creation. `peak`: the highest view count ever seen. `spans`: ascending by first day,
    gains above 0 only; they may reach past as_of. `tags`: hashtag identities, each once, ascending. `ages`,
    `countries`, `interests`: weights of the audience as the facts hold them.
    """

    id: str
    day: int
    region: str | None
    username: str | None
    industry: int | None
    peak: int | None
    promoted: bool
    spans: tuple[Span, ...]
    tags: tuple[str, ...]
    sound: str | None
    cover_url: str | None
    ages: dict[str, float] | None
    countries: dict[str, float] | None
    interests: dict[str, float] | None


class Scope(msgspec.Struct, frozen=True, array_like=True):
    """One region's chart of one period: what its subjects are expected from (see how-a-rank-is-made).

    `covered`: preceding windows that the region's posts reach back over, at most eight; below 1 the window
    itself is cut at the epoch day `cut`. `all_*`: the counts of all posts together.
    """

    covered: int
    cut: int | None
    all_now: int
    all_past: int
    all_last: int
    all_world: int


class Factors(msgspec.Struct, frozen=True):
    """What the details of one edition have in common.

    `scopes`: region -> chart period. `floors`: chart period -> region of origin ('' for none) -> views from
    which a post is seen. `everyone`: region -> distinct creators over each detail period. `overall`: region
    -> place of the detail period (1 to 5) -> mean share of each interest id, and of each country.
    """

    scopes: dict[str, dict[int, Scope]]
    floors: dict[int, dict[str, int]]
    everyone: dict[str, tuple[int, ...]]
    overall: dict[str, dict[int, tuple[dict[str, float], dict[str, float]]]]
