r"""From a compiled grammar to one regular expression a kind of line.

Lark reads a line with a contextual lexer: in each state of the parse table it tries
the terminals that state allows, in a fixed order, and the first that matches is
taken for good. For a grammar without recursion the states reachable from the start
are a finite automaton. `derive` walks it through Lark's interactive parser and
writes it down as a pattern that takes the same decisions: every terminal is atomic,
and every choice is guarded by the terminals the lexer would have tried before it.
So the pattern accepts what Lark accepts, with the same fields, by construction;
and it reads in linear time, because it never goes back over a decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nsparse.errors import NotRegular
from nsparse.reading.grammar import END, Match, field_name, is_field

if TYPE_CHECKING:
    from lark import Lark
    from lark.lexer import TerminalDef

STATES_AT_MOST = 5000
"""More states than any line has places: the rule is recursive, not regular."""

SHAPES_AT_MOST = 2000
"""More ways through a line than anybody can test: the rule wants splitting."""

BLANK = "_S"
"""The terminal that stands between cells in every grammar."""

Terminals = Mapping[str, "TerminalDef"]


@dataclass(frozen=True)
class State:
    """A place in a line: what the lexer tries there in order, and where each leads, if anywhere."""

    edges: tuple[tuple[str, int | None], ...]
    final: bool


Automaton = tuple[State, ...]
"""The states of one kind of line; the first is the start."""


@dataclass(frozen=True)
class Shape:
    """One way through a line: its fields, and the groups of the pattern that hold them."""

    fields: tuple[str, ...]
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Pattern:
    """The derived executor of one kind of line."""

    source: str
    shapes: Mapping[int, Shape]

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        return re.compile(self.source)

    def match(self, text: str) -> Match | None:
        """The fields of `text`, or None when it is no such line."""
        found = self.compiled.fullmatch(text)
        if found is None:
            return None
        shape = self.shapes[found.lastindex or 0]
        if not shape.groups:
            return Match((), ())
        texts = found.group(*shape.groups)
        return Match(shape.fields, texts if isinstance(texts, tuple) else (texts,))


@dataclass(frozen=True)
class Derived:
    """Everything that is derived from one grammar.

    Attributes:
        patterns: The executor of each kind of line.
        opening: What a row begins with, to tell a damaged one from other text.
    """

    patterns: Mapping[str, Pattern]
    opening: str


def derive_all(lark: Lark, kinds: Iterable[str]) -> Derived:
    """Derive the patterns of every kind of line."""
    kinds = list(kinds)
    opening_kind = next(kind for kind in ("row", "bare") if kind in kinds)
    return Derived({kind: derive(lark, kind) for kind in kinds}, opening(lark, opening_kind))


def derive(lark: Lark, kind: str) -> Pattern:
    """Derive the pattern of one kind of line.

    Raises:
        NotRegular: The rule is recursive, a field appears twice in a line, a loop is
            no free text, or a literal hides in a wider terminal.
    """
    terminals = {terminal.name: terminal for terminal in lark.terminals}
    automaton = minimal(explore(lark, kind, terminals))
    return _Writer(kind, automaton, terminals).write()


def explore(lark: Lark, kind: str, terminals: Terminals) -> Automaton:
    """Walk every state of the parser that some line can reach."""
    from lark import Token

    start: Any = lark.parse_interactive("", start=kind)  # Lark types half of its interactive parser
    numbers: dict[tuple[int, ...], int] = {_stack(start): 0}
    waiting = [start]
    states: list[State] = []
    for parser in waiting:  # grows while it is walked
        accepted = parser.accepts()
        edges: list[tuple[str, int | None]] = []
        for name in lexer_order(parser.choices(), terminals):
            target = None
            if name in accepted:
                after = parser.copy()
                after.feed_token(Token(name, ""))
                if _stack(after) not in numbers:
                    numbers[_stack(after)] = len(waiting)
                    waiting.append(after)
                target = numbers[_stack(after)]
            edges.append((name, target))
        states.append(State(tuple(edges), END in accepted))
        if len(waiting) > STATES_AT_MOST:
            raise NotRegular(kind, "the rule is recursive")
    return tuple(states)


def lexer_order(choices: Mapping[str, object], terminals: Terminals) -> list[str]:
    """The terminals of a state in the order in which Lark's lexer tries them.

    The key is the one of `lark.lexer.BasicLexer` (1.3.1); a test holds Lark to it.
    """
    here = [terminals[str(name)] for name in choices if name in terminals]
    here.sort(key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    return [str(terminal.name) for terminal in here]


def minimal(automaton: Automaton) -> Automaton:
    """Merge states that no rest of a line can tell apart (Moore's partition refinement)."""
    block = [0] * len(automaton)
    count = 1
    while True:
        keys = [_signature(state, block) for state in automaton]
        index = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        block = [index[key] for key in keys]
        if len(index) == count:
            break
        count = len(index)
    first = {
        number: state for state, number in zip(reversed(automaton), reversed(block), strict=True)
    }
    return tuple(
        State(
            tuple((name, None if to is None else block[to]) for name, to in first[number].edges),
            first[number].final,
        )
        for number in range(count)
    )


def _signature(state: State, block: list[int]) -> tuple[object, ...]:
    edges = tuple((name, None if to is None else block[to]) for name, to in state.edges)
    return (state.final, edges)


def _stack(parser: Any) -> tuple[int, ...]:
    return tuple(parser.parser_state.state_stack)


NO_CELL = ("", -1)


@dataclass(frozen=True)
class _Way:
    """How the writer came to a state.

    Attributes:
        fields: The fields so far, with their groups.
        cell: The free text just written, and the state it led to.
        seen: The states passed, each with the free text just written there.
    """

    fields: tuple[tuple[str, int], ...] = ()
    cell: tuple[str, int] = NO_CELL
    seen: tuple[tuple[int, tuple[str, int]], ...] = ()


class _Writer:
    """Writes an automaton down as a pattern, numbering groups as it goes."""

    def __init__(self, kind: str, automaton: Automaton, terminals: Terminals) -> None:
        self.kind = kind
        self.automaton = automaton
        self.terminals = terminals
        self.groups = 0
        self.shapes: dict[int, Shape] = {}

    def write(self) -> Pattern:
        return Pattern(self._rest(0, _Way()), self.shapes)

    def _rest(self, number: int, way: _Way) -> str:
        """The pattern of every rest of a line from a state on."""
        here = (number, way.cell)
        if here in way.seen:
            raise NotRegular(self.kind, "a loop that is not one free text")
        way = replace(way, seen=(*way.seen, here))
        state = self.automaton[number]
        ways = [self._end(way)] if state.final else []
        tried: list[str] = []
        for name, target in state.edges:
            if target is not None and (name, target) != way.cell:
                ways.append(self._guard(name, tried) + self._edge(name, target, way))
            tried.append(name)
        return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"

    def _edge(self, name: str, target: int, way: _Way) -> str:
        """One terminal, its repetition where it is a free text, and every rest after it."""
        text = self._atom(name)
        if name == BLANK:
            return text + self._rest(target, way)
        loop, cell = self._loop(name, target)
        after = replace(way, cell=cell)
        if not is_field(name):
            return text + loop + self._rest(target, after)
        self.groups += 1
        fields = (*way.fields, (field_name(name), self.groups))
        return f"({text}{loop})" + self._rest(target, replace(after, fields=fields))

    def _loop(self, name: str, target: int) -> tuple[str, tuple[str, int]]:
        """The repetition of a free text, and the edge that closes it.

        From `target`, over blanks, by the same field, to `target` again; behind the text
        that way is written already.
        """
        middle = dict(self.automaton[target].edges).get(BLANK)
        edges = self.automaton[middle].edges if middle is not None else ()
        tried: list[str] = []
        for again, back in edges:
            if back == target and field_name(again) == field_name(name):
                guard = self._guard(again, tried)
                return f"(?:{self._atom(BLANK)}{guard}{self._atom(again)})*+", (again, target)
            tried.append(again)
        return "", NO_CELL

    def _end(self, way: _Way) -> str:
        # The empty group is the last to close, so `lastindex` names the shape.
        self.groups += 1
        names = tuple(name for name, _ in way.fields)
        if len(set(names)) != len(names):
            raise NotRegular(self.kind, f"a field appears twice in one line: {' '.join(names)}")
        self.shapes[self.groups] = Shape(names, tuple(group for _, group in way.fields))
        if len(self.shapes) > SHAPES_AT_MOST:
            raise NotRegular(self.kind, f"more than {SHAPES_AT_MOST} shapes of line")
        return r"\Z()"

    def _guard(self, name: str, tried: list[str]) -> str:
        """Nothing that the lexer tries before `name` may match here."""
        before = "|".join(self.terminals[other].pattern.to_regexp() for other in tried)
        return f"(?!{before})" if before else ""

    def _atom(self, name: str) -> str:
        return f"(?>{self.terminals[name].pattern.to_regexp()})"


def opening(lark: Lark, kind: str, cells: int = 2) -> str:
    """What a line of this kind begins with: its first cells, without guards."""
    terminals = {terminal.name: terminal for terminal in lark.terminals}
    automaton = minimal(explore(lark, kind, terminals))
    return _opening(automaton, terminals, 0, cells)


def _opening(automaton: Automaton, terminals: Terminals, number: int, cells: int) -> str:
    if cells == 0:
        return ""
    ways = dict.fromkeys(
        f"(?:{terminals[name].pattern.to_regexp()})"
        + _opening(automaton, terminals, target, cells - is_field(name))
        for name, target in automaton[number].edges
        if target is not None
    )
    return f"(?:{'|'.join(ways)})"
