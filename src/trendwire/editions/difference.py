"""What changed in one chart between two editions: who entered, who left, who moved. Pure."""

from collections.abc import Sequence

import msgspec

from trendwire.domain.charts import CreatorEntry, Entry, HashtagEntry, SoundEntry, VideoEntry


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A subject and its ranks, None where it is not in the chart. `title`: what people call it, if known."""

    subject: str
    title: str | None
    before: int | None
    after: int | None

    @property
    def climbed(self) -> int:
        """Places up (above 0) or down; 0 for one that is in one chart only."""
        return (self.before - self.after) if self.before is not None and self.after is not None else 0


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """`entered` by new rank, `left` by old rank, `moved` the farthest first. `stayed`: how many did."""

    entered: tuple[Standing, ...]
    left: tuple[Standing, ...]
    moved: tuple[Standing, ...]
    stayed: int


def difference(before: Sequence[Entry], after: Sequence[Entry]) -> Difference:
    """From one chart to another of the same key."""
    old = {_subject(entry): entry for entry in before}
    new = {_subject(entry): entry for entry in after}
    both = [_standing(name, old[name], entry) for name, entry in new.items() if name in old]
    moved = [one for one in both if one.climbed]
    return Difference(
        entered=tuple(_standing(name, None, entry) for name, entry in new.items() if name not in old),
        left=tuple(_standing(name, entry, None) for name, entry in old.items() if name not in new),
        moved=tuple(sorted(moved, key=lambda one: -abs(one.climbed))),
        stayed=len(both) - len(moved),
    )


def _standing(subject: str, before: Entry | None, after: Entry | None) -> Standing:
    return Standing(
        subject=subject,
        title=_title(after or before),
        before=None if before is None else before.rank,
        after=None if after is None else after.rank,
    )


def _subject(entry: Entry) -> str:
    if isinstance(entry, HashtagEntry):
        return entry.name
    if isinstance(entry, SoundEntry):
        return entry.clip_id
    return entry.id if isinstance(entry, VideoEntry) else entry.username


def _title(entry: Entry | None) -> str | None:
    if isinstance(entry, SoundEntry | VideoEntry):
        return entry.title
    return entry.nickname if isinstance(entry, CreatorEntry) else None
