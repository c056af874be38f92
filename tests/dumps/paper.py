"""What a dump goes through between the tool and us: line ends, encodings, indentation, editors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

Row = Mapping[str, object]
"""What the common frame must hold of one socket; a column that is left out must be NA."""

CUT_ENDS = frozenset({"local_addr", "local_name", "remote_addr", "remote_name"})
"""What is left of an end that was cut is kept as text, no address and no name."""

_GAP = re.compile(r"(?<=[^ \t]) {2,}(?=[^ \t])")


@dataclass(frozen=True)
class Line:
    """One printed line.

    Attributes:
        text: As printed, with its trailing blanks.
        row: What it says, where it is a socket's first line.
        fixed: Whether the width of its gaps says something, so that no editor may change them.
    """

    text: str
    row: Row | None = None
    fixed: bool = False


@dataclass(frozen=True)
class Paper:
    """How a dump is kept.

    Attributes:
        end: What ends a line.
        last: Whether the last line has its end.
        indent: What stands before every line.
        strip: Whether trailing blanks are gone.
        gap: What stands for two and more blanks within a row, None for themselves.
        encoding: Of the file.
    """

    end: str = "\n"
    last: bool = True
    indent: str = ""
    strip: bool = False
    gap: str | None = None
    encoding: str = "utf-8"

    def file(self, lines: Sequence[Line]) -> bytes:
        """The bytes of a file with these lines."""
        texts = [self._text(line) for line in lines]
        last = self.end if self.last or not texts[-1].strip() else ""
        return (self.end.join(texts) + last).encode(self.encoding)

    def _text(self, line: Line) -> str:
        text = line.text.rstrip(" \t") if self.strip else line.text
        if line.row is not None and self.gap is not None and not line.fixed:
            text = _GAP.sub(self.gap, text)
        return self.indent + text if text else text


def papers(end: str = "\n") -> st.SearchStrategy[Paper]:
    """Any way to keep a dump of a tool that ends its lines so."""
    return st.builds(
        Paper,
        end=st.just(end) | st.sampled_from(("\n", "\r\n", "\r\r\n", "\r")),
        last=st.booleans(),
        indent=st.sampled_from(("", "    ", "\t", " ")),
        strip=st.booleans(),
        gap=st.sampled_from((None, "\t", " ", "   ")),
        encoding=st.sampled_from(("utf-8", "utf-8-sig", "utf-16")),
    )


def row(**values: object) -> Row:
    """What the frame must hold, without the columns that are NA."""
    return {name: value for name, value in values.items() if value is not None}


def repeated(lines: Sequence[Line], runs: int, *, told: bool) -> list[Line]:
    """A command that prints the same again and again; a heading tells the moments apart."""
    return [
        line if line.row is None else replace(line, row={**line.row, "snapshot": run * told})
        for run in range(runs)
        for line in lines
    ]
