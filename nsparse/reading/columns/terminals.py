r"""What a terminal can match, read off its expression.

A word of a line is judged by itself, and words that differ in the digits of a number are judged
once. Both need proof that the terminals tried there cannot tell the difference. The proof is on
the parsed expression (`re._parser`; a test pins what is used of it): what it does not know is
refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

from nsparse.errors import NotRegular

Tree = Any
"""A parsed expression: `re._parser` has no types."""

DIGITS = frozenset(range(ord("0"), ord("9") + 1))
BLANKS = frozenset(map(ord, " \t"))
ASCII = frozenset(range(128))
_REPEATS = {"MAX_REPEAT": "", "MIN_REPEAT": "?", "POSSESSIVE_REPEAT": "+"}


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
        return import_module("re._parser").parse(self.source)

    @cached_property
    def sets(self) -> frozenset[frozenset[int]]:
        """What each of its elements matches: all that it can tell apart."""
        return frozenset(_sets(self._tree))

    @cached_property
    def uniform(self) -> bool:
        """Whether it never tells one digit from another."""
        return all(_all_or_none(one, DIGITS) for one in self.sets)

    @cached_property
    def widened(self) -> str:
        """An expression that matches the same and more, and never tells digits apart.

        Raises:
            NotRegular: It looks ahead for a certain digit.
        """
        for looked in _lookaheads(self._tree):
            if not all(_all_or_none(one, DIGITS) for one in _sets(looked)):
                raise NotRegular(self.name, "it looks ahead for a certain digit")
        return _written(self._tree, wide=True)

    @cached_property
    def lead(self) -> str | None:
        """What a match that reaches over a blank begins with; None where no match can."""
        leads = list(_leads(self._tree))
        return "|".join(dict.fromkeys(leads)) if leads else None

    @cached_property
    def lead_compiled(self) -> re.Pattern[str] | None:
        """The same, compiled."""
        return None if self.lead is None else re.compile(self.lead)

    @cached_property
    def begins_blank(self) -> bool:
        """Whether a match may begin with a blank, or be empty."""
        return _begins_blank(list(self._tree)) is not False


def _op(item: Tree) -> str:
    return str(item[0])


def _members(item: Tree) -> frozenset[int]:
    """Which characters of ASCII one element matches; of all others nobody asks."""
    asked = ASCII
    kind, value = _op(item), item[1]
    if kind == "LITERAL":
        return asked & {value}
    if kind == "NOT_LITERAL":
        return asked - {value}
    if kind == "ANY":
        return asked
    negated = _op(value[0]) == "NEGATE"
    found = set[int]()
    for part in value[negated:]:
        if _op(part) == "LITERAL":
            found.add(part[1])
        elif _op(part) == "RANGE":
            found.update(asked & set(range(part[1][0], part[1][1] + 1)))
        else:
            raise NotRegular(str(item), "a class of characters whose meaning differs")
    return asked - found if negated else asked & found


def _all_or_none(members: frozenset[int], what: frozenset[int]) -> bool:
    return not members & what or what <= members


def _parts(item: Tree) -> list[Tree]:
    """The expressions inside an element."""
    kind, value = _op(item), item[1]
    if kind in _REPEATS:
        return [value[2]]
    if kind == "SUBPATTERN":
        if value[1] or value[2]:
            raise NotRegular("expression", "flags inside")
        return [value[3]]
    if kind == "ATOMIC_GROUP":
        return [value]
    if kind == "BRANCH":
        return list(value[1])
    if kind in ("ASSERT", "ASSERT_NOT"):
        return [value[1]]
    raise NotRegular("expression", f"{kind} is not known here")


def _is_one(item: Tree) -> bool:
    """Whether an element is one character."""
    return _op(item) in ("LITERAL", "NOT_LITERAL", "ANY", "IN")


def _sets(tree: Iterable[Tree], *, anchored: bool = False) -> Iterator[frozenset[int]]:
    """What each element of one character matches, wherever it stands."""
    for item in tree:
        if _is_one(item):
            yield _members(item)
        elif not (anchored and _op(item) == "AT"):
            for part in _parts(item):
                yield from _sets(part, anchored=anchored)


def sets_of_text(source: str) -> frozenset[frozenset[int]]:
    """The same of an expression that is held against a whole text: it may say where that ends."""
    tree = import_module("re._parser").parse(source)
    return frozenset(_sets(tree, anchored=True))


def _lookaheads(tree: Iterable[Tree]) -> Iterator[Tree]:
    for item in tree:
        if _op(item) in ("ASSERT", "ASSERT_NOT"):
            yield item[1][1]
        elif not _is_one(item):
            for part in _parts(item):
                yield from _lookaheads(part)


def _reaches(tree: Iterable[Tree]) -> bool:
    """Whether some character of a match, or one it looks at to find, may be a blank."""
    return any(members & BLANKS for members in _sets(tree))


def _leads(tree: Tree) -> Iterator[str]:
    """For each way that may reach a blank, what stands before the first element that may."""
    items = list(tree)
    if len(items) == 1 and _op(items[0]) in ("BRANCH", "SUBPATTERN"):
        for part in _parts(items[0]):
            yield from _leads(part)
        return
    for at, item in enumerate(items):
        if _reaches([item]):
            yield _written(items[:at], wide=False)
            return


def _begins_blank(items: list[Tree]) -> bool | None:
    """Whether a blank may come first; None when all of it may be empty."""
    for item in items:
        found = _item_begins_blank(item)
        if found is not None:
            return found
    return None


def _item_begins_blank(item: Tree) -> bool | None:
    if _is_one(item):
        return bool(_members(item) & BLANKS)
    if _op(item) in ("ASSERT", "ASSERT_NOT"):
        return None
    inside = [_begins_blank(list(part)) for part in _parts(item)]
    if True in inside:
        return True
    empty = None in inside or (_op(item) in _REPEATS and item[1][0] == 0)
    return None if empty else False


# ---- an expression written down again --------------------------------------------------------


def _written(tree: Iterable[Tree], *, wide: bool) -> str:
    return "".join(_item(item, wide) for item in tree)


def _item(item: Tree, wide: bool) -> str:
    kind, value = _op(item), item[1]
    if _is_one(item):
        return _one(item, wide)
    inner = [_written(part, wide=wide) for part in _parts(item)]
    if kind in _REPEATS:
        low, high = value[0], str(value[1])
        most = "" if high == "MAXREPEAT" else high
        return f"(?:{inner[0]}){{{low},{most}}}{_REPEATS[kind]}"
    if kind in ("ASSERT", "ASSERT_NOT"):
        if value[0] != 1:
            raise NotRegular("expression", "it looks back")
        return f"(?{'=' if kind == 'ASSERT' else '!'}{inner[0]})"
    if kind == "ATOMIC_GROUP":
        return f"(?>{inner[0]})"
    return f"(?:{'|'.join(inner)})"


def _one(item: Tree, wide: bool) -> str:
    if _op(item) == "ANY":
        return "."
    negated = _op(item) == "NOT_LITERAL" or (_op(item) == "IN" and _op(item[1][0]) == "NEGATE")
    parts = item[1] if _op(item) == "IN" else [("LITERAL", item[1])]
    body = "".join(_range(part) for part in parts if _op(part) != "NEGATE")
    some = not _all_or_none(_members(item), DIGITS)
    if wide and some:
        return f"(?:[0-9]|[{'^' if negated else ''}{body}])"
    return f"[{'^' if negated else ''}{body}]"


def _range(part: Tree) -> str:
    if _op(part) == "LITERAL":
        return _escaped(part[1])
    return f"{_escaped(part[1][0])}-{_escaped(part[1][1])}"


def _escaped(code: int) -> str:
    return f"\\U{code:08x}"
