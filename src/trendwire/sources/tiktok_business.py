"""Connector `tiktok-business`: Discovery of TikTok's API for Business v1.3. Charts with daily ranks; posts.

Account: an app with the scope Discovery and an access token for it, with an advertiser id for hashtags (200 a
chart), with a business id for tracks of the Commercial Music Library (100 a chart); 10 requests a second. It
tells of countries, not of the whole world; its videos come without counters.

Unproven: of `/discovery/detail/`, `/discovery/video_list/` and `/discovery/cml/video_list/` no reply is
recorded; they are read with tolerance, and asked for only where `details` or `videos` is set.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from trendwire.domain.charts import NO_INDUSTRY, ChartKey, Kind
from trendwire.domain.taxonomy import industries
from trendwire.errors import SourceError
from trendwire.facts.recorded import RecordedChart, RecordedRow
from trendwire.sources import discovery_rows, rounds
from trendwire.sources.connector import Call, Cursor, Fetch, Options, Page, Quota
from trendwire.sources.hosted import (
    DETAILED,
    INDUSTRIES,
    KINDS,
    PERIODS,
    REGIONS,
    check_industries,
    check_regions,
    key_of,
    last_day,
    merged,
)
from trendwire.sources.replies import list_in, opened
from trendwire.sources.wire_rows import Row, check_known, read_rows, refusal

Post = discovery_rows.Post

MOST_ROWS = 200
MOST_TAGS = 10
"""Hashtags whose videos can be asked for at once."""

WITHOUT_CATEGORY = frozenset({15_000_000_000, 16_000_000_000, 20_000_000_000, 30_000_000_000})
"""Industries for which Discovery has no category."""

_LISTS = {Kind.HASHTAG: "/discovery/trending_list/", Kind.SOUND: "/discovery/cml/trending_list/"}
_ROWS = {Kind.HASHTAG: discovery_rows.listed_hashtag, Kind.SOUND: discovery_rows.listed_track}
_NO_WORD = re.compile(r"[^A-Z0-9]+")


class BusinessOptions(Options, frozen=True, kw_only=True):
    """A chart of each kind in each region over each period is asked for; of hashtags, in each industry.

    Of 120 days there are charts of hashtags only.
    """

    advertiser_id: Annotated[str, Meta(description="The advertiser, which charts of hashtags need.")] = ""
    business_id: Annotated[str, Meta(description="The TikTok account, which charts of sounds need.")] = ""
    kinds: Annotated[tuple[Literal["hashtag", "sound"], ...], KINDS] = ("hashtag",)
    regions: Annotated[tuple[str, ...], REGIONS] = ("US",)
    periods: Annotated[tuple[Literal[7, 30, 120], ...], PERIODS] = (7,)
    industries: Annotated[tuple[int, ...], INDUSTRIES] = (NO_INDUSTRY,)
    details: Annotated[int, DETAILED] = 0
    videos: Annotated[
        int,
        Meta(description="Of how many subjects from the top of each chart the videos are asked for, too."),
    ] = 0

    def __post_init__(self) -> None:
        if "hashtag" in self.kinds and not self.advertiser_id:
            raise ValueError("advertiser_id is needed for charts of hashtags")
        if "sound" in self.kinds and not self.business_id:
            raise ValueError("business_id is needed for charts of sounds")
        check_regions(self.regions, world=False)
        check_industries(self.industries)
        if missing := WITHOUT_CATEGORY.intersection(self.industries):
            raise ValueError(f"industries: Discovery has no category for {min(missing)}")
        if not self.charts():
            raise ValueError("kinds, regions and periods name no chart that Discovery has")
        if not (0 <= self.details <= MOST_ROWS and 0 <= self.videos <= MOST_ROWS):
            raise ValueError(f"details and videos must be 0 to {MOST_ROWS}")

    def charts(self) -> list[str]:
        """The texts of the charts asked for, in order."""
        keys = (
            ChartKey(Kind(kind), period, region, industry)
            for region in self.regions
            for period in self.periods
            for kind in self.kinds
            for industry in (self.industries if Kind(kind) is Kind.HASHTAG else (NO_INDUSTRY,))
        )
        return list(dict.fromkeys(key.text for key in keys if key.kind is Kind.HASHTAG or key.period != 120))


class TikTokBusiness:
    """A page is a chart with its details, or the videos of some of its subjects.

    The parts of a run are texts of chart keys, and behind a chart `videos/PERIOD/REGION/ID,ID...` for its
    hashtags or `track/REGION/ID` for a track of it.
    """

    kind: ClassVar[str] = "tiktok-business"
    address: ClassVar[str] = "https://business-api.tiktok.com/open_api/v1.3"
    options: ClassVar[type[Options]] = BusinessOptions
    secrets: ClassVar[tuple[str, ...]] = ("access_token",)
    quota: ClassVar[Quota] = Quota(per_second=10.0)

    def __init__(self, name: str, options: Any, secrets: Mapping[str, str]) -> None:
        self.name = name
        self.told: BusinessOptions = options
        self._token = secrets["access_token"]

    def begin(self, at: datetime, last: Cursor | None) -> Cursor:
        return rounds.begin(self.told.charts(), at, last)

    def page(self, fetch: Fetch, cursor: Cursor) -> Page:
        what, _, where = cursor["todo"][0].partition("/")
        if what == "videos":
            return self._tagged_videos(fetch, cursor, where)
        if what == "track":
            return self._track_videos(fetch, cursor, where)
        return self._chart(fetch, cursor, key_of(cursor["todo"][0]))

    def _chart(self, fetch: Fetch, cursor: Cursor, key: ChartKey) -> Page:
        who = f"{self.name}: {key.text}"
        data = self._asked(fetch, _LISTS[key.kind], _list_params(key), who)
        _check_filter(data, key, who)
        raws = list_in(data, ("list",), who)
        found, refused = read_rows(raws, _ROWS[key.kind], 1, who)
        check_known(found, refused, who)
        rows = list({row.identity: row for row in reversed(found)}.values())[::-1][:MOST_ROWS]
        rows = [self._with_detail(fetch, key, row, place) for place, row in enumerate(rows)]
        charts = (self._recorded(key, rows, fetch.at),) if rows else ()
        return Page(charts=charts, refused=refused, cursor=rounds.after(cursor, self._videos_of(key, rows)))

    def _with_detail(self, fetch: Fetch, key: ChartKey, row: RecordedRow, place: int) -> RecordedRow:
        if key.kind is not Kind.HASHTAG or place >= self.told.details or row.upstream_id is None:
            return row
        who = f"{self.name}: the detail of {row.identity}"
        params = _where(key) | {"hashtag_id": row.upstream_id}
        data = self._asked(fetch, "/discovery/detail/", params, who)
        found, _ = read_rows([data], discovery_rows.hashtag_row, row.rank, who)
        return merged(row, found[0]) if found and found[0].identity == row.identity else row

    def _videos_of(self, key: ChartKey, rows: list[RecordedRow]) -> list[str]:
        """The parts that ask for the videos of a chart's first subjects."""
        ids = [row.upstream_id for row in rows[: self.told.videos] if row.upstream_id]
        if key.kind is Kind.SOUND:
            return [f"track/{key.region}/{id_}" for id_ in ids]
        groups = (ids[start : start + MOST_TAGS] for start in range(0, len(ids), MOST_TAGS))
        return [f"videos/{key.period}/{key.region}/{','.join(group)}" for group in groups]

    def _tagged_videos(self, fetch: Fetch, cursor: Cursor, where: str) -> Page:
        period, region, ids = where.split("/")
        who = f"{self.name}: videos of hashtags in {region}"
        params = _where(ChartKey(Kind.HASHTAG, int(period), region))
        params["hashtag_ids"] = msgspec.json.encode(ids.split(",")).decode()
        holders = list_in(self._asked(fetch, "/discovery/video_list/", params, who), ("list",), who)
        rows = [holder for holder in holders if isinstance(holder, Mapping)]
        if any(str(row.get("hashtag_id")) not in ids.split(",") for row in rows):
            raise SourceError(f"{who} came for other hashtags than were asked for")
        return self._videos([(row, discovery_rows.tagged(row)) for row in rows], fetch, cursor, who)

    def _track_videos(self, fetch: Fetch, cursor: Cursor, where: str) -> Page:
        region, track = where.split("/")
        who = f"{self.name}: videos of track {track} in {region}"
        params = {"commercial_music_id": track, "country_code": region}
        data = self._asked(fetch, "/discovery/cml/video_list/", params, who)
        if str(data.get("commercial_music_id", track)) != track:
            raise SourceError(f"{who} came for another track")
        return self._videos([(data, discovery_rows.with_track(data))], fetch, cursor, who)

    def _videos(self, lists: list[tuple[Row, Post]], fetch: Fetch, cursor: Cursor, who: str) -> Page:
        """The videos of a reply whose shape is not proven: what has none at all is kept as it came."""
        posts, refused = discovery_rows.videos(lists, int(fetch.at.timestamp()), who)
        unknown = [holder for holder, _ in lists if discovery_rows.VIDEOS not in holder]
        refused += [refusal(who, 1, f"has no {discovery_rows.VIDEOS}", holder) for holder in unknown]
        return Page(posts=posts, refused=refused, cursor=rounds.after(cursor))

    def _asked(self, fetch: Fetch, path: str, params: dict[str, str], who: str) -> Mapping[str, Any]:
        account = (
            {"business_id": self.told.business_id}
            if "/cml/" in path
            else {"advertiser_id": self.told.advertiser_id, "discovery_type": "HASHTAG"}
        )
        call = Call(path, params=account | params, headers={"Access-Token": self._token})
        return opened(fetch(call), who, (self._token,))

    def _recorded(self, key: ChartKey, rows: list[RecordedRow], at: datetime) -> RecordedChart:
        days = [day.day for row in rows for day in row.days[-1:]]
        return RecordedChart(
            source=self.name,
            connector=self.kind,
            fetched_at=int(at.timestamp()),
            as_of=last_day(days, at.date()),
            kind=key.kind,
            period=key.period,
            region=key.region,
            industry=key.industry,
            rows=tuple(rows),
        )


def category(industry: int) -> str:
    """The name that Discovery has for a first-level industry."""
    if industry == NO_INDUSTRY:
        return "ALL"
    return _NO_WORD.sub("_", industries()[industry].name.upper().replace("&", "AND")).strip("_")


def _where(key: ChartKey) -> dict[str, str]:
    return {"country_code": key.region, "date_range": f"{key.period}DAY"}


def _list_params(key: ChartKey) -> dict[str, str]:
    return _where(key) | ({"category_name": category(key.industry)} if key.kind is Kind.HASHTAG else {})


def _check_filter(data: Mapping[str, Any], key: ChartKey, who: str) -> None:
    """SourceError where the reply is for another country, time or category than was asked for."""
    told = data.get("filter_info")
    if isinstance(told, Mapping):
        for name, asked in _list_params(key).items():
            if told.get(name, asked) != asked:
                raise SourceError(f"{who} came for {name} {str(told[name])[:50]}, not for {asked}")
