"""Connector `tiktok-research`: posts from the video query of TikTok's Research API.

Account: a research client that TikTok has approved (its key and secret); 1,000 requests and 100,000 records a
day. A query spans 30 days at most, so that longer times are asked for in several. It gives no charts, no
promoted posts, and counters that lag behind by days.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from trendwire.errors import SourceError
from trendwire.sources import fields
from trendwire.sources.connector import Call, Cursor, Fetch, Options, Page, Quota
from trendwire.sources.hosted import check_regions
from trendwire.sources.post_rows import Post, read_posts
from trendwire.sources.replies import code_of, list_in, opened
from trendwire.sources.wire_rows import exact_id

SPAN_DAYS = 30
"""Days that one query may span."""

ROWS_A_PAGE = 100
MARGIN = timedelta(minutes=5)
"""How long before its end a token is no longer used."""

TOKEN = "/v2/oauth/token/"  # noqa: S105
QUERY = "/v2/research/video/query/"
FIELDS = (
    "id",
    "video_description",
    "create_time",
    "region_code",
    "share_count",
    "view_count",
    "like_count",
    "comment_count",
    "favorites_count",
    "music_id",
    "hashtag_names",
    "hashtag_info_list",
    "username",
    "video_duration",
)
"""What is asked for of each video; they are fields of the post record under the same names."""

_UNAUTHORIZED = 401
_SEARCH = "search"
"""What an error names where a search that was gone on with is no longer known."""

_EXPIRED = ("access_token_invalid", "invalid_token", "access_token_expired")


class ResearchOptions(Options, frozen=True, kw_only=True):
    """Posts that have one of each list that is given are asked for; one of the lists must be."""

    keywords: Annotated[tuple[str, ...], Meta(description="Words of the caption.")] = ()
    hashtags: Annotated[tuple[str, ...], Meta(description="Hashtags, with or without `#`.")] = ()
    music_ids: Annotated[tuple[str, ...], Meta(description="Sounds, by their clip ids.")] = ()
    regions: Annotated[tuple[str, ...], Meta(description="ISO 3166-1 alpha-2 codes of the creators.")] = ()
    days: Annotated[
        int,
        Meta(description="How many days up to yesterday are asked for in each run, to see counters grow."),
    ] = SPAN_DAYS
    since: Annotated[
        date | None, Meta(description="The first day asked for, in each run; `days` does not count then.")
    ] = None

    def __post_init__(self) -> None:
        if not (self.keywords or self.hashtags or self.music_ids or self.regions):
            raise ValueError("give at least one of keywords, hashtags, music_ids or regions")
        if self.days < 1:
            raise ValueError("days must be at least 1")
        check_regions(self.regions, world=False)


class TikTokResearch:
    """A page is one reply of the query. The token is kept in memory and fetched anew when it runs out."""

    kind: ClassVar[str] = "tiktok-research"
    address: ClassVar[str] = "https://open.tiktokapis.com"
    options: ClassVar[type[Options]] = ResearchOptions
    secrets: ClassVar[tuple[str, ...]] = ("client_key", "client_secret")
    quota: ClassVar[Quota] = Quota(per_second=1.0, requests_a_day=1_000, rows_a_day=100_000)

    def __init__(self, name: str, options: Any, secrets: Mapping[str, str]) -> None:
        self.name = name
        self.told: ResearchOptions = options
        self._hidden = dict(secrets)
        self._token: tuple[str, datetime] | None = None

    def begin(self, at: datetime, last: Cursor | None) -> Cursor:
        """The newest span first; a run that broke off goes on where it was, and then with the days since."""
        today = at.date()
        if last is None:
            return _at_span(spans(first_day(self.told, today), today), today)
        since = date.fromisoformat(last["begun"])  # the days before it are in what is left
        todo = [*last["todo"], *spans(since, today)]
        return {**last, "begun": today.isoformat(), "todo": todo, "page": 0}

    def page(self, fetch: Fetch, cursor: Cursor) -> Page:
        who = f"{self.name}: page {cursor['page'] + 1} of {cursor['todo'][0]}"
        try:
            data = self._asked(fetch, self._query(cursor), who)
        except SourceError as error:
            if not (cursor["search"] and _SEARCH in error.public.lower()):
                raise
            data = self._asked(fetch, self._query({**cursor, "search": None}), who)
        videos = list_in(data, ("videos",), who)
        posts, refused = read_posts(videos, FIELDS, int(fetch.at.timestamp()), who)
        return Page(posts=posts, refused=refused, cursor=_after(cursor, data, posts, who))

    def _asked(self, fetch: Fetch, body: dict[str, Any], who: str) -> Mapping[str, Any]:
        """The reply's data; asked for a second time with a new token where the first was not accepted."""
        token = self._token
        if token is not None and fetch.at < token[1]:
            try:
                return self._sent(fetch, body, token[0], who)
            except SourceError as error:
                if error.status != _UNAUTHORIZED and error.facts.get("code") not in _EXPIRED:
                    raise
        return self._sent(fetch, body, self._new_token(fetch), who)

    def _sent(self, fetch: Fetch, body: dict[str, Any], token: str, who: str) -> Mapping[str, Any]:
        reply = fetch(
            Call(
                QUERY,
                method="POST",
                params={"fields": ",".join(FIELDS)},
                headers={"Authorization": f"Bearer {token}"},
                json=body,
            )
        )
        return opened(reply, who, (token, *self._hidden.values()))

    def _new_token(self, fetch: Fetch) -> str:
        reply = fetch(Call(TOKEN, method="POST", form={**self._hidden, "grant_type": "client_credentials"}))
        told = opened(reply, f"{self.name}: the token", self._hidden.values())
        token = told.get("access_token")
        if not isinstance(token, str) or not token:
            said = code_of({"code": told.get("error")}) or "nothing of it"
            raise SourceError(f"{self.name}: no access token was given for the client key ({said[:50]})")
        lasts = timedelta(seconds=fields.count(told.get("expires_in")) or 0)
        self._token = (token, fetch.at + max(lasts - MARGIN, timedelta()))
        return token

    def _query(self, cursor: Cursor) -> dict[str, Any]:
        first, last = cursor["todo"][0].split("-")
        body: dict[str, Any] = {
            "query": {"and": _conditions(self.told)},
            "start_date": first,
            "end_date": last,
            "max_count": ROWS_A_PAGE,
            "cursor": cursor["cursor"],
        }
        return body | ({"search_id": cursor["search"]} if cursor["search"] else {})


def first_day(options: ResearchOptions, today: date) -> date:
    """The first day that is asked for in a run of `today`."""
    return options.since or today - timedelta(days=options.days)


def spans(first: date, today: date) -> list[str]:
    """`YYYYMMDD-YYYYMMDD`, newest first, from `first` to the day before `today`, at most `SPAN_DAYS` long."""
    last = today - timedelta(days=1)
    found = []
    while last >= first:
        start = max(first, last - timedelta(days=SPAN_DAYS - 1))
        found.append(f"{start:%Y%m%d}-{last:%Y%m%d}")
        last = start - timedelta(days=1)
    return found


def _at_span(todo: list[str], day: date, page: int = 0) -> dict[str, Any]:
    """The cursor at the beginning of the first span of `todo`."""
    return {"begun": day.isoformat(), "todo": todo, "page": page, "cursor": 0, "search": None, "newest": None}


def _conditions(options: ResearchOptions) -> list[dict[str, Any]]:
    asked = {
        "keyword": options.keywords,
        "hashtag_name": tuple(name.removeprefix("#") for name in options.hashtags),
        "music_id": options.music_ids,
        "region_code": options.regions,
    }
    return [
        {"field_name": name, "operation": "IN", "field_values": list(values)}
        for name, values in asked.items()
        if values
    ]


def _after(cursor: Cursor, data: Mapping[str, Any], posts: list[Post], who: str) -> Cursor | None:
    """Where the next page begins. SourceError where the reply is not the page that was asked for."""
    newest = fields.post_id(posts[0]["id"]) if posts else None
    if newest is not None and newest == cursor["newest"]:
        raise SourceError(f"{who} repeats the page before")
    page = cursor["page"] + 1
    place = fields.count(data.get("cursor"))
    if place is not None and place > cursor["cursor"] + ROWS_A_PAGE:
        raise SourceError(f"{who} leaves out rows: it ends at {place} and began at {cursor['cursor']}")
    if not fields.flag(data.get("has_more")):
        todo = cursor["todo"][1:]
        return _at_span(todo, date.fromisoformat(cursor["begun"]), page) if todo else None
    if place is None or place <= cursor["cursor"]:
        raise SourceError(f"{who} says that more follows, but its cursor does not move on")
    search = exact_id("search_id", data.get("search_id"))
    return {**cursor, "page": page, "cursor": place, "search": search, "newest": newest}
