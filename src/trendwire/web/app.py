"""The web application: its parts put together over one home, and the headers that every answer carries."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trendwire import clock
from trendwire.accounts import Accounts, Books, Desk, Moment, RequestLogStore, cluster_of
from trendwire.accounts.users import Users
from trendwire.dialects.catalog import ENDPOINTS
from trendwire.editions import Editions, sample_editions
from trendwire.errors import MethodNotAllowed
from trendwire.publishing.day import resources
from trendwire.publishing.details import HomeDetails
from trendwire.settings import Settings
from trendwire.web.addresses import is_loopback, networks
from trendwire.web.admin import ROOT as ADMIN_ROOT
from trendwire.web.admin import admin_app
from trendwire.web.api import Api, refused
from trendwire.web.archive import Archive, WholeDesk
from trendwire.web.asgi import SlowLane, sent
from trendwire.web.collecting import Collecting
from trendwire.web.console import Console, Doors, console_routes
from trendwire.web.docs import docs_routes
from trendwire.web.explorer import explorer_routes
from trendwire.web.fields import NOT_KEPT, SECURITY_HEADERS
from trendwire.web.ingest import PATH as INGEST_PATH
from trendwire.web.ingest import Ingest
from trendwire.web.lane import Lane
from trendwire.web.metrics import House, Metrics
from trendwire.web.page_cache import PageCache
from trendwire.web.page_limits import Pace, Page
from trendwire.web.pages import pages
from trendwire.web.playground import playground_routes
from trendwire.web.shelf import DETAIL_THREADS, Shelf
from trendwire.web.staleness import Staleness, for_readiness
from trendwire.web.statics import ROOT as STATIC_ROOT
from trendwire.web.statics import Statics
from trendwire.web.views import Views
from trendwire.web.watch import Limits, Watch
from trendwire.web.well_known import well_known_routes
from trendwire.web.workers import Worker

MEGABYTE = 1_000_000
SAMPLE_BYTES = 8 * MEGABYTE

OPENING_SECONDS = 5.0
"""How long a request waits for the state of the engine to be opened; then it is told to ask again."""


SOCKET = "admin.sock"


def socket_of(home: Path) -> Path:
    """Where a running server of that home hears its owner."""
    return home / SOCKET


def now() -> Moment:
    """Now, as admission takes it."""
    return Moment(clock.nanoseconds() // 1_000_000, clock.monotonic())


@dataclass(frozen=True, slots=True)
class Service:
    """What is served of one home: `site` answers everybody, `lane` knows what it has answered before."""

    site: ASGIApp
    api: Api
    lane: Lane
    accounts: Accounts
    admin: ASGIApp
    metrics: Metrics


def of_settings(
    settings: Settings, moment: Callable[[], Moment] = now, watch: Watch | None = None
) -> Service:
    """The service of a home; it opens the accounts now and closes them at the site's shutdown.

    `moment` tells when a request came, `watch` when the server is about to end. Raises NotReady or Corrupt
    where they cannot be opened, Conflict where another process serves them.
    """
    accounts, metrics = accounts_of(settings, moment), Metrics()
    details = HomeDetails(settings.home, resources(settings), OPENING_SECONDS)
    editions, cache = Editions(settings.home, details, patient=False), PageCache()
    worker, pace = Worker("answers", settings.max_in_flight, DETAIL_THREADS), Pace()
    watch = watch or Watch(Limits())
    api = Api(
        gate=accounts.gate,
        live=Shelf(editions, settings.cache_mb * MEGABYTE, worker),
        samples=Shelf(sample_editions(), SAMPLE_BYTES, worker),
        requests=accounts.requests,
        metrics=metrics,
        moment=moment,
        most_in_flight=settings.max_in_flight,
    )
    metrics.house = House(api, watch, accounts, editions, moment)
    lane = Lane(api)
    trusted = networks(settings.trusted_proxies.split(","))
    slow = SlowLane(api, lane, trusted)
    staleness = Staleness(settings.home, editions)
    archive, collecting = Archive(settings.home, editions), Collecting(settings.home, staleness)
    desk = WholeDesk(accounts.desk, archive, collecting)
    console = Console(desk, Users(settings.home), lambda: moment().wall, trusted)
    beside = [
        *_public_admin(settings, desk, moment),
        *_ingest(settings, moment),
        *(_paced(pace, page) for page in _people(settings, console, editions, cache, moment)),
    ]
    known = pages(editions, cache, pace, watch, for_readiness(staleness, moment), settings.contact)
    site = _site(slow, known, accounts, (worker, cache), beside)
    admin = admin_app(desk, None, lambda: moment().wall)
    return Service(_Guarded(site), api, lane, accounts, admin, metrics)


def _people(
    settings: Settings, console: Console, editions: Editions, cache: PageCache, moment: Callable[[], Moment]
) -> list[Route]:
    """The pages for people, and the files that they load."""
    views = Views(Statics())
    doors = Doors(views, console)
    files = Route(f"{STATIC_ROOT}/{{rest:path}}", views.statics.page(cache), methods=["GET"])
    guarded = (lambda page: page) if _is_explorer_public(settings) else doors.behind
    return [
        files,
        *explorer_routes(views, editions, cache, guarded),
        *docs_routes(views, cache),
        *playground_routes(views, cache),
        *console_routes(views, doors),
        *well_known_routes(views.statics, cache, settings.contact, moment),
    ]


def _paced(pace: Pace, page: Route) -> Route:
    """The page, begun when it is its turn."""
    return Route(page.path, pace.of(page.endpoint), methods=page.methods)


def _is_explorer_public(settings: Settings) -> bool:
    if settings.explorer_public is not None:
        return settings.explorer_public
    return is_loopback(settings.host)


def _public_admin(settings: Settings, desk: Desk, moment: Callable[[], Moment]) -> list[Route]:
    """The admin API on the public site, where a key for it is configured."""
    if settings.admin_key is None:
        return []
    key = settings.admin_key.get_secret_value()
    return [Route(f"{ADMIN_ROOT}/{{rest:path}}", admin_app(desk, key, lambda: moment().wall))]


def _ingest(settings: Settings, moment: Callable[[], Moment]) -> list[Route]:
    """Where posts are pushed to, where a key for it is configured."""
    if settings.ingest_key is None:
        return []
    key, most = settings.ingest_key.get_secret_value(), settings.max_push_mb << 20
    return [Route(INGEST_PATH, Ingest(settings.home, key, most, lambda: moment().wall // 1000))]


def accounts_of(settings: Settings, moment: Callable[[], Moment]) -> Accounts:
    """The accounts of a home: its own books, or those that it shares. Raises Conflict, Corrupt, NotReady."""
    log = RequestLogStore.open(settings.home, settings.request_log_days, settings.request_log_rows)
    names = [one.name for one in ENDPOINTS]
    if settings.redis_url is None or settings.postgres_url is None:
        return Books.open(settings.home, moment().wall, names, log)
    return cluster_of(settings.home, settings.redis_url, settings.postgres_url, names, log)


def _site(
    api: ASGIApp,
    known: Mapping[str, Page],
    accounts: Accounts,
    threads: Sequence[Worker | PageCache],
    beside: Sequence[Route],
) -> ASGIApp:
    """Pages by path; every other path is the dialects' business, also to be told that it does not exist."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await accounts.start()
        yield
        for one in threads:
            one.close()
        await accounts.close()

    routes = [*beside, *(Route(path, page, methods=["GET"]) for path, page in known.items())]
    elsewhere = Route("/{path:path}", _Elsewhere(api, routes))
    return _Routed(Starlette(routes=[*routes, elsewhere], lifespan=lifespan), api)


class _Routed:
    """Keeps paths from routes whose patterns misread them: `.` and `$` mean something else at line breaks."""

    def __init__(self, pages: ASGIApp, api: ASGIApp) -> None:
        self._pages = pages
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        readable = scope["type"] != "http" or ("\n" not in scope["path"] and scope["path"].startswith("/"))
        await (self._pages if readable else self._api)(scope, receive, send)


class _Elsewhere:
    """What no page answers: another method than a page has, or the dialects' business."""

    def __init__(self, api: ASGIApp, pages: Sequence[Route]) -> None:
        self._api = api
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        allowed = {
            method for page in self._pages if page.path_regex.match(path) for method in page.methods or ()
        }
        if allowed:
            await sent(refused(path, MethodNotAllowed(", ".join(sorted(allowed)))), send)
        else:
            await self._api(scope, receive, send)


class _Guarded:
    """Puts the headers on every page's answer that it does not have already; the dialects' have them all."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, text in (*SECURITY_HEADERS.items(), NOT_KEPT):
                    headers.setdefault(name, text)
            await send(message)

        await self._app(scope, receive, guarded)
