"""Lean editions made by hand: a few posts under a few tags and sounds, and what an engine would hand over."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from tests.editions.worlds import DAY, KEY, NOON, entry, text, write_memberships
from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail, HashtagFacts, RegionDetail, SoundFacts
from trendwire.domain.periods import epoch_day
from trendwire.domain.records import Factors, PostRecord
from trendwire.editions import Editions, Record
from trendwire.editions.absorbing import absorbing
from trendwire.editions.catalog import Catalog
from trendwire.editions.documents import Section
from trendwire.editions.lean import LeanContent
from trendwire.editions.publish import publishing
from trendwire.editions.recorded import RecordedContent
from trendwire.editions.rendered import Store

__all__ = ["KEY", "Memory", "World", "absorb", "chart", "editions_of", "post", "publish_lean", "rendered"]

TODAY = epoch_day(DAY)
FACTORS = Factors({}, {30: {"VN": 1}, 7: {"VN": 2}}, {}, {"VN": {1: ({}, {})}})

Posts = Mapping[str, PostRecord]
Subject = tuple[Kind, str]


def post(
    id_: str, *tags: str, sound: str | None = None, day: int = TODAY, views: int = 10, user: str = "u"
) -> PostRecord:
    return PostRecord(
        id=id_,
        day=day,
        region="VN",
        username=user,
        industry=None,
        peak=views,
        promoted=False,
        spans=((views, day, 1),),
        tags=tuple(sorted(tags)),
        sound=sound,
        cover_url=f"https://covers.example/{id_}",
        ages=None,
        countries=None,
        interests=None,
    )


def facts(kind: Kind, identity: str, turn: int = 0) -> HashtagFacts | SoundFacts:
    """What a subject is; `turn` tells versions apart."""
    if kind is Kind.HASHTAG:
        return HashtagFacts(name=identity, hashtag_id=str(turn), industry=None)
    told: dict[str, Any] = dict.fromkeys(SoundFacts.__struct_fields__)
    return SoundFacts(**told | {"clip_id": identity, "title": str(turn), "author": f"by {identity}"})


def subjects_of(record: PostRecord | None) -> set[Subject]:
    if record is None:
        return set()
    sounds = {(Kind.SOUND, record.sound)} if record.sound else set()
    return {(Kind.HASHTAG, tag) for tag in record.tags} | sounds


def used(posts: Posts) -> set[Subject]:
    return set().union(*(subjects_of(one) for one in posts.values()))


class World:
    """What an engine knows: every post, what each subject is, and every chart."""

    def __init__(self) -> None:
        self.posts: dict[str, PostRecord] = {}
        self.facts: dict[Subject, HashtagFacts | SoundFacts] = {}
        self.charts: dict[str, str] = {}

    def content(
        self, home: Path, changes: Iterable[PostRecord] = (), after: int | None = None, **told: Any
    ) -> LeanContent:
        """Take in some posts; what is handed over after that edition, or everything."""
        batch = {one.id: one for one in changes}
        old = {id_: subjects_of(self.posts.get(id_)) for id_ in batch}
        self.posts |= batch
        self.make_facts()
        shown = dict(self.posts) if after is None else batch
        numbers = {id_: number for number, id_ in enumerate(shown, 1)}
        places: dict[Subject, list[int]] = {}
        for id_, record in shown.items():
            for subject in subjects_of(record) | old.get(id_, set()) if after else subjects_of(record):
                places.setdefault(subject, []).append(numbers[id_])
        return self._content(home, shown, numbers, places, after, **told)

    def make_facts(self) -> None:
        """Make up what subjects are that nobody told of."""
        for kind, identity in used(self.posts) - self.facts.keys():
            self.facts[kind, identity] = facts(kind, identity)

    def _content(
        self,
        home: Path,
        shown: Posts,
        numbers: Mapping[str, int],
        places: Mapping[Subject, list[int]],
        after: int | None,
        *,
        as_of: date = DAY,
        charts: Mapping[str, str | None] | None = None,
        complete: Collection[Section] = (),
        recorded: RecordedContent | None = None,
        listed: Iterable[tuple[str, str, str | None]] = (),
        reach: Iterable[tuple[str, str | None]] = (),
    ) -> LeanContent:
        home.mkdir(parents=True, exist_ok=True)
        given: Mapping[str, str | None] = self.charts if charts is None else charts
        total, count = self.posts_sum(), len(self.counted(as_of))
        return LeanContent(
            as_of=as_of,
            after=after,
            posts=((numbers[id_], encoded(record)) for id_, record in shown.items()),
            subjects=(
                (kind, identity, encoded(self.facts[kind, identity]), places[kind, identity])
                for kind, identity in sorted(places)
            ),
            posts_sum=lambda: total,
            subject_count=lambda: count,
            charts=sorted(given.items()),
            listed=listed,
            reach=reach,
            factors=FACTORS,
            memberships=_nobody(home / "members.parquet"),
            complete=complete,
            recorded=recorded or RecordedContent(),
        )

    def counted(self, as_of: date) -> set[Subject]:
        return used({id_: one for id_, one in self.posts.items() if one.day <= epoch_day(as_of)})

    def posts_sum(self) -> int:
        told = [encoded(one) for one in self.posts.values()]
        told += [f"{kind}/{name}/{encoded(self.facts[kind, name])}" for kind, name in used(self.posts)]
        return sum(int.from_bytes(hashlib.sha256(one.encode()).digest(), "big") for one in told) % 2**256


def _nobody(path: Path) -> Path:
    return path if path.exists() else write_memberships(path, [])


class Memory:
    """What a detail is rendered from, kept in dicts. `days`: hashtag -> days on the chart of VN."""

    def __init__(self, world: World, as_of: date = DAY, days: Mapping[str, int] | None = None) -> None:
        self._world = world
        self._days = days or {}
        self.as_of = as_of
        self.factors = FACTORS

    def facts(self, kind: Kind, identity: str) -> HashtagFacts | SoundFacts | None:
        return self._world.facts.get((kind, identity))

    def posts(self, kind: Kind, identity: str) -> list[PostRecord]:
        return [one for one in self._world.posts.values() if (kind, identity) in subjects_of(one)]

    def reach(self, _tag: str) -> None:
        return None

    def listed(self, _kind: Kind, identity: str) -> Mapping[str, int]:
        return {"VN": self._days[identity]} if identity in self._days else {}


def encoded(document: object) -> str:
    return msgspec.json.encode(document).decode()


def chart(views: int, *names: str) -> str:
    return text([entry(name, rank, views) for rank, name in enumerate(names, 1)])


def publish_lean(home: Path, content: LeanContent, at: datetime = NOON) -> Record:
    with publishing(home) as publisher:
        return publisher.publish_lean(content, at, seconds=1.5, engine="0.1.0")


def absorb(home: Path) -> bool:
    """Let the newest overlays become one, if they are many."""
    with absorbing(Catalog(home)) as absorbed:
        if absorbed is None:
            return False
        with publishing(home) as publisher:
            publisher.adopt(absorbed)
        return True


def rendered(store: Store | Memory, kind: Kind, identity: str, region: str | None = None) -> Detail | None:
    """Stands in for the renderer: the number of posts, the sum of their views, and the ids as covers."""
    counted = [one for one in store.posts(kind, identity) if one.day <= epoch_day(store.as_of)]
    if not counted:
        return None
    found = store.facts(kind, identity)
    assert found is not None
    days = store.listed(kind, identity)
    told = {
        code: RegionDetail(
            days=(TODAY,),
            views=(sum(one.peak or 0 for one in posts),),
            posts=(len(posts),),
            first_day=min(one.day for one in posts),
            popular_days=days.get(code, 0),
            periods={},
            covers={one.id: one.username or "" for one in posts},
        )
        for code in ("ALL", "VN")
        if (posts := [one for one in counted if code in ("ALL", one.region)]) and region in (None, code)
    }
    views = sum(one.peak or 0 for one in counted)
    return Detail(facts=found, posts_all=len(counted), views_all=views, regions=told)


def editions_of(home: Path) -> Editions:
    return Editions(home, render=rendered)
