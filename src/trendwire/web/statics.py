"""Files of the pages: styles, scripts, vendored libraries, read from the package.

An address holds a hash over all files, so that browsers may keep what they have for ever and a new release is
fetched anew, scripts that import each other too. `/static/<hash>/css/site.css`.
"""

import mimetypes
from collections.abc import Mapping
from functools import cached_property, partial
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from trendwire.web.page_cache import PageCache, Rendered
from trendwire.web.page_limits import Page

ROOT = "/static"

FOLDER = Path(__file__).with_name("static")

_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
}


class Statics:
    """The files of one folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

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

    def page(self, cache: PageCache) -> Page:
        """The page of all addresses of files: a file, whatever hash its address names."""

        async def file(request: Request) -> Response:
            version, _, name = request.path_params["rest"].partition("/")
            known, current = name if name in self.names else "", version == self.version
            return await cache.answer(request, (ROOT, known, current), partial(self._file, known, current))

        return file

    def _file(self, name: str, current: bool) -> Rendered:
        """Only under the right hash may it be kept for ever."""
        if not name:
            return Rendered(b"no such file\n", "text/plain; charset=utf-8", HTTPStatus.NOT_FOUND)
        return self.bytes_of(name, {"cache-control": _FOR_EVER} if current else {})

    def bytes_of(self, name: str, headers: Mapping[str, str]) -> Rendered:
        """One of the files."""
        return Rendered((self._folder / name).read_bytes(), _type_of(name), headers=headers)


def _type_of(name: str) -> str:
    return _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
