"""What a text is when it is not a socket table.

What is known of other outputs stands in `nsparse.reading.foreign.network` and `.system`: the lines
that begin one, and the lines that stand alone. What was begun runs to the next blank line or the
next beginning.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from nsparse.errors import NotASocketTable
from nsparse.reading.foreign.network import NETWORK
from nsparse.reading.foreign.signatures import BINARY, EMPTY, PROSE, Foreign
from nsparse.reading.foreign.system import SYSTEM

__all__ = ["SIGNATURES", "begins", "identify", "refusal"]

LOOK = 5000
"""A foreign text is known by its first lines; so many of them are read."""

MOST = 0.5
"""So large a share of the lines must be explained before a text is given a name."""

WIDTH = 400
"""So much of a line is looked at: it bounds the work on hostile lines."""

SIGNATURES = (*NETWORK, *SYSTEM)
"""In the order in which they are tried."""


@functools.cache
def _combined() -> re.Pattern[str]:
    """Return one pattern for all signatures; ``h3`` is the group of the fourth one's heads.

    A table may be quoted or indented. Heads come first: a head may look like another kind's row.
    """
    parts = [
        f"(?P<{letter}{index}>{'|'.join(patterns)})"
        for letter, column in (("h", "heads"), ("r", "rows"))
        for index, signature in enumerate(SIGNATURES)
        if (patterns := getattr(signature, column))
    ]
    return re.compile(rf"[\s>|]{{0,16}}(?:{'|'.join(parts)})")


@functools.cache
def _beginnings() -> re.Pattern[str]:
    """Return one pattern for the first lines of what commands print."""
    heads = (head for signature in SIGNATURES if signature.command for head in signature.heads)
    return re.compile("|".join(heads))


def begins(line: str) -> bool:
    """Tell whether a line is the first one of another command's output.

    >>> begins("2: eth0: <BROADCAST,MULTICAST,UP> mtu 1500"), begins("tcp 0 0 *:22 *:* LISTEN")
    (True, False)
    """
    return _beginnings().match(line, 0, WIDTH) is not None


def identify(lines: Sequence[str]) -> Foreign | None:
    """Name what the lines are, or return None where nothing known explains the most of them.

    >>> identify(["Kernel Interface table", "Iface      MTU    RX-OK RX-ERR"]).name
    'an interface table (`netstat -i`)'
    """
    full = [line for line in islice(lines, LOOK) if line.strip()]
    if not full:
        return EMPTY
    if _is_binary(full):
        return BINARY
    counts = _explained(islice(lines, LOOK))
    if sum(counts.values()) < len(full) * MOST:
        return None
    return SIGNATURES[counts.most_common(1)[0][0]].foreign


def refusal(file: str, lines: Sequence[str]) -> NotASocketTable:
    """Return the error that names a file without a socket table.

    >>> print(refusal("dump.txt", ["Kernel IP routing table"]).what)
    a routing table (`netstat -r`)
    """
    foreign = identify(lines) or PROSE
    return NotASocketTable(file, foreign.name, foreign.hint)


def _explained(lines: Iterable[str]) -> Counter[int]:
    """Count the lines that each signature explains; a line counts for one of them."""
    match = _combined().match
    counts: Counter[int] = Counter()
    current: int | None = None
    for line in lines:
        if not line or line.isspace():
            current = None
            continue
        found = match(line, 0, WIDTH)
        group = found.lastgroup if found is not None else None
        if group is not None and group.startswith("h"):
            current = int(group[1:])
        if current is not None:
            counts[current] += 1
        elif group is not None:
            counts[int(group[1:])] += 1
    return counts


def _is_binary(lines: Sequence[str]) -> bool:
    """Tell whether one character in twenty is a control that no text holds."""
    text = "".join(islice(lines, 200))[:8192]
    controls = sum(char < " " and char not in "\t\f\b\a\x1b" for char in text) + text.count(
        "\ufffd"
    )
    return controls * 20 > len(text)
