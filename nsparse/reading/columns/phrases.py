"""Cells of several words, word by word.

A terminal that matches two words cannot be judged by the first: whether it matches depends on the
next. Where blanks part it into expressions that match no blank, it is as good as several, one after
the other: what one of these refuses is left to the pattern, as another terminal may match there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nsparse.reading.columns.terminals import Terminal
from nsparse.reading.grammar.automaton import BLANK, Automaton, State
from nsparse.reading.grammar.expressions import BLANKS, REPEATS, Tree, is_one, members, op

if TYPE_CHECKING:
    from nsparse.dialect import Cell

ENDS_HERE = "(?![^ \t])"
"""A word goes to the next blank."""


def parted(
    automaton: Automaton, terminals: Mapping[str, Terminal], cells: Mapping[str, Cell]
) -> tuple[Automaton, Mapping[str, Terminal], Mapping[str, Cell]]:
    """An automaton whose terminals match one word each, as far as cells say what each word is.

    Args:
        automaton: The states of a kind of line.
        terminals: What their edges match.
        cells: What the fields mean.

    Returns:
        The same with a terminal and a cell for each word, and states between them.
    """
    words = {
        name: sources
        for name, terminal in terminals.items()
        if name in cells
        and cells[name].parts
        and len(sources := _sources(terminal)) == len(cells[name].parts)
    }
    more = {
        _name(name, at): Terminal(_name(name, at), source)
        for name, sources in words.items()
        for at, source in enumerate(sources)
    }
    meant = {_name(name, at): part for name in words for at, part in enumerate(cells[name].parts)}
    states = list(automaton)
    for number, state in enumerate(automaton):
        edges = list(state.edges)
        for at, (name, target) in enumerate(edges):
            if name in words and target is not None:
                edges[at] = (_name(name, 0), _ways(states, name, len(words[name]), target))
        states[number] = replace(state, edges=tuple(edges))
    return tuple(states), {**terminals, **more}, {**cells, **meant}


def _name(name: str, at: int) -> str:
    return f"{name}.{at}"


def _ways(states: list[State], name: str, words: int, target: int) -> int:
    """The state behind the first word, from which the others lead to a state."""
    for at in range(words - 1, 0, -1):
        states.append(State(((_name(name, at), target),), final=False))
        states.append(State(((BLANK, len(states) - 1),), final=False))
        target = len(states) - 1
    return target


def _sources(terminal: Terminal) -> list[str]:
    """An expression for each word; none where that is more than blanks can part."""
    parts: list[list[Tree]] = [[]]
    for item in terminal.items:
        if _is_gap(item):
            parts.append([])
        else:
            parts[-1].append(item)
    sources = [terminal.written(part) for part in parts]
    if len(parts) < 2 or any(Terminal("", source).lead is not None for source in sources):
        return []
    return [*(f"(?:{source}){ENDS_HERE}" for source in sources[:-1]), sources[-1]]


def _is_gap(item: Tree) -> bool:
    """Whether an element is all blanks from one word to the next."""
    if op(item) not in REPEATS:
        return False
    low, high, inner = item[1]
    endless = low == 1 and str(high) == "MAXREPEAT"
    return endless and len(inner) == 1 and is_one(inner[0]) and members(inner[0]) == BLANKS
