"""Text in columns of a terminal: wrapping, hanging indents, labelled blocks.

Everything that comes in may have been written by whoever named a process, so each text goes
through `harmless` before it is measured.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from nsparse.errors import harmless


class Whole(str):
    """A text that must not be broken: a command is pasted as it stands."""

    __slots__ = ()


class _Wrapper(textwrap.TextWrapper):
    """Breaks lists of numbers behind a comma, such as `dump.txt:3-7,9`, if no line is as long."""

    def _split(self, text: str) -> list[str]:
        room = self.width - len(self.subsequent_indent)
        chunks = super()._split(text)
        return [part for c in chunks for part in (_LIST.split(c) if len(c) > room else [c])]


_LIST = re.compile(r"(?<=\d,)(?=\d)")
_TABLE = re.compile(r"\S {2,}\S")
_TIED = re.compile(r"(?<=\d) (?=\d{3}(?!\d)|%)")
_TIE = "\x00"


def wrap(text: str, width: int, indent: str = "", hang: str | None = None) -> list[str]:
    """Break a text into lines; numbers such as `216 610` and `50 %` stay whole.

    >>> wrap("5 connections hold 61 004 bytes", 23, "  ")
    ['  5 connections hold', '  61 004 bytes']
    """
    tied = _TIED.sub(_TIE, harmless(" ".join(text.split("\n"))))
    wrapper = _Wrapper(
        max(width, len(indent) + 20),
        initial_indent=indent,
        subsequent_indent=indent if hang is None else hang,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_TIE, " ") for line in wrapper.wrap(tied)]


def block(
    label: str,
    texts: Iterable[str],
    width: int,
    *,
    indent: int = 2,
    gap: int = 11,
    tables: bool = False,
) -> list[str]:
    """A label and beside it its texts, each wrapped.

    Args:
        label: What stands on the left.
        texts: What stands on the right, a line or more each.
        width: Columns to write in.
        indent: Blanks before the label.
        gap: Columns from the label to the texts.
        tables: Whether a text with gaps in it is the line of a small table, and stays as it is;
            too wide to stand beside the label, the table stands below it.

    >>> block("cause", ["it has read the end of the stream"], 36)
    ['  cause      it has read the end of', '               the stream']
    """
    told = list(texts)
    rows = [len(harmless(text)) for text in told if tables and _TABLE.search(text)]
    beside = indent + gap
    margin = " " * min(beside, max(indent, width - max(rows, default=0)))
    lines: list[str] = []
    for text in told:
        if isinstance(text, Whole) or (tables and _TABLE.search(text)):
            lines.append(margin + harmless(text))
        else:
            lines.extend(wrap(text, width, margin, margin + "  "))
    head = f"{' ' * indent}{label:<{gap}}"
    if lines and len(margin) < beside:
        return [head.rstrip(), *lines]
    if lines:
        lines[0] = f"{head}{lines[0][beside:]}".rstrip()
    return lines


def spread(parts: Iterable[str], last: str, width: int, *, right: bool = True) -> list[str]:
    """Parts of a heading, two blanks apart, none broken.

    Args:
        parts: All but the last one.
        last: What stands at the end, on a line of its own where there is no room.
        width: Columns to write in.
        right: Whether the last one stands at the right edge.

    >>> spread(["warning", "fd-pressure", "web1"], "confidence low", 50)
    ['warning  fd-pressure  web1          confidence low']
    """
    words = [harmless(part) for part in parts if part]
    hang = " " * (len(words[0]) + 2)
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 2 + len(word) <= width or not lines[-1].strip():
            lines[-1] += "  " + word
        else:
            lines.append(hang + word)
    room = width - len(lines[-1]) - len(last)
    if room >= 2:
        lines[-1] += " " * (room if right else 2) + last
    else:
        lines.append(hang + last)
    return lines


def table(rows: Iterable[tuple[str, ...]], *, indent: int = 2) -> Iterator[str]:
    """Rows of cells, each column as wide as its widest cell, the last one free.

    >>> list(table([("few", "5"), ("share", "0.5")]))
    ['  few    5', '  share  0.5']
    """
    cells = [tuple(harmless(cell) for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield (" " * indent + line).rstrip()
