"""Expressions and numbers of any length: what cannot tell a short one from a long one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from nsparse.reading.grammar.expressions import (
    DIGITS,
    REPEATS,
    Tree,
    composed,
    is_one,
    members,
    one,
    op,
    parts_of,
)

LOOKS = ("ASSERT", "ASSERT_NOT")


class Stretch(NamedTuple):
    """A part of an expression that matches a text whatever numbers stand for others in it.

    Attributes:
        starts: Whether what it matches may start with a digit.
        ends: Whether it may end with one.
        empty: Whether it may be empty.
    """

    starts: bool
    ends: bool
    empty: bool


def stretch(tree: Iterable[Tree]) -> Stretch | None:
    """Whether elements that follow one another cannot tell a number from one of another length.

    None where they may: every element that a digit fits must take all digits, as many as there are,
    and never may two such elements meet, as each would want its own.
    """
    starts, ends, empty = False, False, True
    for item in tree:
        found = _stretch(item)
        if found is None or (ends and found.starts):
            return None
        starts = starts or (empty and found.starts)
        ends = found.ends or (found.empty and ends)
        empty = empty and found.empty
    return Stretch(starts, ends, empty)


def _stretch(item: Tree) -> Stretch | None:
    if is_one(item):
        return None if members(item) & DIGITS else Stretch(starts=False, ends=False, empty=False)
    if op(item) in LOOKS:
        alone = all(_has_no_digits(part) for part in parts_of(item))
        return Stretch(starts=False, ends=False, empty=True) if alone else None
    if op(item) in REPEATS:
        return _repeated(item)
    parts = [stretch(part) for part in parts_of(item)]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return Stretch(*(any(said) for said in zip(*known, strict=True)))


def _repeated(item: Tree) -> Stretch | None:
    low, high, inner = item[1]
    if len(inner) == 1 and is_one(inner[0]) and members(inner[0]) & DIGITS:
        endless = low <= 1 and str(high) == "MAXREPEAT" and op(item) != "MIN_REPEAT"
        takes_all = members(inner[0]) >= DIGITS
        return Stretch(starts=True, ends=True, empty=low == 0) if endless and takes_all else None
    found = stretch(inner)
    if found is None or (found.starts and found.ends):
        return None
    return found._replace(empty=found.empty or low == 0)


def _has_no_digits(tree: Iterable[Tree]) -> bool:
    return all(
        not members(item) & DIGITS if is_one(item) else all(map(_has_no_digits, parts_of(item)))
        for item in tree
    )


def loose(tree: Iterable[Tree]) -> str:
    """An expression for all that some elements match when each number is made one digit.

    What a digit fits takes any number of digits and may be empty, as several elements may have
    shared the digits of one number; what may not follow is left out.
    """
    return "".join(map(_loose, tree))


def _loose(item: Tree) -> str:
    if is_one(item):
        return _any_number(item) if members(item) & DIGITS else one(item, wide=False)
    if op(item) == "ASSERT_NOT":
        return ""
    if op(item) in REPEATS:
        (inner, *others) = item[1][2]
        if not others and is_one(inner) and members(inner) & DIGITS:
            return _any_number(inner)
    return composed(item, [loose(part) for part in parts_of(item)], gives_back=True)


def _any_number(item: Tree) -> str:
    return f"(?:[0-9]|{one(item, wide=False)})*"
