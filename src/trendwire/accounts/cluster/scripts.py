"""Calls of Redis scripts: what is asked in one turn of the event loop goes out in one write."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from trendwire.errors import NotReady

_FOLDER = Path(__file__).parent
NAMES = ("admit", "settle", "expire")

_Call = tuple[str, Sequence[str], Sequence[Any], "asyncio.Future[Any]"]


class Scripts:
    """The scripts beside this module, on one Redis."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._texts = {name: (_FOLDER / f"{name}.lua").read_text() for name in NAMES}
        self._digests: dict[str, str] = {}
        self._waiting: list[_Call] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Have Redis know the scripts. Raises RedisError."""
        for name, text in self._texts.items():
            self._digests[name] = await self._redis.script_load(text)

    def call(self, name: str, keys: Sequence[str], values: Sequence[Any]) -> "asyncio.Future[Any]":
        """The answer of a script, later. Raises NotReady where Redis does not give one."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Any] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._send)
        self._waiting.append((name, keys, values, answered))
        return answered

    def _send(self) -> None:
        calls, self._waiting = self._waiting, []
        task = asyncio.get_running_loop().create_task(self._exchange(calls))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _exchange(self, calls: list[_Call]) -> None:
        try:
            answers = await self._asked(calls)
            if any(isinstance(one, NoScriptError) for one in answers):
                # Redis was started anew: none of these calls has done anything yet.
                await self.load()
                answers = await self._asked(calls)
        except (RedisError, OSError, TimeoutError) as error:
            answers = [error] * len(calls)
        for (*_, answered), answer in zip(calls, answers, strict=True):
            if answered.done():
                continue
            if isinstance(answer, BaseException):
                answered.set_exception(NotReady("the accounts are not available now", reason=str(answer)))
            else:
                answered.set_result(answer)

    async def _asked(self, calls: list[_Call]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for name, keys, values, _ in calls:
            pipeline.evalsha(self._digests[name], len(keys), *keys, *values)
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers
