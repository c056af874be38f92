"""A cheap look at a text: may there be a socket table in it?

Most files of a bundle are none, and logs are large. So words are looked for, which costs a
nanosecond a byte, and only where one stands whether it begins a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

HEADINGS = (b"Recv-Q", b"Local Address", b"listen queue sizes")
"""Words of headings that hardly any other text has."""
ROWS = (b"tcp", b"udp", b"TCP", b"UDP", b"ESTAB", b"LISTEN", b"UNCONN", b"-WAIT", b"unix", b"dgram")
"""In each row of a table stands one of them."""
_ROW = re.compile(
    rb"(?:tcp|udp)[46]{0,2}[ \t]+[0-9]+(?:[ \t]+[0-9]+[ \t]|/[0-9]+/)"
    rb"|(?:TCP|UDP)[ \t]+[^ \t\r\n]{2,60}:[0-9]{1,5}[ \t]+[^ \t\r\n]{1,60}:[0-9*]"
    rb"|(?:ESTAB|LISTEN|UNCONN|-WAIT(?:-[12])?)[ \t]+[0-9]+[ \t]+[0-9]"
    rb"|unix[ \t]+[0-9]+[ \t]+\["
    rb"|dgram[ \t]+[0-9a-f]+[ \t]+[0-9a-f]+[ \t]"
)
LONG = 1 << 20
"""Bytes from which on a text is rather a log: a table in it has a heading, or is long as well."""
BEGINNING, STEP, WINDOW = 256 << 10, 32 << 10, 4 << 10
"""Of a long text without a heading the beginning is looked at, then 4 KiB of every 32."""
TRIED_AT_MOST = 1000
"""So many places of one word are tried. Where a table stands, one of them is in it."""
NEAR = 4 << 10
"""Rows follow their heading within so many bytes."""


def promising(data: bytes) -> bool:
    """Whether a text may hold a socket table.

    >>> promising(b"tcp  0  0 192.0.2.1:22  0.0.0.0:*  LISTEN"), promising(b"tcp connected")
    (True, False)
    """
    if b"\0" in data[:4096]:
        data = data.replace(b"\0", b"")
    if len(data) <= LONG:
        return any(word in data for word in HEADINGS) or _has_row(data)
    headed = any(_has_row(data[at : at + NEAR]) for word in HEADINGS for at in _places(data, word))
    return headed or any(map(_has_row, _windows(data)))


def _has_row(data: bytes) -> bool:
    here = [word for word in ROWS if word in data]
    return any(_ROW.match(data, at) for word in here for at in _places(data, word))


def _places(data: bytes, word: bytes) -> Iterator[int]:
    """Where a word stands, the first times."""
    at = data.find(word)
    for _ in range(TRIED_AT_MOST):
        if at < 0:
            return
        yield at
        at = data.find(word, at + 1)


def _windows(data: bytes) -> Iterator[bytes]:
    yield data[:BEGINNING]
    for at in range(BEGINNING, len(data), STEP):
        yield data[at : at + WINDOW]
