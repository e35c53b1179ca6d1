"""A server killed at any moment under load: every charge that was acknowledged is in the ledger."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.heavy.clients import Client, load, request_of
from tests.heavy.conftest import number
from tests.serving import balance, create_key, running

CLIENTS = 16
CREDITS = 10**9
COST = 2
KILLS = number("KILLS", 20)


@pytest.mark.timeout(60 + KILLS * 10)
def test_no_acknowledged_charge_is_lost_in_a_kill(home: Path) -> None:
    key, chance = create_key(home, CREDITS, 10_000), random.Random(5)
    acknowledged = unanswered = 0
    for _ in range(KILLS):
        with running(home) as server:
            clients = [Client(server.port, request_of(key)) for _ in range(CLIENTS)]

            async def story(under: list[Client] = clients, victim=server.process) -> None:  # type: ignore[no-untyped-def]
                asyncio.get_running_loop().call_later(chance.uniform(0.05, 0.5), victim.kill)
                await load(under, 5)

            asyncio.run(story())
        statuses = sum((client.statuses for client in clients), Counter[int]())
        assert set(statuses) <= {200}
        acknowledged += statuses[200]
        unanswered += sum(client.failed for client in clients)
    charged = (CREDITS - balance(home)) // COST
    assert acknowledged > KILLS * CLIENTS
    assert acknowledged <= charged <= acknowledged + unanswered
