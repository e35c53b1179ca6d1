"""Details that a state of the engine tells: exact while it stands, of charted subjects once it went on, else
refused in words that say what can be asked.
"""

import hashlib
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.editions.worlds import DAY, detail, publish, text
from trendwire.domain.charts import Kind
from trendwire.domain.details import Detail
from trendwire.editions import Editions, Record
from trendwire.editions.catalog import Catalog
from trendwire.editions.document import SQL, open_new, pack
from trendwire.editions.publish import publishing
from trendwire.editions.removal import holding
from trendwire.errors import Gone, NotReady


class Engine:
    """One state, by its name: views of each subject."""

    def __init__(self, name: str, **views: int) -> None:
        self.name, self.views = name, views
        self.asked = 0

    def detail(self, record: Record, kind: Kind, identity: str, region: str | None) -> Detail | None:
        self._check(record)
        if kind is not Kind.HASHTAG or identity not in self.views:
            return None
        whole = detail(identity, self.views[identity])
        kept = {code: one for code, one in whole.regions.items() if region in (None, code)}
        return msgspec.structs.replace(whole, regions=kept)

    def identities(self, record: Record, _kind: Kind, beginning: str, most: int) -> tuple[str, ...]:
        self._check(record)
        return tuple(sorted(one for one in self.views if one.startswith(beginning)))[:most]

    def _check(self, record: Record) -> None:
        self.asked += 1
        if record.state != self.name:
            raise Gone("another state")


def stated(home: Path, number: int, state: str) -> None:
    """Have the details of an edition be those of a state."""
    changed(home, number, state=state)


def keep_details(home: Path, number: int, *names: str, views: int = 100) -> None:
    """Write the file of details beside an edition, as the engine does before its state goes on."""
    path = Catalog(home).details_file(number)
    with closing(open_new(path)) as connection:
        connection.execute("BEGIN")
        for name in sorted(names):
            connection.execute(
                SQL["add_subject"], ("hashtag", name, pack(text(detail(name, views)).encode()))
            )
        connection.execute("COMMIT")
    changed(home, number, details_sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def changed(home: Path, number: int, **values: str) -> None:
    with Catalog(home).changing() as listing:
        editions = tuple(
            msgspec.structs.replace(one, **values) if one.number == number else one
            for one in listing.editions
        )
        Catalog(home).replace(msgspec.structs.replace(listing, editions=editions))


def of(editions: Editions, number: int | None, name: str) -> Detail | None:
    return editions.read(number, lambda edition: edition.detail(Kind.HASHTAG, name))


def test_a_state_tells_what_the_file_does_not_hold(tmp_path: Path) -> None:
    publish(tmp_path)
    stated(tmp_path, 1, "s1")
    edition = Editions(tmp_path, Engine("s1", a=5, ab=6)).current()
    assert edition.detail(Kind.HASHTAG, "a") == detail("a", 5)
    one = edition.detail(Kind.HASHTAG, "a", "VN")
    assert one is not None
    assert set(one.regions) == {"VN"}
    assert edition.detail(Kind.HASHTAG, "c") is None
    assert edition.identities(Kind.HASHTAG, "a", 10) == ("a", "ab")
    assert not edition.has_details
    assert edition.verify()


def test_a_file_with_all_details_asks_nobody(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    engine = Engine("s1", a=5)
    edition = Editions(tmp_path, engine).current()
    assert edition.detail(Kind.HASHTAG, "a") == detail("a")
    assert edition.detail(Kind.HASHTAG, "b") is None
    assert edition.identities(Kind.HASHTAG, "", 10) == ("a",)
    assert engine.asked == 0


def test_recorded_subjects_stay_in_the_file_of_the_edition(tmp_path: Path) -> None:
    """The world of a subject that is in the file is told beside what the state tells; search finds both."""
    publish(tmp_path, "told")
    stated(tmp_path, 1, "s1")
    edition = Editions(tmp_path, Engine("s1", counted=5)).current()
    assert edition.detail(Kind.HASHTAG, "told") == detail("told")
    assert edition.identities(Kind.HASHTAG, "", 10) == ("counted", "told")


def test_once_the_state_went_on_charted_subjects_keep_their_details(tmp_path: Path) -> None:
    publish(tmp_path)
    stated(tmp_path, 1, "s1")
    publish(tmp_path, as_of=DAY + timedelta(days=1))
    stated(tmp_path, 2, "s2")
    editions = Editions(tmp_path, Engine("s2", a=7, b=8))
    keep_details(tmp_path, 1, "a", views=5)
    assert of(editions, 1, "a") == detail("a", 5)
    with pytest.raises(
        Gone, match="edition 1 keeps the details of subjects in its charts alone: ask for edition 2"
    ):
        of(editions, 1, "b")
    with pytest.raises(Gone, match="ask for edition 2, the newest"):
        editions.at(1).identities(Kind.HASHTAG, "b", 10)
    assert of(editions, None, "b") == detail("b", 8)


def test_what_is_gone_says_what_can_be_asked(tmp_path: Path) -> None:
    publish(tmp_path, views=1)
    publish(tmp_path, views=2)
    publish(tmp_path, as_of=DAY + timedelta(days=1))
    for number, state in ((1, "s1"), (2, "s2"), (3, "s3")):
        stated(tmp_path, number, state)
    keep_details(tmp_path, 2, "a")
    for source in (Engine("s3", a=7), None):
        with pytest.raises(Gone, match="details of edition 1 are no longer kept") as gone:
            of(Editions(tmp_path, source), 1, "a")
        assert "ask for edition 3, the newest, or edition 2, the last of 2025-05-14" in gone.value.public


def test_the_current_edition_is_asked_again_where_the_state_just_went_on(tmp_path: Path) -> None:
    publish(tmp_path)
    stated(tmp_path, 1, "s1")

    class GoesOn(Engine):
        def detail(self, record: Record, kind: Kind, identity: str, region: str | None) -> Detail | None:
            if record.number == 1:
                publish(tmp_path, as_of=DAY + timedelta(days=1))
                stated(tmp_path, 2, "s2")
                self.name = "s2"
            return super().detail(record, kind, identity, region)

    editions = Editions(tmp_path, GoesOn("s1", a=5))
    numbers: list[int] = []

    def look(edition: object) -> Detail | None:
        numbers.append(edition.number)  # type: ignore[attr-defined]
        return edition.detail(Kind.HASHTAG, "a")  # type: ignore[attr-defined, no-any-return]

    assert editions.read(None, look) == detail("a", 5)
    assert numbers == [1, 2]


def test_a_pinned_edition_is_read_again_where_its_details_were_just_kept(tmp_path: Path) -> None:
    publish(tmp_path)
    stated(tmp_path, 1, "s1")
    publish(tmp_path, as_of=DAY + timedelta(days=1))

    class GoesOn(Engine):
        def detail(self, record: Record, kind: Kind, identity: str, region: str | None) -> Detail | None:
            keep_details(tmp_path, 1, "a", views=5)
            return super().detail(record, kind, identity, region)

    assert of(Editions(tmp_path, GoesOn("s2")), 1, "a") == detail("a", 5)


def test_the_newest_edition_is_never_gone(tmp_path: Path) -> None:
    """Its state may be on its way; it can be had again."""
    publish(tmp_path)
    stated(tmp_path, 1, "s1")
    with pytest.raises(NotReady, match="details of edition 1 are being made"):
        of(Editions(tmp_path, Engine("s2", a=5)), None, "a")


def test_who_holds_an_edition_of_which_nothing_is_kept_is_told_so(tmp_path: Path) -> None:
    publish(tmp_path)
    stated(tmp_path, 1, "s1")
    editions = Editions(tmp_path, Engine("s2"))
    held = editions.current()
    with publishing(tmp_path) as publisher:
        publisher.remove((1,))
    assert not any(one.kept for one in editions.records())
    with pytest.raises(NotReady, match="run `trendwire publish`"):
        held.detail(Kind.HASHTAG, "a")


def test_damaged_details_are_not_told(tmp_path: Path) -> None:
    publish(tmp_path)
    stated(tmp_path, 1, "s1")
    keep_details(tmp_path, 1, "a")
    assert Editions(tmp_path).current().verify()
    path = Catalog(tmp_path).details_file(1)
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    assert "1.details.sqlite" in str(Catalog(tmp_path).fault(Catalog(tmp_path).records()[0], again=True))


def test_forgetting_looks_into_details_too(tmp_path: Path) -> None:
    publish(tmp_path)
    stated(tmp_path, 1, "s1")
    keep_details(tmp_path, 1, "a")
    assert holding(tmp_path, (), ("1",)) == (1,)
    assert holding(tmp_path, ("nobody",), ("2",)) == ()


def test_the_details_of_an_edition_go_with_it(tmp_path: Path) -> None:
    for day in range(2):
        publish(tmp_path, as_of=DAY + timedelta(days=day))
        stated(tmp_path, day + 1, f"s{day}")
    keep_details(tmp_path, 1, "a")
    with publishing(tmp_path) as publisher:
        publisher.prune(2)
        assert Catalog(tmp_path).details_file(1).exists()
        publisher.prune(1)
    assert not Catalog(tmp_path).details_file(1).exists()
