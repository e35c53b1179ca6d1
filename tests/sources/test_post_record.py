"""The reference page of the post record says what the tables say."""

from pathlib import Path

import msgspec
import pytest

from trendwire.domain.posts import (
    FACT_COLUMNS,
    RECORD_FIELDS,
    WIRE_TYPES,
    RecordField,
    WireType,
    record_table,
    type_table,
)
from trendwire.sources.fields import READERS
from trendwire.sources.records import RecordParser

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "post-record.md").read_text(encoding="utf-8")


def test_the_page_holds_the_tables() -> None:
    assert record_table() in PAGE
    assert type_table() in PAGE


def test_every_type_has_words_and_a_reader() -> None:
    assert set(WIRE_TYPES) == set(READERS) == set(WireType)


def test_every_field_is_kept_in_a_column() -> None:
    assert {field.column for field in RECORD_FIELDS} <= set(FACT_COLUMNS)


@pytest.mark.parametrize("field", RECORD_FIELDS, ids=lambda field: field.name)
def test_every_example_is_read(field: RecordField) -> None:
    row = {"id": "7506832682593094928"} | {field.name: msgspec.json.decode(field.example)}
    assert getattr(RecordParser(1_800_000_000, "test").parse(row), field.column) is not None
