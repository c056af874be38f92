"""A cheap look at a text: may there be a socket table in it?

Most files of a bundle are none, and logs are large. So words are looked for, which costs a
nanosecond a byte, and only where one stands whether it begins a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

QUEUE, RARE = b"Recv-Q", b"Q"
HEADINGS = (QUEUE, b"Local Address")
"""Words of headings that hardly any other text has. Where there is no Q, a tenth of the time tells
that the first is not there either."""
ROWS = (b"tcp", b"udp", b"TCP", b"UDP", b"ESTAB", b"LISTEN", b"UNCONN", b"-WAIT", b"unix", b"dgram")
"""In each row of a table stands one of them."""
_ROW = re.compile(
    rb"(?:tcp|udp)[46]{0,2}[ \t]+[0-9]+(?:[ \t]+[0-9]+[ \t]|/[0-9]+/)"
    rb"|(?:TCP|UDP)[ \t]+[^ \t\r\n]{2,60}:[0-9]{1,5}[ \t]+[^ \t\r\n]{1,60}:[0-9*]"
    rb"|(?:ESTAB|LISTEN|UNCONN|-WAIT(?:-[12])?)[ \t]+[0-9]+[ \t]+[0-9]"
    rb"|unix[ \t]+[0-9]+[ \t]+\["
    rb"|dgram[ \t]+[0-9a-f]+[ \t]+[0-9a-f]+[ \t]"
)
LONG = 256 << 10
"""Bytes from which on a text is rather a log: a table in it has a heading, or is long as well."""
BEGINNING, STEP, WINDOW = 64 << 10, 32 << 10, 2 << 10
"""Of a long text without a heading the beginning is looked at, then 2 KiB of every 32."""
TRIED_AT_MOST = 1000
"""So many places of one word are tried. Where a table stands, one of them is in it."""
NEAR = 4 << 10
"""Rows follow their heading within so many bytes."""


def promising(data: bytes) -> bool:
    """Whether a text may hold a socket table.

    >>> promising(b"tcp  0  0 192.0.2.1:22  0.0.0.0:*  LISTEN"), promising(b"tcp connected")
    (True, False)
    """
    if len(data) <= LONG:
        plain = _plain(data)
        return any(word in plain for word in HEADINGS) or _has_row(plain)
    return Sift().look(data)


class Sift:
    """The same for a long text, which may come in blocks.

    Attributes:
        hopeful: Whether the blocks so far may hold a table.
    """

    def __init__(self) -> None:
        self.hopeful = False
        self._end = b""
        self._left = dict.fromkeys(HEADINGS, TRIED_AT_MOST)

    def look(self, block: bytes) -> bool:
        """Look at the next block, and say what `hopeful` is now."""
        if not self.hopeful:
            plain = _plain(block)
            beginning = b"" if self._end else plain[:BEGINNING]
            looked_at = self._headed(self._end + plain), _has_row(beginning + _windows(plain))
            self.hopeful = any(looked_at)
            self._end = plain[-NEAR:]
        return self.hopeful

    def _headed(self, data: bytes) -> bool:
        """Whether a heading has rows; one near the end is looked at again in the next block."""
        for word in HEADINGS if RARE in data else HEADINGS[1:]:
            for at in _places(data, word, self._left[word]):
                self._left[word] -= 1
                if _has_row(data[at : at + NEAR]):
                    return True
        return False


def _plain(data: bytes) -> bytes:
    """UTF-16 of ASCII is ASCII and a NUL for each character."""
    return data.replace(b"\0", b"") if b"\0" in data[:4096] else data


def _has_row(data: bytes) -> bool:
    here = [word for word in ROWS if word in data]
    return any(_ROW.match(data, at) for word in here for at in _places(data, word, TRIED_AT_MOST))


def _places(data: bytes, word: bytes, most: int) -> Iterator[int]:
    """Where a word stands, the first times."""
    at = data.find(word)
    while at >= 0 and most > 0:
        yield at
        most -= 1
        at = data.find(word, at + 1)


def _windows(data: bytes) -> bytes:
    return b"\n".join(data[at : at + WINDOW] for at in range(0, len(data), STEP))
