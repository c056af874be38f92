"""What may become of a line, by how it begins: the kinds of line that no such line is.

Where an expression does not match a text, and came to that without a look behind its end, it
matches nothing that begins with the text. So the first word of a line rules out nearly every kind
of line of nearly every dialect, whatever stands behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from nsparse.reading.grammar.outlines import is_settled

if TYPE_CHECKING:
    from nsparse.reading.tables.table import Voice

WIDE = 64
"""Longer words are told by so many characters."""

REMEMBERED = 1000
"""So many beginnings are remembered; a dump has some dozens."""

Kinds = Mapping[str, Sequence["Voice"]]
"""Kinds of line, each with dialects."""


class Heads:
    """What lines may be, by their first words."""

    def __init__(self, voices: Sequence[Voice]) -> None:
        self._all: Kinds = by_kind(
            (kind, voice) for voice in voices for kind in voice.grammar.derived.patterns
        )
        self._known: dict[str, Kinds] = {}
        self._seen: set[str] = set()

    def of(self, text: str) -> Kinds:
        """The kinds of line that a line may be, each with its dialects, in their order."""
        head = text[: text.find(" ", 0, WIDE) + 1] or text[:WIDE]
        known = self._known.get(head)
        if known is not None:
            return known
        first = self._known.get(head[:1])
        if first is None:
            first = self._known[head[:1]] = _possible(self._all, head[:1])
        if head not in self._seen:
            if len(self._seen) >= REMEMBERED:
                self._known, self._seen = {}, set()
            self._seen.add(head)  # many a line begins with an address that no other has
            return _possible(first, text[: 4 * WIDE])
        known = self._known[head] = _possible(first, head)
        return known


def _possible(kinds: Kinds, head: str) -> Kinds:
    """Those of some kinds that a line with such a beginning may be."""
    return by_kind(
        (kind, voice)
        for kind, voices in kinds.items()
        for voice in voices
        if not is_lost(voice.grammar.derived.patterns[kind].begins, head)
    )


def by_kind(pairs: Iterable[tuple[str, Voice]]) -> Kinds:
    """Kinds of line and their dialects, in the order in which they come."""
    found: dict[str, list[Voice]] = {}
    for kind, voice in pairs:
        found.setdefault(kind, []).append(voice)
    return found


# ---- expressions -----------------------------------------------------------------------------

compiled = cache(re.compile)
"""An expression; `re` keeps only some hundred of them, and asks more each time."""


def is_lost(source: str, text: str) -> bool:
    """Whether an expression matches at the start of no text that begins with this one.

    >>> is_lost("tcp6?", "tc"), is_lost("tcp6?", "tc "), is_lost("[0-9]+(?= +[0-9])", "12 ")
    (False, True, False)
    """
    return compiled(source).match(text) is None and is_settled(source, text)
