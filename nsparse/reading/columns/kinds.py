"""Kinds of line: what lines say whose words are of the same classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nsparse.reading.columns.site import Outcome, Site
    from nsparse.reading.columns.words import Positions


UNKNOWN = -2
"""Stands in tables of classes where nobody has asked yet."""


@dataclass
class Meanings:
    """What the classes of words at one place say.

    Attributes:
        number: Which place, of those that were asked for.
        outcomes: Where each class leads.
        fields: The field whose number each class holds, empty for none.
        keys: What each says.
        words: The class of each word that was taken as it stands.
        numbers: The class of words by what stands around their number, and how long that is.
        tables: Classes by the numbers that others have given.
    """

    number: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    keys: dict[tuple[Any, ...], int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    numbers: dict[tuple[str, str, str, int], int] = field(default_factory=dict)
    tables: dict[object, Positions] = field(default_factory=dict)

    def of(self, outcome: Outcome, name: str, *key: object) -> int:
        """The class of words that lead there, hold the number of a field, and say that."""
        number = self.keys.setdefault((outcome, name, *key), len(self.keys))
        if number == len(self.outcomes):
            self.outcomes.append(outcome)
            self.fields.append(name)
        return number

    def table(self, key: object, size: int) -> Positions:
        """The table that belongs to a key, at least so long."""
        known = self.tables.get(key, np.zeros(0, np.int32))
        if len(known) < size:
            unknown = np.full(2 * size - len(known), UNKNOWN, np.int32)
            known = self.tables[key] = np.concatenate([known, unknown])
        return known


class Kinds:
    """The kinds of line of a text, the same in each of its blocks."""

    def __init__(self) -> None:
        self._meanings: dict[tuple[object, ...], Meanings] = {}
        self._numbers: dict[tuple[int, ...], int] = {}
        self._count = 0

    def meanings(self, site: Site) -> Meanings:
        """What the classes of words at a place say."""
        key = (site.place, site.marks, site.last)
        if key not in self._meanings:
            self._meanings[key] = Meanings(len(self._meanings))
        return self._meanings[key]

    def own(self) -> int:
        """The kind of a line that is like no other."""
        self._count += 1
        return self._count - 1

    def of(self, words: Iterable[tuple[int, int]]) -> int:
        """The kind of lines whose words are of these classes, each with the number of its place."""
        key = tuple(chain.from_iterable(words))
        if key not in self._numbers:
            self._numbers[key] = self.own()
        return self._numbers[key]
