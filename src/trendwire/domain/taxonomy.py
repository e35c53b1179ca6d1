"""Regions, industries and interests: the closed vocabularies of the wire, read once from `vocabulary/`.

Country names and ids come from GeoNames (CC BY 4.0), see NOTICE.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Country:
    """`audience_name`: as shown in audiences, where the wire shows another name there."""

    code: str
    name: str
    geonames_id: str
    audience_name: str


@dataclass(frozen=True, slots=True)
class Industry:
    """A first-level industry; `children` maps second-level ids to names."""

    id: int
    name: str
    children: dict[int, str]


@cache
def countries() -> dict[str, Country]:
    """All 249 ISO 3166-1 alpha-2 codes, ascending."""
    return {
        row["code"]: Country(
            row["code"], row["name"], row["geonames_id"], row.get("audience_name", row["name"])
        )
        for row in _rows("countries")
    }


@cache
def industries() -> dict[int, Industry]:
    """The 21 first-level industries, ascending by id."""
    return {
        row["id"]: Industry(row["id"], row["name"], {int(k): v for k, v in row["children"].items()})
        for row in _rows("industries")
    }


@cache
def interests() -> dict[str, str]:
    """Interest id -> name, for the ids whose name is known."""
    return {row["id"]: row["name"] for row in _rows("interests")}


@cache
def parent_industries() -> dict[int, int]:
    """The first-level industry of each id of either level."""
    children = {child: industry.id for industry in industries().values() for child in industry.children}
    return children | {id_: id_ for id_ in industries()}


def parent_industry(id_: int) -> int | None:
    """The first-level industry of a first- or second-level id; None for an id of neither level."""
    return parent_industries().get(id_)


def region_code(raw: str) -> str | None:
    """The ISO code in upper case, or None if there is no such country."""
    code = raw.strip().upper()
    return code if code in countries() else None


def _rows(name: str) -> list[dict[str, Any]]:
    text = files("trendwire.domain").joinpath("vocabulary", f"{name}.json").read_bytes()
    rows: list[dict[str, Any]] = msgspec.json.decode(text)["rows"]
    return rows
