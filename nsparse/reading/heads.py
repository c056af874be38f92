"""What may become of a line, by how it begins: the kinds of line that no such line is.

Where an expression does not match a text, and came to that without a look behind its end, it
matches nothing that begins with the text. So the first word of a line rules out nearly every kind
of line of nearly every dialect, whatever stands behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from nsparse.errors import NotRegular
from nsparse.reading.columns.expressions import (
    DIGITS,
    REPEATS,
    Tree,
    all_or_none,
    is_one,
    members,
    op,
    parsed,
    parts_of,
)
from nsparse.reading.columns.terminals import Terminal, sets_of_text

if TYPE_CHECKING:
    from nsparse.reading.tables import Voice

WIDE = 64
"""Longer words are told by so many characters."""

REMEMBERED = 1000
"""So many beginnings are remembered; a dump has some dozens."""

Kinds = Mapping[str, Sequence["Voice"]]
"""Kinds of line, each with dialects."""


class Heads:
    """What lines may be, by their first words."""

    def __init__(self, voices: Sequence[Voice]) -> None:
        self._all: Kinds = by_kind(
            (kind, voice) for voice in voices for kind in voice.grammar.derived.patterns
        )
        self._known: dict[str, Kinds] = {}
        self._seen: set[str] = set()

    def of(self, text: str) -> Kinds:
        """The kinds of line that a line may be, each with its dialects, in their order."""
        head = text[: text.find(" ", 0, WIDE) + 1] or text[:WIDE]
        known = self._known.get(head)
        if known is not None:
            return known
        first = self._known.get(head[:1])
        if first is None:
            first = self._known[head[:1]] = _possible(self._all, head[:1])
        if head not in self._seen:
            if len(self._seen) >= REMEMBERED:
                self._known, self._seen = {}, set()
            self._seen.add(head)  # many a line begins with an address that no other has
            return _possible(first, text[: 4 * WIDE])
        known = self._known[head] = _possible(first, head)
        return known


def _possible(kinds: Kinds, head: str) -> Kinds:
    """Those of some kinds that a line with such a beginning may be."""
    return by_kind(
        (kind, voice)
        for kind, voices in kinds.items()
        for voice in voices
        if not is_lost(voice.grammar.derived.patterns[kind].begins, head)
    )


def by_kind(pairs: Iterable[tuple[str, Voice]]) -> Kinds:
    """Kinds of line and their dialects, in the order in which they come."""
    found: dict[str, list[Voice]] = {}
    for kind, voice in pairs:
        found.setdefault(kind, []).append(voice)
    return found


# ---- expressions -----------------------------------------------------------------------------

compiled = cache(re.compile)
"""An expression; `re` keeps only some hundred of them, and asks more each time."""


def is_lost(source: str, text: str) -> bool:
    """Whether an expression matches at the start of no text that begins with this one.

    >>> is_lost("tcp6?", "tc"), is_lost("tcp6?", "tc "), is_lost("[0-9]+(?= +[0-9])", "12 ")
    (False, True, False)
    """
    return compiled(source).match(text) is None and is_settled(source, text)


def is_settled(source: str, text: str, at: int = 0) -> bool:
    """Whether what an expression matches at a place of a text hangs on nothing behind its end."""
    try:
        parts, never = _parts(source)
    except NotRegular:
        return False
    if never is not None and never.search(text, at):
        return True  # no part of it is this character, and none looks further
    try:
        _walk(parts, text[: at + WIDE], {at})
    except IndexError:
        return False
    return True


class Fate(NamedTuple):
    """What an expression makes of some texts at a place.

    Attributes:
        end: Where what it matches ends; None where it does not match.
        wide: An expression that tells no digits apart, or none that are there, and matches as
            much, or more: where that hangs on nothing behind a text, what is matched does not.
    """

    end: int | None
    wide: str


def fate(source: str, text: str, at: int, exact: int) -> Fate | None:
    """What an expression makes of all texts alike at a place; None where their digits may tell.

    Args:
        source: The expression.
        text: One of some that differ in their digits.
        at: The place.
        exact: So much at its start is the same in all.
    """
    uniform, wide = _of_digits(source)
    if not uniform:
        digit = _DIGIT.search(text, max(at, exact))
        if digit is not None and not is_settled(source, text[: digit.start()], at):
            matched = wide is None or compiled(wide).match(text, at) is not None
            return None if matched else Fate(None, str(wide))
    match = compiled(source).match(text, at)
    return Fate(match.end() if match else None, source)


@cache
def _of_digits(source: str) -> tuple[bool, str | None]:
    """Whether an expression never tells digits apart, else one that does not, and matches more."""
    try:
        uniform = all(all_or_none(one, DIGITS) for one in sets_of_text(source))
        return uniform, None if uniform else Terminal("", source).widened
    except NotRegular:
        return False, None


_DIGIT = re.compile("[0-9]")


class _Ways(NamedTuple):
    """An element of several: a choice of sequences, once or repeated.

    Attributes:
        ways: The sequences.
        may_lack: Whether it may be empty.
        repeats: Whether it may come more than once.
        looks: Whether it looks ahead, and takes nothing.
    """

    ways: Sequence[Sequence[_Part]]
    may_lack: bool = False
    repeats: bool = False
    looks: bool = False


_Part = frozenset[int] | _Ways
"""What one character may be, or an element of several."""


def _walk(parts: Sequence[_Part], text: str, places: set[int]) -> set[int]:
    """Where some parts may end that begin at one of some places.

    Raises:
        IndexError: One of them looks behind the end.
    """
    for part in parts:
        if isinstance(part, frozenset):
            places = {at + 1 for at in places if ord(text[at]) in part or not text[at].isascii()}
        else:
            places = _walk_ways(part, text, places)
    return places


def _walk_ways(part: _Ways, text: str, places: set[int]) -> set[int]:
    ends: set[int] = set(places) if part.may_lack else set()
    new = places
    while new:
        new = set[int]().union(*(_walk(way, text, new) for way in part.ways)) - ends
        ends |= new
        new = new if part.repeats else set()
    return places if part.looks else ends


@cache
def _parts(source: str) -> tuple[Sequence[_Part], re.Pattern[str] | None]:
    """An expression, taken apart; and the characters of ASCII that no part of it is.

    Raises:
        NotRegular: It looks at places, and not at characters.
    """
    parts = [_part(item) for item in parsed(source)]
    never = frozenset(range(128)).difference(*_sets(parts))
    chars = "".join(map(chr, sorted(never)))
    return parts, re.compile(f"[{re.escape(chars)}]") if chars else None


def _part(item: Tree) -> _Part:
    if is_one(item):
        return members(item)
    ways = [[_part(inner) for inner in way] for way in parts_of(item)]
    if op(item) in REPEATS:
        return _Ways(ways, may_lack=item[1][0] == 0, repeats=item[1][1] != 1)
    return _Ways(ways, looks=op(item) in ("ASSERT", "ASSERT_NOT"))


def _sets(parts: Iterable[_Part]) -> Iterator[frozenset[int]]:
    for part in parts:
        if isinstance(part, frozenset):
            yield part
        else:
            yield from (one for way in part.ways for one in _sets(way))
