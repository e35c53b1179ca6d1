"""A process that publishes until it is killed: prints the number of each edition once it is current.

Run as `python -m tests.editions.publisher HOME`. Every edition has its number in each of its documents.
"""

import sys
from itertools import count
from pathlib import Path

from tests.editions.worlds import NOON, content
from trendwire.editions.publish import publishing


def main(home: Path) -> None:
    names = [f"t{number:04}" for number in range(400)]
    for _ in count():
        with publishing(home) as publisher:
            number = publisher.next_number()
            made = content(home / "scratch", *names, views=number)
            publisher.publish(made, NOON, seconds=0, engine="0.1.0")
            publisher.prune(2)
        print(number, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
