"""The explorer's pages, and what each view is for machines: tables, feeds, drawings.

A view is read whole from one edition. Whatever goes wrong with it is said on a page, in words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import Response

from trendwire.domain.charts import NO_INDUSTRY, WORLD, Kind, SoundEntry
from trendwire.domain.periods import CHART_PERIODS, DETAIL_PERIODS
from trendwire.domain.subjects import hashtag_identity
from trendwire.domain.taxonomy import countries, industries
from trendwire.editions import Edition, Editions
from trendwire.errors import Code, InvalidInput, TrendwireError
from trendwire.web.explorer import drawings, feeds, rows, subject
from trendwire.web.explorer.asked import MOST_COMPARED, ONLY, Asked, days_kept, edition_of, read
from trendwire.web.explorer.feeds import Feed, FeedEntry
from trendwire.web.explorer.tables import Table
from trendwire.web.page_cache import PageCache, Rendered
from trendwire.web.page_limits import Page
from trendwire.web.reasons import MEANINGS, STEPS
from trendwire.web.views import Views, server_of, thousands
from trendwire.web.workers import Worker

FORMATS: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "atom": "application/atom+xml; charset=utf-8",
}
SVG = "image/svg+xml"

MOST_FOUND = 50

_STATUS = {Code.INVALID_INPUT: 400, Code.NOT_FOUND: 404, Code.GONE: 410, Code.NOT_READY: 503}

_SHOWN_ANYWHERE = {"cross-origin-resource-policy": "cross-origin"}
"""Of drawings, which are made to be embedded."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a view is asked for: its path, on the server of this address."""

    path: str
    server: str


Make = Callable[[Place, Asked, Edition], Rendered]


@dataclass(frozen=True, slots=True)
class Explorer:
    """The views of the editions of one home. Any thread may make them."""

    views: Views
    editions: Editions
    cache: PageCache

    def answering(self, kind: Kind, make: Make, worker: Worker | None = None) -> Page:
        """A page that is made of what is asked of the edition asked for; refusals in words."""

        async def page(request: Request) -> Response:
            place = Place(request.url.path, server_of(request))
            key: tuple[object, ...]
            try:
                asked = read(kind, request.query_params.multi_items())
                key, made = (place, asked), partial(self._made, make, place, asked)
            except InvalidInput as error:
                key = (place.path, error.public)
                made = partial(self._refused, place, Asked(kind), error)
            return await self.cache.answer(request, key, made, self.editions.stamp(), worker)

        return page

    def _made(self, make: Make, place: Place, asked: Asked) -> Rendered:
        try:
            return self.editions.read(edition_of(asked, self.editions), partial(make, place, asked))
        except TrendwireError as error:
            return self._refused(place, asked, error)

    def chart(self, _place: Place, asked: Asked, edition: Edition) -> Rendered:
        """A chart as a page."""
        self._only_charted(asked)
        all_rows = edition.chart(asked.key)
        entries = rows.kept(all_rows or (), asked)
        _, path, _ = rows.WORDS[asked.kind]
        told = self._choices(asked, edition, path) | {
            "title": f"Trending {rows.WORDS[asked.kind][0].lower()}",
            "rows": [rows.shown(one, asked) for one in entries],
            "total": len(all_rows or ()),
            "moves": asked.kind in (Kind.HASHTAG, Kind.SOUND),
            "spark": drawings.spark,
            "initials": rows.initials,
        }
        return self.views.rendered("explorer/chart.html", told)

    def subject(self, place: Place, asked: Asked, edition: Edition) -> Rendered:
        """Everything about one hashtag or sound."""
        asked = _named(asked)
        found = subject.subject(asked, edition)
        _, chart_path, path = rows.WORDS[asked.kind]
        told = self._choices(asked, edition, path) | {
            "title": found.name,
            "found": found,
            "server": place.server,
            "chart_path": chart_path,
            "curve": drawings.curve(
                found.labels,
                [found.series],
                drawings.told_curve(found.name, found.labels, found.series.values),
            ),
            "moved": rows.moved(found.row) if found.row else "",
            "meanings": MEANINGS,
            "steps": STEPS,
            "periods": DETAIL_PERIODS,
        }
        return self.views.rendered("explorer/subject.html", told)

    def compare(self, _place: Place, asked: Asked, edition: Edition) -> Rendered:
        """Up to five subjects on one scale."""
        asked = _few(asked)
        found = subject.compared(asked, edition)
        labels = subject.labels(asked.period, edition.as_of)
        lines = [one[4] for one in found]
        told = self._choices(asked, edition, _compare_path(asked.kind)) | {
            "title": f"Compare {rows.WORDS[asked.kind][0].lower()}",
            "found": found,
            "curve": drawings.curve(labels, lines, f"Views of {', '.join(one.name for one in lines)}"),
            "subject_path": rows.WORDS[asked.kind][2],
            "most": MOST_COMPARED,
            "periods": DETAIL_PERIODS,
        }
        return self.views.rendered("explorer/compare.html", told)

    def search(self, _place: Place, asked: Asked, edition: Edition) -> Rendered:
        """Hashtags that begin with a text, and charted sounds that hold it."""
        told = self._choices(asked, edition, "/search") | {
            "title": f"Search: {asked.q}" if asked.q else "Search",
            "hashtags": _hashtags(asked, edition),
            "sounds": _sounds(asked, edition),
        }
        return self.views.rendered("explorer/search.html", told)

    def formatted(self, format_: str, view: str) -> Make:
        """A view (`chart`, `subject`, `compare`) in a format for machines."""
        return partial(self._machine, format_, view)

    def drawing(self, _place: Place, asked: Asked, edition: Edition) -> Rendered:
        """The curve of a subject, to be embedded."""
        asked = _named(asked)
        found = subject.subject(asked, edition)
        caption = f"{_where(asked)}, views gained, {asked.period} days up to {edition.as_of} · Trendwire"
        made = drawings.embedded(found.labels, found.series, found.name, caption)
        return Rendered(made.encode(), SVG, headers=_SHOWN_ANYWHERE)

    def badge(self, _place: Place, asked: Asked, edition: Edition) -> Rendered:
        """The rank of a subject as a badge, to be embedded."""
        asked = _named(asked)
        found = subject.subject(asked, edition)
        rank = f"rank {found.row.rank}" if found.row else "not in the top 100"
        made = drawings.badge(found.name, f"{rank} · {_where(asked)} · {asked.key.period} days")
        return Rendered(made.encode(), SVG, headers=_SHOWN_ANYWHERE)

    def _machine(self, format_: str, view: str, place: Place, asked: Asked, edition: Edition) -> Rendered:
        table, feed = self._data(view, asked, edition)
        if format_ == "atom":
            body = self._feed(place.server, asked.at(place.path), feed)
        elif format_ == "parquet":
            body = table.parquet()
        else:
            body = table.csv() if format_ == "csv" else table.json()
        name = f"trendwire-{view}-{asked.kind}-{asked.region}-{asked.period}d-{edition.as_of}.{format_}"
        headers = (
            {} if format_ in ("atom", "json") else {"content-disposition": f'attachment; filename="{name}"'}
        )
        return Rendered(body, FORMATS[format_], headers=headers)

    def _data(self, view: str, asked: Asked, edition: Edition) -> tuple[Table, Feed]:
        told: dict[str, object] = {
            "edition": edition.number,
            "as_of": edition.as_of,
            "kind": asked.kind,
            "region": asked.region,
            "period": asked.period,
        }
        if view == "chart":
            return self._chart_data(asked, edition, told)
        if view == "subject":
            return self._subject_data(_named(asked), edition, told)
        return self._compare_data(_few(asked), edition, told)

    def _chart_data(self, asked: Asked, edition: Edition, told: dict[str, object]) -> tuple[Table, Feed]:
        self._only_charted(asked)
        entries = rows.kept(edition.chart(asked.key) or (), asked)
        name, path, _ = rows.WORDS[asked.kind]
        items = [
            FeedEntry(
                f"{asked.key.text}/{rows.identity(one)}",
                f"{one.rank}. {rows.name_of(one)}" + (f" ({rows.moved(one)})" if rows.moved(one) else ""),
                rows.shown(one, asked).href or asked.at(path),
                f"{thousands(one.views)} views gained in {asked.period} days, {_where(asked)}",
            )
            for one in entries
        ]
        title = f"{name}, {_where(asked)}, {asked.period} days" + (
            f": {ONLY[asked.only]}" if asked.only else ""
        )
        told |= {"industry": asked.industry, "only": asked.only, "q": asked.q}
        return rows.table(entries, asked, told), self._as_feed(title, asked.at(path), edition, items)

    def _subject_data(self, asked: Asked, edition: Edition, told: dict[str, object]) -> tuple[Table, Feed]:
        found = subject.subject(asked, edition)
        path = asked.at(rows.WORDS[asked.kind][2])
        rank = f"rank {found.row.rank} ({rows.moved(found.row)})" if found.row else "not in the top 100"
        entry = FeedEntry(
            f"{asked.key.text}/{asked.name}",
            f"{found.name}: {rank}",
            path,
            _counted(found.posts, found.views, asked),
        )
        told |= {
            "name": asked.name,
            "rank": found.row.rank if found.row else None,
            "posts": found.posts,
            "views": found.views,
            "creators": found.over.creators,
            "why": found.why.document if found.why else None,
        }
        return subject.curve_table(found, told), self._as_feed(found.name, path, edition, [entry])

    def _compare_data(self, asked: Asked, edition: Edition, told: dict[str, object]) -> tuple[Table, Feed]:
        found = subject.compared(asked, edition)
        labels = subject.labels(asked.period, edition.as_of)
        cells = [
            (label.isoformat(), one, series.values[n])
            for one, _, _, _, series in found
            for n, label in enumerate(labels)
        ]
        table = Table({"date": "DATE", "name": "VARCHAR", "views": "BIGINT"}, cells, told)
        items = [
            FeedEntry(
                f"{asked.key.text}/{one}",
                name,
                asked.but(names=(one,)).at(rows.WORDS[asked.kind][2]),
                _counted(posts, views, asked),
            )
            for one, name, posts, views, _ in found
        ]
        path = asked.at(_compare_path(asked.kind))
        return table, self._as_feed("Comparison", path, edition, items)

    def _as_feed(self, title: str, path: str, edition: Edition, items: Sequence[FeedEntry]) -> Feed:
        return Feed(title, path, edition.record.published_at, str(edition.as_of), items)

    def _feed(self, server: str, own: str, feed: Feed) -> bytes:
        """`own`: the feed's own address on the server."""
        template = self.views.environment.get_template("explorer/feed.xml")
        first = self.editions.records()[0]
        home = uuid5(NAMESPACE_URL, f"trendwire:{first.content_hash}/{first.published_at.isoformat()}")
        urn = partial(feeds.urn, home)
        return template.render(feed=feed, base=server, own=own, xml=feeds.in_xml, urn=urn).encode()

    def _choices(self, asked: Asked, edition: Edition, path: str) -> dict[str, object]:
        """What the form of a page offers, and the other addresses of the view."""
        return {
            "place": "/",
            "asked": asked,
            "path": path,
            "as_of": edition.as_of,
            "edition": edition.number,
            "days": days_kept(self.editions),
            "regions": [(code, countries()[code].name) for code in edition.regions],
            "industries": list(industries().values()),
            "only_choices": ONLY,
            "periods": CHART_PERIODS,
            "kinds": rows.WORDS,
            "where": _where(asked),
            "data_source": edition.data_source(asked.region),
            "formats": {name: asked.at(f"{path}.{name}") for name in FORMATS},
            "world": WORLD,
        }

    def _refused(self, place: Place, asked: Asked, error: TrendwireError) -> Rendered:
        """A page of words, or words alone for who asked for no page."""
        status = _STATUS.get(error.code, 500)
        if not place.path.rpartition("/")[2].isalpha() and place.path != "/":
            return Rendered(f"{error.public}\n".encode(), "text/plain; charset=utf-8", status)
        told = {"title": "Not found" if status == 404 else "That did not work", "place": "/"}
        return self.views.rendered(
            "explorer/refused.html", told | {"words": error.public, "asked": asked}, status
        )

    def _only_charted(self, asked: Asked) -> None:
        if asked.period not in CHART_PERIODS:
            raise InvalidInput(
                "period", f"must be one of {', '.join(map(str, CHART_PERIODS))} days for charts"
            )


def _named(asked: Asked) -> Asked:
    """The view with its subject's identity in place of its name as typed. Raises InvalidInput."""
    if not asked.name:
        raise InvalidInput("name", "is missing: which subject?")
    return asked.but(names=(_identity(asked.kind, asked.name),))


def _few(asked: Asked) -> Asked:
    if len(asked.names) > MOST_COMPARED:
        raise InvalidInput("name", f"may be given {MOST_COMPARED} times at most")
    return asked.but(names=tuple(dict.fromkeys(_identity(asked.kind, one) for one in asked.names)))


def _identity(kind: Kind, name: str) -> str:
    if kind is not Kind.HASHTAG:
        return name
    identity = hashtag_identity(name)
    if identity is None:
        raise InvalidInput("name", "must be a hashtag: no white space inside, not starting with @")
    return identity


def _compare_path(kind: Kind) -> str:
    return f"/compare/{rows.WORDS[kind][1].strip('/')}"


def _where(asked: Asked) -> str:
    return "the whole world" if asked.region == WORLD else countries()[asked.region].name


def _counted(posts: int, views: int, asked: Asked) -> str:
    return f"{thousands(posts)} posts and {thousands(views)} views gained in {asked.period} days"


def _hashtags(asked: Asked, edition: Edition) -> list[tuple[str, str]]:
    """(name, address), those that begin with the words."""
    identity = hashtag_identity(asked.q) if asked.q else None
    found = edition.identities(Kind.HASHTAG, identity, MOST_FOUND) if identity else ()
    return [(f"#{one}", asked.but(kind=Kind.HASHTAG, names=(one,), q="").at("/hashtag")) for one in found]


def _sounds(asked: Asked, edition: Edition) -> list[tuple[str, str]]:
    if not asked.q:
        return []
    found: dict[str, str] = {}
    for period in CHART_PERIODS:
        key = asked.but(kind=Kind.SOUND, period=period, industry=NO_INDUSTRY).key
        entries = edition.chart(key) or ()
        for one in rows.kept(entries, asked.but(kind=Kind.SOUND, only="")):
            if isinstance(one, SoundEntry):
                author = f" – {one.author}" if one.author else ""
                found.setdefault(one.clip_id, f"{rows.name_of(one)}{author}")
    return [
        (name, asked.but(kind=Kind.SOUND, names=(one,), q="").at("/sound"))
        for one, name in list(found.items())[:MOST_FOUND]
    ]
