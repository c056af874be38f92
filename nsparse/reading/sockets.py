"""Which socket a row is of: its protocol and its ends, as far as it shows them.

Rows are not read here, their cells are compared as printed: it is asked before anybody knows which
rows are of one moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from nsparse.dialect import CellFault

if TYPE_CHECKING:
    from nsparse.reading.cells.convert import Record
    from nsparse.reading.grammar.grammar import Match
    from nsparse.reading.tables.table import Table

SEEN_AT_MOST = 200
"""The first rows of a table show what kinds of line its command prints."""

LOCAL_FIELDS = ("LOCAL", "ENDS", "UNIX_ENDS", "UNIX_INODE")
FAR_FIELDS = ("REMOTE", "ENDS")
END_FIELDS = (*LOCAL_FIELDS, "REMOTE")
"""Fields that name a socket by its ends; the kernel's numbers do for UNIX sockets."""

OPEN = ("*", ":0")
"""How the other end of a socket is spelled that is not connected."""

PROTOCOL_FIELDS = ("TCP", "UDP", "RAW", "INET", "UNIX", "OTHER", "POINT", "PROTO", "NETID")
"""Fields that name a row's protocol; a state at its start changes from run to run."""


class LocalEnd(NamedTuple):
    """An end, what is said of its protocol, and the fields that stand before it."""

    end: tuple[str, ...]
    protocol: tuple[str, ...]
    before: tuple[str, ...]


def socket_of(match: Match, names: Sequence[str]) -> tuple[str, ...]:
    """What tells a socket from others: its protocol, and the fields of these names if any."""
    named = match.pairs
    ends = tuple(" ".join(text.split()) for name, text in named if name in names)
    return (protocol_text(match) or "", *ends) if ends else ()


def sockets_of(table: Table) -> frozenset[tuple[str, ...]]:
    """The sockets of a table, as far as their ends tell them apart."""
    return frozenset(socket_of(r.match, END_FIELDS) or r.match.texts for r in table.records)


def protocols_of(table: Table) -> frozenset[str | None]:
    """The protocols of the first rows of a table, as printed."""
    return frozenset(protocol_text(record.match) for record in table.records[:SEEN_AT_MOST])


def protocol_of(table: Table, record: Record) -> set[str]:
    """The protocol of a row, by its name or its first cell; nothing where neither tells."""
    match = record.match
    word = match.texts[0] if "REMOTE" in match.fields else ""
    named = protocol_text(match) or table.voice.dialect.told.get(word, "")
    return {named.lower().rstrip("46")} - {""}


def protocol_text(match: Match) -> str | None:
    """The protocol of a row; with -A of the BSDs it does not stand first."""
    named = match.pairs
    return next((text for name, text in named if name in PROTOCOL_FIELDS), None)


def has_another_end(match: Match) -> Iterator[bool]:
    """Whether a socket is connected to another one, where its row shows such an end."""
    for name, text in match.pairs:
        if name in FAR_FIELDS:
            yield not text.endswith(OPEN)


def local_ends(table: Table) -> frozenset[LocalEnd]:
    """The local ends of the first rows, with what headings and rows say of their protocol."""
    told = table.cells.texts
    meant: dict[tuple[str, ...], str] = {}
    found = set[LocalEnd]()
    for record in table.records[:SEEN_AT_MOST]:
        protocol, *end = socket_of(record.match, LOCAL_FIELDS) or ("",)
        if _tells(end):
            if not protocol and record.match.fields not in meant:
                meant[record.match.fields] = _meant(table, record)
            said = tuple(filter(None, (*told, protocol or meant[record.match.fields])))
            found.add(LocalEnd(tuple(end), said, _before_ends(record.match)))
    return frozenset(found)


def _meant(table: Table, record: Record) -> str:
    """The protocol that the cells of a row are for: `Idle` is a state of UDP alone."""
    cells = table.voice.dialect.cells
    for match in (record.match, *record.more):
        for name, text in match.pairs:
            with suppress(CellFault):
                if proto := cells[name].read(text).get("proto"):
                    return str(proto)
    return ""


def _before_ends(match: Match) -> tuple[str, ...]:
    """The fields before the ends of a row, but for its protocol."""
    before = takewhile(lambda name: name not in END_FIELDS, match.fields)
    return tuple(name for name in before if name not in PROTOCOL_FIELDS)


def share_an_end(one: Iterable[LocalEnd], other: Iterable[LocalEnd]) -> bool:
    """Whether both have a local end, of the same protocol.

    Where only one tells the protocol, the rows say the same before it; tables of another kind, as
    macOS prints of multipath, show the sockets of those above again in one run.
    """
    said: dict[tuple[str, ...], set[LocalEnd]] = defaultdict(set)
    for known in one:
        said[known.end].add(known)
    return any(
        new.protocol == known.protocol
        or (not (new.protocol and known.protocol) and new.before == known.before)
        for new in other
        for known in said[new.end]
    )


def _tells(ends: Sequence[str]) -> bool:
    """Whether an end is that of few sockets; any number may have wildcards alone."""
    return any(char.isalnum() for char in "".join(ends))
