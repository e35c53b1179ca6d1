"""What a state took of the facts: which parts are new to it, and what it is called."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trendwire.facts.checksums import Checksum
from trendwire.facts.manifest import Damage, Manifest, Part
from trendwire.facts.memberships import Memberships
from trendwire.publishing.taken import Taken, taken, unknown

DAY = date(2025, 6, 30)


def part(number: int, rows: int, month: str = "2025-06") -> Part:
    return Part(f"{month}/{number:08d}.parquet", month, rows)


def of(*parts: Part, **named: Any) -> Manifest:
    return Manifest(parts=parts, observations=sum(one.rows for one in parts), **named)


def known(manifest: Manifest, home: Path) -> Taken:
    return taken(manifest, DAY, Memberships(home))


@pytest.mark.parametrize(
    ("now", "new"),
    [
        ((part(1, 5), part(2, 7)), ()),
        ((part(1, 5), part(2, 7), part(3, 1, "2025-07")), (part(3, 1, "2025-07"),)),
        ((part(3, 12),), ()),
        ((part(4, 13),), (part(4, 13),)),
        ((part(3, 12), part(4, 2)), (part(3, 12), part(4, 2))),
        ((part(3, 11),), None),
        ((part(1, 5),), None),
        ((part(1, 6), part(2, 7)), None),
    ],
    ids=["same", "added", "merged", "merged with more", "merged, then more", "lost rows", "lost", "other"],
)
def test_which_parts_are_new(now: tuple[Part, ...], new: tuple[Part, ...] | None, tmp_path: Path) -> None:
    before = known(of(part(1, 5), part(2, 7)), tmp_path)
    assert unknown(of(*now), before) == new
    assert unknown(of(*now, removals=1), before) is None


def test_a_file_that_was_replaced_is_not_followed(tmp_path: Path) -> None:
    """As where the facts are deleted and others ingested: numbers begin again."""
    first, second = ({part(1, 5).file: Checksum(sha256)} for sha256 in ("aa", "bb"))
    before = known(of(part(1, 5), checksums=first), tmp_path)
    assert unknown(of(part(1, 5), checksums=first), before) == ()
    assert unknown(of(part(1, 5), checksums=second), before) is None


def test_a_state_is_called_by_what_it_counts(tmp_path: Path) -> None:
    facts = of(part(1, 5), part(2, 7))
    name = known(facts, tmp_path).name
    assert len(name) == 16
    assert known(of(part(3, 12)), tmp_path).name == name
    others = [
        of(part(1, 5), part(2, 8)),
        msgspec.structs.replace(facts, removals=1),
        msgspec.structs.replace(facts, damaged=(Damage(part(9, 1), "torn"),)),
    ]
    names = [known(one, tmp_path).name for one in others]
    names.append(taken(facts, date(2025, 7, 1), Memberships(tmp_path)).name)
    Memberships(tmp_path).replace(date(2025, 6, 29), 4, ())
    names.append(known(facts, tmp_path).name)
    assert len({name, *names}) == 6
    Memberships(tmp_path).replace(date(2025, 7, 2), 5, ())
    assert known(facts, tmp_path).name == names[-1]
