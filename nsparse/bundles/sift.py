"""A cheap look at a text: may there be a socket table in it?

Most files of a bundle are none, and logs are large. So the beginnings of lines are compared with
the words that lines of tables begin with, which costs about a nanosecond a byte; a line that begins
with one is looked at more closely.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from nsparse.bundles.words import begins, words

if TYPE_CHECKING:
    import numpy as np

LONG = 256 << 10
"""Bytes from which on a text is rather a log, in which colons stand everywhere."""
TRIED_AT_MOST = 500
"""Lines of a block that are looked at closely. Where a table stands, one of them is in it."""
LONGEST = 400
"""Bytes of a line that are looked at."""
MANY = 8
"""Where one line in so many may begin a table, the pattern alone is quicker."""
ENDS = bytes.maketrans(b"\r", b"\n")
COLONS = bytes.maketrans(b"\r:", b"\n\n")
"""In a short text a row may stand behind a colon: the name of a file or a program is before it."""
_BARS = re.compile("[|\u2502]")


def promising(data: bytes) -> bool:
    """Whether a text may hold a socket table.

    >>> promising(b"tcp  0  0 192.0.2.1:22  0.0.0.0:*  LISTEN"), promising(b"tcp connected")
    (True, False)
    """
    return Sift().look(data) if len(data) >= LONG else _short(data)


def _short(data: bytes) -> bool:
    """The same of a text in which a colon may stand before a row."""
    plain = b"\n" + _plain(data)
    return _closely(plain, plain.translate(COLONS))


class Sift:
    """The same for a text that comes in blocks; a short one is a single block.

    Attributes:
        hopeful: Whether the blocks so far may hold a table.
    """

    def __init__(self) -> None:
        self.hopeful = False
        self._end = b""
        self._quick = True

    def look(self, block: bytes) -> bool:
        """Look at the next block, and say what `hopeful` is now."""
        if not self.hopeful:
            first = not self._end and len(block) < LONG
            self.hopeful = _short(block) if first else self._long(_plain(block))
        return self.hopeful

    def _long(self, plain: bytes) -> bool:
        """A block of a long text: the line that goes on in it is put together first."""
        lines = plain.translate(ENDS) if b"\r" in plain else plain
        stop = lines.find(b"\n", 0, LONGEST) + 1 or LONGEST
        begun = self._end or b"\n"
        edge = begun + plain[:stop]
        few = _few(lines) if self._quick else None
        self._quick = few is not None
        last = lines.rfind(b"\n")
        self._end = (plain[last : last + LONGEST] if last >= 0 else begun + plain)[:LONGEST]
        return _closely(edge, edge.translate(ENDS)) or _closely(plain, lines, few)


def _closely(plain: bytes, lines: bytes, few: Iterable[int] | None = None) -> bool:
    """Look closely at lines that begin with a word of tables, of those few or of all."""
    if few is None:
        found = _beginning().finditer(lines)
    else:
        found = filter(None, (_beginning().match(lines, at) for at in few))
    return any(_begins(plain, match.end()) for match in islice(found, TRIED_AT_MOST))


def _few(lines: bytes) -> Iterable[int] | None:
    """Where lines may begin with a word of tables, by their first two bytes; None for many.

    Most logs begin each line with a date: to look up pairs takes half the time of the pattern.
    """
    import numpy as np

    data = np.frombuffer(lines, np.uint8)
    ends = np.flatnonzero(data[:-2] == ord("\n"))
    pairs = np.ndarray(max(len(lines) - 1, 0), "<u2", lines, strides=(1,))[ends + 1]
    found: np.ndarray = ends[_pairs()[pairs]]
    return found.tolist() if len(found) * MANY < len(ends) else None


@cache
def _pairs() -> np.ndarray:
    """Of each pair of bytes, whether a line that begins with it may begin with a word of tables."""
    import numpy as np

    table = np.zeros((256, 256), bool)  # by the second byte, then by the first
    for first in range(256):
        table[:, first] = not chr(first).isalpha() or first >= 128
    for word in words():
        table[ord(word[1]), ord(word[0])] = True
    table[:, ord("\n")] = False
    return table.reshape(-1)


def _plain(data: bytes) -> bytes:
    """UTF-16 of ASCII is ASCII and a NUL for each character; JSON has line ends of its own."""
    plain = data.replace(b"\0", b"") if b"\0" in data[:4096] else data
    return plain.replace(rb"\n", b"\n").replace(rb"\t", b"\t") if b"\\" in plain else plain


@cache
def _beginning() -> re.Pattern[bytes]:
    """A line's first word, if lines of tables begin so; numbers and signs may stand before it.

    The pattern begins with one character, which Python looks for ten times as fast as for several.
    """
    first = "".join(sorted({word[0] for word in words()}))
    word = rf"(?=[{first}]){_either(words())}[^ \t\n]*+[ \t|]"
    return re.compile(rf"\n[^A-Za-z\n]*+(?={word})".encode())


def _either(known: Iterable[str]) -> str:
    """One of some words, as a pattern that reads each letter once."""
    lots: dict[str, list[str]] = {}
    for word in known:
        lots.setdefault(word[:1], []).append(word[1:])
    if "" in lots:
        return ""  # where a word ends, it does not matter how longer ones go on
    return f"(?:{'|'.join(re.escape(letter) + _either(rest) for letter, rest in lots.items())})"


def _begins(data: bytes, at: int) -> bool:
    line = data[at : at + LONGEST].partition(b"\n")[0].partition(b"\r")[0]
    return begins(_BARS.sub(" ", line.decode("utf-8", "replace")).strip(" \t"))
