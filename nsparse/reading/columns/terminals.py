r"""What a terminal can match, read off its expression.

A word of a line is judged by itself, and words that differ in the digits of a number are judged
once. Both need proof that the terminals tried there cannot tell the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from nsparse.errors import NotRegular
from nsparse.reading.grammar.expressions import (
    BLANKS,
    DIGITS,
    REPEATS,
    Tree,
    all_or_none,
    composed,
    is_one,
    members,
    one,
    op,
    parsed,
    parts_of,
)
from nsparse.reading.grammar.stretch import LOOKS, loose, stretch

BLANK_AHEAD = "(?=[ \t])"
NO_BLANK_AHEAD = "(?![ \t])"


@dataclass(frozen=True)
class Terminal:
    """One terminal of a grammar."""

    name: str
    source: str

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        return re.compile(self.source)

    @cached_property
    def _tree(self) -> Tree:
        return parsed(self.source)

    @property
    def items(self) -> Sequence[Tree]:
        """Its elements."""
        return list(self._tree)

    def written(self, items: Sequence[Tree]) -> str:
        """An expression for some of its elements."""
        return _written(items, wide=False)

    @cached_property
    def sets(self) -> frozenset[frozenset[int]]:
        """What each of its elements matches: all that it can tell apart."""
        return frozenset(_sets(self._tree))

    @cached_property
    def uniform(self) -> bool:
        """Whether it never tells one digit from another."""
        return all(all_or_none(one, DIGITS) for one in self.sets)

    @cached_property
    def widened(self) -> str:
        """An expression that matches the same and more, and never tells digits apart.

        Raises:
            NotRegular: It looks ahead for a certain digit.
        """
        for looked in _lookaheads(self._tree):
            if not all(all_or_none(one, DIGITS) for one in _sets(looked)):
                raise NotRegular(self.name, "it looks ahead for a certain digit")
        return _written(self._tree, wide=True)

    @cached_property
    def stretches(self) -> bool:
        """Whether it never tells one number from another, be it shorter or longer."""
        try:
            return stretch(self._tree) is not None
        except NotRegular:
            return False

    @cached_property
    def loosened(self) -> str:
        """An expression that matches a text where the terminal would with other numbers in it.

        Each number of the text must be one digit. It matches more as well.
        """
        return loose(self._tree)

    @cached_property
    def begin(self) -> str:
        """The characters that every match begins with, as far as all begin with the same."""
        literals = takewhile(lambda item: op(item) == "LITERAL", self.items)
        return "".join(chr(item[1]) for item in literals)

    @cached_property
    def lead(self) -> str | None:
        """What a match that reaches a blank begins with, up to there; None where no match can."""
        leads = list(_leads(list(self._tree)))
        return "|".join(dict.fromkeys(leads)) if leads else None

    @cached_property
    def lead_compiled(self) -> re.Pattern[str] | None:
        """The same, compiled."""
        return None if self.lead is None else re.compile(self.lead)

    @cached_property
    def begins_blank(self) -> bool:
        """Whether a match may begin with a blank, or be empty."""
        return _begins_blank(list(self._tree)) is not False


def _sets(tree: Iterable[Tree], *, anchored: bool = False) -> Iterator[frozenset[int]]:
    """What each element of one character matches, wherever it stands."""
    for item in tree:
        if is_one(item):
            yield members(item)
        elif not (anchored and op(item) == "AT"):
            for part in parts_of(item):
                yield from _sets(part, anchored=anchored)


def sets_of_text(source: str) -> frozenset[frozenset[int]]:
    """The same of an expression that is held against a whole text: it may say where that ends."""
    return frozenset(_sets(parsed(source), anchored=True))


def _lookaheads(tree: Iterable[Tree]) -> Iterator[Tree]:
    for item in tree:
        if op(item) in ("ASSERT", "ASSERT_NOT"):
            yield item[1][1]
        elif not is_one(item):
            for part in parts_of(item):
                yield from _lookaheads(part)


def _reaches(tree: Iterable[Tree]) -> bool:
    """Whether some character of a match, or one it looks at to find, may be a blank."""
    return any(found & BLANKS for found in _sets(tree))


def _leads(items: list[Tree]) -> Iterator[str]:
    """For each way that may reach a blank, what stands before the first that it reaches."""
    for at, item in enumerate(items):
        if not _reaches([item]):
            continue
        before = _written(items[:at], wide=False)
        if op(item) in LOOKS:
            yield before
            return  # what stands behind it begins so as well
        yield from (f"{before}{lead}" for lead in _leads_of(item))


def _leads_of(item: Tree) -> Iterator[str]:
    """The same of one element, which may also match without."""
    if is_one(item):
        yield BLANK_AHEAD
        return
    again = ""
    if op(item) in REPEATS:
        (inner, *others) = item[1][2]
        plain = not others and is_one(inner)
        once = (
            f"{NO_BLANK_AHEAD}{one(inner, wide=False)}"
            if plain
            else _written(item[1][2], wide=False)
        )
        again = f"(?:{once})*"
    for part in parts_of(item):
        yield from (f"{again}(?:{lead})" for lead in _leads(list(part)))


def _begins_blank(items: list[Tree]) -> bool | None:
    """Whether a blank may come first; None when all of it may be empty."""
    for item in items:
        found = _item_begins_blank(item)
        if found is not None:
            return found
    return None


def _item_begins_blank(item: Tree) -> bool | None:
    if is_one(item):
        return bool(members(item) & BLANKS)
    if op(item) in ("ASSERT", "ASSERT_NOT"):
        return None
    inside = [_begins_blank(list(part)) for part in parts_of(item)]
    if True in inside:
        return True
    empty = None in inside or (op(item) in REPEATS and item[1][0] == 0)
    return None if empty else False


# ---- an expression written down again --------------------------------------------------------


def _written(tree: Iterable[Tree], *, wide: bool) -> str:
    return "".join(_item(item, wide) for item in tree)


def _item(item: Tree, wide: bool) -> str:
    if is_one(item):
        return one(item, wide=wide)
    return composed(item, [_written(part, wide=wide) for part in parts_of(item)])
