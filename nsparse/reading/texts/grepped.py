"""What `grep -n` and `grep -H` printed and something wrapped: a mark stands where a line begins.

Where no line was wrapped nothing is done here: then each is mended by itself
(`nsparse.reading.texts.mend`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nsparse.reading.damage.readings import begins_as_rows_do
from nsparse.reading.tables.noise import holds_data

LONGEST = 250
"""No path in front of a line is longer."""

LEAST = 2
"""So many lines at least must have such a mark."""

PARTS = 4
"""Rows of more parts are not what people grep for and send."""

LOOK = 4096
"""A dump that was grepped shows it in its first line; so many bytes hold that."""

_MARK = re.compile(r"[:-](?=[ \t]*[A-Za-z])")
_NUMBER = re.compile(r"[0-9]+[:-]$")
_SEPARATOR = "--"
"""What `grep -C` puts between lines that are apart."""


def may_be(data: bytes) -> bool:
    """Whether bytes begin with a line that grep may have printed."""
    head = data[:LOOK].decode("latin-1").strip().split("\n", 1)[0]
    return _front(head) is not None


def shows(text: str) -> bool:
    """Whether grep printed a text, and something wrapped it."""
    head = text[:LOOK].strip().split("\n", 1)[0]
    return _front(head) is not None and _marks(re.split("\r\n|\r|\n", text)) is not None


def undone(lines: Sequence[str]) -> Iterator[str]:
    """The lines with blanks for their marks: as wide as they were when they were wrapped."""
    marks = _marks(lines)
    assert marks is not None  # `shows` has seen them
    for line in lines:
        end = _end(marks, line)
        yield " " * end + line[end:]


def _front(line: str) -> str | None:
    """What grep put before a row: a name or a number, and not the two signs of "`- ESTAB" in ss."""
    if begins_as_rows_do(line[:LONGEST]):
        return None
    fronts = (line[: mark.end()] for mark in _MARK.finditer(line, 0, LONGEST))
    named = (front for front in fronts if any(map(str.isalnum, front)))
    return next((front for front in named if begins_as_rows_do(_behind(front, line))), None)


def _behind(front: str, line: str) -> str:
    return line[len(front) : len(front) + LONGEST]


def _marks(lines: Sequence[str]) -> re.Pattern[str] | None:
    """What grep puts before the lines of a text that was wrapped; None where it did not."""
    fronts = [front for line in lines if (front := _front(line)) is not None]
    if len(fronts) < LEAST:
        return None
    files = sorted({_NUMBER.sub("", front) for front in fronts}, key=len, reverse=True)
    numbered = r"[0-9]+[:-]" if all(_NUMBER.search(front) for front in fronts) else ""
    names = "|".join(re.escape(file) for file in files)
    marks = re.compile(rf"(?:{names}){numbered}")
    texts = [line for line in lines if line.strip() and line.strip() != _SEPARATOR]
    begun = sum(_end(marks, line) > 0 for line in texts)
    return marks if begun < len(texts) <= PARTS * begun else None


def _end(marks: re.Pattern[str], line: str) -> int:
    """Where the mark of a line ends; 0 where it has none: `2001:` may begin the rest of one."""
    mark = marks.match(line)
    rest = line[mark.end() :] if mark else ""
    return mark.end() if mark and (begins_as_rows_do(rest) or not holds_data(rest)) else 0
