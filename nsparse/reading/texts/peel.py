"""Lines that all have the same damage in front: undone for many at a time, to be read by columns.

Line by line, a damaged line is first held against all that it may be as it stands. What stands in
front of it mostly rules that out alone: nothing begins so, whatever follows. Such a line is what
it was before, if that is a row. All others are left to whoever reads line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from nsparse.reading.grammar.outlines import NOWHERE, leads
from nsparse.reading.tables import noise
from nsparse.reading.tables.alike import MASK
from nsparse.reading.texts.mend import AROUND, MENDS, Mend
from nsparse.reading.texts.text import BLANKS

if TYPE_CHECKING:
    from nsparse.reading.columns.runs import Runs
    from nsparse.reading.tables.table import Voice

LEAST = 16
"""So many lines at least must have the same damage."""

PATIENCE = 1024
"""So many lines more than there are with the damage may be without it, before it is given up."""

LONGEST = 1000
"""Longer lines are read by themselves."""

REMEMBERED = 500
"""So many beginnings of lines are looked at; more are no damage that all lines have."""

NOBODYS = "\0"
"""What stands for a line that is to be read by itself."""

_NUMBER = re.compile("[ \t][0-9]")


class Mended(NamedTuple):
    """A line that had some damage: its number, what stands there, what it was, and the damage."""

    number: int
    text: str
    undone: str
    name: str


class Peels:
    """The lines of a text without what each kind of damage put around them.

    Attributes:
        lines: The lines.
        voices: The dialects.
    """

    def __init__(self, lines: Sequence[str | None], voices: Sequence[Voice]) -> None:
        self.lines, self.voices = lines, tuple(voices)
        self._lost: dict[tuple[str, Voice], bool] = {}
        self._known: dict[tuple[int, Voice], Runs] = {}

    def below(self, above: Mended, speaks: Voice) -> Runs | None:
        """Who reads many lines at a time below one, as they were before they had its damage.

        Args:
            above: The line.
            speaks: The dialect whose row it is.
        """
        which = _which(above)
        if which is None:
            return None
        key = which, speaks
        if key not in self._known:
            near = self._peeled(which, speaks, above.number, above.number + LEAST)
            if sum(1 for _ in takewhile(bool, near)) < LEAST:
                return None
            self._known[key] = self._made(which, speaks, above.number)
        return self._known[key]

    def _made(self, which: int, speaks: Voice, first: int) -> Runs:
        """The lines without a damage, from one on, as far as many have it."""
        from nsparse.reading.columns.lines import lines_of_text
        from nsparse.reading.columns.runs import Runs

        found = [""] * first
        missed = 0
        for peeled in self._peeled(which, speaks, first, len(self.lines)):
            missed += not peeled
            if missed > PATIENCE + len(found) - first - missed:
                break
            found.append(peeled or NOBODYS)
        return Runs(lines_of_text(found))

    def _peeled(self, which: int, speaks: Voice, first: int, last: int) -> Iterator[str]:
        """Each line without a damage, its own indentation kept; empty where it may lack that."""
        mend = MENDS[which]
        before = [other for other in MENDS[:which] if other.name == mend.name]
        may_indent = mend.name in AROUND and not before
        deepest = LONGEST
        for raw in self.lines[first:last]:
            inner = (raw or "").lstrip(BLANKS)
            text = inner.rstrip(BLANKS)
            indent = len(raw or "") - len(inner)
            undone = mend.undo(text).rstrip(BLANKS)
            sure = indent <= (deepest if may_indent else 0) and 0 < len(undone) < len(text)
            if sure and self._is_sure(text, undone, before, speaks):
                deepest = min(deepest, indent)
                yield (raw or "")[:indent] + undone
            else:
                yield ""

    def _is_sure(self, text: str, undone: str, before: Sequence[Mend], speaks: Voice) -> bool:
        """Whether a line is no line of a table as it stands, nor after what is tried before."""
        inner = undone.lstrip(BLANKS)
        number = _NUMBER.search(text, max(len(text) - len(inner), 0))
        if number is None or len(text) > LONGEST or _stands_beside(text):
            return False
        if not text.endswith(inner):
            # Something is changed further on as well: how the line begins must tell it.
            return not before and self._is_lost(text[: number.end()], speaks)
        behind = number.end() - len(text)
        less = [one for mend in before if (one := mend.undo(text).rstrip(BLANKS)) != text]
        return all(
            len(one) > len(inner)
            and one[0] not in BLANKS
            and one.endswith(inner)
            and self._is_lost(one[: behind or None], speaks)
            for one in (text, *less)
        ) and not any(map(noise.stands_beside, less))

    def _is_lost(self, head: str, speaks: Voice) -> bool:
        """Whether no line of any kind begins so, whatever its digits and what follows."""
        key = head[0] + head[1:].translate(MASK), speaks
        known = self._lost.get(key)
        if known is None:
            if len(self._lost) >= REMEMBERED:
                return False
            known = self._lost[key] = all(
                place is NOWHERE for place in leads(head, self.voices, speaks)
            )
        return known


def _which(line: Mended) -> int | None:
    """The mend that made a line what it was."""
    named = (at for at, mend in enumerate(MENDS) if mend.name == line.name)
    texts = ((at, MENDS[at].undo(line.text).rstrip(BLANKS)) for at in named)
    return next((at for at, text in texts if text == line.undone), None)


def _stands_beside(text: str) -> bool:
    """Whether a line is noise, or a prompt that is sure to be one."""
    return noise.known(text) is not None or noise.prompt(text, strict=True) is not None
