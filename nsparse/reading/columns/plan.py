"""How a grammar reads a line word by word.

A word is what stands between blanks. In a state of the automaton (`nsparse.reading.grammar.derive`)
a word leads to another state whatever the rest of the line is, as long as no terminal that is tried
on the way could reach over the blank behind it. Where one could, the rest of the line is read
as one piece. So a plan never guesses: what it cannot prove it leaves to the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from nsparse.reading.columns.phrases import parted
from nsparse.reading.columns.terminals import Terminal
from nsparse.reading.grammar.automaton import BLANK, State, automaton_of
from nsparse.reading.grammar.grammar import field_name, is_field

if TYPE_CHECKING:
    from nsparse.dialect import Cell
    from nsparse.reading.grammar.derive import Derived

SENTINEL = " "
"""Stands behind a word that is not the last: a terminal sees that the word ends."""


class Place(NamedTuple):
    """Before a word: the state, and the field that the word before belongs to."""

    state: int
    field: str = ""


class Span(NamedTuple):
    """A field within a word."""

    field: str
    start: int
    end: int


@dataclass(frozen=True)
class Step:
    """What a word says: its fields, where the next word stands, whether a line may end here."""

    spans: tuple[Span, ...]
    behind: Place | None
    final: bool
    terminals: tuple[str, ...]

    @property
    def field(self) -> str:
        """The field that is the whole word, if one is."""
        return self.spans[0].field if len(self.spans) == 1 else ""


@dataclass(frozen=True)
class Proof:
    """What words must be for one terminal to take them whole.

    Attributes:
        one: A word, with a blank behind it unless it is the last.
        many: Words, each with a blank behind it; refuses also what only a last word may be.
        last: Whether the words are the last of their lines.
    """

    one: re.Pattern[str]
    many: re.Pattern[str]
    last: bool

    def holds(self, word: str) -> bool:
        """Whether it holds for a word."""
        return self.one.fullmatch(word if self.last else word + SENTINEL) is not None

    def holds_for_all(self, words: str) -> bool:
        """Whether it surely holds for every one of some words, with a blank behind each."""
        return self.many.fullmatch(words) is not None


@dataclass
class Plan:
    """The words of one kind of line.

    Attributes:
        cells: What the fields mean.
        automaton: The states of this kind of line.
        terminals: What the automaton's edges match.
        forms: What words that are known by their shape may be, by place
            (`nsparse.reading.columns.forms`).
        shapes: The shapes of texts that were met, by form.
    """

    cells: Mapping[str, Cell]
    automaton: tuple[State, ...]
    terminals: Mapping[str, Terminal]
    forms: dict[Any, list[Any]] = field(default_factory=dict)
    shapes: dict[Any, Any] = field(default_factory=dict)
    _steps: dict[tuple[Place, str, bool], Step | None] = field(default_factory=dict)
    _proofs: dict[tuple[Place, str, bool], Proof | None] = field(default_factory=dict)

    @cached_property
    def start(self) -> Place:
        """Before the first word."""
        return Place(0)

    def step(self, place: Place, word: str, *, last: bool) -> Step | None:
        """What a word says at a place; None where the grammar refuses it or proof is missing.

        Args:
            place: Before the word.
            word: The word; with `last` all the rest of the line, blanks inside.
            last: Whether nothing follows.
        """
        key = (place, word, last)
        if key not in self._steps:
            self._steps[key] = self._step(place, word, last)
        return self._steps[key]

    @cached_property
    def stretches(self) -> bool:
        """Whether nothing that is tried on a line tells one number from another."""
        names = {name for state in self.automaton for name, _ in state.edges}
        return all(self.terminals[name].stretches for name in names)

    def begins(self, state: int, cells: int) -> str:
        """What lines begin with from a state on, whatever numbers stand in them.

        Args:
            state: The state.
            cells: How many cells are looked at.
        """
        if cells == 0:
            return ""
        ways = dict.fromkeys(
            self.terminals[name].loosened + self.begins(target, cells - is_field(name))
            for name, target in self.automaton[state].edges
            if target is not None
        )
        ends = [""] if self.automaton[state].final else []
        return f"(?:{'|'.join([*ways, *ends])})"

    def _step(self, place: Place, word: str, last: bool) -> Step | None:
        text = word if last else word + SENTINEL
        state, at = place.state, 0
        spans: list[Span] = []
        names: list[str] = []
        while at < len(word):
            found = self._token(state, text, at, last)
            if found is None or found[1] > len(word):
                return None
            (name, target), end = found[0], found[1]
            names.append(name)
            _extend(spans, name, at, end)
            state, at = target, end
        if spans and spans[0].field == place.field:
            return None  # one field of several words: how many blanks part them belongs to it
        final = self.automaton[state].final
        behind = self._behind(state)
        here = Place(behind, spans[-1].field if spans else "") if behind is not None else None
        return Step(tuple(spans), here, final, tuple(names))

    def _token(
        self, state: int, text: str, at: int, last: bool
    ) -> tuple[tuple[str, int], int] | None:
        """The edge that the lexer takes and where its text ends; None where that is unsure."""
        for name, target in self.automaton[state].edges:
            terminal = self.terminals[name]
            lead = None if last else terminal.lead_compiled
            if lead is not None and lead.match(text, at):
                return None
            found = terminal.compiled.match(text, at)
            if found is not None:
                return None if target is None else ((name, target), found.end())
        return None

    def _behind(self, state: int) -> int | None:
        """The state behind a blank; None where a blank may be part of something else."""
        for name, target in self.automaton[state].edges:
            if name == BLANK:
                return target
            if self.terminals[name].begins_blank:
                return None
        return None

    def behind(self, place: Place, edge: int) -> tuple[Place | None, bool]:
        """Where a word leads that an edge takes whole, and whether a line may end behind it."""
        name, target = self.automaton[place.state].edges[edge]
        if target is None or field_name(name) == place.field:
            return None, False
        state = self._behind(target)
        here = None if state is None else Place(state, field_name(name))
        return here, self.automaton[target].final

    # ---- many words at once ---------------------------------------------------------------

    def tried(self, place: Place) -> Iterator[tuple[Terminal, bool]]:
        """The terminals of a place in their order, and whether each leads anywhere."""
        for name, target in self.automaton[place.state].edges:
            yield self.terminals[name], target is not None

    def proof(self, place: Place, name: str, *, last: bool) -> Proof | None:
        """That one terminal takes words whole, whatever digits stand for those of their number.

        None where the terminal tells digits apart.
        """
        key = (place, name, last)
        if key not in self._proofs:
            self._proofs[key] = self._proof(*key)
        return self._proofs[key]

    def _proof(self, place: Place, name: str, last: bool) -> Proof | None:
        taking = self.terminals[name]
        if not taking.uniform:
            return None
        before: list[str] = []
        leads: list[str] = []
        for terminal, goes_on in self.tried(place):
            leads += [] if terminal.lead is None else [terminal.lead]
            if terminal is taking and goes_on:
                break
            before.append(terminal.widened)
        take = f"(?>{taking.source})"
        guarded = _unless([*before, *leads]) + take
        one = _unless(before) + take if last else guarded + SENTINEL
        return Proof(re.compile(one), re.compile(f"(?:{guarded}{SENTINEL})*+"), last)

    def goes_on(self, place: Place) -> bool:
        """Whether the word before may be only the first of its field."""
        return any(
            leads and field_name(terminal.name) == place.field
            for terminal, leads in self.tried(place)
        )

    def is_tail(self, field: str) -> bool:
        """Whether a field is one of many words, each of which says something by itself."""
        return field in self.cells and self.cells[field].items is not None

    @cached_property
    def marks(self) -> frozenset[str]:
        """The fields that change what the digits of others say."""
        return frozenset(c.digits.not_with for c in self.cells.values() if c.digits) - {""}

    def numbers(self, place: Place, marks: frozenset[str]) -> tuple[str, ...]:
        """The fields at a place whose cells hold a number that only gives its value.

        Args:
            place: The place.
            marks: Those of `marks` that stand before it.
        """
        names = (field_name(terminal.name) for terminal, leads in self.tried(place) if leads)
        found = dict.fromkeys(name for name in names if name in self.cells)
        specs = ((name, self.cells[name].digits) for name in found)
        return tuple(name for name, spec in specs if spec and spec.not_with not in marks)


def _unless(sources: list[str]) -> str:
    return f"(?!{'|'.join(sources)})" if sources else ""


def _extend(spans: list[Span], name: str, start: int, end: int) -> None:
    if not is_field(name):
        return
    if spans and spans[-1].field == field_name(name):
        spans[-1] = Span(field_name(name), spans[-1].start, end)
    else:
        spans.append(Span(field_name(name), start, end))


_terminal = cache(Terminal)
"""What a terminal can match is found out once."""


def plan_of(derived: Derived, kind: str, cells: Mapping[str, Cell]) -> Plan | None:
    """The plan of a kind of line, None where there is no such kind."""
    if kind not in derived.automata:
        return None
    terminals = {name: _terminal(name, source) for name, source in derived.terminals.items()}
    states, words, meant = parted(automaton_of(derived.automata[kind]), terminals, cells)
    return Plan(meant, states, words)
