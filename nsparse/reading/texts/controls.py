r"""What steers a terminal and stands in every line, taken out: escape sequences, bells, padding.

A character that is lost may leave a control character in its place, and what stood there is not to
be guessed. But what nearly every line holds, the heading as well, a tool has put there: taken out,
it leaves the line as it was printed. Escape sequences in some lines only are undone where these are
no lines of a table as they stand (`nsparse.reading.texts.mend`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nsparse.later import later
from nsparse.reading.texts.text import BLANKS

LOOK, WIDEST = 200, 1000
"""So many lines at the start of a text show it, and so many characters of each."""

SHARE = 0.9
"""So many of them: a prompt, or what `script` writes above and below, may be without."""

LEAST = 2
"""Fewer lines show nothing."""

ESCAPE = (
    # ECMA-48: colours, erasing, modes that do not print; not what moves the cursor, as in place of
    # blanks. Titles of windows. Character sets (`tput sgr0`), the keypad.
    r"\x1b(?:\[[0-9;:?]*[mKJhl]|\][^\x07\x1b\r\n]*(?:\x07|\x1b\\)|[()][0-9AB]|[=>])"
)
"""A sequence that shows nothing."""

# Tabs, line ends, pages and backspaces have their meaning; an escape is not taken out alone.
_CONTROL = r"[\x00-\x07\x0b\x0e-\x1a\x1c-\x1f\x7f]"
_ANY = later(f"{ESCAPE}|{_CONTROL}")
_ESCAPE = later(ESCAPE)
_DIGIT = later("[0-9]")


class Steering(NamedTuple):
    """What steers a terminal in nearly every line of a text.

    Attributes:
        name: The damage, as `nsparse.reading.texts.mend.SAID` knows it; empty where there is none.
        pattern: An expression for each such thing.
    """

    name: str = ""
    pattern: str = ""

    def off(self, lines: Iterable[str]) -> list[str]:
        """Lines without it."""
        sub = re.compile(self.pattern).sub
        return [sub("", line).rstrip(BLANKS) for line in lines]

    def off_bytes(self, data: bytes) -> bytes:
        """Bytes of ASCII without it."""
        return re.sub(self.pattern.encode(), b"", data)


def steering(lines: Sequence[str]) -> Steering:
    r"""What is to be taken out of every line of a text.

    >>> steering(["\x1b[1mState Recv-Q\x1b[m", "\x1b[32mESTAB 0\x1b[m"]).off(["\x1b[Kudp"])
    ['udp']
    """
    near = [line[:WIDEST] for line in lines[:LOOK] if line]
    text = "".join(near)
    if text.isprintable() or not _ANY.search(text):
        return Steering()
    chars = sorted(set(re.findall(_CONTROL, _ESCAPE.sub("", text))))
    ways = [way for way in (ESCAPE, *chars) if _is_everywhere(way, near)]
    if not ways:
        return Steering()
    return Steering("coloured" if ways == [ESCAPE] else "steered", "|".join(ways))


def _is_everywhere(way: str, lines: Sequence[str]) -> bool:
    """Whether nearly all lines hold one, one without digits among them: that is no row."""
    rest = [re.sub(way, "", line) for line in lines if re.search(way, line)]
    enough = len(rest) >= max(LEAST, SHARE * len(lines))
    return enough and not all(map(_DIGIT.search, rest))
