"""Markdown's bold around a whole table: `**` before its first line and behind its last cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nsparse.later import later
from nsparse.reading.texts.text import BLANKS
from nsparse.reading.texts.unbroken import is_row

LOOK = 1 << 16
"""A text shows it in so many characters."""

_MARKS = ("**", "__")
_OPENS = later(r"(?m)^[ \t]*(?P<mark>\*\*|__)(?=[^*_ \t\r\n])")


def may_be(data: bytes) -> bool:
    """Whether ASCII bytes may hold such a table."""
    return _may_open(data[:LOOK].decode("latin-1"))


def shows(text: str) -> bool:
    """Whether bold begins in front of a line and ends behind a row below."""
    return _may_open(text[:LOOK]) and next(_tables(text.splitlines()), None) is not None


def undone(lines: Sequence[str]) -> Iterator[str]:
    """The lines without these marks."""
    found = {}
    for first, last, mark in _tables(lines):
        found[first] = lines[first].replace(mark, "", 1)
        found[last] = _before(lines[last], mark)
    return (found.get(at, line) for at, line in enumerate(lines))


def _may_open(text: str) -> bool:
    return any(mark in text for mark in _MARKS) and _OPENS.search(text) is not None


def _tables(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Where bold begins and ends, and its mark; whatever else holds that ends it, too."""
    first, mark = 0, ""
    for at, line in enumerate(lines):
        if mark and mark in line:
            if _is_alone(mark, line) and is_row(_before(line, mark)):
                yield first, at, mark
            mark = ""
        elif opens := _OPENS.match(line):
            alone = _is_alone(opens["mark"], line)
            first, mark = (at, opens["mark"]) if alone else (first, mark)


def _is_alone(mark: str, line: str) -> bool:
    """Whether no other mark in a line may close it, or be closed by it."""
    return line.count(mark) == 1


def _before(line: str, mark: str) -> str:
    """What stands before a mark at the end of a line; nothing where it ends in none."""
    text = line.rstrip(BLANKS)
    return text.removesuffix(mark).rstrip(BLANKS) if text.endswith(mark) else ""
