"""The states of a kind of line: what Lark's lexer tries in each, and where that leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nsparse.errors import NotRegular
from nsparse.reading.grammar.grammar import END

if TYPE_CHECKING:
    from lark import Lark
    from lark.lexer import TerminalDef

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


def explore(lark: Lark, kind: str, terminals: Terminals) -> Automaton:
    """Walk every state of the parser that some line can reach.

    Raises:
        NotRegular: The rule is recursive, so that there is no end of states.
    """
    from lark import Token

    if _is_recursive(lark, kind):
        raise NotRegular(kind, "the rule is recursive")
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
    return tuple(states)


def _is_recursive(lark: Lark, kind: str) -> bool:
    """Whether a rule that `kind` needs holds itself anywhere but at its start.

    A rule that begins with itself is how Lark writes repetition: the parser's stack does not grow.
    """
    holds: dict[str, list[tuple[str, bool]]] = {}
    for rule in lark.rules:
        parts = holds.setdefault(str(rule.origin.name), [])
        parts += [
            (str(part.name), at == 0) for at, part in enumerate(rule.expansion) if not part.is_term
        ]
    return any(
        not first and name in _needed(part, holds)
        for name in _needed(kind, holds)
        for part, first in holds.get(name, ())
    )


def _needed(kind: str, holds: Mapping[str, Iterable[tuple[str, bool]]]) -> set[str]:
    """A rule and all that it holds."""
    found, waiting = set[str](), [kind]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [part for part, _ in holds.get(name, ())]
    return found


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


# ---- as text -------------------------------------------------------------------------------------

_FINAL = "$"


def written(automaton: Automaton) -> tuple[str, ...]:
    """An automaton as text, a line a state.

    `$` where a line may end, `TERMINAL>STATE`, and `TERMINAL` for one that the lexer tries and that
    leads nowhere.
    """
    return tuple(
        " ".join(
            ([_FINAL] if state.final else [])
            + [name if to is None else f"{name}>{to}" for name, to in state.edges]
        )
        for state in automaton
    )


def automaton_of(lines: Iterable[str]) -> Automaton:
    """The automaton that was written down."""
    return tuple(_state_of(line.split()) for line in lines)


def _state_of(words: list[str]) -> State:
    edges = [word.partition(">") for word in words if word != _FINAL]
    return State(tuple((name, int(to) if to else None) for name, _, to in edges), _FINAL in words)
