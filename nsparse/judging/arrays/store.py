"""Some rows of a frame and columns beside it, in the forms that numpy reads, made once each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from nsparse.judging.arrays.codes import Bools, Codes, Ints, Kept
from nsparse.judging.arrays.columns import (
    SPREAD,
    Coded,
    Numbers,
    Words,
    absent,
    coded,
    fixed,
    numbers,
    ranged,
    small,
    told,
    truths,
)
from nsparse.judging.arrays.source import Source
from nsparse.judging.arrays.texts import TEXT, one, only, some, sought, spelled
from nsparse.schema import BY_NAME

T = TypeVar("T")

OF_ALL = ("alike", "keys", "often", "tally")
"""What depends on which rows there are."""


class Store:
    """Columns by position (0, 1, 2).

    Nothing is copied before somebody asks for it, and then only the columns that are asked for.
    """

    def __init__(
        self,
        frame: pd.DataFrame | Source,
        at: Kept | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Hold a frame.

        Args:
            frame: The frame.
            at: The rows to hold; without them all.
            more: Columns beside those of the frame, or in place of them: arrays, or `Words`.
        """
        self._source = frame if isinstance(frame, Source) else Source(frame)
        self._at = at
        self._more = {name: _kept(told) for name, told in (more or {}).items()}
        self._parent: tuple[Store, Kept | None] | None = None
        self._made: dict[Hashable, Any] = {}
        self._renumbered: set[Hashable] = set()

    def __len__(self) -> int:
        """How many rows."""
        return len(self._source.frame) if self._at is None else len(self._at)

    @property
    def names(self) -> list[str]:
        """The columns that the frame has."""
        return list(self._source.frame.columns)

    @property
    def rows(self) -> pd.DataFrame:
        """All of it as one frame: for those who need every column of every row."""
        frame = self._source.frame
        if self._at is not None:
            frame = frame.iloc[self._at.at].reset_index(drop=True)
        more = {name: self.array(name) for name in self._more}
        kept = frame.drop(columns=[name for name in more if name in frame.columns])
        both = pd.concat([kept, pd.DataFrame(more, index=kept.index, copy=False)], axis=1)
        order = [*frame.columns, *(name for name in more if name not in frame.columns)]
        return both[order]

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first call with this key: it looks at the rows alone."""
        if key not in self._made:
            told = self._inherited(key)
            self._made[key] = make() if told is None else told
        found: T = self._made[key]
        return found

    def has(self, key: Hashable) -> bool:
        """Whether something was made for a key."""
        return key in self._made

    def _inherited(self, key: Hashable) -> Any:
        """What was made for this key where these are some of the rows; None where nothing was."""
        if (
            self._parent is None
            or not isinstance(key, tuple)
            or not self._more.keys().isdisjoint(key)
        ):
            return None
        store, at = self._parent
        made = store._made.get(key)
        if made is None:
            made = store._inherited(key)
        if key[0] in OF_ALL and not self._renumbered.isdisjoint(key):
            return None  # what was counted there has other numbers
        if at is None or made is None or key[0] in ("words", "places"):
            return made
        if key[0] in OF_ALL:
            return None
        if key[0] in ("full", "empty"):
            return made or None  # of some of the rows all may have a value, or none
        if key[0] == "codes":
            return at.codes(made)
        return self._cut(made, at)

    def _cut(self, made: Any, at: Kept) -> Any:
        """What was made for some of the rows; most masks are the same everywhere."""
        if made.dtype == np.bool_ and (made.all() or not made.any()):
            return self._same_of_all(bool(made[:1].any()))
        return fixed(at.cut(made))

    def know(self, name: str, told: Coded) -> None:
        """Take the codes of a column from somebody who has them already.

        What was counted before, by the numbers that the column had then, is counted again.
        """
        self._made = {
            key: made
            for key, made in self._made.items()
            if not (isinstance(key, tuple) and key[0] in OF_ALL and name in key)
        }
        self._made["codes", name], self._made["words", name] = told
        self._renumbered.add(name)

    def array(self, name: str) -> Any:
        """The column's array; all NA where no row of the dump has the column.

        Raises:
            KeyError: Neither the frame nor the schema knows the name.
        """
        return self.once(name, lambda: self.taken(name, None))

    def pieces(self, name: str) -> Any:
        """The column's array, for who goes through it once: it may be in several pieces."""
        whole = self._at is not None or not self._is_source(name)
        return self.array(name) if whole else self._source.pieces(name)

    def taken(self, name: str, at: Ints | None) -> Any:
        """A column, or some of its rows."""
        if name in self._made:
            found = self._made[name]
        elif name in self._more:
            found = self._more[name]
            if isinstance(found, Words):
                return found.take(slice(None) if at is None else at)
            found = pd.Series(found, copy=False).array
        elif name in self._source:
            if at is not None and self._is_told_apart(name):
                # Different ones are taken sooner than all pieces of the column are joined.
                return spelled(self._values(name), self.codes(name).of[at] - 1)
            found = self._source.whole(name)
            if self._at is not None:
                at = self._at.at if at is None else self._at.at[at]
        else:
            return absent(name, len(self) if at is None else len(at))
        return found if at is None else found.take(at)

    def cell(self, name: str, at: int) -> Any:
        """One cell of a column."""
        told = self._more.get(name)
        if isinstance(told, Words):
            return told.word(at)
        if told is None and name in self._source:
            source = self._source.pieces(name)
            if self.empty(name):
                return source.dtype.na_value
            return one(source, at if self._at is None else self._at.at[at])
        return self.array(name)[at]

    def _is_told_apart(self, name: str) -> bool:
        """Whether this is a column of texts that have numbers already."""
        if ("codes", name) in self._made or self._parent is None:
            return ("codes", name) in self._made and self._source.pieces(name).dtype == TEXT
        return self._parent[0]._is_told_apart(name)

    def kind(self, name: str) -> str:
        """The kind of a column's values, as numpy names it."""
        held = self._more.get(name)
        if isinstance(held, Words):
            return "O"
        return str((self._source.pieces(name) if held is None else held).dtype.kind)

    def lacks(self, name: str) -> bool:
        """Whether no row of the dump has the column."""
        return name in BY_NAME and name not in self._more and name not in self._source

    def numbers(self, name: str) -> Numbers:
        """A column's numbers, 0 where none is known."""
        return self.once(("numbers", name), lambda: fixed(self._numbers(name)))

    def _numbers(self, name: str) -> Numbers:
        if self.empty(name):
            return self.once("zeros", lambda: fixed(np.zeros(len(self), dtype=np.int64)))
        held = self._more.get(name)
        if isinstance(held, np.ndarray) and held.dtype.kind == "i":
            return held
        if not self._is_source(name):
            return numbers(self.array(name))
        found = numbers(self._source.whole(name))
        return found if self._at is None else self._at.cut(found)

    def _is_source(self, name: str) -> bool:
        """Whether a column is one of the frame, as it is there, and was not cut out of it yet."""
        return name not in self._more and name not in self._made and name in self._source

    def codes(self, name: str) -> Codes:
        """The number of each row's value, 0 for NA; equal values, equal numbers."""
        found = self._more.get(name)
        if isinstance(found, Words):
            return self.once(("codes", name), lambda: found.codes)
        return self.once(("codes", name), lambda: self._coded(name))

    def _coded(self, name: str) -> Codes:
        values: Any
        if self.empty(name):
            codes, values = small(np.broadcast_to(np.int8(-1), len(self)), 0), np.zeros(0)
        elif self._parent is not None and name not in self._more and self.kind(name) not in "iu":
            store, at = self._parent
            codes, values = store.codes(name), store.once(("words", name), tuple)
            codes = codes if at is None else at.codes(codes)
        elif self._is_source(name) and (text := only(self._source.pieces(name))) is not None:
            codes, values = small(np.zeros(len(self), dtype=np.int8), 1), np.array([text], object)
        else:
            codes, values = self._numbered(name)
        self._made["words", name] = values
        return codes

    def _numbered(self, name: str) -> Coded:
        if self.kind(name) in "iu":
            found = ranged(self.numbers(name), self.known(name))
            if found is not None:
                return found
        return coded(self.array(name))

    def words_of(self, name: str, which: Ints) -> list[Any]:
        """Values of a column by their numbers, which begin at 0."""
        found = self._more.get(name)
        if isinstance(found, Words):
            return found.words(which)
        values = self._values(name)
        if isinstance(values, range):
            return [values[number] for number in which.tolist()]
        return some(values, which)

    def words(self, name: str) -> list[Any]:
        """All values of a column, by their codes from 1 on."""
        return self.words_of(name, np.arange(self.codes(name).size - 1))

    def codes_of(self, name: str, values: Collection[object]) -> list[int]:
        """The codes of some values of a column; in a long list of words few are sought."""
        if self.codes(name).size > SPREAD * len(values) and name not in self._more:
            return [at + 1 for at in sought(self._values(name), values)]
        known = self.once(
            ("places", name), lambda: {value: n for n, value in enumerate(self.words(name), 1)}
        )
        return [known[value] for value in values if value in known]

    def alike(self, name: str) -> bool:
        """Whether all rows say the same, or nothing, in a column."""
        return self.once(("alike", name), lambda: _alike(self.codes(name).of))

    def _values(self, name: str) -> Any:
        """All values of a column that is not `Words`, in the order of their numbers."""
        self.codes(name)
        return self.once(("words", name), tuple)

    # ---- truths ------------------------------------------------------------------------------

    def known(self, name: str) -> Bools:
        """Rows with a value."""
        return self.once(("known", name), lambda: fixed(self._known(name)))

    def _known(self, name: str) -> Bools:
        held = self._more.get(name)
        if isinstance(held, Words) or (isinstance(held, np.ndarray) and held.dtype.kind in "bi"):
            return self._same_of_all(True)
        if self.lacks(name):
            return self._same_of_all(False)
        known = self._source.told(name) if self._is_source(name) else told(self.array(name))
        if isinstance(known, bool):
            return self._same_of_all(known)
        return known if self._at is None or not self._is_source(name) else self._at.cut(known)

    def _same_of_all(self, truth: bool) -> Bools:
        return self.once(f"all {truth}", lambda: fixed(np.full(len(self), truth)))

    def full(self, name: str) -> bool:
        """Whether all rows have a value."""
        return self.once(("full", name), lambda: self._full(name))

    def _full(self, name: str) -> bool:
        same = self._same(name)
        return bool(self.known(name).all()) if same is None else same

    def empty(self, name: str) -> bool:
        """Whether no row has a value."""
        return self.once(("empty", name), lambda: self._empty(name))

    def _empty(self, name: str) -> bool:
        same = self._same(name)
        return not self.known(name).any() if same is None else not same

    def _same(self, name: str) -> bool | None:
        """Whether the rows have a value, where the frame tells the same of all; else None."""
        if not len(self) or not self._is_source(name):
            return None
        told = self._source.told(name)
        return told if isinstance(told, bool) else None

    def true(self, name: str) -> Bools:
        """Rows of which a column of truths is true."""
        if self.lacks(name):
            return self.known(name)
        held = self._more.get(name)
        if isinstance(held, np.ndarray) and held.dtype == np.bool_:
            return held
        return self.once(("true", name), lambda: fixed(truths(self.array(name))))

    # ---- parts -------------------------------------------------------------------------------

    def at(self, left: Bools) -> Store:
        """Some of the rows, under new labels, with what is known of their columns."""
        at = Kept(left)
        more = {name: _part(told, at) for name, told in self._more.items()}
        found = Store(self._source, at if self._at is None else self._at.part(at), more)
        found._parent = self, at
        return found

    def beside(self, more: Mapping[str, Any]) -> Store:
        """The same rows with more columns, or others in place of theirs: arrays, or `Words`."""
        found = Store(self._source, self._at, {**self._more, **more})
        found._parent = self, None
        return found


def _alike(numbers: Numbers) -> bool:
    """Whether all are the same; most that are not show it at their ends."""
    return not len(numbers) or (numbers[0] == numbers[-1] and bool((numbers == numbers[0]).all()))


def _kept(told: Any) -> Any:
    """A column that nobody changes from now on."""
    return fixed(told) if isinstance(told, np.ndarray) else told


def _part(told: Any, at: Kept) -> Any:
    """What is known of some of the rows."""
    if isinstance(told, Words):
        return Words(at.cut(told.of), told.size, told.spell)
    return at.cut(told) if isinstance(told, np.ndarray) else told.take(at.at)
