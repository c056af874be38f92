"""How socket tables begin: the first words of their lines, and what makes a line one of theirs.

Both come from the grammars, so that the tables of a new dialect are found, too. Nothing is read
here: a line that begins a table may still turn out to be damaged, or that of another text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from re import _constants, _parser  # there is no public way; a test pins what is used of it
from typing import TYPE_CHECKING, Any

from nsparse.reading.grammar.automaton import automaton_of
from nsparse.reading.grammar.grammar import is_field, load
from nsparse.registry import dialects

if TYPE_CHECKING:
    from nsparse.reading.grammar.automaton import State
    from nsparse.reading.grammar.derive import Derived

HEADING, ROWS = "header", ("row", "bare")
SHORTEST = 3
"""Letters of a word that is looked for: shorter ones stand in any text. Tables whose rows begin
with such a word, or with a number, are known by their heading."""
CELLS = 4
"""So many cells make a row; by three the connections that a firewall tracks look the same."""
LEAST = 3
"""So many do, where they are the whole line, as those of UDP on Windows."""

Check = Callable[[str], object]
"""Says of a line whether it is of one kind of one dialect."""


def words() -> Iterable[str]:
    """What lines of tables begin with, as far as it is a word of ASCII.

    Headings in other scripts are left out: the rows below them are ASCII.
    """
    return sorted({front for known in _known().values() for front, _ in known})


def begins(text: str) -> bool:
    """Whether a line is the heading of a table, or one of its rows as far as its first cells go.

    >>> begins("tcp 0 0 192.0.2.1:22 0.0.0.0:* LISTEN"), begins("tcp 6 431999 ESTABLISHED src=192.")
    (True, False)
    """
    known = _known().get(text[:SHORTEST], ())
    return any(text.startswith(front) and check(text) for front, check in known)


@cache
def _known() -> Mapping[str, Sequence[tuple[str, Check]]]:
    """The words and what a line with each must be, by their first letters."""
    known: dict[str, list[tuple[str, Check]]] = defaultdict(list)
    for derived in (load(name).derived for name in dialects()):
        for kind in (HEADING, *ROWS):
            pattern = derived.patterns.get(kind)
            if pattern is None:
                continue
            check: Check = pattern.match if kind == HEADING else _Row(derived, kind).begins
            for front in {front.strip() for front in fronts(pattern.begins)}:
                if front.isascii() and front[:1].isalpha() and len(front) >= SHORTEST:
                    known[front[:SHORTEST]].append((front, check))
    return known


class _Row:
    """A kind of row of one dialect."""

    def __init__(self, derived: Derived, kind: str) -> None:
        self._written, self._terminals = derived.automata[kind], derived.terminals
        self._compiled: dict[str, re.Pattern[str]] = {}

    @cached_property
    def _states(self) -> Sequence[State]:
        return automaton_of(self._written)

    def begins(self, text: str) -> bool:
        """Whether the first cells of a line are those of a row, as Lark's lexer would read them."""
        state, at, cells = self._states[0], 0, 0
        while cells < CELLS:
            name, to, at = self._taken(state, text, at)
            if to is None:
                return not name and state.final and at == len(text) and cells >= LEAST
            state, cells = self._states[to], cells + is_field(name)
        return True

    def _taken(self, state: State, text: str, at: int) -> tuple[str, int | None, int]:
        """The terminal that stands here, where it leads, and where it ends; no name for none."""
        for name, to in state.edges:
            found = self._terminal(name).match(text, at)
            if found is not None and found.end() > at:
                return name, to, found.end()
        return "", None, at

    def _terminal(self, name: str) -> re.Pattern[str]:
        if name not in self._compiled:
            self._compiled[name] = re.compile(self._terminals[name])
        return self._compiled[name]


# ---- what a pattern begins with ------------------------------------------------------------------


def fronts(pattern: str) -> set[str]:
    """The literal texts that what a pattern matches may begin with; an empty one for any other."""
    return set(_fronts(_parser.parse(pattern)))


def _fronts(items: Any) -> Iterator[str]:
    """The literal text that each alternative of a parsed pattern begins with; maybe none."""
    text = ""
    for at, (kind, value) in enumerate(items):
        if kind is _constants.LITERAL:
            text += chr(value)
        elif kind not in (_constants.ASSERT, _constants.ASSERT_NOT):
            yield from (text + more for more in _inside(kind, value, items[at + 1 :]))
            return
    yield text


def _inside(kind: Any, value: Any, rest: Any) -> Iterable[str]:
    """The same of one part that is no literal; of one that may be missing, also of the rest."""
    if kind is _constants.SUBPATTERN:
        return _fronts(value[-1])
    if kind is _constants.ATOMIC_GROUP:
        return _fronts(value)
    if kind is _constants.BRANCH:
        return (front for branch in value[1] for front in _fronts(branch))
    if kind in (_constants.MAX_REPEAT, _constants.POSSESSIVE_REPEAT):
        least, _, repeated = value
        return (*_fronts(repeated), *(() if least else _fronts(rest)))
    return ("",)
