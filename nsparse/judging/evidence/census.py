"""How many connections of each group are in which state: one table, counted once for all who ask.

What a pile is a part of is a group, or several that share an owner, a role or the end that is
bound: all of them are sums of this table, which has a few thousand rows where a dump has a million.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsparse.judging.arrays.codes import Ints
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
        counts: How many there are, a row for each group, a column for each code of a state.
        first: One connection of each group.
        live: How many of each group are not in TIME_WAIT.
        served: The same of groups that were accepted, 0 of others.
    """

    def __init__(self, view: View) -> None:
        """Count the connections of a view."""
        import numpy as np

        from nsparse.judging.arrays.codes import Codes, firsts

        self._view = view
        state, group = view.codes("state"), view.numbers("group") + 1
        size = int(group.max(initial=0)) + 1
        self.first = firsts(Codes(group, size))[1:]  # those of no group have the number 0
        cells = np.multiply(group, state.size, dtype=np.int64)
        cells += state.of
        counts = np.bincount(cells, minlength=size * state.size)
        self.counts = counts.reshape(size, state.size)[1:]
        self._waiting = self._codes(("TIME_WAIT",))
        self.live = self.counts.sum(axis=1) - self.counts[:, self._waiting].sum(axis=1)
        self.served = self.live * view.is_("role", "server")[self.first]
        self._alike: dict[tuple[str, ...], tuple[Ints, Ints]] = {}

    def among(self, states: Collection[str]) -> Ints:
        """How many of each group are in one of some states."""
        found: Ints = self.counts[:, self._codes(states)].sum(axis=1)
        return found

    def _codes(self, states: Collection[str]) -> list[int]:
        names = self._view.words("state")
        return [number for number, name in enumerate(names, 1) if name in states]

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
        sums = np.bincount(place, weights=each, minlength=len(known)).astype(np.int64)
        return np.where((known[found] == keys) & (keys >= 0), sums[found], 0)

    def states(self, keys: Ints, names: Sequence[str]) -> Ints:
        """How many live ones of some keys, which ascend, are in which state: a row for each."""
        import numpy as np

        from nsparse.judging.arrays.members import places

        known, place = self._places((*names,))
        lot = places(known, keys)[place]
        found = np.zeros((len(keys), self.counts.shape[1]), dtype=np.int64)
        np.add.at(found, lot[lot >= 0], self.counts[lot >= 0])
        found[:, self._waiting] = 0
        return found

    def _places(self, names: tuple[str, ...]) -> tuple[Ints, Ints]:
        """The keys that there are in some columns, and which of them each group has."""
        import numpy as np

        if names not in self._alike:
            keys = self._view.keys_at(self.first, *names)
            known, place = np.unique(keys, return_inverse=True)
            self._alike[names] = known, place
        return self._alike[names]
