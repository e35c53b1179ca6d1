"""Pages kept ready, with their compressed forms and ETags: most requests for a page render nothing.

A page is a function of its address (canonical: what does not change it is not part of the key), of the
address of the server where that is shown, and of the catalog of editions or of the program alone.
Keeping is bounded in bytes; the page used longest ago goes first. What needs a session is never kept.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from trendwire.web.variants import IDENTITY, LEAST_BYTES, PREFERRED, Variants, negotiated
from trendwire.web.workers import Worker

MOST_BYTES = 64_000_000
"""Some 1,500 charts of 100 rows with their compressed forms; a flood of addresses gets no more memory."""

_OVERHEAD = 1_000
"""Bytes that a page takes beside its bodies and its address, about."""
_BYTES_A_LETTER = 4

_COMPRESSED = {"application/vnd.apache.parquet", "image/x-icon"}
"""Media types that no encoding makes smaller."""

MOST_RENDERING, MOST_READING, MOST_EXPORTING = 128, 64, 16
"""Pages of each kind that are being made or wait for it, by one thread each: a second of work or so.

More threads would make no more pages: they share the interpreter with calls of the API. `reading` is for
details, which may have to be computed from posts, `exporting` for what starts a process.
"""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page as bytes, whoever asks for it. `headers`: beside those that every page has."""

    body: bytes
    media_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A page ready to be sent: the headers of every reply with it, and its body in each encoding."""

    status: int
    media_type: str
    headers: Mapping[str, str]
    bodies: Mapping[str, bytes]
    size: int


class PageCache:
    """The kept pages of a server, and the threads that make those that are not kept. For one event loop."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.rendering = Worker("pages", MOST_RENDERING)
        self.reading = Worker("details", MOST_READING)
        self.exporting = Worker("exports", MOST_EXPORTING)
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[Hashable, Hashable], _Kept] = OrderedDict()
        self._stamp: Hashable = None
        self.kept_bytes = 0

    async def answer(
        self,
        request: Request,
        key: Hashable,
        make: Callable[[], Rendered],
        stamp: Hashable = None,
        worker: Worker | None = None,
    ) -> Response:
        """The page of a key, `make`d in a thread if it is not kept; 304 where the caller has it.

        `stamp`: what the page depends on beside its key (of the catalog of editions); a new one drops all
        pages of the one before. Raises NotReady where too many pages are being made.
        """
        self._follow(stamp)
        whole_key = (stamp, key)
        kept = self._kept.get(whole_key)
        if kept is None:
            address = _BYTES_A_LETTER * len(str(request.url))
            kept = await (worker or self.rendering).once(whole_key, lambda: _kept(make(), address))
            self._keep(whole_key, kept)
        else:
            self._kept.move_to_end(whole_key)
        return _reply(request, kept)

    def close(self) -> None:
        """Let what is being made end."""
        for one in (self.rendering, self.reading, self.exporting):
            one.close()

    def _follow(self, stamp: Hashable) -> None:
        if stamp is None or stamp == self._stamp:
            return
        self._stamp = stamp
        for key in [one for one in self._kept if one[0] not in (None, stamp)]:
            self.kept_bytes -= self._kept.pop(key).size

    def _keep(self, key: tuple[Hashable, Hashable], kept: _Kept) -> None:
        if key in self._kept or key[0] not in (None, self._stamp) or kept.status >= 500:
            return
        self._kept[key] = kept
        self.kept_bytes += kept.size
        while self.kept_bytes > self._most_bytes:
            self.kept_bytes -= self._kept.popitem(last=False)[1].size


def _kept(page: Rendered, address: int) -> _Kept:
    """`address`: bytes that the page's key takes."""
    bodies = {IDENTITY: page.body}
    if len(page.body) >= LEAST_BYTES and page.media_type not in _COMPRESSED:
        variants = Variants(page.body, b"")
        bodies |= {encoding: b"".join(variants.encoded(encoding, b"")) for encoding in PREFERRED}
    told = {"vary": "accept-encoding"}
    if page.status == HTTPStatus.OK:
        tag = f'W/"{blake2b(page.body, digest_size=8).hexdigest()}"'
        told |= {"etag": tag, "cache-control": "private, no-cache"}
    size = sum(map(len, bodies.values())) + address + _OVERHEAD
    return _Kept(page.status, page.media_type, told | dict(page.headers), bodies, size)


def _reply(request: Request, kept: _Kept) -> Response:
    tag = kept.headers.get("etag", "").removeprefix("W/")
    if tag and tag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept.headers)
    encoding = negotiated(request.headers.get("accept-encoding", ""), tuple(kept.bodies)[1:])
    headers = dict(kept.headers) if encoding == IDENTITY else {**kept.headers, "content-encoding": encoding}
    return Response(kept.bodies[encoding], kept.status, headers, kept.media_type)
