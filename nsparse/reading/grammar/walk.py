"""Lines read state by state: what the whole expression says, before it pays to compile that.

The expression of a kind of line may be some thousand characters long, and takes longer to compile
than to read some hundred lines in this way, for which only the terminals are compiled that occur.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from nsparse.reading.grammar.automaton import Automaton, automaton_of
from nsparse.reading.grammar.grammar import Match, field_name, is_field
from nsparse.reading.grammar.heads import compiled
from nsparse.reading.grammar.outlines import is_settled

if TYPE_CHECKING:
    from nsparse.reading.grammar.derive import Pattern

LINES = 2000
"""So many lines are read state by state; then the expression is compiled, which takes the time that
1 600 to 9 000 lines cost more in this way: few dumps that are read one by one have so many."""


@dataclass(frozen=True)
class Walk:
    """Reads one kind of line.

    Attributes:
        pattern: The whole expression.
        states: The states, written down.
        terminals: What their edges match.
    """

    pattern: Pattern
    states: tuple[str, ...]
    terminals: Mapping[str, str]
    _lines: Iterator[int] = field(default_factory=count, compare=False)

    def match(self, text: str) -> Match | None:
        """The fields of a line, or None when it is no such line."""
        if self.pattern.is_compiled:
            return self.pattern.match(text)
        if not self.pattern.may_begin(text):
            return None
        return self.read(text) if next(self._lines) < LINES else self.pattern.match(text)

    def read(self, text: str) -> Match | None:
        """The same, state by state."""
        names: list[str] = []
        spans: list[tuple[int, int]] = []
        state = at = 0
        while at < len(text):
            name, target, end = self._token(state, text, at)
            if target is None:
                return None
            if name and names and names[-1] == name:
                spans[-1] = (spans[-1][0], end)
            elif name:
                names.append(name)
                spans.append((at, end))
            state, at = target, end
        if not self.automaton[state].final:
            return None
        return Match(tuple(names), tuple(text[start:end] for start, end in spans))

    def dies(self, text: str) -> bool:
        """Whether no line that begins with a text is of this kind."""
        state = at = 0
        while at < len(text):
            edges = self.automaton[state].edges
            if not all(is_settled(self.terminals[name], text, at) for name, _ in edges):
                return False
            _, target, at = self._token(state, text, at)
            if target is None:
                return True
            state = target
        return False

    def last(self, text: str) -> int:
        """Where the last part of a line begins: the first that is none, or the one at its end."""
        state = at = 0
        while True:
            _, target, end = self._token(state, text, at)
            if target is None or end >= len(text):
                return at
            state, at = target, end

    def _token(self, state: int, text: str, at: int) -> tuple[str, int | None, int]:
        """The field that is taken in a state, where it leads and ends; None for nowhere."""
        for source, name, target in self._tried[state]:
            found = compiled(source).match(text, at)
            if found is not None:
                return name, target, found.end()
        return "", None, at

    @cached_property
    def _tried(self) -> Sequence[Sequence[tuple[str, str, int | None]]]:
        """What is tried in each state: an expression, the field that it is, and where it leads."""
        return [
            [
                (self.terminals[name], field_name(name) if is_field(name) else "", target)
                for name, target in state.edges
            ]
            for state in self.automaton
        ]

    @cached_property
    def automaton(self) -> Automaton:
        """The states."""
        return automaton_of(self.states)
