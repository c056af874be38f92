"""The columns of a frame as it is, each looked up once, whichever of its rows are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from nsparse.judging.arrays.codes import Bools
from nsparse.judging.arrays.columns import told

T = TypeVar("T")


class Source:
    """A frame, and what was taken from it.

    Attributes:
        frame: The frame.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        """Hold a frame."""
        self.frame = frame
        self._pieces: dict[str, Any] = {}
        self._wholes: dict[str, Any] = {}
        self._told: dict[str, Bools | bool] = {}

    def __contains__(self, name: str) -> bool:
        """Whether the frame has a column."""
        return name in self.frame.columns

    def pieces(self, name: str) -> Any:
        """A column's array, in as many pieces as it has."""
        return _once(self._pieces, name, lambda: _column(self.frame, name))

    def whole(self, name: str) -> Any:
        """A column's array, in one piece."""
        return _once(self._wholes, name, lambda: _joined(self.pieces(name)))

    def told(self, name: str) -> Bools | bool:
        """Which rows have a value in a column; one truth where it is the same of all."""
        return _once(self._told, name, lambda: told(self.pieces(name)))


def _once(made: dict[str, T], name: str, make: Callable[[], T]) -> T:
    if name not in made:
        made[name] = make()
    return made[name]


def _column(frame: pd.DataFrame, name: str) -> Any:
    """The array of a column of a frame.

    `frame[name]` makes a Series of it, and thirty of these are a fifth of what a small scene costs.
    """
    found = frame._get_column_array(frame.columns.get_loc(name))  # type: ignore[operator]
    return pd.Series(found, copy=False).array if isinstance(found, np.ndarray) else found


def _joined(array: Any) -> Any:
    """An array in one piece: to take a row out of many pieces costs as much as to join them."""
    pieces = getattr(array, "_pa_array", None)
    if pieces is None or pieces.num_chunks == 1:
        return array
    return type(array)(pieces.combine_chunks())
