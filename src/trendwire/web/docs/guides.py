"""The guides: Markdown files of the repository's `docs` folder, which a wheel carries beside this module.

A guide is named by its place, `how-to/deploy`. Comments in the files are for their makers and are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = "/docs/guides"

FOLDERS = {
    "tutorial": "Tutorial",
    "how-to": "How-to guides",
    "reference": "Reference",
    "explanation": "Explanation",
}
"""Folders of `docs` that are served, in the order shown, with their names."""

TOLD_ELSEWHERE = frozenset({"reference/endpoints"})
"""Made from the catalog, as the endpoints' own pages are: not searched, and not told twice."""

_PACKED = Path(__file__).with_name("guides")
_CHECKOUT = Path(__file__).resolve().parents[4] / "docs"

_INDEX = "index"
_FENCE = re.compile(r"^(```|~~~)")
_COMMENT = re.compile(r"^<!--.*-->$")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")
_FOREIGN = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide and its text. `folder` and `name` are its place below the root of all guides."""

    folder: str
    name: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.place}"

    @property
    def title(self) -> str:
        """The text of its first heading."""
        heading = next((line for line in self.text.splitlines() if line.startswith("# ")), self.name)
        return heading.removeprefix("# ").strip()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link of a guide leads. Without a `path`, `text` names a file that is not served."""

    path: str | None
    text: str = ""


class Guides:
    """The guides of one folder; read at first use, once."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or (_PACKED if _PACKED.is_dir() else _CHECKOUT)

    @cached_property
    def by_place(self) -> dict[str, Guide]:
        """All guides, folder by folder, in the order in which each folder's index names them."""
        return {guide.place: guide for folder in FOLDERS for guide in self._of(folder)}

    def within(self, folder: str) -> list[Guide]:
        """The guides of a folder, without its index."""
        return [one for one in self.by_place.values() if one.folder == folder and one.name != _INDEX]

    def blurb(self, guide: Guide) -> str:
        """What its folder's index says of a guide."""
        index = self.by_place.get(f"{guide.folder}/{_INDEX}")
        named = f"]({guide.name}.md):"
        lines = index.text.splitlines() if index else []
        return next((line.partition(named)[2].strip() for line in lines if named in line), "")

    def target(self, guide: Guide, href: str) -> Target | None:
        """Where a relative link of a guide leads; None for one that is not relative."""
        if _FOREIGN.match(href):
            return None
        file, _, fragment = href.partition("#")
        place = _joined(guide.folder, file)
        known = self.by_place.get(place.removesuffix(".md"))
        if known is None:
            return Target(None, place.removeprefix("../"))
        return Target(known.path + (f"#{fragment}" if fragment else ""))

    def markdown(self, guide: Guide) -> str:
        """A guide's text as it is served: its links lead to other guides' texts, or are words."""

        def rewritten(match: re.Match[str]) -> str:
            target = self.target(guide, match[2])
            if target is None:
                return match[0]
            if target.path is None:
                return f"{match[1]} (`{target.text}` in the source tree)"
            path, mark, fragment = target.path.partition("#")
            return f"[{match[1]}]({path}.md{mark}{fragment})"

        return "".join(line if fenced else _LINK.sub(rewritten, line) for line, fenced in _lines(guide.text))

    def _of(self, folder: str) -> Iterator[Guide]:
        files = {path.stem: path for path in sorted((self._folder / folder).glob("*.md"))}
        guides = {
            name: Guide(folder, name, _without_comments(path.read_text())) for name, path in files.items()
        }
        index = guides[_INDEX].text if _INDEX in guides else ""
        named = [PurePosixPath(match[2]).stem for match in _LINK.finditer(index) if "/" not in match[2]]
        return (guides[name] for name in dict.fromkeys([*named, *guides]) if name in guides)


def _joined(folder: str, file: str) -> str:
    """A path from the root of all guides, `..` resolved as far as it goes."""
    parts: list[str] = []
    for part in (*folder.split("/"), *file.split("/")):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line with its end, and whether it belongs to a block of code."""
    inside = False
    for line in text.splitlines(keepends=True):
        mark = bool(_FENCE.match(line))
        yield line, inside or mark
        inside ^= mark


def _without_comments(text: str) -> str:
    return "".join(line for line, fenced in _lines(text) if fenced or not _COMMENT.match(line.strip()))
