"""Outlines: what lines look like, character by character; what looks otherwise is no such line.

An outline takes every line of its kinds, and some others: it knows neither which terminal the
lexer tries first, nor what an expression looks ahead for, how often exactly a part repeats, and
which digit stands where. So no digit is told from another, and a line that an outline does not take
is none, nor is any line of which that is the beginning, if it goes on nowhere.

The same tells whether what an expression makes of a text hangs on what stands behind that: of an
expression alone an outline may know the digits, and follow whatever is looked ahead for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nsparse.errors import NotRegular
from nsparse.reading.grammar.automaton import Automaton, State
from nsparse.reading.grammar.expressions import (
    ASCII,
    DIGITS,
    REPEATS,
    Tree,
    is_one,
    members,
    op,
    parsed,
    parts_of,
)
from nsparse.reading.grammar.grammar import ROWS
from nsparse.reading.grammar.stretch import LOOKS

if TYPE_CHECKING:
    from nsparse.reading.tables.table import Voice

SEVERAL = (*ROWS, "header")
"""The kinds of line that may stand on several lines."""

SINGLE = ("first", "banner", "skip", "message")
"""Those that stand on one, and need no other above."""

DETAIL = ("detail",)
"""What continues a row, indented deeper than it."""

MORE = ("second", "owner", "rest")
"""Those that may continue a row of their dialect without being indented deeper than it."""

PLACES = 5_000
"""So many places are remembered; the damaged rows of a dump lead to some hundreds."""

ALL_DIGITS = "0123456789"

FOREIGN = "\x80"
"""Stands for every character beyond ASCII: of these no outline knows one from another."""

WIDE = 1000
"""No word of a row is longer: what takes more of a text is not followed further."""

_LINE = "line"


class Place:
    """Where a text leads: the elements that may come next.

    Attributes:
        nodes: Their numbers.
        final: Whether the text may be a line.
        leads: Where each character leads, as far as it was asked.
        tells: Whether that hangs on which digit one is, if it was asked.
    """

    __slots__ = ("final", "leads", "nodes", "tells")

    def __init__(self, nodes: frozenset[int], *, final: bool) -> None:
        self.nodes, self.final = nodes, final
        self.leads: dict[str, Place] = {}
        self.tells: bool | None = None


NOWHERE = Place(frozenset(), final=False)
"""Where a text leads with which no line begins."""


class _State(NamedTuple):
    """A state of a kind of line, the nodes of all its states, and what their edges match."""

    state: State
    nodes: Sequence[int]
    terminals: Mapping[str, str]


class Outline:
    """What lines of some kinds look like: places, each made when a text first leads there.

    Attributes:
        exact: Whether it tells digits apart, and follows what is looked ahead for.
    """

    def __init__(self, *, exact: bool = False) -> None:
        self.exact = exact
        # Each node takes one of some characters, or nothing (None), and leads to others.
        self._nodes: list[tuple[frozenset[int] | None, list[int]]] = []
        self._states: dict[int, _State] = {}
        self._finals = set[int]()
        self._starts: list[tuple[frozenset[int] | None, int]] = []
        self._known: dict[tuple[frozenset[int], bool], Place] = {}
        self._first: dict[str, Place] = {}

    def add(self, automaton: Automaton, terminals: Mapping[str, str], first: str | None) -> None:
        """Take in the lines of one kind.

        Args:
            automaton: Its states.
            terminals: What their edges match.
            first: The characters of ASCII that its lines begin with, where these are known.
        """
        numbers = [self._node(None) for _ in automaton]
        for number, state in zip(numbers, automaton, strict=True):
            self._states[number] = _State(state, numbers, terminals)
            if state.final:
                self._finals.add(number)
        chars = None if first is None else self._chars(frozenset(map(ord, first)))
        self._starts.append((chars, numbers[0]))

    def add_source(self, source: str, first: str | None) -> None:
        """Take in all that an expression matches."""
        self.add((State(((_LINE, 1),), False), State((), True)), {_LINE: source}, first)

    def after(self, text: str) -> Place:
        """Where a text leads."""
        return self.on(self._first.get(text[:1]) or self._begin(text[:1]), text[1:])

    def on(self, place: Place, text: str) -> Place:
        """Where a text leads from a place on."""
        for char in text:
            if place is NOWHERE:
                break
            place = place.leads.get(char) or self._step(place, char)
        return place

    def begins(self, text: str) -> bool:
        """Whether a text may begin with one of the lines."""
        place = self._first.get(text[:1]) or self._begin(text[:1])
        for char in text[1:]:
            if place.final or place is NOWHERE:
                break
            place = place.leads.get(char) or self._step(place, char)
        return place.final

    def tells_digits(self, place: Place) -> bool:
        """Whether it hangs on which digit comes next at a place where that leads."""
        if place.tells is None:
            first, *others = (self.on(place, digit) for digit in ALL_DIGITS)
            place.tells = any(other is not first for other in others)
        return place.tells

    def _begin(self, char: str) -> Place:
        if not char:
            return self._place(number for _, number in self._starts)
        key = min(char, FOREIGN)
        if key not in self._first:
            code = ord(key)
            starts = [number for first, number in self._starts if first is None or code in first]
            self._first[key] = self._step(self._place(starts), key)
        return self._first[key]

    def _step(self, place: Place, char: str) -> Place:
        key = min(char, FOREIGN)
        known = place.leads.get(key)
        if known is None:
            code = ord(key)
            nodes = (self._nodes[number] for number in place.nodes)
            targets = (to for chars, to in nodes if chars is None or code in chars)
            known = self._place(number for some in targets for number in some)
            place.leads[key] = known
        return known

    def _place(self, targets: Iterable[int]) -> Place:
        """The place of some nodes and of all that these lead to without a character."""
        waiting, seen = list(targets), set[int]()
        while waiting:
            number = waiting.pop()
            if number not in seen:
                seen.add(number)
                if self._nodes[number][0] is None:
                    self._open(number)
                    waiting += self._nodes[number][1]
        nodes = frozenset(number for number in seen if self._nodes[number][0] is not None)
        final = not self._finals.isdisjoint(seen)
        if not nodes and not final:
            return NOWHERE
        if len(self._known) >= PLACES:
            self._known, self._first = {}, {}
        return self._known.setdefault((nodes, final), Place(nodes, final=final))

    # ---- nodes, those of a state made when a text first comes there ------------------------------

    def _node(self, chars: frozenset[int] | None, *targets: int) -> int:
        self._nodes.append((chars, list(targets)))
        return len(self._nodes) - 1

    def _open(self, number: int) -> None:
        """Make the nodes of a state's edges, if it has not been done."""
        if number not in self._states:
            return
        state, numbers, terminals = self._states.pop(number)
        for name, target in state.edges:
            if target is not None:
                first = self._linked(parsed(terminals[name]), numbers[target])
                self._nodes[number][1].append(first)

    def _linked(self, items: Iterable[Tree], end: int) -> int:
        """The first node of elements that lead to an end."""
        for item in reversed(list(items)):
            end = self._linked_one(item, end)
        return end

    def _linked_one(self, item: Tree, end: int) -> int:
        if op(item) in (*LOOKS, "AT") and not self.exact:
            return end
        try:
            if is_one(item):
                return self._node(self._chars(members(item)), end)
            parts = parts_of(item)
        except NotRegular:
            return self._anything(end)
        fork = self._node(None)
        if op(item) in LOOKS:
            nothing = self._node(None)
            self._nodes[fork][1].extend(self._linked(part, nothing) for part in parts)
            self._nodes[fork][1].append(end)
            return fork
        repeats = op(item) in REPEATS
        behind = self._node(None, end, fork) if repeats and item[1][1] != 1 else end
        self._nodes[fork][1].extend(self._linked(part, behind) for part in parts)
        if repeats and item[1][0] == 0:
            self._nodes[fork][1].append(end)
        return fork

    def _anything(self, end: int) -> int:
        """Any text: what is not known may match it."""
        fork = self._node(None, end)
        self._nodes[fork][1].append(self._node(self._chars(ASCII), fork))
        return fork

    def _chars(self, chars: frozenset[int]) -> frozenset[int]:
        """Some characters, with those that are taken for one of them."""
        digits = DIGITS if chars & DIGITS and not self.exact else frozenset()
        return chars | digits | {ord(FOREIGN)}


def is_settled(source: str, text: str, at: int = 0) -> bool:
    """Whether what an expression matches at a place of a text hangs on nothing behind its end.

    >>> is_settled("tcp6?", "tcp"), is_settled("tcp6?", "tcp "), is_settled("[a-z](?= +4)", "t ")
    (False, True, False)
    """
    return not _exactly(source).after(text[at : at + WIDE]).nodes


def tells_digits(source: str, text: str, at: int) -> bool:
    """Whether what an expression matches of a text hangs on which digits stand from a place on.

    >>> [tells_digits("tcp6? [0-9]+", "tcp6 0 0", at) for at in (0, 4)]
    [True, False]
    """
    outline = _exactly(source)
    place = outline.after(text[:at])
    for char in text[at : at + WIDE]:
        if char in ALL_DIGITS and outline.tells_digits(place):
            return True
        place = outline.on(place, char)
        if not place.nodes:
            return False
    return bool(text[at + WIDE :])


@cache
def _exactly(source: str) -> Outline:
    outline = Outline(exact=True)
    outline.add_source(source, None)
    return outline


@lru_cache(maxsize=64)
def outline_of(voices: tuple[Voice, ...], kinds: tuple[str, ...]) -> Outline:
    """What lines of some kinds look like in some dialects."""
    outline = Outline()
    for derived in (voice.grammar.derived for voice in voices):
        for kind in kinds:
            if kind in derived.patterns:
                pattern = derived.patterns[kind]
                if kind in derived.walks:
                    automaton = derived.walks[kind].automaton
                    outline.add(automaton, derived.terminals, pattern.first)
                else:
                    outline.add_source(pattern.source, pattern.first)
    return outline


@lru_cache(maxsize=64)
def openings_of(voices: tuple[Voice, ...]) -> Outline:
    """What the rows of some dialects begin with."""
    outline = Outline()
    for opening in (voice.opening for voice in voices):
        outline.add_source(opening.source, opening.first)
    return outline


def leads(text: str, voices: tuple[Voice, ...], speaks: Voice | None) -> Sequence[Place]:
    """Where a text leads, which is not empty: as a line of several, of one, and below a row.

    Args:
        text: The text.
        voices: The dialects.
        speaks: The one whose row may stand above.
    """
    more = (speaks,) if speaks else ()
    asked = (voices, SEVERAL), (voices, SINGLE), (more, MORE)
    return [outline_of(*one).after(text) for one in asked]
