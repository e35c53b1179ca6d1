"""Every setting of a home, one row each: name, default, bounds, unit, meaning.

Owns what may be set from outside (`TRENDWIRE_<NAME>` in the environment; a few also as options of the
command line, which win). Help and the reference page are rendered from these rows, never written apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from trendwire.errors import InvalidInput

ENV_PREFIX = "TRENDWIRE_"

LogLevel = Literal["debug", "info", "warning", "error"]


def _row(default: Any, unit: str, meaning: str, **bounds: Any) -> Any:
    """One row of the table: a pydantic field that also carries its unit."""
    return Field(default=default, description=meaning, json_schema_extra={"unit": unit}, **bounds)


def _default_home() -> Path:
    return platformdirs.user_data_path("trendwire", appauthor=False)


class Settings(BaseSettings):
    """The settings of one process; frozen. The rows below are the table."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(
        default_factory=_default_home,
        description="The data folder: facts, editions, accounts and secrets live in it.",
        json_schema_extra={"unit": "path", "shown": "the platform's user data folder"},
    )
    host: str = _row("127.0.0.1", "address", "The address `serve` listens on.", min_length=1)
    port: int = _row(8000, "port", "The port `serve` listens on.", ge=1, le=65535)
    keep_editions: int = _row(
        100,
        "editions",
        "Edition files kept after a publish; an older number answers 410. Its record stays.",
        ge=1,
    )
    written_details: int = _row(
        100_000,
        "posts",
        "Up to how many posts an edition has every detail written; above, details are made when asked for.",
        ge=0,
    )
    engine_memory_mb: int = _row(
        4096, "MB", "Memory the engine may use before it spills to the data folder.", ge=256
    )
    engine_threads: int = _row(
        0,
        "threads",
        "Threads the engine, and processes the ingest may use; 0 means as many as there are processors.",
        ge=0,
        le=256,
    )
    header_timeout: int = _row(10, "seconds", "Time a client has to send a request's head.", ge=1, le=300)
    body_timeout: int = _row(30, "seconds", "Time a client has to send a request's body.", ge=1, le=3600)
    idle_timeout: int = _row(75, "seconds", "How long a connection may wait for its next request.", ge=1)
    stall_timeout: int = _row(30, "seconds", "How long a client may read nothing of a reply.", ge=1)
    max_body_kb: int = _row(1024, "kB", "The largest body of a request.", ge=1)
    max_connections: int = _row(16_000, "connections", "Connections at once; one more is answered 503.", ge=1)
    connections_per_address: int = _row(
        512,
        "connections",
        "Connections at once from one address; one more is answered 503. Trusted proxies are exempt.",
        ge=1,
    )
    max_in_flight: int = _row(2048, "requests", "Requests at once; one more is answered 503.", ge=1)
    drain_linger: float = _row(
        1.0, "seconds", "At the end: how long idle connections stay open for a last request.", ge=0, le=60
    )
    drain_timeout: float = _row(30.0, "seconds", "At the end: how long requests have to finish.", ge=0)
    trusted_proxies: str = _row(
        "", "networks", "Addresses or networks, separated by commas, whose X-Forwarded-For counts."
    )
    cache_mb: int = _row(128, "MB", "Answers of the current edition kept ready.", ge=1)
    request_log_days: int = _row(7, "days", "How long the request log is kept; 0 keeps none.", ge=0, le=3650)
    request_log_rows: int = _row(1_000_000, "rows", "The most rows of the request log.", ge=1)
    explorer_public: bool | None = _row(
        None,
        "0 or 1",
        "Whether anybody may see the explorer, or console users alone. Unset: anybody, on loopback only.",
    )
    contact: str | None = _row(
        None,
        "mailto: or https:// address",
        "Where to report a weakness of this server: in security.txt and OpenAPI.",
        pattern=r"^(mailto:[^@\s]+@[^@\s]+|https://[^\s]+)$",
    )
    admin_key: SecretStr | None = _row(
        None,
        "text",
        "The key of the admin API under /admin/v1; without it, the API is not there.",
        min_length=16,
    )
    ingest_key: SecretStr | None = _row(
        None,
        "text",
        "The key of POST /ingest/v1/posts; without it, posts cannot be pushed.",
        min_length=16,
    )
    max_push_mb: int = _row(
        256, "MB", "The largest body of a push, unpacked; the time for it grows with it.", ge=1, le=65_536
    )
    redis_url: SecretStr | None = _row(
        None, "address", "Redis, redis://...: with it and PostgreSQL, several servers share their accounts."
    )
    postgres_url: SecretStr | None = _row(None, "address", "PostgreSQL, postgresql://...: see redis_url.")
    metrics_host: str = _row("127.0.0.1", "address", "The address of the metrics.", min_length=1)
    metrics_port: int = _row(0, "port", "The port of `/metrics` for Prometheus; 0 = none.", ge=0, le=65535)
    log_level: LogLevel = _row("info", "level", "The least level that `serve` logs.")
    debug: bool = _row(False, "0 or 1", "Show the traceback of an error of the command line.")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A row as help and documentation show it."""

    name: str
    env: str
    default: str
    unit: str
    meaning: str


def rows() -> tuple[SettingRow, ...]:
    """The table in the order of the class."""
    return tuple(_shown(name, field) for name, field in Settings.model_fields.items())


def load(**given: Any) -> Settings:
    """The settings from the environment; what is `given` and not None wins.

    Raises InvalidInput that names the first setting whose value is not accepted.
    """
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise _refusal(error) from error
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})


def _shown(name: str, field: FieldInfo) -> SettingRow:
    extra: Mapping[str, Any] = field.json_schema_extra if isinstance(field.json_schema_extra, Mapping) else {}
    default = str(extra.get("shown", "none" if field.default in ("", None) else field.default))
    return SettingRow(name, ENV_PREFIX + name.upper(), default, str(extra["unit"]), field.description or "")


def _refusal(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    reason = first["msg"][:1].lower() + first["msg"][1:]
    if first["type"] == "string_pattern_mismatch":
        reason = f"it must be a {_shown(name, Settings.model_fields[name]).unit}"
    return InvalidInput(f"{name} ({ENV_PREFIX}{name.upper()})", f"is not accepted: {reason}")
