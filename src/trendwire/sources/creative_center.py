"""Connector `creative-center-export`: charts and posts from JSON files that were saved of Creative Center.

Account: none; the files are yours. It reads what is in a folder, never the network: the service that gave
these replies was retired in June 2026. Files whose names differ in their last number only are the pages of
one list, and read together.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from trendwire.domain.charts import WORLD
from trendwire.errors import SourceError
from trendwire.escaping import terminal
from trendwire.facts.recorded import RecordedChart
from trendwire.sources.connector import Cursor, Fetch, Options, Page, Quota
from trendwire.sources.fields import decode_json
from trendwire.sources.hosted import check_regions
from trendwire.sources.saved_replies import Found, Setting, is_whole, read
from trendwire.sources.wire_rows import refusal

MOST_BYTES = 64 << 20
"""Of one file; a saved reply has a thousandth of it."""

_LAST_NUMBER = re.compile(r"\d+(?=\D*$)")


class ExportOptions(Options, frozen=True, kw_only=True):
    """What rows say of themselves counts; the options are for those that do not."""

    folder: Annotated[str, Meta(description="Where the files are, in it and below: `*.json`.")]
    region: Annotated[str, Meta(description="The ISO 3166-1 alpha-2 code, or `ALL`.")] = WORLD
    period: Annotated[Literal[7, 30, 120], Meta(description="Days, where the curve does not show them.")] = 7

    def __post_init__(self) -> None:
        check_regions((self.region,), world=True)


class CreativeCenterExport:
    """A page is a list in one or several files. Every run reads all files; what is known stays once."""

    kind: ClassVar[str] = "creative-center-export"
    address: ClassVar[str] = ""
    options: ClassVar[type[Options]] = ExportOptions
    secrets: ClassVar[tuple[str, ...]] = ()
    quota: ClassVar[Quota] = Quota(per_second=1_000.0)

    def __init__(self, name: str, options: Any, secrets: Mapping[str, str]) -> None:  # noqa: ARG002
        self.name = name
        self.told: ExportOptions = options

    def begin(self, at: datetime, last: Cursor | None) -> Cursor:  # noqa: ARG002
        return {"after": last["after"] if last else "", "page": 0}

    def page(self, fetch: Fetch, cursor: Cursor) -> Page:  # noqa: ARG002
        lists = [(name, files) for name, files in self._lists() if name > cursor["after"]]
        if not lists:
            return Page()
        name, files = lists[0]
        found = Found()
        for path in files:
            self._read(path, found)
        following = {"after": name, "page": cursor["page"] + 1} if lists[1:] else None
        return Page(posts=found.posts, charts=self._charts(found), refused=found.refused, cursor=following)

    def _lists(self) -> list[tuple[str, list[Path]]]:
        """The files of each list, by the name that they share."""
        folder = Path(self.told.folder).expanduser()
        if not folder.is_dir():
            raise SourceError(f"{self.name}: the folder of its option `folder` is not there, or is none")
        named = sorted((*_list_and_page(path.relative_to(folder)), path) for path in folder.rglob("*.json"))
        return [
            (name, [path for *_, path in group]) for name, group in groupby(named, key=lambda one: one[0])
        ]

    def _read(self, path: Path, found: Found) -> None:
        """Adds what a file holds; one that is no JSON, not whole or too long is refused, the others go on."""
        shown = terminal(str(path.relative_to(Path(self.told.folder).expanduser())))
        try:
            told = path.stat()
            if told.st_size > MOST_BYTES:
                found.refused.append(refusal(shown, 1, f"the file has more than {MOST_BYTES:,} bytes", ""))
                return
            text = path.read_bytes()
            value = decode_json(text.removeprefix(b"\xef\xbb\xbf"))
        except OSError as error:
            found.refused.append(refusal(shown, 1, f"the file cannot be read: {error.strerror}", ""))
        except ValueError as error:
            reason = f"the file is no whole JSON: {error}"
            found.refused.append(refusal(shown, 1, reason, text.decode(errors="replace")))
        else:
            saved_at = datetime.fromtimestamp(told.st_mtime, UTC)
            read(value, Setting(shown, saved_at, self.told.region, self.told.period), found)

    def _charts(self, found: Found) -> list[RecordedChart]:
        charts = []
        for (key, as_of), by_identity in found.rows.items():
            rows = sorted(by_identity.values(), key=lambda row: row.rank)
            charts.append(
                RecordedChart(
                    source=self.name,
                    connector=self.kind,
                    fetched_at=found.fetched[key, as_of],
                    as_of=as_of,
                    kind=key.kind,
                    period=key.period,
                    region=key.region,
                    complete=is_whole(rows, found.promised.get((key, as_of), 0)),
                    rows=tuple(rows),
                )
            )
        return charts


def _list_and_page(path: Path) -> tuple[str, int]:
    """The name that the pages of a list share, and the number of the page."""
    number = _LAST_NUMBER.search(path.stem)
    if number is None:
        return terminal(str(path)), 0
    shared = path.with_stem(path.stem[: number.start()] + path.stem[number.end() :])
    return terminal(str(shared)), int(number[0])
