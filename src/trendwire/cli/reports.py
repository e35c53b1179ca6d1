"""What `ingest` and `ingest --check` print: counts, what was not understood, and why."""

from collections.abc import Mapping

from trendwire.cli import printing
from trendwire.cli.outcomes import say
from trendwire.escaping import terminal
from trendwire.pipeline import CheckReport, IngestReport
from trendwire.sources.reading.columns import MAX_COLUMNS
from trendwire.sources.reading.mapping import ColumnMap
from trendwire.sources.reading.rows import RECORD

MOST_NAMES = 12
"""Names in one line; the rest is counted."""


def show(report: IngestReport | CheckReport) -> None:
    """The counts, and the commonest reasons of refused rows."""
    counts = _checked(report) if isinstance(report, CheckReport) else _ingested(report)
    shapes = {} if set(report.shapes) <= {RECORD} else report.shapes
    printing.pairs(
        [
            *counts,
            *_named("read as", shapes),
            *_named("values not understood", report.unread_values),
            *_named("fields ignored", report.unknown_fields),
        ]
    )
    for reason in report.reasons:
        place = f"{reason.file}, row {reason.line}: {reason.example}"
        printing.line(terminal(f"quarantined {reason.rows:,}: {reason.reason}; the first is {place}"))


def explain(report: IngestReport | CheckReport, columns: ColumnMap | None) -> None:
    """Files that failed or were not understood, and mapped columns that no row has, on stderr."""
    for name, reason in report.failed_files:
        say(f"{name}: {reason}")
    for file in report.not_understood:
        near = ", ".join(f"{column} ({field})" for column, field in file.nearest.items())
        names = ", ".join(file.columns[:MAX_COLUMNS])
        say(
            f"{file.file}: no post's id was found in it. It has the fields {names}; nearest known:"
            f" {near or 'none'}. Name them with --map id=COLUMN,view_count=COLUMN"
        )
    for field, column in (columns.columns if columns else {}).items():
        if report.rows and field not in report.mapped_fields:
            say(f"--map {field}={column}: no row has {column}")


def _ingested(report: IngestReport) -> list[tuple[str, object]]:
    return [
        ("rows read", report.rows),
        ("posts new", report.posts_new),
        ("observations new", report.observations_new),
        ("duplicates", report.duplicates),
        ("quarantined", report.quarantined),
        *([("quarantine", report.quarantine_path)] if report.quarantine_path else []),
    ]


def _checked(report: CheckReport) -> list[tuple[str, object]]:
    created = [("created", f"{report.first} to {report.last}")] if report.first else []
    return [
        ("rows read", report.rows),
        ("posts", report.posts),
        *created,
        ("quarantined", report.quarantined),
        *_named("fields read", report.fields, len(report.fields)),
    ]


def _named(label: str, counts: Mapping[str, int], most: int = MOST_NAMES) -> list[tuple[str, object]]:
    """One line of names with their counts; none without any."""
    shown = [f"{name} {count:,}" for name, count in list(counts.items())[:most]]
    more = [f"{len(counts) - most} more"] if len(counts) > most else []
    return [(label, ", ".join(shown + more))] if counts else []
