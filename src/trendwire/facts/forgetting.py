"""Forgetting in the facts: users and posts leave the parts, the inbox, memberships, recorded charts, and the
quarantine, and are noted in the journal so that they do not come back.

The journal is written before anything is removed: whatever a crash leaves, the same call again finishes, and
what comes in meanwhile is dropped already.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import msgspec

from trendwire.facts import forgotten as journal
from trendwire.facts import quarantine
from trendwire.facts.forgotten import Forgotten, identity
from trendwire.facts.memberships import Memberships
from trendwire.facts.recorded import Recorded
from trendwire.facts.store import FactStore
from trendwire.facts.terms import Terms


class ForgottenFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed. `posts` with all their `observations`; `memberships`: rows of published charts;
    `recorded_charts`: charts that named somebody; `quarantined`: refused rows.
    """

    posts: int
    observations: int
    memberships: int
    recorded_charts: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Who and what is to be forgotten: as the journal knows it, and as stored text names it. `shown`: the
    names under which the users are shown.
    """

    forgotten: Forgotten
    terms: Terms
    shown: frozenset[str]


def asked(home: Path, users: Collection[str], posts: Collection[str]) -> Forgetting:
    """All that belongs to these users and posts, and to those forgotten before: stores what waits first.

    Raises Conflict where another process stores facts.
    """
    store = FactStore(home)
    store.drain()
    known = journal.read(home)
    if users or posts:
        known = known.with_("user", users).with_("post", posts)
    told = store.told_of(known) if known else []
    names = {one.username for one in told if one.username and ("user", one.username) in known}
    ids = {one.id for one in told}
    shown = frozenset(one.nickname for one in told if one.nickname and one.username in names)
    sounds = {one.own_sound for one in told if one.own_sound and one.username in names}
    if told:
        known = known.with_("post", ids).with_("shown", shown).with_("sound", sounds)
    given = {identity("user", user) for user in users}
    return Forgetting(known, Terms(given | names, ids.union(posts)), shown)


def forget(home: Path, what: Forgetting, *, dry_run: bool = False) -> ForgottenFacts:
    """Remove it, or only count. The parts first: all else can be made from them again, or is a trace."""
    store, dry = FactStore(home), dry_run
    if not dry:
        what.forgotten.save(home)
    removed = store.forget(what.forgotten, dry_run=dry)
    counted = ForgottenFacts(
        posts=removed.posts,
        observations=removed.observations,
        memberships=Memberships(home).forget(what.terms.users, what.terms.posts, dry_run=dry),
        recorded_charts=Recorded(home).forget(what.forgotten, dry_run=dry),
        quarantined=quarantine.forget(home, what.terms, dry_run=dry) if what.terms else 0,
    )
    if not dry:
        store.drain()  # what came in between is dropped, and leaves the inbox
    return counted
