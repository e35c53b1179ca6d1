"""PostgreSQL, where plans, accounts, keys and the ledger of all servers are: statements, and troubles in
words.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import psycopg

from trendwire.errors import NotReady
from trendwire.statements import named

SQL = named(__package__, "cluster.sql")

_CONNECT_SECONDS = 3


class Truth:
    """One connection, opened anew when it was lost; each statement is a transaction of its own."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._turn = asyncio.Lock()
        self._db: psycopg.AsyncConnection[Any] | None = None

    async def start(self) -> None:
        """Make the tables where they are not there. Raises NotReady."""
        async with self._turn:
            db = await self._connected()
            async with db.transaction():
                await db.execute(SQL["take_turns"])
                await db.execute(SQL["schema"])

    async def rows(self, statement: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a named statement. Raises NotReady where PostgreSQL cannot be asked now."""
        (found,) = await self.all_rows([(statement, values or {})])
        return found

    async def all_rows(self, asked: list[tuple[str, Mapping[str, Any]]]) -> list[list[tuple[Any, ...]]]:
        """Run several in one transaction."""
        async with self._turn:
            try:
                db = await self._connected()
                async with db.transaction():
                    return [await self._one(db, statement, values) for statement, values in asked]
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                await self._dropped()
                raise NotReady("the accounts are not available now", reason=str(error)) from error

    async def close(self) -> None:
        """Let the connection go."""
        await self._dropped()

    async def _one(self, db: Any, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        cursor = await db.execute(SQL[statement], values)
        return await cursor.fetchall() if cursor.description else []

    async def _connected(self) -> "psycopg.AsyncConnection[Any]":
        if self._db is None or self._db.closed:
            try:
                self._db = await psycopg.AsyncConnection.connect(
                    self._address, autocommit=True, connect_timeout=_CONNECT_SECONDS
                )
            except psycopg.Error as error:
                raise NotReady("the accounts are not available now", reason=str(error)) from error
        return self._db

    async def _dropped(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            await db.close()
