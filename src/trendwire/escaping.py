"""How texts from outside are written where they could do harm: terminals, spreadsheets, logs.

Names, tags and messages come from files and from the network. A terminal obeys the control characters in
them, a spreadsheet runs what looks like a formula, and a percent-encoded key is still a key.
"""

import re
import unicodedata
from urllib.parse import unquote

# C0 and C1 controls; lone surrogates, which cannot be encoded; what breaks a line, and what turns the
# direction of all that follows, so that a line shows something else than it holds.
_UNSAFE = r"\x00-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_IN_LINE = re.compile(f"[{_UNSAFE}]")
_IN_LINES = re.compile(f"(?!\n)[{_UNSAFE}]")

_FORMULA = "=+-@"
_INVISIBLE = "ZC"
"""First letters of the Unicode categories of blanks, controls and formats."""

_NESTED = re.compile("%(?:25)+")
_MOST_LEVELS = 16


def terminal(text: str) -> str:
    """One line of text that a terminal only shows: control characters, and bytes of names that are not UTF-8,
    are written as `\\x1b`. Joiners stay: words and emoji are written with them.
    """
    return _IN_LINE.sub(_written, text)


def terminal_lines(text: str) -> str:
    """The same for a text of several lines, which stay lines."""
    return _IN_LINES.sub(_written, text)


def terminal_json(document: str) -> str:
    """The same JSON document, with the characters escaped that JSON allows and a terminal obeys."""
    return _IN_LINES.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def _written(found: re.Match[str]) -> str:
    character = found[0]
    if "\udc80" <= character <= "\udcff":  # how Python holds a byte of a name that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def csv_cell(text: str) -> str:
    """A text as a cell of CSV: control characters as blanks, and `'` before what a spreadsheet would run.

    Spreadsheets pass over blanks and invisible characters before a formula, and some take the wide signs of
    East Asia for the narrow ones; NFKC makes those the same.
    """
    shown = _IN_LINE.sub(" ", text)
    seen = (c for c in unicodedata.normalize("NFKC", shown) if unicodedata.category(c)[0] not in _INVISIBLE)
    return f"'{shown}" if next(seen, "") in tuple(_FORMULA) else shown


def percent_decoded(text: str) -> str | None:
    """`text` without any percent-encoding, however often it was applied; None past 16 levels."""
    for _ in range(_MOST_LEVELS):
        plain = unquote(_NESTED.sub("%", text))
        if plain == text:
            return plain
        text = plain
    return None
