"""How many rows say the same: counted by their keys, few rows among many."""

from __future__ import annotations

import numpy as np

from nsparse.judging.arrays.codes import TABLE, Bools, Ints, dense, sought
from nsparse.judging.arrays.keys import FEW, Keys
from nsparse.judging.arrays.lots import counted, distinct, mask, positions, so_many
from nsparse.judging.arrays.members import is_among
from nsparse.judging.arrays.store import Store


class Counts:
    """Rows of a store that share a key; names are those of the columns of the keys."""

    def __init__(self, store: Store, keys: Keys) -> None:
        """Count the rows of a store, which keeps what was counted for a mask that is kept."""
        self._store = store
        self._keys = keys
        self._last: tuple[tuple[str, ...], Ints, tuple[Ints, Ints]] | None = None

    def tally(self, of: Ints, among: Bools | Ints, names: tuple[str, ...]) -> Ints:
        """For each row of `of` how many rows of `among` share its namespace and these columns."""
        if not len(of):
            return np.zeros(0, dtype=np.int64)
        mine, size = self._keys.at(of, names), self._keys.size(names)
        if size <= TABLE * len(self._store) and not among.flags.writeable:
            # Many ask about masks that are kept, each about a few rows: all are counted once.
            _, counts = self._store.once(
                ("tally", id(among), *names),
                lambda: (among, self._tallied(np.flatnonzero(among), names, size)),
            )
            return np.where(mine < 0, 0, counts[mine])
        if size <= TABLE * len(self._store):
            return np.where(mine < 0, 0, self._tallied(positions(among), names, size)[mine])
        known, lot = dense(mine + 1, size + 1)
        if FEW * so_many(among) > len(self._store):
            at, place = self._like(of, known, names)
            met = mask(among, len(self._store))[at]
        else:
            place = sought(self._keys.at(positions(among), names) + 1, known)
            met = place >= 0
        counts = np.bincount(place[np.flatnonzero(met)], minlength=len(known))
        return np.where(mine < 0, 0, counts[lot])

    def _tallied(self, at: Ints, names: tuple[str, ...], size: int) -> Ints:
        """How many of some rows have each key below a size."""
        keys = self._keys.at(at, names)
        some = keys[keys >= 0] if keys.min(initial=0) < 0 else keys
        return np.bincount(some, minlength=size)

    def _like(self, of: Ints, known: Ints, names: tuple[str, ...]) -> tuple[Ints, Ints]:
        """The rows that share a key with a few rows, and the place of each key among theirs.

        Mostly several masks are counted for the same few rows: the last answer is kept.

        Args:
            of: The few rows.
            known: Their keys and 1, each once and ascending.
            names: The columns of the keys.
        """
        telling = self._keys.telling(names)
        asked, keys, found = self._last or ((), known[:0], (of[:0], of[:0]))
        if asked != telling or not np.array_equal(keys, known):
            maybe = np.ones(len(self._store), dtype=np.bool_)
            for codes in self._keys.parts(names):
                if codes.size >= FEW * len(of):
                    maybe &= is_among(codes.of, codes.of[of], codes.size)
            at = np.flatnonzero(maybe)
            place = sought(self._keys.at(at, names) + 1, known)
            like = np.flatnonzero(place >= 0)
            found = at[like], place[like]
            self._last = telling, known, found
        return found

    def sizes(self, at: Ints, names: tuple[str, ...]) -> Ints:
        """For each of some rows how many of them share its namespace and these columns."""
        keys, size = self._keys.at(at, names), self._keys.size(names)
        if size > TABLE * len(at):
            return counted(keys, keys >= 0)
        return np.bincount(keys + 1, minlength=size + 1)[keys + 1] * (keys >= 0)

    def alike(self, at: Ints, others: Ints, names: tuple[str, ...]) -> Bools:
        """Which of some rows share their namespace and these columns with one of some others."""
        if not names and self._store.codes("netns").size == 1:
            return np.full(len(at), len(others) > 0)
        mine, theirs = self._keys.at(at, names), self._keys.at(others, names)
        size = self._keys.size(names)
        return is_among(mine + 1, theirs + 1, size + 1)  # those that have no value are alike, too

    def distinct(self, at: Ints, by: tuple[str, ...], what: tuple[str, ...]) -> Ints:
        """For each of these rows how many different ones, by `what`, those alike by `by` are."""
        return distinct(self._keys.at(at, by), self._keys.at(at, what))
