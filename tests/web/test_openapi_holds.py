"""Schemathesis over every operation of both documents: no 5xx, nothing off its schema.

One operation at a time, so links have nowhere to lead: the test that follows them is in ``tests/heavy``.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.serving import create_key, running
from tests.small_world import linked
from trendwire.dialects.catalog import ENDPOINTS
from trendwire.dialects.openapi import document
from trendwire.dialects.openapi30 import document_30
from trendwire.domain.charts import ChartKey, HashtagEntry, Kind, SoundEntry
from trendwire.editions import Editions

EXAMPLES = 200
CREDITS = 10**9
MAX_QPS = 10_000
DOCUMENTS = {"3.1": document, "3.0": document_30}


def _settings(key: str, url: str) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": 2026,
            "base-url": url,
            "continue-on-failure": True,
            "phases": {"stateful": {"enabled": False}},
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
            "headers": {"Authorization": f"Bearer {key}", "x-api-key": key},
        }
    )


def _with_known_subjects(described: dict[str, Any], home: Path) -> dict[str, Any]:
    """The document with examples that this world knows, so that details have something to answer."""
    edition = Editions(home).current()
    sounds = edition.chart(ChartKey(Kind.SOUND, 30)) or ()
    tags = edition.chart(ChartKey(Kind.HASHTAG, 30)) or ()
    known = {"clip_id": [one.clip_id for one in sounds if isinstance(one, SoundEntry)]}
    known["hashtag_name"] = known["name"] = [one.name for one in tags if isinstance(one, HashtagEntry)]
    for path in described["paths"].values():
        for parameter in path["get"]["parameters"]:
            if parameter["name"] in known:
                parameter["example"] = known[parameter["name"]][0]
    return described


@pytest.mark.parametrize("version", DOCUMENTS)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_operation_keeps_to_its_document(
    demo_home: Path, tmp_path: Path, version: str, endpoint: Any
) -> None:
    home = linked(demo_home, tmp_path / "home")
    described = _with_known_subjects(DOCUMENTS[version](), home)
    key = create_key(home, CREDITS, MAX_QPS)
    with running(home) as server:
        schema = schemathesis.openapi.from_dict(described, config=_settings(key, server.url))
        told = list(from_schema(schema.include(operation_id=endpoint.name)).execute())
    errors = [str(event.value) for event in told if isinstance(event, events.NonFatalError)]
    finished = [event for event in told if isinstance(event, events.EngineFinished)]
    assert errors == []
    assert [failure.message for event in finished for failure in event.failures] == []
    statuses = Counter(_statuses(told))
    assert statuses.total() >= EXAMPLES
    assert statuses[200] > 0
    assert statuses[400] > 0


def _statuses(told: list[events.EngineEvent]) -> Iterator[int]:
    for event in told:
        if isinstance(event, events.ScenarioFinished):
            for interaction in event.recorder.interactions.values():
                if interaction.response is not None:
                    yield interaction.response.status_code
