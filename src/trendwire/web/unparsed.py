"""Bytes that a connection received and that wait for the parser, given out in parts of one request each."""

_BLANK_LINE = b"\r\n\r\n"
"""Ends a head, and a chunked body with its trailers: the parser knows no other end of them."""


class Unparsed:
    """`body_left`: how many bytes of a body of declared length are still to come, set by who parses."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._before = b""  # the last three bytes that were given out
        self.body_left = 0

    def __len__(self) -> int:
        return len(self._bytes)

    def add(self, data: bytes) -> None:
        self._bytes += data

    def clear(self) -> None:
        self._bytes.clear()

    def drop_empty_lines(self) -> None:
        """Those before a request, which say nothing."""
        if self._bytes.startswith((b"\r", b"\n")):
            self._bytes = self._bytes.lstrip(b"\r\n")

    def take(self) -> bytes:
        """As much as belongs to one request for certain: at least a byte, if there is one."""
        end = self.body_left or self._end_of_lines()
        part = bytes(self._bytes[:end])
        del self._bytes[:end]
        self.body_left = max(0, self.body_left - len(part))
        self._before = (self._before + part[-3:])[-3:]
        return part

    def _end_of_lines(self) -> int:
        """Behind the first blank line, which may have begun in an earlier part; without one, all."""
        across = (self._before + self._bytes[:3]).find(_BLANK_LINE)
        if across >= 0:
            return across + len(_BLANK_LINE) - len(self._before)
        found = self._bytes.find(_BLANK_LINE)
        return len(self._bytes) if found < 0 else found + len(_BLANK_LINE)
