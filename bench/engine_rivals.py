"""Owns what the engine is compared with: pandas and Spark, which count what a hashtag chart shows.

Both read the same Parquet parts and give, of each tag, region (and the world) and chart period, the posts
created, the views gained and the distinct creators: what the stages `rollups` and `ranking` of a rebuild
count, without the baselines of heat, sounds, videos, creators, ranks or moves. Whatever a published chart
shows must be what they found, or the measurement ends.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from trendwire.domain.charts import WORLD, ChartKey, HashtagEntry, Kind
from trendwire.domain.periods import CHART_PERIODS, epoch_day
from trendwire.editions import Edition
from trendwire.statements import named

Counts = Mapping[tuple[str, str, int], tuple[int, int]]
"""(tag, region, period) -> (posts, views)."""
Counter = Callable[[Sequence[Path], date, int], tuple[int, Callable[[], Counts]]]
"""Parts, as_of and threads to how many rows were counted, and those rows when they are asked for."""

_COLUMNS = ["id", "create_time", "observed_at", "region", "username", "tags", "view_count"]
_WEEK = 604_800
_DAY = 86_400


def by_pandas(parts: Sequence[Path], as_of: date, _threads: int) -> tuple[int, Callable[[], Counts]]:
    """Counted as one would with data frames: no row for each day, no loop over rows."""
    import pandas as pd

    facts = pd.concat([pd.read_parquet(part, columns=_COLUMNS) for part in parts], ignore_index=True)
    seen = facts["observed_at"].fillna(facts["create_time"] + _WEEK)
    facts["recency"] = seen.where(seen > facts["create_time"], facts["create_time"]).astype("int64")
    facts = facts.sort_values(["id", "recency"], kind="stable")
    posts = facts.groupby("id", sort=False)[["create_time", "region", "username", "tags"]].last()
    posts["day"] = posts["create_time"] // _DAY
    spans = _spans(facts[facts["view_count"].notna()])
    tagged = posts[posts["day"] <= epoch_day(as_of)].explode("tags").dropna(subset="tags")
    counted = [_counted(tagged, _views(spans, as_of, period), as_of, period) for period in CHART_PERIODS]
    found = pd.concat(counted)
    return len(found), lambda: dict(
        zip(found.index, found[["posts", "views"]].itertuples(index=False, name=None), strict=True)
    )


def _spans(seen: Any) -> Any:
    """Views gained between two rows of a post, and the days they are spread over."""
    views = seen["view_count"].groupby(seen["id"], sort=False).cummax().astype("int64")
    by_post = seen["id"]
    day, created = seen["recency"] // _DAY, seen["create_time"] // _DAY
    before = day.groupby(by_post, sort=False).shift()
    first = before.add(1).clip(upper=day).fillna(created).astype("int64")
    last = day.where(before.notna(), day.clip(upper=created + 6))
    gain = views - views.groupby(by_post, sort=False).shift(fill_value=0)
    spans = seen[["id"]].assign(gain=gain, first=first, n=last - first + 1)
    return spans[spans["gain"] > 0]


def _views(spans: Any, as_of: date, period: int) -> Any:
    """Views of each post in one window."""
    end = epoch_day(as_of)
    upper = (end - spans["first"] + 1).clip(lower=0).clip(upper=spans["n"])
    lower = (end - period - spans["first"] + 1).clip(lower=0).clip(upper=spans["n"])
    gained = spans["gain"] * upper // spans["n"] - spans["gain"] * lower // spans["n"]
    found = gained.groupby(spans["id"], sort=False).sum()
    return found[found > 0].rename("views")


def _counted(tagged: Any, views: Any, as_of: date, period: int) -> Any:
    import pandas as pd

    rows = tagged.join(views)
    inside = rows["day"] > epoch_day(as_of) - period
    rows = rows.assign(
        posts=inside.astype("int64"),
        creator=rows["username"].where(inside),
        views=rows["views"].fillna(0).astype("int64"),
    )
    rows = rows[inside | (rows["views"] > 0)].assign(period=period)
    told = {"posts": ("posts", "sum"), "views": ("views", "sum"), "creators": ("creator", "nunique")}
    regional = rows.dropna(subset="region").groupby(["tags", "region", "period"], sort=False).agg(**told)
    world = rows.assign(region=WORLD).groupby(["tags", "region", "period"], sort=False).agg(**told)
    return pd.concat([regional, world])


def by_spark(parts: Sequence[Path], as_of: date, threads: int) -> tuple[int, Callable[[], Counts]]:
    """Counted by Spark in this machine alone."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(f"local[{threads}]").config("spark.driver.memory", "6g")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": str(4 * threads),
    }
    spark = builder.config(map=settings).getOrCreate()
    statements = named("bench", "engine_spark.sql")
    values = {"as_of": epoch_day(as_of), "periods": ", ".join(map(str, CHART_PERIODS))}
    rows = spark.read.parquet(*map(str, parts)).selectExpr(
        *_COLUMNS, f"greatest(coalesce(observed_at, create_time + {_WEEK}), create_time) AS recency"
    )
    rows.createOrReplaceTempView("seen")
    for name in ("newest", "spans", "gained", "used"):
        spark.sql(statements[name].rstrip(";").format(**values))
    found = spark.sql(statements["counts"].rstrip(";")).toArrow()
    columns = [found[name].to_pylist() for name in ("tag", "region", "period", "posts", "views")]
    spark.stop()
    return found.num_rows, lambda: {row[:3]: row[3:] for row in zip(*columns, strict=True)}


RIVALS: Mapping[str, Counter] = {"pandas": by_pandas, "spark": by_spark}


def check(counts: Counts, edition: Edition) -> int:
    """How many rows of the edition's charts were compared; SystemExit where one shows other numbers."""
    compared = 0
    for region in (WORLD, *edition.regions):
        for period in CHART_PERIODS:
            for row in edition.chart(ChartKey(Kind.HASHTAG, period, region)) or ():
                if isinstance(row, HashtagEntry):
                    found = counts.get((row.name, region, period))
                    if found is None or tuple(found) != (row.posts, row.views):
                        shown = f"{row.posts} posts, {row.views} views"
                        raise SystemExit(f"{row.name} in {region}, {period} days: {found}, not {shown}")
                    compared += 1
    return compared
