"""Explains a TCP state on the terminal: plain words, plain ASCII, at most 80 columns."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nsparse.registry import diagnoses
from nsparse.states import (
    MACHINE,
    MOVES,
    PLATFORMS,
    STATES,
    WITHOUT_TCP_STATE,
    State,
    canonical,
    fold,
)

WIDTH = 80
"""A terminal as it always was; nothing printed here is wider."""

_COLUMN = 14
"""Wide enough for the longest name in its brackets, `[SYN_RECEIVED]`."""


@dataclass(frozen=True)
class Moment:
    """One line of a diagram: both ends, what travels between them, and what happened."""

    left: str
    right: str
    wire: str
    event: str


@dataclass(frozen=True)
class Sequence:
    """A part of a connection's life, seen from both ends at once."""

    title: str
    left: str
    right: str
    moments: tuple[Moment, ...]

    def __contains__(self, state: str) -> bool:
        return any(state in (moment.left, moment.right) for moment in self.moments)


# RFC 9293 figures 6 (opening), 12 (closing), 13 (both close at once).
OPENING = Sequence(
    "how a connection opens",
    "the caller",
    "the server",
    (
        Moment("CLOSED", "CLOSED", "", "each program makes a socket"),
        Moment("CLOSED", "BOUND", "", "the server takes its port"),
        Moment("CLOSED", "LISTEN", "", "it waits for callers"),
        Moment("SYN_SENT", "LISTEN", "-- SYN -->", "the caller calls"),
        Moment("SYN_SENT", "SYN_RECEIVED", "<-SYN+ACK-", "the call arrives: answer"),
        Moment("ESTABLISHED", "SYN_RECEIVED", "-- ACK -->", "the answer arrives: confirm"),
        Moment("ESTABLISHED", "ESTABLISHED", "", "the confirmation arrives"),
    ),
)
CLOSING = Sequence(
    "how a connection closes",
    "closes first",
    "closes second",
    (
        Moment("ESTABLISHED", "ESTABLISHED", "<- data ->", "both may send"),
        Moment("FIN_WAIT_1", "ESTABLISHED", "-- FIN -->", "the left program closes"),
        Moment("FIN_WAIT_1", "CLOSE_WAIT", "<-- ACK --", "the FIN arrives: confirm"),
        Moment("FIN_WAIT_2", "CLOSE_WAIT", "", "the confirmation arrives"),
        Moment("FIN_WAIT_2", "LAST_ACK", "<-- FIN --", "the right program closes"),
        Moment("TIME_WAIT", "LAST_ACK", "-- ACK -->", "the FIN arrives: confirm"),
        Moment("TIME_WAIT", "CLOSED", "", "the confirmation arrives"),
        Moment("CLOSED", "CLOSED", "", "the waiting time is over"),
    ),
)
CROSSING = Sequence(
    "how a connection closes when both ends close at once",
    "one end",
    "other end",
    (
        Moment("ESTABLISHED", "ESTABLISHED", "<- data ->", "both may send"),
        Moment("FIN_WAIT_1", "FIN_WAIT_1", "<- FINs ->", "both programs close"),
        Moment("CLOSING", "CLOSING", "<- ACKs ->", "the FINs arrive: confirm"),
        Moment("TIME_WAIT", "TIME_WAIT", "", "the confirmations arrive"),
        Moment("CLOSED", "CLOSED", "", "the waiting time is over"),
    ),
)
CLEARING = Sequence(
    "how Windows clears a connection away",
    "this end",
    "other end",
    (
        Moment("TIME_WAIT", "CLOSED", "", "all is confirmed"),
        Moment("DELETE_TCB", "CLOSED", "", "the record is deleted"),
        Moment("CLOSED", "CLOSED", "", "the row is gone"),
    ),
)
HOW_TO_READ = (
    "Read downwards; > and [ ] mark the state. On the wire: SYN asks for a connection, FIN says"
    " goodbye, ACK confirms that the other's packet arrived. RST, not shown, breaks off at once."
)

COMMON: tuple[Sequence, ...] = (OPENING, CLOSING)
RARE: tuple[Sequence, ...] = (CROSSING, CLEARING)
"""Shown only for the states that stand in no common one."""


def explain_state(word: str) -> str | None:
    """What a TCP state means, as text for the terminal; None when the word is no state.

    The word may be spelled as any tool does, in any language of `nsparse.states`.

    >>> print(explain_state("CLOSE-WAIT").splitlines()[0])
    CLOSE_WAIT: the other end has closed, this program has not
    >>> explain_state("close-wait-leak") is None
    True
    """
    name = canonical(word) or _NAMES.get(_letters(word))
    if name is None:
        return None
    state = MACHINE[name]
    blocks = [_title(state, word), *_told(state), *_diagrams(name), *_references(state)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def explain_states() -> str:
    """Every state in half a line each, with who must act next.

    >>> print(explain_states().splitlines()[0])
    LISTEN        a server is waiting for callers
    """
    lines = []
    for state in MACHINE.values():
        lines += _hang(state.name, state.headline, _COLUMN)
        lines += _hang("", f"next: {_next(state)}", _COLUMN)
    return "\n".join(lines) + "\n"


def _title(state: State, word: str) -> list[str]:
    lines = textwrap.wrap(f"{state.name}: {state.headline}", WIDTH)
    protocol = _FOREIGN.get(fold(word.strip()))
    if protocol is not None:
        return [*lines, f"This word belongs to {protocol}; TCP has no state like it."]
    tools = ", ".join(who for who, words in state.spellings.items() if _among(word, words))
    if tools and _letters(word) != _letters(state.name):
        lines += textwrap.wrap(f"So spelled by: {tools}", WIDTH)
    return lines


def _among(word: str, words: Iterable[str]) -> bool:
    return fold(word.strip()) in {fold(each) for each in words}


def _told(state: State) -> Iterator[list[str]]:
    """The blocks of prose."""
    yield _block("What it means", state.meaning)
    yield _block(f"Who must act next: {_next(state)}", state.acts)
    if state.lasts:
        yield _block("How long it lasts", state.lasts)
    yield _block("When it is a problem", state.piles_up)
    if state.predecessors:
        yield ["Comes from", *_moves((m.before, m.event) for m in MOVES if m.after == state.name)]
    if state.successors:
        yield ["Goes on to", *_moves((m.after, m.event) for m in MOVES if m.before == state.name)]
    if state.opposite:
        yield ["The other end shows", *_opposite(state)]


def _next(state: State) -> str:
    return "cannot be told" if state.name == "UNKNOWN" else state.actor


def _opposite(state: State) -> Iterator[str]:
    rare = [name for name in state.opposite if name not in state.usual]
    if state.usual:
        yield from _hang("  usually", _either(state.usual), _COLUMN)
    if rare:
        yield from _hang("  rarely", _either(rare), _COLUMN)
    if state.alone:
        yield from _hang("  no row", state.alone, _COLUMN)


def _either(names: Iterable[str]) -> str:
    *first, last = (f"{name} (no row)" if name == "CLOSED" else name for name in names)
    return f"{', '.join(first)} or {last}" if first else last


def _diagrams(name: str) -> Iterator[list[str]]:
    shown = [sequence for sequence in COMMON if name in sequence]
    shown = shown or [sequence for sequence in RARE if name in sequence]
    for sequence in shown:
        yield [f"Where it stands: {sequence.title}", *diagram(sequence, name)]
    if shown:
        yield _hang("", HOW_TO_READ, 2)


def diagram(sequence: Sequence, here: str) -> Iterator[str]:
    """A sequence line by line, both ends side by side, with the state `here` in brackets."""
    yield _line("", f" {sequence.left}", "", f" {sequence.right}", "")
    for moment in sequence.moments:
        mark = ">" if here in (moment.left, moment.right) else ""
        ends = (f"[{end}]" if end == here else f" {end}" for end in (moment.left, moment.right))
        yield _line(mark, next(ends), moment.wire, next(ends), moment.event)


def _line(mark: str, left: str, wire: str, right: str, event: str) -> str:
    return f"{mark:1} {left:{_COLUMN}} {wire:10} {right:{_COLUMN}}  {event}".rstrip()


def _references(state: State) -> Iterator[list[str]]:
    """How it is spelled, what to read on."""
    tools = [(p, " or ".join(state.spellings[p])) for p in PLATFORMS if p in state.spellings]
    if tools:
        yield ["Spelled", *(f"  {platform:20}{words}" for platform, words in tools)]
    translated = [
        f"{_ascii(words[0])} ({where})"
        for where, words in state.spellings.items()
        if where not in PLATFORMS and _ascii(words[0])
    ]
    if translated:
        yield _block("Translated (here without accents)", ", ".join(translated))
    if related := related_to(state.name):
        yield ["More", *(f"  nsparse explain {id_}" for id_ in related)]
    yield _block("Sources", "; ".join((state.reference, *state.sources)))


def related_to(state: str) -> list[str]:
    """The ids of the diagnoses that are about a state, by its canonical name.

    >>> "close-wait-leak" in related_to("CLOSE_WAIT")
    True
    """
    return [id_ for id_, diagnosis in diagnoses().items() if state in diagnosis.states]


def _block(head: str, text: str) -> list[str]:
    return [head, *_hang("", text, 2)]


def _moves(moves: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, event in moves:
        # Without an event it is a move on paper only, and wrapping nothing gives no line.
        yield from _hang(f"  {name}", event, _COLUMN + 2)


def _hang(head: str, text: str, indent: int) -> list[str]:
    """A text beside its head, wrapped to the width and indented below itself."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{head:{indent}}",
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )


def _ascii(word: str) -> str:
    """A word without its accents; nothing where that leaves no word (Japanese, Georgian)."""
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode("ascii")
    return plain if len(plain) == len(word) else ""


def _letters(word: str) -> str:
    return "".join(c for c in word.upper() if c.isalnum())


_NAMES: Mapping[str, str] = {_letters(name): name for name in STATES}
"""For names as programs spell them: `CloseWait`, `timewait`, `FinWait2`."""

_FOREIGN: Mapping[str, str] = {fold(word): name for word, name in WITHOUT_TCP_STATE.items()}
