"""Owns the counting of creators in records: under one subject, in the world and in every region they are
from.
"""

from trendwire.engine.compiled import I32, I64, i64, inlined, jit
from trendwire.engine.counts import PLACES, Hot, Parameters, Room, add_creator, creator_end, measure
from trendwire.engine.records import NO_RECORD, Slots, slot_of


@jit
def region_slot(subject: int, region: int, slots: Slots, into: Room) -> int:
    """`slot_of` in a region, which is mostly asked for of the subject that it was asked for before."""
    if into.slot_subject[region] != subject:
        into.slot_subject[region] = subject
        into.slot[region] = slot_of(subject, region, slots)
    return i64(into.slot[region])


@inlined
def select(group: I32, first: int, region: int, hot: Hot, selected: I32) -> int:
    """Those of some posts, from one on, that are from a region; how many."""
    count = 0
    for post in group[first:]:
        if hot[post]["region"] == region:
            selected[count] = post
            count += 1
    return count


@jit
def tally(
    sign: int, found: I32, subject: int, hot: Hot, slots: Slots, by: Parameters, into: Room, creators: I64
) -> None:
    """Count creators under one subject in the world and in each region they are from, or take them out.
    `found`: their posts, sorted by creator, all that each has of the subject.
    """
    last_day, floors, covers, cuts = by
    windows, balance, most, selected, met, _, _ = into
    start, world = 0, slot_of(subject, 0, slots)
    while start < len(found) and world != NO_RECORD:
        end = creator_end(found, start, hot)
        group, start = found[start:end], end
        if hot[group[0]]["creator"] < 0:
            continue
        measure(group, hot, last_day, floors, windows, balance, most)
        record = creators[world]
        add_creator(sign, group, hot, 0, last_day, floors, covers, cuts, windows, balance, most, record)
        met[PLACES] += 1
        for i in range(len(group)):
            region = i64(hot[group[i]]["region"])
            if region == 0 or met[region] == met[PLACES]:
                continue
            met[region] = met[PLACES]
            slot = region_slot(subject, region, slots, into)
            if slot == NO_RECORD:
                continue
            here = selected[: select(group, i, region, hot, selected)]
            if len(here) < len(group):
                measure(here, hot, last_day, floors, windows, balance, most)
            record = creators[slot]
            add_creator(
                sign, here, hot, region, last_day, floors, covers, cuts, windows, balance, most, record
            )


@jit
def tally_lists(
    subjects: I64,
    starts: I64,
    ends: I64,
    listed: I32,
    hot: Hot,
    slots: Slots,
    by: Parameters,
    into: Room,
    creators: I64,
) -> None:
    """Count creators under many subjects; the posts of subject i are `listed[starts[i]:ends[i]]`."""
    for i in range(len(subjects)):
        tally(1, listed[starts[i] : ends[i]], subjects[i], hot, slots, by, into, creators)
