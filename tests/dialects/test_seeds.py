"""The contracts that define the dialects: our parameters and defaults are theirs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from trendwire.dialects.catalog import BY_NAME, ENDPOINTS, find
from trendwire.dialects.parameters import Parameter

SEEDS = ["keyapi_hashtags", "keyapi_hashtag_detail", "keyapi_music_detail"]


def _operation(wire: Path, seed: str) -> tuple[str, dict[str, Any]]:
    told = yaml.safe_load((wire / "seeds" / f"{seed}.openapi.yaml").read_text())
    ((path, methods),) = told["paths"].items()
    return path, methods["get"]


def _ours(path: str) -> dict[str, Parameter]:
    return {row.name: row for row in find("GET", path).endpoint.parameters}


@pytest.mark.parametrize("seed", SEEDS)
def test_parameters_and_defaults_are_the_contract_s(shared_wire: Path, seed: str) -> None:
    path, operation = _operation(shared_wire, seed)
    ours = _ours(path)
    assert [one["name"] for one in operation["parameters"]] == [n for n in ours if n != "edition"]
    for one in operation["parameters"]:
        row = ours[one["name"]]
        # A default for a subject would answer about something nobody asked for.
        assert row.required if row.means == "subject" else row.default == one["schema"]["default"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_status_of_the_contract_is_documented(shared_wire: Path, seed: str) -> None:
    path, operation = _operation(shared_wire, seed)
    endpoint = find("GET", path).endpoint
    ours = {"200", *(str(endpoint.dialect.errors[code].status) for code in endpoint.errors)}
    assert set(operation["responses"]) <= ours


def test_crawlora_s_playground_names_our_parameters(shared_wire: Path) -> None:
    page = (shared_wire / "seeds" / "crawlora_playground.txt").read_text()
    ours = BY_NAME["crawlora_popular_hashtags"]
    queried = "".join(f"{row.name}:query" for row in ours.parameters if row.name != "edition")
    assert f"x-api-key:header{queried}" in page
    assert f"{ours.credits} credits/request" in page


def test_costs() -> None:
    costs = {endpoint.name: endpoint.credits for endpoint in ENDPOINTS}
    assert {cost for name, cost in costs.items() if name.startswith("keyapi")} == {2}
    assert costs.pop("crawlora_country_industry_meta") == 0
    assert {cost for name, cost in costs.items() if name.startswith("crawlora")} == {8}
