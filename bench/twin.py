"""The same two endpoints as one would write them in a day with FastAPI: the measure of what the work was for.

    python -m bench.twin HOME PORT

Pydantic models for every reply, a dependency that knows the key, its rate and its credits, a durable SQLite
commit for each charge, uvicorn with uvloop and httptools. The rows are those of the home's edition.
"""

import hashlib
import sys
import time
import uuid
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import aiosqlite
import msgspec
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from pydantic import BaseModel

from trendwire.dialects.catalog import BY_NAME, parse, render
from trendwire.editions import Editions
from trendwire.web.answers import answer

COST = 2
HASHTAGS, DETAIL = "keyapi_trending_hashtags", "keyapi_trending_hashtag_detail"


class Named(BaseModel):
    id: str | int
    value: str
    label: str


class Point(BaseModel):
    time: int
    value: float


class Face(BaseModel):
    nick_name: str | None
    avatar_url: str | None


class Row(BaseModel):
    hashtag_id: str
    hashtag_name: str
    country_info: Named
    industry_info: Named | None = None
    is_promoted: bool
    trend: list[Point]
    creators: list[Face] | None = None
    publish_cnt: int
    video_views: int
    rank: int
    rank_diff: int | None = None
    rank_diff_type: int


class Pagination(BaseModel):
    page: int
    size: int
    total: int
    has_more: bool


class Page(BaseModel):
    list: list[Row]
    pagination: Pagination


class PageReply(BaseModel):
    code: int = 0
    message: str = "success"
    data: Page
    requestId: str


class DetailReply(BaseModel):
    code: int = 0
    message: str = "success"
    data: dict[str, Any]
    requestId: str


class Bank:
    """Keys and credits in SQLite. All requests share a connection: a commit is often that of several."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self._db = db
        self._passed: defaultdict[int, deque[float]] = defaultdict(deque)

    async def charge(self, key: str) -> None:
        """Take the cost, on the disk when this returns."""
        digest = hashlib.sha256(key.encode()).hexdigest()
        async with self._db.execute("SELECT id, qps FROM key WHERE digest = ?", (digest,)) as cursor:
            row = await cursor.fetchone()
        if row is None:
            raise HTTPException(401, "apiKey is invalid")
        self._limit(row[0], row[1])
        changed = await self._db.execute(
            "UPDATE key SET credits = credits - ? WHERE id = ? AND credits >= ?", (COST, row[0], COST)
        )
        if changed.rowcount == 0:
            raise HTTPException(402, "apiKey quota is not enough")
        await self._db.execute(
            "INSERT INTO debit (key_id, amount, at) VALUES (?, ?, ?)", (row[0], COST, time.time())
        )
        await self._db.commit()

    def _limit(self, key: int, qps: int) -> None:
        now, passed = time.monotonic(), self._passed[key]
        while passed and passed[0] <= now - 1:
            passed.popleft()
        if len(passed) >= qps:
            raise HTTPException(429, "qps limit exceeded", {"Retry-After": "1"})
        passed.append(now)


def build(home: Path) -> FastAPI:
    """The application over the current edition of a home."""
    editions = Editions(home)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        db = await aiosqlite.connect(home / "twin.sqlite")
        await db.execute("PRAGMA journal_mode = WAL")
        await db.execute("PRAGMA synchronous = FULL")
        app.state.bank = Bank(db)
        yield
        await db.close()

    app = FastAPI(lifespan=lifespan)

    async def charged(authorization: Annotated[str, Header()]) -> None:
        bank: Bank = app.state.bank
        await bank.charge(authorization.removeprefix("Bearer "))

    paid = [Depends(charged)]

    rows: dict[tuple[str, int, str], list[Row]] = {}
    details: dict[tuple[str, int], dict[str, Any]] = {}

    def chart(region: str, period: int, industry: str) -> list[Row]:
        found = rows.get((region, period, industry))
        if found is None:
            listed: list[Row] = []
            for page in range(1, 6):
                query = f"region={region}&period={period}&industry_id={industry}&page={page}"
                listed += [Row(**row) for row in _told(editions, HASHTAGS, query)["list"]]
            found = rows[region, period, industry] = listed
        return found

    @app.get(
        "/v1/tiktok/trending/hashtags",
        response_model=PageReply,
        response_model_exclude_unset=True,
        dependencies=paid,
    )
    async def hashtags(
        response: Response,
        region: str = "all_regions",
        period: int = 7,
        page: int = 1,
        limit: int = 20,
        industry_id: str = "nothing",
    ) -> PageReply:
        found = chart(region, period, industry_id)
        start = (page - 1) * limit
        response.headers["X-Credits-Cost"] = str(COST)
        return PageReply(
            code=0,
            message="success",
            data=Page(
                list=found[start : start + limit],
                pagination=Pagination(
                    page=page, size=limit, total=len(found), has_more=page * limit < len(found)
                ),
            ),
            requestId=str(uuid.uuid4()),
        )

    @app.get("/v1/tiktok/trending/hashtag/detail", response_model=DetailReply, dependencies=paid)
    async def detail(response: Response, hashtag_name: str, period: int = 7) -> DetailReply:
        key = (hashtag_name, period)
        if key not in details:
            details[key] = _told(editions, DETAIL, f"hashtag_name={hashtag_name}&period={period}")
        response.headers["X-Credits-Cost"] = str(COST)
        return DetailReply(code=0, message="success", data=details[key], requestId=str(uuid.uuid4()))

    return app


def _told(editions: Editions, name: str, query: str) -> dict[str, Any]:
    endpoint = BY_NAME[name]
    body = render(endpoint, answer(parse(endpoint, query, {}), editions), "")
    told: dict[str, Any] = msgspec.json.decode(body)["data"]
    return told


if __name__ == "__main__":
    uvicorn.run(
        build(Path(sys.argv[1])), port=int(sys.argv[2]), log_level="error", access_log=False, loop="uvloop"
    )
