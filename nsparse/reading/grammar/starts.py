"""What lines begin with: expressions that are compiled for the first line which may match them.

To compile them takes longer than to read a small dump, and its lines begin with few characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from nsparse.errors import NotRegular
from nsparse.reading.grammar.expressions import REPEATS, Tree, is_one, members, op, parsed, parts_of

MANY = 64
"""So many characters rule out little."""


class Start:
    """An expression for what a line begins with.

    Attributes:
        source: The expression.
        first: What `firsts` says of it, or of one that matches as much at least.
        match: What it matches at the start of a text.
    """

    match: Callable[[str], re.Match[str] | None]

    def __init__(self, source: str, first: str | None) -> None:
        self.source, self.first = source, first
        self.match = self._match

    def _match(self, text: str) -> re.Match[str] | None:
        """The same, as long as nothing is compiled."""
        head = text[:1]
        if self.first is not None and head.isascii() and head not in self.first:
            return None
        self.match = re.compile(self.source).match
        return self.match(text)


def firsts(source: str) -> str | None:
    """The characters of ASCII with which a text begins that an expression matches the start of.

    None where that helps nobody: they are many, it may match nothing, or looks at more than these.

    >>> firsts("tcp6?|[0-2]+"), firsts("(?!udp)[t-u]"), firsts("tcp|6?")
    ('012t', 'tu', None)
    """
    try:
        found, may_lack = _firsts(parsed(source))
    except NotRegular:
        return None
    return None if may_lack or len(found) > MANY else "".join(map(chr, sorted(found)))


def _firsts(items: Iterable[Tree]) -> tuple[frozenset[int], bool]:
    """What elements one behind the other begin with, and whether all may be missing."""
    found = frozenset[int]()
    for item in items:
        some, may_lack = (members(item), False) if is_one(item) else _of_several(item)
        found |= some
        if not may_lack:
            return found, False
    return found, True


def _of_several(item: Tree) -> tuple[frozenset[int], bool]:
    if op(item) in ("ASSERT", "ASSERT_NOT"):
        return frozenset(), True
    ways = [_firsts(way) for way in parts_of(item)]
    may_lack = op(item) in REPEATS and item[1][0] == 0
    return frozenset().union(*(some for some, _ in ways)), may_lack or any(lack for _, lack in ways)
