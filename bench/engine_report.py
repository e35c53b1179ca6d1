"""What the measurements of the engine come to: the figures, and the page that shows them."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from bench.report import placed, processor
from trendwire import clock

MARKS = ("<!-- measured: make bench-engine -->", "<!-- end -->")

COUNTING = ("posts", "ranking")
"""The stages of a rebuild that count what pandas and Spark count, and more."""

_NAMES = {
    "rebuild": "full rebuild, published",
    "batch_day": "a day comes in: inbox to published edition",
    "day_roll": "the day rolls",
    "batch_10min": "ten minutes of a day",
    "batch_tenth": "a tenth of a day",
    "open": "the state opened from its checkpoint",
    "limit": "DuckDB alone: scan, join and unnest, group by",
    "pandas": "pandas: what a hashtag chart counts",
    "spark": "Spark in this machine: the same",
}


@dataclass(frozen=True, slots=True)
class Step:
    """What a step told; the most memory it held, in GB; the processor seconds it took."""

    told: Mapping[str, Any]
    peak_gb: float = 0.0
    cpu: float = 0.0

    @property
    def seconds(self) -> float | None:
        """None where it was skipped."""
        if "scan" in self.told:
            return float(sum(self.told.values()))
        found = self.told.get("seconds")
        return None if found is None else float(found)

    def __str__(self) -> str:
        return f"{_number(self.seconds, 2)} s, {self.cpu:.1f} CPU s, {self.peak_gb:.2f} GB {dict(self.told)}"


Measured = Mapping[str, Mapping[str, Step]]
"""By size (`1m`) and step."""


def figures(measured: Measured) -> dict[str, float | None]:
    """The last line of a run: null where it was not measured. Ratios: how many times the rebuild's time."""
    small, large = (measured.get(size, {}) for size in ("1m", "10m"))
    *_, best = measured.values()
    rebuild, counting = _seconds(best, "rebuild"), _counting(_rivalled(measured))
    return {
        "rebuild_10m_s": _rounded(_seconds(large, "rebuild")),
        "rebuild_10m_peak_gb": _rounded(large["rebuild"].peak_gb if large else None),
        "rebuild_vs_limit": _ratio(rebuild, _seconds(best, "limit")),
        "rebuild_vs_pandas": _ratio(_seconds(_rivalled(measured), "pandas"), counting),
        "rebuild_vs_spark": _ratio(_seconds(_rivalled(measured), "spark"), counting),
        "batch_day_10m_s": _rounded(_seconds(large, "batch_day")),
        "batch_day_1m_s": _rounded(_seconds(small, "batch_day")),
        "batch_tenth_10m_s": _rounded(_seconds(large, "batch_tenth")),
        "batch_tenth_1m_s": _rounded(_seconds(small, "batch_tenth")),
        "batch_10min_10m_s": _rounded(_seconds(large, "batch_10min"), 3),
        "batch_10min_1m_s": _rounded(_seconds(small, "batch_10min"), 3),
        "day_roll_10m_s": _rounded(_seconds(large, "day_roll")),
        "day_roll_1m_s": _rounded(_seconds(small, "day_roll")),
        "detail_p50_ms": _rounded(best["details"].told["p50"], 3),
        "detail_p99_ms": _rounded(best["details"].told["p99"], 3),
        "detail_largest_ms": _rounded(best["details"].told["largest"], 1),
        "bytes_per_post": _rounded(best["stored"].told["bytes_per_post"], 1),
        "state_gb": _rounded(best["state"].told["state_gb"], 3),
        "ingest_rows_s": _rounded(best["ingest"].told["per_second"], 0),
        "old_engine_differs": _differing(measured),
        "rebuild_1m_s": _rounded(_seconds(small, "rebuild")),
        "rebuild_1m_peak_gb": _rounded(small["rebuild"].peak_gb if small else None),
    }


def written(page: str, told: Mapping[str, float | None], measured: Measured, cores: int) -> str:
    """The page with this run between its marks."""
    rows = ["| posts | step | seconds | CPU seconds | peak GB |", "|---|---|---|---|---|"]
    rows += [
        f"| {size} | {words} | {_number(step.seconds, 2)} | {step.cpu:,.0f} | {step.peak_gb:.1f} |"
        for size, steps in measured.items()
        for name, words in _NAMES.items()
        if (step := steps.get(name))
    ]
    return placed(page, MARKS, (_where(measured, cores), "", *rows, "", *_said(told, measured)))


def _said(told: Mapping[str, float | None], measured: Measured) -> tuple[str, ...]:
    *_, best = measured.values()
    stages = ", ".join(f"{name} {took:.1f}" for name, took in best["rebuild"].told["stages"].items())
    return (
        f"A rebuild takes {_told(told, 'rebuild_vs_limit')} times what reading, joining and grouping take.",
        f"For what pandas counts, pandas takes {_told(told, 'rebuild_vs_pandas')} times as long and Spark",
        f"{_told(told, 'rebuild_vs_spark')} times, though the engine's stages count more.",
        f"Seconds by stage of the largest rebuild: {stages}.",
        f"Raw rows ingested a second: {_told(told, 'ingest_rows_s')}. Bytes of facts per post:",
        f"{_told(told, 'bytes_per_post')}. A hashtag's detail, the first time:",
        f"{_told(told, 'detail_p50_ms')} ms at p50, {_told(told, 'detail_p99_ms')} at p99,",
        f"{_told(told, 'detail_largest_ms')} for the largest.",
        f"The state takes {_told(told, 'state_gb')} GB on the disk. Charts that are not those",
        f"of the SQL engine that there was before: {_told(told, 'old_engine_differs')}.",
    )


def _where(measured: Measured, cores: int) -> str:
    return f"""\
`SIZES={",".join(measured)} make bench-engine` on {clock.now().date()}, {cores} cores of
{processor()} ({os.cpu_count()}), Linux {platform.release()}, Python {platform.python_version()},
DuckDB {version("duckdb")}. CPU seconds and memory are of the whole process of a step."""


def _rivalled(measured: Measured) -> Mapping[str, Step]:
    """The size at which pandas and Spark ran, if any."""
    return next((steps for steps in measured.values() if "pandas" in steps), {})


def _counting(steps: Mapping[str, Step]) -> float | None:
    if "rebuild" not in steps:
        return None
    return float(sum(steps["rebuild"].told["stages"].get(stage, 0) for stage in COUNTING))


def _seconds(steps: Mapping[str, Step], name: str) -> float | None:
    return steps[name].seconds if name in steps else None


def _differing(measured: Measured) -> int | None:
    """Charts that are not those of the SQL engine, over all sizes for which those are kept."""
    found = [steps["rebuild"].told["differing"] for steps in measured.values()]
    known = [number for number in found if number is not None]
    return sum(known) if known else None


def _ratio(one: float | None, other: float | None) -> float | None:
    return round(one / other, 2) if one and other else None


def _rounded(number: float | None, digits: int = 2) -> float | None:
    return None if number is None else round(number, digits)


def _told(told: Mapping[str, float | None], name: str) -> str:
    found = told[name]
    return "(not measured)" if found is None else f"{found:,g}"


def _number(number: float | None, digits: int) -> str:
    return "-" if number is None else f"{number:,.{digits}f}"
