"""What connections share: turns."""

import asyncio
from functools import partial

from trendwire.web.watch import Turns


def test_one_that_waits_has_its_turn_in_each_round_of_the_loop() -> None:
    rounds = {name: list[int]() for name in "abc"}

    async def story() -> None:
        turns, number = Turns(), 0

        def turn(name: str) -> None:
            rounds[name].append(number)
            if len(rounds[name]) < 3:
                turns.wait(partial(turn, name))

        for name in rounds:
            turns.wait(partial(turn, name))
        while sum(map(len, rounds.values())) < 9:
            await asyncio.sleep(0)
            number += 1

    asyncio.run(story())
    assert rounds == {"a": [0, 3, 6], "b": [1, 4, 7], "c": [2, 5, 8]}


def test_a_turn_that_fails_takes_nobody_s() -> None:
    had: list[str] = []

    async def story() -> None:
        turns = Turns()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, told: had.append(str(told["exception"])))
        turns.wait(lambda: had.append(str(1 // 0)))
        turns.wait(partial(had.append, "second"))
        while len(had) < 2:
            await asyncio.sleep(0)

    asyncio.run(story())
    assert had[1] == "second"
