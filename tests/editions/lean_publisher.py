"""A process that publishes lean editions until it is killed: prints the number of each once it is current.

Run as `python -m tests.editions.lean_publisher HOME`. All posts of an edition and its chart have its number
as their views; every third absorbs what came before, every seventh begins anew.
"""

import sys
from itertools import count
from pathlib import Path

from tests.editions.lean_worlds import KEY, World, absorb, chart, post
from tests.editions.worlds import NOON
from trendwire.editions.publish import publishing


def main(home: Path) -> None:
    world, after = World(), None
    for turn in count():
        with publishing(home) as publisher:
            number = publisher.next_number()
            posts = [post(str(one), "all", f"t{one % 50:02}", views=number) for one in range(300)]
            world.charts = {KEY.text: chart(number, "all")}
            made = world.content(home / "scratch", posts, after if turn % 7 else None)
            after = publisher.publish_lean(made, NOON, seconds=0, engine="0.1.0").number
            publisher.prune(2)
        if turn % 3 == 2:
            absorb(home)
        print(number, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
