"""The parts that a connector asks for one after the other in a run, and where a broken run goes on.

A cursor is `{"begun": day, "todo": [part, ...], "page": number}`: the parts still to ask for, and how many
pages were asked before in this run. A run that broke off goes on the same day with what was left; on another
day all parts are asked for again. In both cases the part that broke it comes last, so that one part that
cannot be had does not keep the others waiting.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Round = Mapping[str, Any]


def begin(parts: Sequence[str], at: datetime, last: Round | None) -> dict[str, Any]:
    """The cursor of a run over `parts` that starts at `at`; `last` is where the run before was left."""
    today = at.date().isoformat()
    todo = list(parts)
    if last is not None:
        broken, *todo = last["todo"]
        if last["begun"] != today:
            todo = [part for part in todo if part in parts]
            todo += [part for part in parts if part not in (broken, *todo)]
            broken = broken if broken in parts else None
        todo += [broken] if broken else []
    return {"begun": today, "todo": todo, "page": 0}


def after(cursor: Round, more: Sequence[str] = ()) -> dict[str, Any] | None:
    """The cursor behind the first part, with what that part makes necessary; None where nothing is left."""
    todo = [*more, *cursor["todo"][1:]]
    return {"begun": cursor["begun"], "todo": todo, "page": cursor["page"] + 1} if todo else None
