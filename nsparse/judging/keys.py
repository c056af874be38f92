"""Keys: one number for what a row says in several columns; rows alike have equal ones."""

from __future__ import annotations

import math

import numpy as np

from nsparse.judging.codes import ROOM, Codes, Ints, joined
from nsparse.judging.columns import fixed
from nsparse.judging.members import one_of
from nsparse.judging.store import Store

LOOSE = ("family",)
"""Columns of which no value is a value in a key, as it is of the network namespace."""
PROGRAM = "program"
"""A key of rows, beside the columns: their owner, or their group where none is known."""
FEW = 4
"""Of less than one row in so many the keys are made alone, not those of all rows."""


class Keys:
    """The keys of the rows of a store; each begins with the network namespace."""

    def __init__(self, store: Store) -> None:
        """Look at the columns of a store, which keeps what is made of them."""
        self._store = store

    def of(self, names: tuple[str, ...]) -> Ints:
        """The keys of all rows, -1 where one of the columns has no value."""
        return self._store.once(("keys", *names), lambda: fixed(self._made(names, None)))

    def at(self, at: Ints, names: tuple[str, ...]) -> Ints:
        """The keys of some rows: the same numbers, whoever asks."""
        if not len(at):
            return at
        if self._store.has(("keys", *names)) or FEW * len(at) > len(self._store):
            return self.of(names)[at]
        if self.size(names) >= ROOM:  # then the numbers depend on what rows there are
            return self.of(names)[at]
        return self._made(names, at)

    def parts(self, names: tuple[str, ...]) -> list[Codes]:
        """What the keys are made of."""
        told = (self._programs() if name == PROGRAM else self._store.codes(name) for name in names)
        return [self._store.codes("netns"), *told]

    def size(self, names: tuple[str, ...]) -> int:
        """What the keys are below."""
        return math.prod(part.size for part in self.parts(names))

    def _made(self, names: tuple[str, ...], at: Ints | None) -> Ints:
        some = slice(None) if at is None else at
        # What says the same of all rows tells none apart.
        parts = [part for part in self.parts(names) if part.size > 1]
        if not parts:
            found = np.zeros(len(self._store) if at is None else len(at), dtype=np.int64)
        else:
            found = joined(*(part.at(some) for part in parts))
        store = self._store
        strict = [name for name in names if name != PROGRAM and name not in LOOSE]
        known = [store.known(name)[some] for name in strict if not store.full(name)]
        return np.where(np.logical_and.reduce(known), found, -1) if known else found

    def _programs(self) -> Codes:
        return self._store.once(("codes", PROGRAM), self._program)

    def _program(self) -> Codes:
        owner, group = self._store.codes("owner"), self._store.numbers("group") + 2
        size = int(group.max(initial=0)) + 1
        nobody = one_of(owner.of, self._store.codes_of("owner", ("",)))
        return Codes(
            np.where(nobody, group, np.add(owner.of, size, dtype=np.int64)), size + owner.size
        )
