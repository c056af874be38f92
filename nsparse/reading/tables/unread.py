"""Lines that are no rows and should have been: there may be as many of them as a text has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, overload

from nsparse.reading.texts.text import BLANKS

if TYPE_CHECKING:
    from nsparse.reading.tables.table import Voice


class Unread(NamedTuple):
    """A line that is no row and should have been one.

    Attributes:
        line: Its number.
        voice: Who can explain it.
        text: What was read of it, without what stands around.
        missing: What it lacks, where that is known without its grammar.
    """

    line: int
    voice: Voice | None
    text: str
    missing: str = ""


@dataclass
class Unreads(Sequence[Unread]):
    """Such lines, in the order in which they were refused.

    Attributes:
        texts: The lines of the text.
        lines: The number of each.
        voices: Who can explain each.
    """

    texts: Sequence[str | None] = ()
    lines: list[int] = field(default_factory=list)
    voices: list[Voice | None] = field(default_factory=list)
    _said: dict[int, Unread] = field(default_factory=dict)

    def append(self, one: Unread) -> None:
        """One more."""
        self._said[len(self.lines)] = one
        self.lines.append(one.line)
        self.voices.append(one.voice)

    def extend(self, first: int, voices: Sequence[Voice | None]) -> None:
        """Lines from one on, which were read as they stand."""
        self.lines.extend(range(first, first + len(voices)))
        self.voices.extend(voices)

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, at: int) -> Unread: ...
    @overload
    def __getitem__(self, at: slice) -> list[Unread]: ...
    def __getitem__(self, at: int | slice) -> Unread | list[Unread]:
        if isinstance(at, slice):
            return [self._one(number) for number in range(*at.indices(len(self)))]
        return self._one(range(len(self))[at])

    def _one(self, at: int) -> Unread:
        if at in self._said:
            return self._said[at]
        line = self.lines[at]
        return Unread(line, self.voices[at], (self.texts[line - 1] or "").strip(BLANKS))

    def __iter__(self) -> Iterator[Unread]:
        return map(self._one, range(len(self)))
