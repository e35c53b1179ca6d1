"""Heat is one definition: explained without a compiler, and compiled to the same bits."""

import random
import subprocess
import sys

import pytest

from trendwire.domain.heat import Components, Heat
from trendwire.engine import compiled
from trendwire.engine.compiled import jit
from trendwire.engine.scoring import score


@jit
def _compiled(of: Components) -> Heat:
    return score(of)


def test_reasons_load_no_compiler() -> None:
    told = "import sys, trendwire.web.reasons; print('numba' in sys.modules, 'numpy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True)
    assert found.stdout.split() == ["False", "False"]


@pytest.mark.skipif(compiled.UNCOMPILED, reason="nothing is compiled")
def test_compiled_and_explained_give_the_same_bits() -> None:
    rng = random.Random(7)
    for _ in range(300):
        of = _counts(rng)
        assert _compiled(of) == score(of)


def _counts(rng: random.Random) -> Components:
    """Counts that can occur: parts are not larger than what they are part of."""

    def upto(most: int) -> int:
        return rng.randint(0, most)

    all_now, all_past = upto(10**6), upto(10 ** rng.randint(2, 7))
    creators, past, all_last = upto(all_now), upto(all_past), upto(all_past)
    last, others = upto(min(past, all_last)), upto(10**8)
    watched, now, world = upto(creators), upto(creators), past + upto(others)
    shared = (all_now, all_past, all_last, all_past + others)
    return Components(creators, watched, upto(10**13), now, past, last, world, *shared)
