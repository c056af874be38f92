"""How many rows say the same: counted by their keys, few rows among many."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nsparse.judging.arrays.codes import TABLE, Bools, Ints, dense, sought
from nsparse.judging.arrays.keys import FEW, Keys
from nsparse.judging.arrays.lots import counted, distinct, mask, positions, so_many
from nsparse.judging.arrays.members import is_among, places
from nsparse.judging.arrays.store import Store


class _Like(NamedTuple):
    """Rows that share a key with some of a few rows.

    Attributes:
        at: The rows.
        place: The number of the key of each.
        of: The same of each of the few.
    """

    at: Ints
    place: Ints
    of: Ints


class Counts:
    """Rows of a store that share a key; names are those of the columns of the keys."""

    def __init__(self, store: Store, keys: Keys) -> None:
        """Count the rows of a store, which keeps what was counted for a mask that is kept."""
        self._store = store
        self._keys = keys
        self._last: tuple[tuple[str, ...], Ints, _Like] | None = None

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
        if FEW * so_many(among) > len(self._store):
            like = self._like(of, mine, names)
            met = mask(among, len(self._store))[like.at]
            place, lot = like.place, like.of
        else:
            known, lot = dense(mine + 1, size + 1)
            place = sought(self._keys.at(positions(among), names) + 1, known)
            met = place >= 0
        counts = np.bincount(place[np.flatnonzero(met)], minlength=int(lot.max()) + 1)
        return np.where(mine < 0, 0, counts[lot])

    def _tallied(self, at: Ints, names: tuple[str, ...], size: int) -> Ints:
        """How many of some rows have each key below a size."""
        keys = self._keys.at(at, names)
        some = keys[keys >= 0] if keys.min(initial=0) < 0 else keys
        return np.bincount(some, minlength=size)

    def _like(self, of: Ints, mine: Ints, names: tuple[str, ...]) -> _Like:
        """The rows that share a key with a few rows.

        Mostly several masks are counted for the same few rows: the last answer is kept.

        Args:
            of: The few rows.
            mine: Their keys.
            names: The columns of the keys.
        """
        asked = self._keys.telling(names)
        if self._last is None or self._last[0] != asked or not np.array_equal(self._last[1], mine):
            self._last = asked, mine, self._alike(of, names)
        return self._last[2]

    def _alike(self, of: Ints, names: tuple[str, ...]) -> _Like:
        """The same, found column by column: each leaves fewer rows to look at."""
        first, *others = sorted(self._keys.parts(names), key=lambda part: -part.size)
        used, own = dense(first.of[of], first.size)
        place = places(first.of, used)
        at = np.flatnonzero(place >= 0)
        place = place[at]
        for codes in others:
            size, (more, their) = len(used), dense(codes.of[of], codes.size)
            told = places(codes.of[at], more)
            used, own = dense(own * len(more) + their, size * len(more))
            place = np.where(told < 0, -1, places(place * len(more) + told, used))
            met = np.flatnonzero(place >= 0)
            if len(met) < len(at):
                at, place = at[met], place[met]
        return _Like(at, place, own)

    def sizes(self, at: Ints, names: tuple[str, ...]) -> Ints:
        """For each of some rows how many of them share its namespace and these columns."""
        keys, size = self._keys.at(at, names), self._keys.size(names)
        if size > TABLE * len(at):
            return counted(keys, keys >= 0)
        return np.bincount(keys + 1, minlength=size + 1)[keys + 1] * (keys >= 0)

    def alike(self, at: Ints, others: Bools | Ints, names: tuple[str, ...]) -> Bools:
        """Which of some rows share their namespace and these columns with one of some others."""
        if not names and self._store.codes("netns").size == 1:
            return np.full(len(at), so_many(others) > 0)
        mine, theirs = self._keys.at(at, names), self._keys.at(positions(others), names)
        size = self._keys.size(names)
        return is_among(mine + 1, theirs + 1, size + 1)  # those that have no value are alike, too

    def distinct(self, at: Ints, by: tuple[str, ...], what: tuple[str, ...]) -> Ints:
        """For each of these rows how many different ones, by `what`, those alike by `by` are."""
        return distinct(self._keys.at(at, by), self._keys.at(at, what))
