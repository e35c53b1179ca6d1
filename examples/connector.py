"""A connector: paging plus mapping. All else (pace, retries, budgets, storing, cursors) is done around it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from trendwire.errors import SourceError
from trendwire.sources.connector import Call, Cursor, Fetch, Options, Page, Quota
from trendwire.sources.post_rows import read_posts
from trendwire.sources.replies import list_in, opened

FIELDS = ("id", "create_time", "username", "view_count", "hashtag_names")


class ExampleOptions(Options, frozen=True, kw_only=True):
    topic: str = "sport"


class Example:
    kind: ClassVar[str] = "example"
    address: ClassVar[str] = "https://api.example.com/v1"
    options: ClassVar[type[Options]] = ExampleOptions
    secrets: ClassVar[tuple[str, ...]] = ("key",)
    quota: ClassVar[Quota] = Quota(per_second=2.0, requests_a_day=500)

    def __init__(self, name: str, options: Any, secrets: Mapping[str, str]) -> None:
        self.name, self.topic, self.key = name, options.topic, secrets["key"]

    def begin(self, at: datetime, last: Cursor | None) -> Cursor:  # noqa: ARG002
        return last or {"page": 1, "first": None}

    def page(self, fetch: Fetch, cursor: Cursor) -> Page:
        number, headers = cursor["page"], {"Authorization": f"Bearer {self.key}"}
        who = f"{self.name}: page {number}"
        call = Call("/posts", params={"topic": self.topic, "page": str(number)}, headers=headers)
        data = opened(fetch(call), who, secrets=[self.key])
        rows = list_in(data, ("posts",), who)
        posts, refused = read_posts(rows, FIELDS, int(fetch.at.timestamp()), who)
        first = posts[0]["id"] if posts else None
        if data.get("page") != number or (first and first == cursor["first"]):
            raise SourceError(f"{who} came as page {data.get('page')}, or repeats the page before")
        following = {"page": number + 1, "first": first} if data.get("more") else None
        return Page(posts, refused=refused, cursor=following)
