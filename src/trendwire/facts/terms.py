"""Names and ids that are looked for in stored text of any shape: JSON, JSON within JSON, or neither."""

import re
from collections.abc import Collection
from functools import cached_property

_WORD = re.compile(rb"[\w.\-]+|[^\x00-\x7f]+")
_ESCAPE = re.compile(rb"\\+u([0-9a-fA-F]{4})")


class Terms:
    """`users` in any case, `posts` by id. A term counts where it stands alone, not inside a longer word."""

    def __init__(self, users: Collection[str], posts: Collection[str]) -> None:
        self.users, self.posts = frozenset(users), frozenset(posts)

    def __bool__(self) -> bool:
        return bool(self.users or self.posts)

    def are_in(self, text: bytes) -> bool:
        """Whether any of them is named."""
        lowered = _ESCAPE.sub(_plain, text).lower() if b"\\" in text else text.lower()
        if any(odd in lowered for odd in self._odd):
            return True
        words = set(_WORD.findall(lowered))
        return not (words.isdisjoint(self._words) and self._words.isdisjoint(w.strip(b".-") for w in words))

    @cached_property
    def _all(self) -> frozenset[bytes]:
        return frozenset(term.lower().encode(errors="replace") for term in self.users | self.posts)

    @cached_property
    def _words(self) -> frozenset[bytes]:
        return frozenset(term for term in self._all if _WORD.fullmatch(term) and term.isascii())

    @cached_property
    def _odd(self) -> tuple[bytes, ...]:
        """What is no word of ours is looked for anywhere."""
        return tuple(sorted(self._all - self._words))


def _plain(escape: "re.Match[bytes]") -> bytes:
    """A character for its JSON escape."""
    return chr(int(escape[1], 16)).encode(errors="replace")
