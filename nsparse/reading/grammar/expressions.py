r"""Parsed expressions: what their elements are, which characters these match.

`re._parser` parses them; a test pins what is used of it. What is not known here is refused, never
guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from nsparse.errors import NotRegular

Tree = Any
"""A parsed expression: `re._parser` has no types."""

DIGITS = frozenset(range(ord("0"), ord("9") + 1))
BLANKS = frozenset(map(ord, " \t"))
ASCII = frozenset(range(128))
REPEATS = {"MAX_REPEAT": "", "MIN_REPEAT": "?", "POSSESSIVE_REPEAT": "+"}


def parsed(source: str) -> Tree:
    """The elements of an expression."""
    return import_module("re._parser").parse(source)


def op(item: Tree) -> str:
    """What an element is."""
    return str(item[0])


def members(item: Tree) -> frozenset[int]:
    """Which characters of ASCII one element matches; of all others nobody asks."""
    kind, value = op(item), item[1]
    if kind == "LITERAL":
        return ASCII & {value}
    if kind == "NOT_LITERAL":
        return ASCII - {value}
    if kind == "ANY":
        return ASCII
    negated = op(value[0]) == "NEGATE"
    found = set[int]()
    for part in value[negated:]:
        if op(part) == "LITERAL":
            found.add(part[1])
        elif op(part) == "RANGE":
            found.update(range(part[1][0], part[1][1] + 1))
        else:
            raise NotRegular(str(item), "a class of characters whose meaning differs")
    return ASCII - found if negated else ASCII & found


def all_or_none(found: frozenset[int], what: frozenset[int]) -> bool:
    """Whether of some characters all are there, or none."""
    return not found & what or what <= found


def parts_of(item: Tree) -> list[Tree]:
    """The expressions inside an element."""
    kind, value = op(item), item[1]
    if kind in REPEATS:
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


def is_one(item: Tree) -> bool:
    """Whether an element is one character."""
    return op(item) in ("LITERAL", "NOT_LITERAL", "ANY", "IN")


def one(item: Tree, *, wide: bool) -> str:
    """An element of one character, written down; with `wide` any digit may be any other."""
    if op(item) == "ANY":
        return "."
    negated = op(item) == "NOT_LITERAL" or (op(item) == "IN" and op(item[1][0]) == "NEGATE")
    parts = item[1] if op(item) == "IN" else [("LITERAL", item[1])]
    body = "".join(_range(part) for part in parts if op(part) != "NEGATE")
    some = not all_or_none(members(item), DIGITS)
    if wide and some:
        return f"(?:[0-9]|[{'^' if negated else ''}{body}])"
    return f"[{'^' if negated else ''}{body}]"


def composed(item: Tree, inner: Sequence[str], *, gives_back: bool = False) -> str:
    """An element that holds others, written down around what is written of these.

    Args:
        item: The element.
        inner: The expressions inside it, as `parts_of` gives them.
        gives_back: Whether it may try again with less than it took, though the element does not.

    Raises:
        NotRegular: It looks back.
    """
    kind, value = op(item), item[1]
    if kind in REPEATS:
        low, high = value[0], str(value[1])
        most = "" if high == "MAXREPEAT" else high
        return f"(?:{inner[0]}){{{low},{most}}}{'' if gives_back else REPEATS[kind]}"
    if kind in ("ASSERT", "ASSERT_NOT"):
        if value[0] != 1:
            raise NotRegular("expression", "it looks back")
        return f"(?{'=' if kind == 'ASSERT' else '!'}{inner[0]})"
    whole = kind == "ATOMIC_GROUP" and not gives_back
    return f"(?{'>' if whole else ':'}{'|'.join(inner)})"


def _range(part: Tree) -> str:
    if op(part) == "LITERAL":
        return _escaped(part[1])
    return f"{_escaped(part[1][0])}-{_escaped(part[1][1])}"


def _escaped(code: int) -> str:
    return f"\\U{code:08x}"
