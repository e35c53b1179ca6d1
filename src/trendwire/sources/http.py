"""The one client: sends the calls of a source, and gives back JSON or a SourceError in plain words.

Owns what a connector must not care for: pace, tries and their spacing, the day's budget, the breaker, time
limits, size limits, redirects, and that no secret stands in a log or an error. POST is tried again like GET:
the APIs behind it are searches, which change nothing.

The loop of tries is our own: stamina can wait as long as a reply says, but not by a clock that is handed in,
and its jitter is added to the wait instead of taken from it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, NoReturn, Self

import httpx2
import msgspec
import structlog

from trendwire import __version__
from trendwire.errors import BudgetSpent, SourceError
from trendwire.sources.connector import Call, Quota
from trendwire.sources.http_body import PACKING, Body, Redaction, decoded, quoted
from trendwire.sources.http_faults import Passing, in_plain_words, of_one_call, refusal
from trendwire.sources.http_guard import Line, Transport, environment_proxy
from trendwire.sources.pace import (
    LONGEST_WAIT,
    TRIES,
    Breaker,
    Budget,
    Clocks,
    Pace,
    backoff,
    told,
)

REDIRECTS = 3

_SECRET_FROM = 8  # characters; shorter words in headers are no tokens

_log = structlog.get_logger()

# Both write addresses with their queries, and headers, into the log of whoever turns it up.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one exchange may take. `connect`, `read`, `whole`: seconds. `body`: bytes of a reply, unpacked;
    `ratio`: unpacked bytes for one packed.

    `allow_private`: addresses of one's own network, and http. `proxies`: those that the environment names; a
    proxy decides alone what may be reached.
    """

    connect: float = 10.0
    read: float = 30.0
    whole: float = 120.0
    body: int = 32 << 20
    ratio: int = 100
    allow_private: bool = False
    proxies: bool = False


class Client:
    """Fetch for one source at `address` (the scheme, host and leading path that all calls share).

    A context manager. `budget` and `breaker` are handed in as they were left and read off afterwards.
    """

    def __init__(
        self,
        address: str,
        quota: Quota,
        *,
        limits: Limits = Limits(),
        clocks: Clocks = Clocks(),  # noqa: B008
        secrets: Sequence[str] = (),
        breaker: Breaker = Breaker(),  # noqa: B008
        budget: Budget | None = None,
    ) -> None:
        self.breaker = breaker
        self.budget = budget or Budget(clocks.now().date())
        self._quota, self._limits, self._clocks = quota, limits, clocks
        self._secrets = frozenset(secrets)
        self._hide = Redaction(secrets)
        self._pace = Pace(quota.per_second, clocks)
        self._base = _base(address, limits)
        proxy = environment_proxy(self._base.scheme, self._base.host) if limits.proxies else None
        self._line = Line(clocks.monotonic, allow_private=limits.allow_private, checked=proxy is None)
        self._http = httpx2.Client(
            transport=Transport(self._line, proxy),
            headers={"User-Agent": f"trendwire/{__version__}", "Accept-Encoding": PACKING},
            timeout=httpx2.Timeout(limits.read, connect=limits.connect),
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    @property
    def at(self) -> datetime:
        return self._clocks.now()

    def count_rows(self, rows: int) -> None:
        """Rows that a reply held. The call after the last allowed row raises BudgetSpent."""
        budget = self.budget.on(self.at.date())
        self.budget = msgspec.structs.replace(budget, rows=budget.rows + rows)

    def __call__(self, call: Call) -> Any:
        self.breaker.check(self.at)
        self._learn(call.headers)
        course = _Course()
        started = self._clocks.monotonic()
        try:
            reply = self._patiently(call, course)
        except BudgetSpent:
            raise
        except SourceError as error:
            self._gave_up(error, call, course)
        finally:
            self._tell(call, course, self._clocks.monotonic() - started)
        self.breaker = Breaker()
        return reply

    def _learn(self, headers: Mapping[str, str]) -> None:
        """Secrets stand in headers: hide also those that a connector was given on the way, as tokens are."""
        words = {word for value in headers.values() for word in value.split() if len(word) >= _SECRET_FROM}
        if not words <= self._secrets:
            self._secrets |= words
            self._hide = Redaction(self._secrets)

    def _gave_up(self, error: SourceError, call: Call, course: "_Course") -> NoReturn:
        """Raise what names no secret, without its causes."""
        self.breaker = Breaker() if of_one_call(error.status) else self.breaker.failed(self.at)
        raise SourceError(
            self._hide(error.public),
            status=error.status,
            resumes=error.resumes,
            call=self._hide(f"{call.method} {call.path}"),
            tries=course.tries,
        ) from None

    def _tell(self, call: Call, course: "_Course", seconds: float) -> None:
        _log.debug(
            "source asked",
            host=self._base.host,
            method=call.method,
            path=self._hide(call.path),
            query={self._hide(name): self._hide(value) for name, value in call.params.items()},
            status=course.status,
            tries=course.tries,
            bytes=course.size,
            seconds=round(seconds, 3),
        )

    def _patiently(self, call: Call, course: "_Course") -> Any:
        while True:
            try:
                return self._once(call, course)
            except Passing as passing:
                if course.tries >= TRIES:
                    raise SourceError(
                        f"the source failed {course.tries} times: {passing.words}", status=passing.status
                    ) from passing
                self._clocks.sleep(self._wait(passing, course.tries))

    def _wait(self, passing: Passing, tries: int) -> float:
        wait = passing.retry_after
        if wait is None:
            return backoff(tries, self._clocks.jitter())
        if wait > LONGEST_WAIT:
            resumes = self.at + timedelta(seconds=wait)
            raise SourceError(
                f"{passing.words}; it asks to wait until {told(resumes)}",
                status=passing.status,
                resumes=resumes,
            )
        return wait

    def _once(self, call: Call, course: "_Course") -> Any:
        course.tries += 1
        course.status, course.size = None, 0
        with in_plain_words():
            reply = self._reply(self._request(call))
            try:
                return self._read(reply, course)
            finally:
                reply.close()

    def _request(self, call: Call) -> httpx2.Request:
        path = self._base.path.rstrip("/") + "/" + call.path.lstrip("/")
        return self._http.build_request(
            call.method,
            self._base.copy_with(path=path),
            params=call.params or None,
            headers=dict(call.headers),
            json=call.json,
            data=call.form,
        )

    def _reply(self, request: httpx2.Request) -> httpx2.Response:
        """The reply after redirects, its body still to be read."""
        for _ in range(1 + REDIRECTS):
            self._admit()
            self._line.deadline = self._clocks.monotonic() + self._limits.whole
            reply = self._http.send(request, stream=True)
            if reply.next_request is None:
                return reply
            reply.close()
            request = self._same_place(reply.next_request)
        raise SourceError(f"the source redirects more than {REDIRECTS} times")

    def _admit(self) -> None:
        """Count a request, when its turn has come."""
        self.budget = self.budget.on(self.at.date())
        self.budget.check(self._quota)
        self._pace.wait()
        self.budget = msgspec.structs.replace(self.budget, requests=self.budget.requests + 1)

    def _same_place(self, request: httpx2.Request) -> httpx2.Request:
        if _origin(request.url) != _origin(self._base):
            place = f"{request.url.scheme}://{request.url.netloc.decode()}"
            raise SourceError(f"the source redirects to another place, which is not followed: {place}")
        return request

    def _read(self, reply: httpx2.Response, course: "_Course") -> Any:
        course.status = reply.status_code
        packing = reply.headers.get("content-encoding", "")
        body = Body(reply.iter_raw(), packing, self._limits.body, self._limits.ratio)
        try:
            if reply.status_code // 100 != 2:
                raise refusal(reply.status_code, reply.headers, quoted(body.beginning(), self._hide), self.at)
            return decoded(body.read(), self._hide)
        finally:
            course.size = body.size


@dataclass(slots=True)
class _Course:
    """How a call went, for the log. `status`, `size`: of the last reply."""

    tries: int = 0
    status: int | None = None
    size: int = 0


def _base(address: str, limits: Limits) -> httpx2.URL:
    """The address, if it may be asked. SourceError says what is accepted."""
    schemes = ("https", "http") if limits.allow_private else ("https",)
    try:
        url = httpx2.URL(address)
    except httpx2.InvalidURL:
        raise SourceError("the source's address is not a URL") from None
    if url.scheme not in schemes or not url.host:
        accepted = " or ".join(f"{scheme}://" for scheme in schemes)
        raise SourceError(f"the source's address must begin with {accepted} and name a host")
    if url.userinfo or url.query or url.fragment:
        raise SourceError("the source's address may hold no user, query or fragment: secrets go into headers")
    return url


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)
