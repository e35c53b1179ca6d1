"""The command that serves."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from trendwire.cli import printing
from trendwire.cli.program import Home, app, examples, option, settings_for
from trendwire.editions import Editions
from trendwire.errors import TrendwireError
from trendwire.settings import Settings
from trendwire.web import logs
from trendwire.web.app import of_home
from trendwire.web.server import Listening, check_free
from trendwire.web.server import serve as serve_app

Host = Annotated[str | None, option("host", "--host")]
Port = Annotated[int | None, option("port", "--port")]


@app.command(epilog=examples("trendwire serve", "trendwire serve --host 0.0.0.0 --port 8080"))
def serve(context: typer.Context, host: Host = None, port: Port = None, home: Home = None) -> None:
    """Serve the charts over HTTP until Ctrl+C or SIGTERM; new editions are followed by themselves."""
    settings = settings_for(context, home, host=host, port=port)
    run(settings, lambda: printing.line(_welcome(settings)))


def run(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve the home of `settings`; `ready` is called when connections are accepted."""
    at = listening(settings)
    check_free(at.host, at.port)
    logs.configure(settings.log_level)
    serve_app(of_home(settings.home), at, ready)


def listening(settings: Settings) -> Listening:
    return Listening(settings.host, settings.port, settings.header_timeout)


def _welcome(settings: Settings) -> str:
    return f"Trendwire serves {listening(settings).url} {edition_words(settings.home)}; Ctrl+C stops it"


def edition_words(home: Path) -> str:
    """Which edition is served, in words."""
    try:
        edition = Editions(home).current()
    except TrendwireError as error:
        return f"(503 for now: {error.public})"
    return f"(edition {edition.number}, as of {edition.as_of})"
