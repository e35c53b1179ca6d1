"""Cuts API keys out of texts before they are logged, stored or shown.

A key is found however often it was percent-encoded, also where it is cut short, and a whole one also where it
is cut into pieces: over several parameters or path segments, or by characters that no key holds.
"""

import re
from collections.abc import Iterator

from trendwire.accounts.credential import BODY_LENGTH, CHECKSUM_LENGTH, is_well_formed
from trendwire.escaping import percent_decoded

REDACTED = "sk_[redacted]"

_ANY_KEY = re.compile(r"sk_[a-z]{1,16}_[0-9A-Za-z]+", re.IGNORECASE)
_WHOLE_KEY = re.compile(f"(?=(sk_(?:live|test)_[0-9A-Za-z]{{{BODY_LENGTH + CHECKSUM_LENGTH}}}))")
_WORDS = re.compile(r"([0-9A-Za-z_]+)")
_VALUES = re.compile(r"(?:^|[?&;])[^=?&;]*=|([0-9A-Za-z_]+)")
"""The words of a text; the same without the names of parameters."""


def redacted(text: str) -> str:
    """`text` without what looks like a key; percent-decoded if it held one, else unchanged."""
    plain = percent_decoded(text)
    if plain is None:  # encoded deeper than anybody does by accident: not searched, so not shown
        return REDACTED
    clean = _ANY_KEY.sub(REDACTED, _without_pieces(plain))
    return text if clean == plain else clean


def _without_pieces(text: str) -> str:
    spans = sorted({span for words in (_WORDS, _VALUES) for span in _in_pieces(text, words)}, reverse=True)
    for start, end in spans:
        text = text[:start] + REDACTED + text[end:]
    return text


def _in_pieces(text: str, words: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """From the first to the last character of each key that the words make up when put together."""
    places = [place for word in words.finditer(text) if word[1] for place in range(*word.span(1))]
    joined = "".join(text[place] for place in places)
    for found in _WHOLE_KEY.finditer(joined):
        if is_well_formed(found[1]):
            yield places[found.start(1)], places[found.end(1) - 1] + 1
