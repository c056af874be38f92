"""Some rows of a scene, and what is known of them beside its columns.

A diagnosis looks at few columns of few rows: each column is cut out when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.arrays.view import View


class Labels(Sequence[int]):
    """Labels of rows: a tuple of whole numbers to whoever looks, and in memory an array.

    Attributes:
        at: The array.

    >>> import numpy as np
    >>> found = Labels(np.array([4, 7]))
    >>> found == (4, 7), len(found), found[-1], found
    (True, 2, 7, (4, 7))
    """

    def __init__(self, at: Ints) -> None:
        """Hold an array, which nobody changes any more."""
        self.at = at

    def __len__(self) -> int:
        """How many they are."""
        return len(self.at)

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> Labels: ...

    def __getitem__(self, place: int | slice) -> int | Labels:
        """One of them, or some."""
        return Labels(self.at[place]) if isinstance(place, slice) else int(self.at[place])

    def __iter__(self) -> Iterator[int]:
        """Each."""
        return iter(self.at.tolist())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """The array, for numpy."""
        return self.at.astype(dtype or self.at.dtype, copy=bool(copy))

    def __eq__(self, other: object) -> bool:
        """Whether others are the same labels in the same order."""
        return isinstance(other, Labels | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        """As that of the tuple."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """As that of the tuple."""
        return repr(tuple(self))


class Rows:
    """Rows of a view.

    Attributes:
        view: The view.
        at: Their positions in it, which are their labels too.
        more: Arrays of what else is known of each row, in place of columns of the same name.
    """

    def __init__(self, view: View, which: Bools | Ints, **more: Any) -> None:
        """Take the rows of a mask, or at some positions, and columns beside those of the view."""
        from nsparse.judging.arrays.lots import positions

        self.view = view
        self.at: Ints = positions(which)
        self.more = more
        self._counts: dict[str, tuple[Ints, Ints]] = {}

    def __len__(self) -> int:
        """How many they are."""
        return len(self.at)

    def __getitem__(self, name: str) -> pd.Series[Any]:
        """A column."""
        import pandas as pd

        return pd.Series(self.array(name), index=self.index, name=name, copy=False)

    @cached_property
    def index(self) -> pd.Index:
        """Their labels."""
        import pandas as pd

        return pd.Index(self.at)

    def array(self, name: str) -> Any:
        """A column's array."""
        found = self.more.get(name)
        return self.view.taken(name, self.at) if found is None else found

    def part(self, places: Bools | Ints) -> Rows:
        """Some of them, by a mask or by their places."""
        more = {name: array[places] for name, array in self.more.items()}
        return Rows(self.view, self.at[places], **more)

    def beside(self, **more: Any) -> Rows:
        """The same rows, of which more is known."""
        return Rows(self.view, self.at, **{**self.more, **more})

    def row(self, place: int) -> Row:
        """One of them."""
        more = {name: array[place] for name, array in self.more.items()}
        return Row(self.view, int(self.at[place]), **more)

    def cells(self, *names: str) -> Iterator[tuple[Any, ...]]:
        """The label of each row with its cells in these columns; None where there is none.

        Every row is looked at by itself: for few of them.
        """
        yield from zip(self.at.tolist(), *map(self._cells, names), strict=True)

    def _cells(self, name: str) -> list[Any]:
        """The cells of a column as Python's, None where there is none."""
        import numpy as np

        held = self.array(name)
        if isinstance(held, np.ndarray):
            return [None if cell != cell else cell for cell in held.tolist()]
        return list(held.to_numpy(dtype=object, na_value=None).tolist())

    # ---- different values --------------------------------------------------------------------

    def different(self, name: str) -> int:
        """How many different values they have in a column of the view."""
        return len(self._counted(name)[0])

    def only(self, name: str) -> Any:
        """The one value that all have in a column of the view; None where some differ."""
        found = self.view.codes(name).of[self.at]
        alike = len(found) > 0 and found[0] > 0 and bool((found == found[0]).all())
        return self.view.words_of(name, found[:1] - 1)[0] if alike else None

    def leading(self, name: str, count: int) -> dict[str, int]:
        """The most frequent values of a column of the view, with all that are as frequent.

        Args:
            name: The column; an empty word is no value.
            count: How many values are asked for.
        """
        import numpy as np

        used, counts = self._counted(name)
        if len(used) > count + 1:  # one of them may be the empty word
            often = counts >= np.partition(counts, -count - 1)[-count - 1]
            used, counts = used[often], counts[often]
        words = map(str, self.view.words_of(name, used))
        return {word: n for word, n in zip(words, counts.tolist(), strict=True) if word}

    def _counted(self, name: str) -> tuple[Ints, Ints]:
        """The numbers of the values that there are, and how often each is; of NA nothing."""
        if name not in self._counts:
            self._counts[name] = self._count(name)
        return self._counts[name]

    def _count(self, name: str) -> tuple[Ints, Ints]:
        import numpy as np

        if self.view.empty(name):
            return self.at[:0], self.at[:0]
        codes = self.view.codes(name)
        of = codes.of[self.at]
        if codes.size <= len(of):
            counts = np.bincount(of, minlength=codes.size)[1:]
            used = np.flatnonzero(counts)
            return used, counts[used]
        used, counts = np.unique(of, return_counts=True)
        return used[used > 0] - 1, counts[used > 0]


class Row:
    """One row of a view, of which a cell is taken out when somebody looks at it."""

    def __init__(self, view: View, at: int, **more: Any) -> None:
        """Point to the row at a position, of which more may be known."""
        self._view, self._at, self._more = view, at, more

    def __getitem__(self, name: str) -> Any:
        """A cell."""
        if name not in self._more:
            self._more[name] = self._view.cell(name, self._at)
        return self._more[name]
