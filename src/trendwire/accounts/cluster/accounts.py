"""The accounts of several servers: the parts of this box put together over one Redis and one PostgreSQL."""

import os
import secrets
import socket
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from trendwire import clock
from trendwire.accounts.clock_watch import ClockWatch
from trendwire.accounts.cluster.desk import ClusterDesk
from trendwire.accounts.cluster.drain import Drain
from trendwire.accounts.cluster.gate import ClusterGate
from trendwire.accounts.cluster.scripts import Scripts
from trendwire.accounts.cluster.truth import Truth
from trendwire.accounts.operations import RequestLog
from trendwire.accounts.requests import RequestLogStore
from trendwire.errors import NotReady

_SECONDS = 2.0


class Cluster:
    """See `operations.Accounts`. All servers share a secret; the request log is each server's own."""

    def __init__(
        self, redis_url: str, postgres_url: str, secret: bytes, endpoints: Sequence[str], log: RequestLogStore
    ) -> None:
        self._redis: Any = Redis.from_url(redis_url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
        self._scripts = Scripts(self._redis)
        self._truth = Truth(postgres_url)
        self._log = log
        self.desk = ClusterDesk(self._truth, self._redis, secret, frozenset(endpoints), log, self._drained)
        self.gate = ClusterGate(self._scripts, secret, self.desk.load_key, self.desk.load_spent)
        name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._drain = Drain(self._redis, self._scripts, self._truth, name, self._refill)
        self._open = False

    @property
    def requests(self) -> RequestLog:
        return self._log

    async def start(self) -> None:
        await self._truth.start()
        self.gate.clock = ClockWatch(await self.desk.last_moment())
        try:
            await self._scripts.load()
            await self.desk.mirror_all()
            await self._drain.start()
        except (RedisError, OSError) as error:
            raise NotReady("the accounts are not available now", reason=str(error)) from error
        self._log.start()
        self._open = True

    async def close(self) -> None:
        if self._open:
            self._open = False
            await self._drain.stop()
            self._log.close()
        await self._redis.aclose()
        await self._truth.close()

    async def _drained(self) -> None:
        await self._drain.all()

    async def _refill(self) -> None:
        await self.desk.refill_all(clock.milliseconds())
