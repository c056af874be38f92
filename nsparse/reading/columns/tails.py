"""Words at the ends of rows that are read as lines are that continue rows.

A row ends in a *tail* where the grammar lets all its further words be one cell of many words, each
of which says something by itself (`timer:(on,204ms,0) uid:48 ino:1234`). Where tails begin is seen
in some rows. That it is so is proved for each: the words before must lead to where such a cell
begins, whatever stands behind them, and the grammar must read all the rest as that cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from nsparse.reading.columns.cohorts import MARK
from nsparse.reading.columns.details import Details
from nsparse.reading.columns.lines import NEWLINE
from nsparse.reading.columns.part import Part, copied, part_of, some_of
from nsparse.reading.columns.plan import Place, Plan
from nsparse.reading.columns.words import Ints, edges, holds_at
from nsparse.reading.grammar.grammar import Match, field_name

SEEN = 32
"""So many rows show where tails begin."""

NEVER = re.compile("(?!)")
"""No row begins within a row."""


class Beginning(NamedTuple):
    """Where tails begin.

    Attributes:
        words: How many words are before.
        state: The state behind these.
    """

    words: int
    state: int


class Cut(NamedTuple):
    """Rows, some without their tails.

    Attributes:
        marked: The rows; in those that are cut `MARK` is the last word.
        rows: The same without it.
        which: The rows that are cut.
        tails: What was cut off.
    """

    marked: Part
    rows: Part
    which: Ints
    tails: Part


@dataclass
class Tails:
    """The tails of one kind of row.

    Attributes:
        plan: How such rows are read word by word.
        says: The columns that a row says something in.
    """

    plan: Plan
    says: Callable[[str], Collection[str]]
    _details: dict[int, Details | None] = field(default_factory=dict)

    def details(self, state: int) -> Details | None:
        """How tails are read that begin in a state; None where none can."""
        if state not in self._details:
            known = Details(lambda text: self._read(state, text), self.plan.cells, NEVER, self.says)
            self._details[state] = known if self._may_begin(state) else None
        return self._details[state]

    @property
    def known(self) -> list[Details]:
        """How tails are read, by each state in which one may begin."""
        return [details for details in self._details.values() if details]

    def cut(self, part: Part) -> Cut | None:
        """Rows without their tails; None where none seems to have one."""
        beginnings = self._beginnings(part)
        if not beginnings:
            return None
        starts, _ = edges(part.text, len(part))
        behind = np.searchsorted(starts, part.ends)
        first = np.append(0, behind[:-1])
        tails = np.zeros(len(part), np.int64)
        for words, state in sorted(beginnings):
            which = np.flatnonzero((first + words < behind) & (tails == 0))
            begin = starts[first[which] + words]
            other = np.zeros(len(which), np.bool_)
            for lead in self._others(state):
                other |= holds_at(part.text, begin, lead)
            tails[which[~other]] = begin[~other]
        return _cut(part, tails)

    def _beginnings(self, part: Part) -> set[Beginning]:
        """Where the tails of some rows begin."""
        some = np.unique(np.linspace(0, len(part) - 1, SEEN).astype(np.int64))
        lines = part.text.lines(part.starts[some], part.ends[some])
        found = (self._beginning(line.split()) for line in lines)
        return {one for one in found if one is not None}

    def _beginning(self, words: list[str]) -> Beginning | None:
        """Where the tail of a row begins."""
        place, final = self.plan.start, False
        for at, word in enumerate(words):
            details = self.details(place.state) if final else None
            if details and not any(map(word.startswith, self._others(place.state))):
                said = details.shape(" ".join(words[at:])).said
                return Beginning(at, place.state) if said else None
            step = self.plan.step(place, word, last=False)
            if step is None or step.behind is None:
                return None
            place, final = step.behind, step.final
        return None

    def _others(self, state: int) -> list[str]:
        """What words begin with that are no tail."""
        names = [name for name, _ in self.plan.automaton[state].edges]
        others = [name for name in names if not self.plan.is_tail(field_name(name))]
        return [begin for name in others if (begin := self.plan.terminals[name].begin)]

    def _may_begin(self, state: int) -> bool:
        """Whether a tail may begin in a state, and nothing tells its numbers from others there."""
        terminals = self.plan.terminals
        reached = set(self._reached(state))
        names = {name for one in reached for name, _ in self.plan.automaton[one].edges}
        return any(
            target is not None and self.plan.is_tail(field_name(name))
            for name, target in self.plan.automaton[state].edges
        ) and all(terminals[name].stretches for name in names)

    def _reached(self, state: int) -> Iterator[int]:
        """The states that lines may come to from one on."""
        waiting, seen = [state], {state}
        while waiting:
            yield (here := waiting.pop())
            targets = {to for _, to in self.plan.automaton[here].edges if to is not None} - seen
            seen |= targets
            waiting += targets

    def _read(self, state: int, text: str) -> Match | None:
        """The one field that the rest of a line is from a state on."""
        step = self.plan.step(Place(state), text, last=True)
        return Match((step.field,), (text,)) if step and step.field and step.final else None


def _cut(part: Part, tails: Ints) -> Cut | None:
    """Rows without their tails, given where these begin, or 0."""
    which = np.flatnonzero(tails)
    if not len(which):
        return None
    raw = part.text.raw
    # Of a tail its first byte stays, and becomes the mark; the second, or the end, ends the line.
    behind = np.where(tails > 0, tails + 2, part.ends + 1)
    held, places = copied(raw, part.starts, behind)
    data = bytearray(held)
    chars = np.frombuffer(data, np.uint8)
    chars[places[1:] - 1] = NEWLINE
    chars[places[1:][which] - 2] = MARK
    marked = part_of(data, places)
    ends = marked.ends.copy()
    ends[which] -= 1
    rows = replace(marked, ends=ends)
    return Cut(marked, rows, which, some_of(raw, tails[which], part.ends[which] + 1))
