"""Lines read state by state: what the whole expression says, before it pays to compile that.

The expression of a kind of line may be some thousand characters long, and takes longer to compile
than to read some hundred lines in this way, for which only the terminals are compiled that occur.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import count
from typing import TYPE_CHECKING

from nsparse.reading.automaton import Automaton, automaton_of
from nsparse.reading.grammar import Match, field_name, is_field

if TYPE_CHECKING:
    from nsparse.reading.derive import Pattern

LINES = 400
"""So many lines are read state by state; then the expression is compiled."""


_compiled = cache(re.compile)
"""A terminal's expression; `re` keeps only some hundred of them, and asks more each time."""


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
            state = target
            if is_field(name) and names and names[-1] == field_name(name):
                spans[-1] = (spans[-1][0], end)
            elif is_field(name):
                names.append(field_name(name))
                spans.append((at, end))
            at = end
        if not self._automaton[state].final:
            return None
        return Match(tuple(names), tuple(text[start:end] for start, end in spans))

    def _token(self, state: int, text: str, at: int) -> tuple[str, int | None, int]:
        """The terminal that is taken in a state, where it leads and ends; None for nowhere."""
        for name, target in self._automaton[state].edges:
            found = _compiled(self.terminals[name]).match(text, at)
            if found is not None:
                return name, target, found.end()
        return "", None, at

    @cached_property
    def _automaton(self) -> Automaton:
        return automaton_of(self.states)
