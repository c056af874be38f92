"""Where the lines of a text were broken: at one width in the middle of words, or between words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

from nsparse.reading.texts.text import BLANKS

NARROWEST = 60
"""No terminal and no mail that tables are sent in is narrower."""

OFTEN = 3
"""So many lines of one length that go on below were broken by a rule, and not by accident."""

SHOWN = 0.25
"""So large a share of the lines that go on must show it: at others the tool printed blanks."""

VOTERS = 40
"""So many rows show whether words were cut: all of them were broken by the same rule."""

INDENTS = tuple(BLANKS)

Segment = Sequence[str]
"""A line that begins something, and those below it that may be its rest."""

_GAP = re.compile("(?<=[^ ]) +(?=[^ ])")
"""What stands between words: a line that was cut there looks shorter by as much at most."""


@dataclass(frozen=True)
class Fold:
    """How lines were broken.

    Attributes:
        width: The longest line that goes on below; 0 where no rule can be seen.
        cuts: Whether words were cut: then every line that goes on is that wide, blanks at its end
            included, which nobody keeps.
        proved: Whether the other rule cannot have made all of these lines.
    """

    width: int = 0
    cuts: bool = False
    proved: bool = True

    @property
    def other(self) -> Fold:
        """The other rule, at the same width."""
        return replace(self, cuts=not self.cuts)

    def broke(self, above: str, below: str) -> bool:
        """Whether this is how the first of two lines ended."""
        if self.cuts:
            return bool({self.width, self.width - 1} & _widths(above))
        fitted = len(above) + 1 + _first_word(below) <= self.width
        return bool(self.width) and not fitted and not below.startswith(INDENTS)

    def may_have_broken(self, above: str, below: str) -> bool:
        """The same, or it cut blanks: those at the end of a line nobody keeps."""
        return self.broke(above, below) or (self.cuts and below.startswith(INDENTS))

    def join(self, segment: Segment) -> str:
        """All lines of a segment as one."""
        text = segment[0]
        for above, below in pairwise(segment):
            gap = "" if self.cuts and self.width in _widths(above) else " "
            text += gap + (below if self.cuts else below.lstrip())
        return text


def fold_of(segments: Sequence[Segment], sense: Callable[[str], float]) -> Fold:
    """How the lines of some segments were broken.

    Args:
        segments: The lines from one beginning to the next; those of one line tell nothing.
        sense: How much sense a text makes.
    """
    (cut, sure), parted = _cut(segments), _parted(segments)
    if not parted.width:
        return cut if sure else Fold()
    long = [segment for segment in segments if len(segment) > 1][:VOTERS]
    long += [segment[:2] for segment in long if len(segment) > 2]
    made = [(sense(cut.join(segment)), sense(parted.join(segment))) for segment in long]
    votes = sum((one > other) - (one < other) for one, other in made)
    if votes == 0:
        return _by_form(segments, cut if sure else replace(cut, proved=False), parted, sense)
    return cut if votes > 0 else parted


def _by_form(
    segments: Sequence[Segment], cut: Fold, parted: Fold, sense: Callable[[str], float]
) -> Fold:
    """How lines were broken that make as much sense in both ways: what only one of them makes.

    What is parted begins with no blank; what was cut is shorter than others by blanks alone.
    """
    breaks = [pair for segment in segments for pair in pairwise(segment)]
    full = sum(cut.broke(*pair) for pair in breaks)
    if any(_only_cut(segment, cut, sense) for segment in segments[:VOTERS]):
        return replace(cut, proved=full > 1)  # one line alone may have ended in a blank
    if not cut.proved and full == len(breaks):
        return Fold()
    indented = sum(below.startswith(INDENTS) for _, below in breaks)
    if cut.proved and 2 * (full + indented) > len(breaks):
        return cut
    gaps = [gap for pair in breaks for line in pair for gap in _GAP.findall(line)]
    least = cut.width - max(map(len, gaps), default=0)
    shorter = any(len(pair[0]) < least and parted.broke(*pair) for pair in breaks)
    return replace(parted, proved=shorter)


def _only_cut(segment: Segment, cut: Fold, sense: Callable[[str], float]) -> bool:
    """Whether what stands below a line that says nothing alone begins with a blank."""
    if len(segment) == 1 or not segment[1].startswith(INDENTS):
        return False
    return sense(segment[0]) == -inf < sense(cut.join(segment))


def _cut(segments: Sequence[Segment]) -> tuple[Fold, bool]:
    """The width at which words were cut, if they were, and whether enough lines show it.

    Programs that cut lines count a tab as one character, or as the columns it takes.
    """
    above = [line for segment in segments for line in segment[:-1]]
    ways = [[len(line) for line in above], [len(line.expandtabs()) for line in above]]
    full, width = max((_full(widths), max(widths, default=0)) for widths in ways)
    return Fold(width, cuts=True), full >= OFTEN and width >= NARROWEST


def _full(widths: Sequence[int]) -> int:
    """How many lines are as wide as the widest, but for a blank at their end."""
    widest = max(widths, default=0)
    return sum(width >= widest - 1 for width in widths)


def _parted(segments: Sequence[Segment]) -> Fold:
    """The width before which lines were broken between words, if they were.

    A line was broken where the next word had no room any more. A word that is too long for a line
    stands alone on one.
    """
    breaks = [pair for segment in segments for pair in pairwise(segment)]
    width = max((len(above) for above, _ in breaks if " " in above.strip()), default=0)
    fold = Fold(width)
    right = sum(fold.broke(*pair) for pair in breaks)
    enough = right >= OFTEN and right >= SHOWN * len(breaks)
    return fold if width >= NARROWEST and enough else Fold()


def _widths(line: str) -> set[int]:
    """How wide a line is: with a tab as one character, and as the columns it takes."""
    return {len(line), len(line.expandtabs())} if "\t" in line else {len(line)}


def _first_word(line: str) -> int:
    return len(line.split(None, 1)[0]) if line.strip() else 0
