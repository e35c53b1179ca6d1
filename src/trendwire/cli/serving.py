"""The command that serves."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from trendwire.cli import printing
from trendwire.cli.attached import engine
from trendwire.cli.program import Home, app, examples, option, settings_for
from trendwire.editions import Editions
from trendwire.errors import TrendwireError
from trendwire.settings import Settings
from trendwire.web import logs
from trendwire.web.addresses import networks
from trendwire.web.app import of_settings, socket_of
from trendwire.web.ingest import PATH as INGEST_PATH
from trendwire.web.metrics import metrics_app
from trendwire.web.server import Drain, Site, Tcp, Unix, check_free, most_connections
from trendwire.web.server import serve as serve_sites
from trendwire.web.watch import Limits, Watch

Host = Annotated[str | None, option("host", "--host")]
Port = Annotated[int | None, option("port", "--port")]


@app.command(
    epilog=examples(
        "trendwire serve", "trendwire serve --with-engine", "trendwire serve --host 0.0.0.0 --port 8080"
    )
)
def serve(
    context: typer.Context,
    host: Host = None,
    port: Port = None,
    with_engine: Annotated[
        bool,
        typer.Option("--with-engine", help="Have `trendwire run` go on beside, for as long as this serves."),
    ] = False,
    home: Home = None,
) -> None:
    """Serve the charts over HTTP until Ctrl+C or SIGTERM; new editions are followed by themselves.

    Where details are many they are told by the state of the engine: by `trendwire run` if it runs on this
    home, else by this process, which reads what the last publish left.
    """
    settings = settings_for(context, home, host=host, port=port)
    run(settings, lambda: printing.line(_welcome(settings)), with_engine=with_engine)


def run(settings: Settings, ready: Callable[[], None], *, with_engine: bool = False) -> None:
    """Serve the home of `settings`; `ready` is called when connections are accepted.

    `with_engine`: its schedules are carried out by a process beside, which ends with this.
    """
    at = listening(settings)
    check_free(at)
    logs.configure(settings.log_level)
    watch = Watch(limits_of(settings))
    service = of_settings(settings, watch=watch)
    sites = [
        Site(service.site, at, watch, service.lane),
        Site(service.admin, Unix(socket_of(settings.home)), Watch(Limits())),
    ]
    if settings.metrics_port:
        metrics = Tcp(settings.metrics_host, settings.metrics_port)
        sites.append(Site(metrics_app(service.metrics), metrics, Watch(Limits())))
    with engine(settings.home) if with_engine else nullcontext():
        serve_sites(sites, Drain(settings.drain_linger, settings.drain_timeout), ready)


def limits_of(settings: Settings) -> Limits:
    """What clients of the public site may take."""
    return Limits(
        head_seconds=settings.header_timeout,
        body_seconds=settings.body_timeout,
        idle_seconds=settings.idle_timeout,
        stall_seconds=settings.stall_timeout,
        body_bytes=settings.max_body_kb * 1024,
        larger_bodies={INGEST_PATH.encode(): settings.max_push_mb << 20} if settings.ingest_key else {},
        per_address=settings.connections_per_address,
        connections=most_connections(settings.max_connections),
        trusted=networks(settings.trusted_proxies.split(",")),
    )


def listening(settings: Settings) -> Tcp:
    return Tcp(settings.host, settings.port)


def _welcome(settings: Settings) -> str:
    return f"Trendwire serves {listening(settings).url} {edition_words(settings.home)}; Ctrl+C stops it"


def edition_words(home: Path) -> str:
    """Which edition is served, in words."""
    try:
        edition = Editions(home).current()
    except TrendwireError as error:
        return f"(503 for now: {error.public})"
    return f"(edition {edition.number}, as of {edition.as_of})"
