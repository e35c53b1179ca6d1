"""Schemathesis in chains: what one operation answers is asked of the next, over both documents."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.heavy.conftest import number
from tests.serving import create_key, running
from trendwire.dialects.openapi import document
from trendwire.dialects.openapi30 import document_30

EXAMPLES = number("EXAMPLES", 200)
DOCUMENTS = {"3.1": document, "3.0": document_30}


def _config(key: str, url: str) -> SchemathesisConfig:
    phases: dict[str, Any] = {name: {"enabled": False} for name in ("examples", "coverage", "fuzzing")}
    return SchemathesisConfig.from_dict(
        {
            "seed": 2026,
            "base-url": url,
            "continue-on-failure": True,
            "phases": phases | {"stateful": {"enabled": True}},
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
            "headers": {"Authorization": f"Bearer {key}", "x-api-key": key},
        }
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", DOCUMENTS)
def test_chains_of_requests_keep_to_the_document(home: Path, version: str) -> None:
    key = create_key(home, 10**9, 10_000)
    with running(home) as server:
        schema = schemathesis.openapi.from_dict(DOCUMENTS[version](), config=_config(key, server.url))
        told = list(from_schema(schema).execute())
    errors = [str(event.value) for event in told if isinstance(event, events.NonFatalError)]
    finished = [event for event in told if isinstance(event, events.EngineFinished)]
    scenarios = [event for event in told if isinstance(event, events.ScenarioFinished)]
    assert errors == []
    assert [failure.message for event in finished for failure in event.failures] == []
    assert len(scenarios) >= EXAMPLES / 2
