"""Keys: one number for what a row says in several columns; rows alike have equal ones."""

from __future__ import annotations

import math

import numpy as np

from nsparse.judging.arrays.codes import ROOM, Codes, Ints, joined
from nsparse.judging.arrays.columns import fixed
from nsparse.judging.arrays.members import one_of
from nsparse.judging.arrays.store import Store

SPACE = "netns"
LOOSE = (SPACE, "family")
"""Columns of which no value is a value in a key."""
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
        return self._all(self.telling(names))

    def at(self, at: Ints, names: tuple[str, ...]) -> Ints:
        """The keys of some rows: the same numbers, whoever asks."""
        telling = self.telling(names)
        if not len(at) or not telling:
            return np.zeros(len(at), dtype=np.int64)
        many = FEW * len(at) > len(self._store) or self._store.has(("keys", *telling))
        if many or _size(self._parts(telling)) >= ROOM:  # then they depend on what rows there are
            return self._all(telling)[at]
        return self._made(telling, at)

    def parts(self, names: tuple[str, ...]) -> list[Codes]:
        """What the keys are made of."""
        return self._parts(self.telling(names))

    def size(self, names: tuple[str, ...]) -> int:
        """What the keys are below."""
        return _size(self.parts(names))

    def telling(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The columns that matter: one that says the same of all rows tells none apart."""
        return tuple(name for name in (SPACE, *names) if not self._says_nothing(name))

    def _says_nothing(self, name: str) -> bool:
        if name == PROGRAM or not self._store.alike(name):
            return False
        return name in LOOSE or self._store.full(name)

    def _parts(self, telling: tuple[str, ...]) -> list[Codes]:
        return [
            self._programs() if name == PROGRAM else self._store.codes(name) for name in telling
        ]

    def _all(self, telling: tuple[str, ...]) -> Ints:
        return self._store.once(("keys", *telling), lambda: fixed(self._made(telling, None)))

    def _made(self, telling: tuple[str, ...], at: Ints | None) -> Ints:
        store, some = self._store, slice(None) if at is None else at
        length = len(store) if at is None else len(at)
        parts = [part.at(some) for part in self._parts(telling)]
        found = joined(*parts) if parts else np.zeros(length, dtype=np.int64)
        strict = [name for name in telling if name != PROGRAM and name not in LOOSE]
        known = [store.known(name)[some] for name in strict if not store.full(name)]
        if not known:
            return found
        own = found if found.flags.owndata and found.flags.writeable else found.copy()
        own[np.flatnonzero(~np.logical_and.reduce(known))] = -1  # mostly few
        return own

    def _programs(self) -> Codes:
        return self._store.once(("codes", PROGRAM), self._program)

    def _program(self) -> Codes:
        owner, group = self._store.codes("owner"), self._store.numbers("group") + 2
        size = int(group.max(initial=0)) + 1
        nobody = one_of(owner.of, self._store.codes_of("owner", ("",)))
        return Codes(
            np.where(nobody, group, np.add(owner.of, size, dtype=np.int64)), size + owner.size
        )


def _size(parts: list[Codes]) -> int:
    return math.prod(part.size for part in parts)
