"""Kinds of line: what lines say whose words are of the same classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nsparse.reading.columns.plan import Place
    from nsparse.reading.columns.site import Outcome, Site


@dataclass
class Meanings:
    """What the classes of words at one place say.

    Attributes:
        place: Where they stand.
        last: Whether they are the last of their lines.
        number: Which place, of those that were asked for.
        outcomes: Where each class leads.
        fields: The field whose number each class holds, empty for none.
        keys: What each says.
        words: The class of each word that was taken as it stands.
        numbers: The class of words by what stands around their number, and how long that is.
    """

    place: Place
    last: bool
    number: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    keys: dict[tuple[Any, ...], int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    numbers: dict[tuple[str, str, str, int], int] = field(default_factory=dict)

    def of(self, outcome: Outcome, name: str, *key: object) -> int:
        """The class of words that lead there, hold the number of a field, and say that."""
        number = self.keys.setdefault((outcome, name, *key), len(self.keys))
        if number == len(self.outcomes):
            self.outcomes.append(outcome)
            self.fields.append(name)
        return number

    def said(self, code: int) -> str:
        """The word that a class is, where it is that of one word."""
        _, name, *said = list(self.keys)[code]
        return str(said[0]) if said and not name else ""


class Kinds:
    """The kinds of line of a text, the same in each of its blocks."""

    def __init__(self) -> None:
        self._meanings: dict[tuple[object, ...], Meanings] = {}
        self._places: list[Meanings] = []
        self._numbers: dict[tuple[int, ...], int] = {}
        self._keys: dict[int, tuple[int, ...]] = {}
        self._count = 0

    def meanings(self, site: Site) -> Meanings:
        """What the classes of words at a place say."""
        key = (site.place, site.marks, site.last)
        if key not in self._meanings:
            found = Meanings(site.place, site.last, len(self._meanings))
            self._meanings[key] = found
            self._places.append(found)
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
            self._keys[self._numbers[key]] = key
        return self._numbers[key]

    def words(self, kind: int) -> Iterator[tuple[Meanings, int]]:
        """The classes of the words of a kind, the first word first; none where nobody knows."""
        key = self._keys.get(kind, ())
        pairs = list(zip(key[0::2], key[1::2], strict=True))
        if all(place >= 0 for place, _ in pairs):
            yield from ((self._places[place], code) for place, code in reversed(pairs))
