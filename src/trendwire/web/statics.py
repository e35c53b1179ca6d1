"""Files of the pages: styles, scripts, vendored libraries, read from the package and kept in memory.

An address holds a hash over all files, so that browsers may keep what they have for ever and a new release is
fetched anew, scripts that import each other too. `/static/<hash>/css/site.css`.
"""

import mimetypes
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from trendwire.web.variants import Variants

ROOT = "/static"

FOLDER = Path(__file__).with_name("static")

_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_NO_MARK = b""
"""A file has no place for a request id."""


class Statics:
    """The files of one folder. For one thread."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._kept: dict[str, Variants] = {}

    @cached_property
    def version(self) -> str:
        """Over the names and bytes of all files."""
        digest = blake2b(digest_size=6)
        for name in self.names:
            digest.update(name.encode() + b"\0" + (self._folder / name).read_bytes())
        return digest.hexdigest()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Paths below the folder, ascending."""
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return tuple(sorted(path.relative_to(self._folder).as_posix() for path in files))

    def address(self, name: str) -> str:
        """Where a file is served. Raises KeyError for one that is not there: a template is wrong."""
        if name not in self.names:
            raise KeyError(name)
        return f"{ROOT}/{self.version}/{name}"

    async def __call__(self, request: Request) -> Response:
        """A file, whatever hash its address names; only the right one may be kept for ever."""
        version, _, name = request.path_params["rest"].partition("/")
        if name not in self.names:
            return PlainTextResponse("no such file\n", 404)
        variants = self._kept.get(name)
        if variants is None:
            variants = self._kept[name] = Variants((self._folder / name).read_bytes(), _NO_MARK)
        headers = {"vary": "accept-encoding"}
        if version == self.version:
            headers["cache-control"] = _FOR_EVER
        encoding = variants.choice(request.headers.get("accept-encoding", ""))
        if encoding != "identity":
            headers["content-encoding"] = encoding
        return Response(b"".join(variants.encoded(encoding, b"")), 200, headers, _type_of(name))


def _type_of(name: str) -> str:
    return _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
