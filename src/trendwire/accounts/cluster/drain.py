"""What runs beside the requests: debits into the ledger, dead servers' holds back, refills of a new month."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from trendwire.accounts.cluster.gate import DEBITS, HOLDS, LEASES
from trendwire.accounts.cluster.scripts import Scripts
from trendwire.accounts.cluster.truth import Truth
from trendwire.errors import NotReady

GROUP = "ledger"
BATCH = 500
PAUSE_SECONDS = 0.5
TAKEN_OVER_AFTER_MS = 30_000
"""A batch that a server read and did not acknowledge for so long goes to another: it may have died."""

_log = structlog.get_logger()


class Drain:
    """One for each server; `name` tells its readers apart. `refill` gives what a new month owes."""

    def __init__(
        self, redis: "Redis", scripts: Scripts, truth: Truth, name: str, refill: Callable[[], Awaitable[None]]
    ) -> None:
        self._redis, self._scripts, self._truth = redis, scripts, truth
        self._name = name
        self._refill = refill
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        await self._group()
        self._task = asyncio.create_task(self._run())

    async def _group(self) -> None:
        try:
            await self._redis.xgroup_create(DEBITS, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def stop(self) -> None:
        """Drain what is there, then end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            await self.all()

    async def all(self) -> None:
        """Drain until nothing is left, also of what others have begun: a debit written twice counts once."""
        await self._drained(0)

    async def _drained(self, idle_ms: int) -> None:
        try:
            while await self._batch() or await self._taken_over(idle_ms):
                pass
        except ResponseError:
            # Redis has lost its data, and the group of readers with it.
            await self._group()

    async def _run(self) -> None:
        while True:
            await self._once()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _once(self) -> None:
        try:
            await self._drained(TAKEN_OVER_AFTER_MS)
            await self._scripts.call("expire", (HOLDS, LEASES), (BATCH,))
            await self._refill()
        except (RedisError, NotReady, OSError) as error:
            _log.warning("debits wait to be written", reason=str(error))

    async def _batch(self) -> int:
        found: Any = await self._redis.xreadgroup(GROUP, self._name, {DEBITS: ">"}, count=BATCH)
        entries = found[0][1] if found else []
        await self._write(entries)
        return len(entries)

    async def _taken_over(self, idle_ms: int) -> int:
        claimed: Any = await self._redis.xautoclaim(
            DEBITS, GROUP, self._name, min_idle_time=idle_ms, count=BATCH
        )
        entries = claimed[1]
        await self._write(entries)
        return len(entries)

    async def _write(self, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        """Into PostgreSQL, then out of the stream: in between, a crash only has them read again."""
        if not entries:
            return
        await self._truth.all_rows([("drain", _debit(number, told)) for number, told in entries])
        numbers = [number for number, _ in entries]
        await self._redis.xack(DEBITS, GROUP, *numbers)
        await self._redis.xdel(DEBITS, *numbers)


def _debit(number: bytes, told: dict[bytes, bytes]) -> dict[str, Any]:
    return {
        "id": number.decode(),
        "account": int(told[b"account"]),
        "key": int(told[b"key"]),
        "cost": int(told[b"cost"]),
        "endpoint": told[b"endpoint"].decode(),
        "at": int(told[b"at"]),
    }
