"""`trendwire.toml` of a home: which sources there are, when they are collected, and when that is published.

Owns the tables, how they are read, and the words for what is not accepted. A secret never stands in the file:
the file says where it is, and it is read when a run needs it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from trendwire.domain.charts import WORLD
from trendwire.domain.taxonomy import region_code
from trendwire.errors import InvalidInput, TrendwireError
from trendwire.sources.connector import Connector, Options, Quota
from trendwire.sources.http import Limits
from trendwire.sources.schedule import Schedule, parse
from trendwire.sources.secrets import Place, Secrets, place
from trendwire.sources.tables import checked, names, struct, table

FILE = "trendwire.toml"
DEFAULT_MARKET = "default"

Basis = Literal["auto", "computed", "recorded"]
Days = Annotated[int, Meta(ge=1, le=36_500)]


class SourceTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every `[sources.NAME]` may say, beside the secrets and the options of its kind."""

    kind: Annotated[str, Meta(description="The connector: one of the kinds below.")]
    every: Annotated[
        str | None,
        Meta(
            description="When it is collected by `trendwire run`: a time such as `15m`, `6h`, `1d`, or five"
            " fields of cron in UTC. Without it, only `trendwire collect NAME` does."
        ),
    ] = None
    address: Annotated[
        str | None, Meta(description="Where it is asked. Default: the address of the kind.")
    ] = None
    allow_private: Annotated[
        bool, Meta(description="Whether the address may be one of a private network or of this machine.")
    ] = False
    proxies: Annotated[
        bool,
        Meta(description="Whether the proxy that the environment names (`HTTPS_PROXY`) is gone through."),
    ] = False
    requests_a_day: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Requests of a UTC day. Default: what the source allows, if that is known."),
    ] = None


class PublishTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[publish]`: when `trendwire run` publishes, and from what."""

    every: Annotated[
        str,
        Meta(
            description="How often it looks whether posts or recorded charts came, and then publishes"
            " yesterday, if that has any: a time, or five fields of cron in UTC."
        ),
    ] = "1m"
    markets: Annotated[
        dict[str, Basis],
        Meta(
            description="Region -> what its charts are made from: `computed` (posts), `recorded` (charts as"
            " sources told them), or `auto`. A region is an ISO 3166-1 code or `ALL`; `default` is every"
            " other one."
        ),
    ] = msgspec.field(default_factory=lambda: {DEFAULT_MARKET: "auto"})


class RetentionTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[retention]`: for how many days things are kept; without a number, for ever."""

    posts: Annotated[Days | None, Meta(description="Posts and their observations, from their creation.")] = (
        None
    )
    charts: Annotated[Days | None, Meta(description="Charts as sources told them, from their day.")] = None
    quarantine: Annotated[Days | None, Meta(description="Rows that were refused, from when they came.")] = (
        None
    )
    runs: Annotated[Days | None, Meta(description="The list of what was collected when.")] = 90


@dataclass(frozen=True, slots=True)
class Publishing:
    """`[publish]` as read. `markets` always names `default`."""

    every: Schedule
    markets: Mapping[str, Basis]


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """One source. `every`: None where it is only collected by hand. `folder`: what relative paths begin
    at."""

    name: str
    kind: str
    connector: type[Connector]
    every: Schedule | None
    address: str
    limits: Limits
    quota: Quota
    options: Options
    secrets: Mapping[str, Place]
    folder: Path

    def make(self, secrets: Secrets) -> Connector:
        """Its connector, with the secrets it needs."""
        return self.connector(self.name, self.options, secrets)

    def read_secrets(self, environment: Mapping[str, str]) -> Secrets:
        """Its secrets as they are now. InvalidInput names the first that is not to be had."""
        return Secrets(
            {
                name: where.read(f"sources.{self.name}.{name}", environment, self.folder)
                for name, where in self.secrets.items()
            }
        )


@dataclass(frozen=True, slots=True)
class Configuration:
    """All of `trendwire.toml`; `sources` in the order of the file."""

    sources: Mapping[str, ConfiguredSource]
    publish: Publishing
    retention: RetentionTable

    def source(self, name: str) -> ConfiguredSource:
        """The source of that name. InvalidInput names those there are."""
        if name not in self.sources:
            there = ", ".join(self.sources) or f"none: {FILE} in the home has no table [sources.NAME]"
            raise InvalidInput(name, f"is no source; there are: {there}")
        return self.sources[name]


def load(home: Path, connectors: Mapping[str, type[Connector]]) -> Configuration:
    """The configuration of a home; without a file, one without sources. InvalidInput says what is wrong."""
    path = home / FILE
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return read("", connectors, home)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidInput(FILE, f"cannot be read: {reason}", path=str(path)) from error
    try:
        return read(text, connectors, home)
    except TrendwireError as error:
        error.facts.setdefault("path", str(path))
        raise


def read(text: str, connectors: Mapping[str, type[Connector]], folder: Path) -> Configuration:
    """The same from the text of the file."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(FILE, f"is no TOML: {error}") from None
    checked(told, ("sources", "publish", "retention"), FILE)
    sources = {
        name: _source(name, rows, connectors, folder)
        for name, rows in table(told.get("sources", {}), "sources").items()
    }
    retention = struct(told.get("retention", {}), RetentionTable, "retention")
    return Configuration(sources, _publishing(told.get("publish", {})), retention)


def _publishing(told: Any) -> Publishing:
    given = struct(told, PublishTable, "publish")
    for region in given.markets:
        if region not in (DEFAULT_MARKET, WORLD) and region_code(region) != region:
            accepted = f"is no region: accepted are ISO 3166-1 codes such as VN, {WORLD} and {DEFAULT_MARKET}"
            raise InvalidInput(f"publish.markets.{region}", accepted)
    markets: dict[str, Basis] = {DEFAULT_MARKET: "auto", **given.markets}
    return Publishing(parse("publish.every", given.every), markets)


def _source(
    name: str, told: Any, connectors: Mapping[str, type[Connector]], folder: Path
) -> ConfiguredSource:
    where = f"sources.{name}"
    _check_name(name)
    rows = table(told, where)
    connector = _connector(rows, connectors, where)
    own = names(SourceTable)
    checked(rows, (*own, *connector.secrets, *names(connector.options)), where)
    given = struct({key: rows[key] for key in own if key in rows}, SourceTable, where)
    return ConfiguredSource(
        name=name,
        kind=given.kind,
        connector=connector,
        every=None if given.every is None else parse(f"{where}.every", given.every),
        address=given.address or connector.address,
        limits=Limits(allow_private=given.allow_private, proxies=given.proxies),
        quota=_quota(connector.quota, given.requests_a_day),
        options=_options(rows, connector, where, folder),
        secrets={key: place(rows.get(key), f"{where}.{key}") for key in connector.secrets},
        folder=folder,
    )


def _options(rows: Mapping[str, Any], connector: type[Connector], where: str, home: Path) -> Options:
    """What the kind may be told; a folder begins at the home, as the files of secrets do."""
    given = {key: rows[key] for key in names(connector.options) if key in rows}
    if isinstance(given.get("folder"), str):
        given["folder"] = str(home / Path(given["folder"]).expanduser())
    return struct(given, connector.options, where)


def _quota(allowed: Quota, requests_a_day: int | None) -> Quota:
    return allowed if requests_a_day is None else replace(allowed, requests_a_day=requests_a_day)


def _check_name(name: str) -> None:
    plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum() and name == name.lower()
    if not plain or not name[0].isalnum() or len(name) > 64:
        raise InvalidInput(
            f"sources.{name!r}", "is no name: accepted are a-z, 0-9, - and _, at most 64, not - or _ at first"
        )


def _connector(
    rows: Mapping[str, Any], connectors: Mapping[str, type[Connector]], where: str
) -> type[Connector]:
    kind = rows.get("kind")
    if not isinstance(kind, str) or kind not in connectors:
        raise InvalidInput(f"{where}.kind", f"must be one of: {', '.join(sorted(connectors))}")
    return connectors[kind]
