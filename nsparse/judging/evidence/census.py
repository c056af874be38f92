"""How many connections of each group are in which state: one table, counted once for all who ask.

What a pile is a part of is a group, or several that share an owner, a role or the end that is
bound: all of them are sums of this table, which has a few thousand rows where a dump has a million.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsparse.judging.arrays.codes import Bools, Codes, Ints
    from nsparse.judging.arrays.view import View
    from nsparse.judging.scene.scene import Scene

TOLD = frozenset({"group", "owner", "role", "bound"})
"""Columns in which all rows of a group say the same, beside their namespace."""


def census(scene: Scene) -> Census:
    """The census of a host."""
    return scene.once(Census, lambda: Census(scene.view))


class Census:
    """The connections by group and state.

    Attributes:
        first: One connection of each group.
        live: How many of each group are not in TIME_WAIT.
        served: The same of groups that were accepted, 0 of others.
    """

    def __init__(self, view: View) -> None:
        """Count the connections of a view."""
        import numpy as np

        from nsparse.judging.arrays.codes import Codes, firsts

        self._view, self._state = view, view.codes("state")
        group = view.numbers("group") + 1
        size = int(group.max(initial=0)) + 1
        self.first = firsts(Codes(group, size))[1:]  # those of no group have the number 0
        cells = np.multiply(group, self._state.size, dtype=np.int64)
        cells += self._state.of
        cell, n = _counted(Codes(cells, size * self._state.size))
        some = cell >= self._state.size
        # For each state of each group: the group, the code of the state, and how many they are.
        self._group, self._code = np.divmod(cell[some] - self._state.size, self._state.size)
        self._n = n[some]
        self._sums: dict[tuple[tuple[str, ...], int], tuple[Ints, Ints]] = {}
        self._alike: dict[tuple[str, ...], tuple[Ints, Ints]] = {}
        self.live = self._all(~self._in(("TIME_WAIT",)))
        self.served = self.live * view.is_("role", "server")[self.first]

    def among(self, states: Collection[str]) -> Ints:
        """How many of each group are in one of some states."""
        return self._all(self._in(states))

    def _in(self, states: Collection[str]) -> Bools:
        import numpy as np

        names = self._view.words("state")
        wanted = [number for number, name in enumerate(names, 1) if name in states]
        return np.isin(self._code, wanted)

    def _all(self, which: Bools) -> Ints:
        """How many of each group some of the counts tell."""
        import numpy as np

        sums = np.bincount(self._group, weights=self._n * which, minlength=len(self.first))
        return sums.astype(np.int64)

    def sums(self, at: Ints, names: Sequence[str], each: Ints) -> Ints:
        """For each of some rows the sum over the groups that share its namespace and columns.

        Args:
            at: The rows.
            names: The columns.
            each: A number for each group.
        """
        import numpy as np

        known, place = self._places((*names,))
        keys = self._view.keys_at(at, *names)
        if not len(known):
            return np.zeros(len(at), dtype=np.int64)
        found = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        asked = (*names,), id(each)
        if asked not in self._sums:  # many ask the same, each about a row or two
            self._sums[asked] = each, np.bincount(place, weights=each).astype(np.int64)
        _, sums = self._sums[asked]
        return np.where((known[found] == keys) & (keys >= 0), sums[found], 0)

    def states(self, keys: Ints, names: Sequence[str]) -> Ints:
        """How many live ones of some keys, which ascend, are in which state: a row for each."""
        import numpy as np

        from nsparse.judging.arrays.members import places

        known, place = self._places((*names,))
        lot, size = places(known, keys)[place][self._group], self._state.size
        some = (lot >= 0) & ~self._in(("TIME_WAIT",))
        pairs, n = lot[some] * size + self._code[some], self._n[some]
        counts = np.bincount(pairs, weights=n, minlength=len(keys) * size)
        return counts.astype(np.int64).reshape(-1, size)

    def _places(self, names: tuple[str, ...]) -> tuple[Ints, Ints]:
        """The keys that there are in some columns, and which of them each group has."""
        from nsparse.judging.arrays.codes import dense

        if names not in self._alike:
            keys = self._view.keys_at(self.first, *names) + 1
            known, place = dense(keys, int(keys.max(initial=0)) + 1)
            self._alike[names] = known - 1, place
        return self._alike[names]


def _counted(cells: Codes) -> tuple[Ints, Ints]:
    """The numbers that there are, and how often each is."""
    import numpy as np

    from nsparse.judging.arrays.codes import dense

    if cells.size <= len(cells.of):
        counts = np.bincount(cells.of, minlength=cells.size)
        used = np.flatnonzero(counts)
        return used, counts[used]
    used, place = dense(*cells)
    return used, np.bincount(place, minlength=len(used))
