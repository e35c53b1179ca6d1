"""A push: posts that are sent as one body under a key, taken whole or not at all.

Its rows are written aside as they come. Only at its end is it made known, in an order that a crash at any
step leaves to be finished by the same push coming again:

    facts/pushes/<batch>.json       what was counted, for the body that came first under the key
    facts/quarantine/<batch>.ndjson the refused rows
    facts/inbox/<batch>             the others; then the push is noted as stored
"""

from collections import Counter
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path

import msgspec

from trendwire.errors import BadFile, Conflict
from trendwire.facts.checksums import is_sound, sealed, sealed_line
from trendwire.facts.durable import Aside, sweep, write_whole
from trendwire.facts.inbox import PUSHES, Inbox
from trendwire.facts.quarantine import Refused, quarantine_file
from trendwire.sources.base import RawBatch
from trendwire.sources.formats import starts_document
from trendwire.sources.parsing import Job, parse
from trendwire.sources.records import MAX_ROW_BYTES
from trendwire.sources.unpacking import TooLarge, Unpacking

ORIGIN = "push"
FOLDER = PUSHES

MOST_REASONS = 50
"""Texts of reasons that are counted one by one; the rest is counted as `OTHER_REASONS`."""

OTHER_REASONS = "(others)"

_BOM = b"\xef\xbb\xbf"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a push. `rows` = `accepted` + `quarantined`; `reasons`: why, and how often each.

    `repeated`: it was stored before, nothing is stored now.
    """

    batch: str
    rows: int
    accepted: int
    quarantined: int
    reasons: dict[str, int]
    repeated: bool = False


class _Known(msgspec.Struct, frozen=True):
    """A push as it is remembered. `digest`: over the unpacked body; `stored`: whether its rows are."""

    digest: str
    receipt: Receipt
    stored: bool = False


class Push:
    """Takes one body piece by piece, for one thread at a time; `close` it in any case.

    `key`: names the push. `packing`: its Content-Encoding. `at`: Unix seconds. `most`: unpacked bytes.
    What it raises leaves nothing behind: InvalidInput for the packing, BadFile for a body that is no NDJSON,
    TooLarge past a limit.
    """

    def __init__(self, home: Path, key: str, packing: str, at: int, most: int) -> None:
        self._unpacking = Unpacking(packing, most)
        self._at, self._name = at, f"push {key}"
        with ExitStack() as stack:
            self._batch = stack.enter_context(Inbox(home).open(self._name))
            self.batch = self._batch.batch
            self._refused = stack.enter_context(Aside(quarantine_file(home, self.batch)))
            self._stack = stack.pop_all()
        self._note = home / "facts" / FOLDER / f"{self.batch}.json"
        self._known = _read(self._note)
        self._digest = blake2b(digest_size=16)
        self._rest = b""
        self._lines = 0
        self.rows = self._quarantined = 0
        self._reasons: Counter[str] = Counter()

    @property
    def received(self) -> int:
        """Bytes so far, as they came."""
        return self._unpacking.packed

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        for piece in self._unpacking.feed(data):
            self._digest.update(piece)
            if not self._is_repeated:
                self._take(piece)

    def end(self) -> Receipt:
        """Store what came, durably; what was counted. Conflict where the key is that of another body."""
        self._unpacking.end()
        if not self._is_repeated:
            self._parse([self._rest])
            if not self.rows:
                raise BadFile("the body holds no posts")
        first = self._known or self._claimed()
        if first.digest != self._digest.hexdigest():
            raise Conflict("this Idempotency-Key was used before, for a body with other content")
        if first.stored:
            return msgspec.structs.replace(first.receipt, repeated=True)
        self._store()
        write_whole(self._note, sealed(_encode(msgspec.structs.replace(first, stored=True))))
        return first.receipt

    def close(self) -> None:
        """Remove what was not stored."""
        self._stack.close()

    @property
    def _is_repeated(self) -> bool:
        return self._known is not None and self._known.stored

    def _take(self, piece: bytes) -> None:
        *whole, self._rest = (self._rest + piece).split(b"\n")
        if whole:
            self._parse(whole)
        if len(self._rest) > MAX_ROW_BYTES:
            self._refuse_length(self._lines + 1)

    def _parse(self, lines: list[bytes]) -> None:
        if not self._lines:
            lines[0] = lines[0].removeprefix(_BOM)
        numbered: list[tuple[int, bytes]] = []
        for number, line in enumerate(lines, self._lines + 1):
            if len(line) > MAX_ROW_BYTES:
                self._refuse_length(number)
            if line and not line.isspace():
                numbered.append((number, line))
        self._lines += len(lines)
        if not numbered:
            return
        if not self.rows:
            _check_first(*numbered[0])
        parsed = parse(Job(self._name, ORIGIN, self._at, RawBatch([*numbered])))
        self.rows += parsed.rows
        self._batch.write(parsed.lines)
        for refused in parsed.refused:
            self._put_aside(refused)

    def _put_aside(self, refused: Refused) -> None:
        self._quarantined += 1
        self._refused.write(sealed_line(_encode(refused)))
        counted = refused.reason in self._reasons or len(self._reasons) < MOST_REASONS
        self._reasons[refused.reason if counted else OTHER_REASONS] += 1

    def _refuse_length(self, number: int) -> None:
        raise TooLarge(f"line {number} is longer than {MAX_ROW_BYTES:,} bytes")

    def _claimed(self) -> _Known:
        """This push under its key, or the one that came first."""
        own = _Known(
            self._digest.hexdigest(),
            Receipt(
                batch=self.batch,
                rows=self.rows,
                accepted=self.rows - self._quarantined,
                quarantined=self._quarantined,
                reasons=dict(self._reasons.most_common()),
            ),
        )
        with Aside(self._note) as note:
            note.write(sealed(_encode(own)))
            is_first = note.place_first()
        return own if is_first else _read(self._note) or own

    def _store(self) -> None:
        if self._quarantined:
            self._refused.place()
        if self.rows > self._quarantined:
            self._batch.keep()


def remove_notes(home: Path, before: float) -> int:
    """Forget the pushes that came before that time (Unix seconds); how many."""
    folder, gone = home / "facts" / FOLDER, 0
    sweep(folder)
    for path in folder.glob("*.json"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(_Known)


def _read(note: Path) -> _Known | None:
    try:
        data = note.read_bytes()
        return _decoder.decode(data) if is_sound(data) else None
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None  # one that cannot be read knows nothing: its rows are known by their keys all the same


def _check_first(number: int, line: bytes) -> None:
    """What is no NDJSON at all shows in its first line."""
    start = line.lstrip()
    if not start.startswith(b"{") or starts_document(line):
        raise BadFile(f"the body is not NDJSON: line {number} is no JSON object; send one post a line")
