"""Each connector fills an edition: collected from its upstream, published, and answered in both dialects."""

from pathlib import Path
from typing import Any

import pytest

from tests.small_world import settings_of, silent
from tests.sources.asking import Hours
from tests.sources.test_conformance import collected
from tests.sources.test_creative_center import fill
from tests.sources.upstream import LAST_DAY, SERVICES, upstream
from tests.web.conftest import Served, serving
from trendwire import pipeline
from trendwire.dialects.catalog import BY_NAME
from trendwire.sources.collect import drain
from trendwire.sources.configuration import read
from trendwire.sources.registry import CONNECTORS
from trendwire.sources.runs import Ending
from trendwire.sources.visit import Means, visit

COMPUTED = ("tiktok-research", "example")
"""Kinds that give posts, of which one hashtag rises; the others give charts."""


def fill_from_upstream(kind: str, home: Path) -> None:
    with upstream(kind) as served:
        assert collected(served, kind, home, Hours()).ending is Ending.DONE


def fill_from_files(home: Path, folder: Path) -> None:
    folder.mkdir()
    fill(folder)
    text = f'[sources.one]\nkind = "creative-center-export"\nfolder = "{folder}"'
    means = Means(home, {}, "test", Hours().clocks())
    run = visit(read(text, CONNECTORS, home).source("one"), means, lambda *_: None)
    assert run.ending is Ending.DONE


def rows(served: Served, name: str, **asked: str) -> list[dict[str, Any]]:
    """The rows of the first page of a list."""
    endpoint = BY_NAME[name]
    place = endpoint.dialect.credential
    answer = served.client.get(endpoint.path, params=asked, headers={place.header: place.written(served.key)})
    assert answer.status_code == 200, answer.text
    data = answer.json()
    while "data" in data:
        data = data["data"]
    found: list[dict[str, Any]] = data["list"]
    return found


@pytest.mark.parametrize("kind", [*SERVICES, "creative-center-export"])
def test_a_source_fills_an_edition(kind: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    if kind in SERVICES:
        fill_from_upstream(kind, home)
    else:
        fill_from_files(home, tmp_path / "saved")
    drain(home)
    pipeline.publish(settings_of(home), LAST_DAY, silent)
    region = "" if kind == "example" else "US"
    with serving(home) as served:
        keyapi = rows(served, "keyapi_trending_hashtags", region=region or "all_regions")
        crawlora = rows(served, "crawlora_popular_hashtags", **({"country_code": region} if region else {}))
    names = [row["hashtag_name"] for row in keyapi]
    assert names[0] == ("rise" if kind in COMPUTED else "ustag001")
    assert names == [row["hashtag_name"] for row in crawlora][: len(names)]
    if kind not in COMPUTED:
        assert [row["rank"] for row in keyapi] == list(range(1, 21))
