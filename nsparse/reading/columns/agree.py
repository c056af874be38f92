"""Whether one dialect reads what another has read: proved for a kind of row, not row by row.

Of a row that several dialects read only one says what it holds; the others must merely read it too.
What rows of a kind have in common is enough to tell: words that are taken as they stand are asked
for once, and of all others it is known which terminal took them. Where the other grammar tries the
same expressions in the same order, it takes them by the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nsparse.reading.grammar.grammar import field_name

if TYPE_CHECKING:
    from nsparse.reading.columns.kinds import Kinds, Meanings
    from nsparse.reading.columns.plan import Place, Plan
    from nsparse.reading.columns.words import Bools, Positions


@dataclass
class Agreement:
    """What a dialect reads of the kinds that another has found.

    Attributes:
        plans: How the one reads rows, of whatever kind of its grammar.
        other: How the other has read them.
        kinds: The kinds that it has found.
    """

    plans: Sequence[Plan]
    other: Plan
    kinds: Kinds
    _known: dict[int, bool] = field(default_factory=dict)

    def reads(self, kinds: Positions) -> Bools:
        """Which rows it surely reads, given their kinds."""
        present = np.flatnonzero(np.bincount(kinds))
        table = np.zeros(int(present[-1]) + 1 if len(present) else 1, np.bool_)
        for kind in present.tolist():
            if kind not in self._known:
                words = list(self.kinds.words(kind))
                self._known[kind] = any(self._reads(plan, words) for plan in self.plans)
            table[kind] = self._known[kind]
        return table[kinds]

    def _reads(self, plan: Plan, words: Sequence[tuple[Meanings, int]]) -> bool:
        """Whether a plan reads all rows whose words are of some classes."""
        place: Place | None = plan.start
        final = False
        for meanings, code in words:
            if place is None:
                return False
            place, final = self._behind(plan, place, meanings, code)
        return final

    def _behind(
        self, plan: Plan, place: Place, meanings: Meanings, code: int
    ) -> tuple[Place | None, bool]:
        """Where words of a class lead from a place, and whether a line may end behind them."""
        name, words = meanings.fields[code], meanings.said(code)
        if name:
            return self._by_terminal(plan, place, meanings.place, name)
        step = plan.step(place, words, last=meanings.last) if words else None
        return (step.behind, step.final) if step else (None, False)

    def _by_terminal(
        self, plan: Plan, place: Place, there: Place, name: str
    ) -> tuple[Place | None, bool]:
        """The same of words that the other takes whole by a terminal of a field.

        What it had tried before does not match; nothing else may be tried before here.
        """
        known = list(self.other.tried(there))
        took = [at for at, (one, to) in enumerate(known) if to and field_name(one.name) == name]
        if len(took) != 1:
            return None, False
        failed = {one.source for one, _ in known[: took[0]]}
        source = known[took[0]][0].source
        for at, (terminal, leads) in enumerate(plan.tried(place)):
            if terminal.source == source and leads:
                return plan.behind(place, at)
            if terminal.source not in failed:
                break
        return None, False
