"""Guessing finds no key, and the time of a refusal tells nothing of how near a guess was."""

import asyncio
import math
import random
import statistics
import string
import time
from pathlib import Path

import pytest

from tests.accounts.moments import CHART, books, create, moment
from tests.heavy.conftest import number
from trendwire.accounts import Ask, Books, credential
from trendwire.errors import BadCredential

ALPHABET = string.digits + string.ascii_letters
GUESSES = number("GUESSES", 100_000)
PAIRS = number("PAIRS", 20_000)


def sealed(body: str) -> str:
    """A text with a valid checksum."""
    unsealed = f"sk_live_{body}"
    return unsealed + credential.checksum(unsealed)


async def refused(opened: Books, text: str) -> bool:
    try:
        await opened.gate.admit(Ask(opened.gate.fingerprint(text), CHART, 2, "192.0.2.1", moment(0)))
    except BadCredential:
        return True
    return False


@pytest.mark.timeout(600)
def test_guessed_keys_find_nothing(tmp_path: Path) -> None:
    chance = random.Random(3)

    async def story() -> None:
        async with books(tmp_path) as opened:
            await create(opened)
            for _ in range(GUESSES):
                assert await refused(opened, sealed("".join(chance.choices(ALPHABET, k=32))))
            assert len(opened.gate._limits) == 0

    asyncio.run(story())


def elapsed(opened: Books, text: str) -> int:
    """Nanoseconds from a key's text to its refusal."""
    ask = moment(0)
    begun = time.perf_counter_ns()
    try:
        coroutine = opened.gate.admit(Ask(opened.gate.fingerprint(text), CHART, 2, "192.0.2.1", ask))
        coroutine.send(None)
    except BadCredential:
        return time.perf_counter_ns() - begun
    raise AssertionError(text)


def welch(ours: list[int], others: list[int]) -> float:
    """Welch's t of two samples, without their slowest tenth: what interrupts a machine is no signal."""
    kept = [sorted(sample)[: len(sample) * 9 // 10] for sample in (ours, others)]
    spread = sum(statistics.variance(sample) / len(sample) for sample in kept)
    return abs(statistics.fmean(kept[0]) - statistics.fmean(kept[1])) / math.sqrt(spread)


@pytest.mark.timeout(600)
def test_a_near_guess_takes_no_longer_than_a_far_one(tmp_path: Path) -> None:
    chance = random.Random(4)

    async def story() -> tuple[list[int], list[int]]:
        near: list[int] = []
        far: list[int] = []
        async with books(tmp_path) as opened:
            body = (await create(opened)).text[8:40]
            nearest = [
                body[:at] + one + body[at + 1 :] for at in range(32) for one in ALPHABET if one != body[at]
            ]
            # As many different ones: what was asked before is in a cache.
            farthest = ["".join(chance.choices(ALPHABET, k=32)) for _ in nearest]
            asked = [(near, chance.choice(nearest)) for _ in range(PAIRS)]
            asked += [(far, chance.choice(farthest)) for _ in range(PAIRS)]
            # In any order, each text made right before it is asked: the last made is the nearest in a cache.
            chance.shuffle(asked)
            for sample, guess in asked:
                sample.append(elapsed(opened, sealed(guess)))
        return near, far

    assert welch(*asyncio.run(story())) < 4.5
