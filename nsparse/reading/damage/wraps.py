"""Wrapped lines: a line is read with those below that are its rest, before it is read alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nsparse.reading.damage.folds import Fold
from nsparse.reading.damage.readings import Long, odd, says_more
from nsparse.reading.damage.segments import Around, Segments, without
from nsparse.reading.damage.sense import Sense, Way
from nsparse.reading.tables import noise
from nsparse.reading.tables.floor import Floor
from nsparse.reading.texts.text import BLANKS

TERMINAL = 80
"""Terminals are at least so wide and wrap in the middle of a word; mailers before, at a blank."""

SCREENS = (TERMINAL, 100, 120, 132)
"""Where nothing else tells, a row that fills one of these widths may have been cut there: those of
terminals since the VT100, and of windows that people open."""

SENSE = 2
"""Of what makes a line likely, so much tells how its parts are joined: that somebody reads it, and
how many cells are odd. How many cells may be any words does not."""

_QUOTED = re.compile(r"(?:> ?)+")


class Whole(NamedTuple):
    """Lines that are one.

    Attributes:
        lines: How many.
        text: What they say.
        doubt: Whether the line below may be its rest too, though nobody can read it so.
    """

    lines: int
    text: str
    doubt: bool


class Wraps:
    """Finds the rest of a line in those below it."""

    def __init__(
        self, lines: Sequence[str | None], floor: Floor, bare: Callable[[str], str]
    ) -> None:
        """Prepare to look.

        Args:
            lines: The lines of the text.
            floor: Who reads them.
            bare: A line without what stands around all of them.
        """
        self.lines, self.floor, self.bare = lines, floor, bare
        self.sense = Sense(floor)
        self.segments = Segments(lines, self.sense, bare)

    def whole(self, number: int) -> Whole | None:
        """The longest line that a line is with those below, or None where it can only be alone."""
        first = self.lines[number - 1] or ""
        marks = _marks(first)
        whole = self._whole(number, first, marks)
        return (marks and self._past(number, whole or Whole(1, first, doubt=False), marks)) or whole

    def ends(self, number: int) -> bool:
        """Whether a line surely is no more than it says, for a row begins below it."""
        first, below = (raw or "" for raw in self.lines[number - 1 : number + 1])
        return not _marks(first) and self._is_above_row(below)

    def _past(self, number: int, whole: Whole, marks: str) -> Whole | None:
        """A quoted text that was wrapped once more: the ends of its lines have no marks."""
        at = number + whole.lines - 1
        below = (self.lines[at] if at < len(self.lines) else None) or ""
        text = whole.text.removeprefix(marks)
        if not below.strip(BLANKS) or _marks(below) or self.segments.begins(below, text):
            return None
        old = self.sense.reads(text)
        for gap in (" ", ""):
            longer = text + gap + below.strip(BLANKS)
            new = self.sense.reads(longer)
            if new is not None and odd(new) <= odd(old) and says_more(old, new):
                return Whole(whole.lines + 1, marks + longer, doubt=False)
        return None

    def _whole(self, number: int, first: str, marks: str) -> Whole | None:
        """The same, as far as the lines below have the same marks."""
        inner = without(first, marks)
        below = without(self.lines[number], marks) if number < len(self.lines) else ""
        if not (below.strip(BLANKS) and inner) or self._is_above_row(below):
            return None
        if not self._may_go_on(self.bare(inner)) or self.segments.begins(self.bare(below), inner):
            return None
        if not self._goes_on(inner):
            return Whole(1, first, doubt=False)
        around = self.segments.around(number, marks)
        if not around.fold.width and self._owned(inner, self.bare(below)):
            return None
        segment = self.segments.of(number, around.front)
        if len(segment) < 2:
            return None
        if not first.endswith(segment[0]):
            return Whole(1, first, doubt=True)
        among = self.sense.opens(self.segments.line(number + len(segment), around.front))
        best = self._best(segment, around.fold, among=among)
        unsettled = best.reading is None
        doubt = best.doubt and (unsettled or _may_be_cut(segment, around, among=among))
        front = first[: len(first) - len(segment[0])]
        return Whole(best.lines, front + best.text, doubt)

    def _best(self, segment: Sequence[str], fold: Fold, *, among: bool) -> Long:
        """The longest line that a segment begins with; in doubt, its first line."""
        readings = [
            self.sense.longest(segment, Way(way, sure=way is fold, among=among))
            for way in _ways(fold, segment)
        ]
        if not fold.proved and readings[0].is_row:
            other = self.sense.longest(segment, Way(fold.other, sure=True, among=among))
            readings.append(other._replace(doubt=False))
        best = max(readings, key=lambda one: (one.lines > 1, one.rank))
        ranks = len(best.rank) if fold.proved else SENSE
        others = [
            one
            for one in readings
            if one is not best
            and (one.doubt or (one.rank[:ranks] == best.rank[:ranks] and one.says != best.says))
        ]
        if best.lines > 1 and others and best.matters:
            return Long(1, segment[0], None, doubt=True)
        return best._replace(doubt=any(one.doubt for one in readings))

    def _is_above_row(self, below: str) -> bool:
        """Whether the line below is a row like those above, as most are: that is told sooner."""
        return self.floor.begins(self.bare(below).strip(BLANKS))

    def _may_go_on(self, text: str) -> bool:
        """Whether a line may be the first part of a row, of what follows one, or of a heading."""
        inner = text.strip(BLANKS)
        if self.sense.opens(inner) or (self.floor.table is not None and text != inner):
            return True
        if self.floor.near and noise.begins_with_end(inner):
            return True
        return not noise.holds_data(inner) and not any(map(str.isdecimal, inner.split()))

    def _goes_on(self, text: str) -> bool:
        """Whether what a line and more lines say may be a line of a table."""
        inner = text.strip(BLANKS)
        detail = self.floor.table is not None and text != inner
        return detail or self.bare(text) != text or self.floor.looks.of(inner).goes_on

    def _owned(self, text: str, below: str) -> bool:
        """Whether a line is a row, and the one below names its owner: nothing is left to join.

        So it is where two lines are the halves of a row that is printed on two.
        """
        above, below = text.strip(BLANKS), below.strip(BLANKS)
        return any(
            (
                below.startswith("[")
                and voice.match("owner", below)
                and voice.reads(above, headed=True)
            )
            or (voice.match("first", above) and voice.match("second", below))
            for voice in self.floor.near
        )


def _marks(raw: str) -> str:
    """The marks of quoting before a line."""
    quoted = _QUOTED.match(raw)
    return quoted[0] if quoted else ""


def _may_be_cut(segment: Sequence[str], around: Around, *, among: bool) -> bool:
    """Whether the first line of a segment may end where something broke it.

    Where nothing shows how lines were broken, none is longer, and either a row follows what stands
    below it, so that this is no text behind a table, or it is as long as a screen is wide.
    """
    if around.fold.width:
        return True
    last = Fold(around.longest).broke(*segment[:2])
    return last and (among or len(segment[0]) in SCREENS)


def _ways(fold: Fold, segment: Sequence[str]) -> list[Fold]:
    """How lines may have been broken: as those around, else in both ways."""
    if fold.width:
        return [fold]
    width = len(segment[0])
    cut, parted = Fold(width, cuts=True), Fold(width)
    return [cut, parted] if width >= TERMINAL else [parted, cut]
