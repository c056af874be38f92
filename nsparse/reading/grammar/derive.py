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
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nsparse.errors import NotRegular
from nsparse.reading.grammar.automaton import BLANK, Automaton, Terminals, explore, minimal, written
from nsparse.reading.grammar.grammar import Match, field_name, is_field
from nsparse.reading.grammar.starts import Start, firsts
from nsparse.reading.grammar.walk import Walk

if TYPE_CHECKING:
    from lark import Lark

    from nsparse.reading.grammar.grammar import Executor

SHAPES_AT_MOST = 2000
"""More ways through a line than anybody can test: the rule wants splitting."""


class Shape(NamedTuple):
    """One way through a line: its fields, and the groups of the pattern that hold them."""

    fields: tuple[str, ...]
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Pattern:
    """The derived executor of one kind of line.

    Attributes:
        source: The expression.
        shapes: The ways through it, by the number of the group that closes last.
        begins: What its first terminal looks like. To compile `source` takes longer than to read
            a small dump, and most kinds of line of most dialects occur in no line of it.
        first: The characters that `begins` begins with, where these are known.
    """

    source: str
    shapes: Mapping[int, Shape]
    begins: str
    first: str | None

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        return re.compile(self.source)

    def match(self, text: str) -> Match | None:
        """The fields of `text`, or None when it is no such line."""
        if not (self.is_compiled or self.may_begin(text)):
            return None
        found = self.compiled.fullmatch(text)
        if found is None:
            return None
        shape = self.shapes[found.lastindex or 0]
        if not shape.groups:
            return Match((), ())
        texts = found.group(*shape.groups)
        return Match(shape.fields, texts if isinstance(texts, tuple) else (texts,))

    @property
    def is_compiled(self) -> bool:
        """Whether `compiled` is there."""
        return "compiled" in self.__dict__

    def may_begin(self, text: str) -> bool:
        """Whether a line begins with what the first terminal looks like."""
        return self._start.match(text) is not None

    @cached_property
    def _start(self) -> Start:
        return Start(self.begins, self.first)


@dataclass(frozen=True)
class Derived:
    """Everything that is derived from one grammar.

    Attributes:
        patterns: The executor of each kind of line.
        opening: What a row begins with, to tell a damaged one from other text.
        automata: The states of the kinds of line that dumps have many of, written down.
        terminals: What the edges of the automata match.
    """

    patterns: Mapping[str, Pattern]
    opening: str
    automata: Mapping[str, tuple[str, ...]]
    terminals: Mapping[str, str]

    @cached_property
    def opens(self) -> Start:
        """The opening, ready to match."""
        return Start(self.opening, self.patterns[opening_kind(self.patterns)].first)

    @cached_property
    def walks(self) -> Mapping[str, Walk]:
        """What reads the kinds of line that dumps have many of."""
        return {
            kind: Walk(self.patterns[kind], states, self.terminals)
            for kind, states in self.automata.items()
        }

    @cached_property
    def executors(self) -> Mapping[str, Executor]:
        """What reads each kind of line."""
        return {**self.patterns, **self.walks}


def opening_kind(kinds: Collection[str]) -> str:
    """The kind of row whose beginning is the opening."""
    return next(kind for kind in ("row", "bare") if kind in kinds)


def derive_all(lark: Lark, kinds: Iterable[str]) -> Derived:
    """Derive the patterns of every kind of line."""
    kinds = list(kinds)
    terminals = {terminal.name: terminal for terminal in lark.terminals}
    automata = {
        kind: minimal(explore(lark, kind, terminals)) for kind in kinds if kind in BULK_KINDS
    }
    used = {name for states in automata.values() for state in states for name, _ in state.edges}
    return Derived(
        {kind: derive(lark, kind) for kind in kinds},
        opening(lark, opening_kind(kinds)),
        {kind: written(states) for kind, states in automata.items()},
        {name: terminals[name].pattern.to_regexp() for name in sorted(used)},
    )


BULK_KINDS = ("row", "bare", "faint", "detail")
"""The kinds of line that a dump may have a million of."""


def derive(lark: Lark, kind: str) -> Pattern:
    """Derive the pattern of one kind of line.

    Raises:
        NotRegular: The rule is recursive, a field appears twice in a line, a loop is
            no free text, or a literal hides in a wider terminal.
    """
    terminals = {terminal.name: terminal for terminal in lark.terminals}
    automaton = minimal(explore(lark, kind, terminals))
    return _Writer(kind, automaton, terminals).write()


NO_CELL = ("", -1)


class _Way(NamedTuple):
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
        begins = self._begins()
        return Pattern(self._rest(0, _Way()), self.shapes, begins, firsts(begins))

    def _begins(self) -> str:
        """The terminals that a line may begin with; nothing where it may be empty."""
        first = self.automaton[0]
        names = [name for name, target in first.edges if target is not None]
        return "" if first.final else "|".join(self._atom(name) for name in names)

    def _rest(self, number: int, way: _Way) -> str:
        """The pattern of every rest of a line from a state on."""
        here = (number, way.cell)
        if here in way.seen:
            raise NotRegular(self.kind, "a loop that is not one free text")
        way = way._replace(seen=(*way.seen, here))
        state = self.automaton[number]
        ways = [self._end(way)] if state.final else []
        tried: list[str] = []
        for name, target in state.edges:
            if target is not None and (name, target) != way.cell:
                ways.append(self._guard(tried) + self._edge(name, target, way))
            tried.append(name)
        return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"

    def _edge(self, name: str, target: int, way: _Way) -> str:
        """One terminal, its repetition where it is a free text, and every rest after it."""
        text = self._atom(name)
        if name == BLANK:
            return text + self._rest(target, way)
        loop, cell = self._loop(name, target)
        after = way._replace(cell=cell)
        if not is_field(name):
            return text + loop + self._rest(target, after)
        self.groups += 1
        fields = (*way.fields, (field_name(name), self.groups))
        return f"({text}{loop})" + self._rest(target, after._replace(fields=fields))

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
                guard = self._guard(tried)
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

    def _guard(self, tried: list[str]) -> str:
        """Nothing that the lexer tries before a terminal may match where that stands."""
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
