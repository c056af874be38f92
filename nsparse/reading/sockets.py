"""Which socket a row is of: its protocol and its ends, as far as it shows them.

Rows are not read here, their cells are compared as printed: it is asked before anybody knows which
rows are of one moment.
"""

from __future__ import annotations

import re
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


BOTH = 2
"""The ends of a connection."""

TCP = "tcp"
"""The protocol of which no two sockets of one moment have the same two ends."""

_WHOLE = re.compile(r"[\[0-9a-f:][^ ]*[:.][1-9][0-9]*")
"""An end that nothing has cut: where several are cut, the same text may stand for many."""


class LocalEnd(NamedTuple):
    """An end, what is said of its protocol, and the fields that stand before it.

    Where other cells mean the protocol than its own, it may be of any family: `netstat -L` of the
    BSDs lists the queues of tcp4, tcp6 and tcp46.
    """

    end: tuple[str, ...]
    protocol: tuple[str, ...]
    before: tuple[str, ...]
    meant: bool = False

    def is_of(self, other: LocalEnd) -> bool:
        """Whether both are said to be of one protocol."""
        if not (self.meant or other.meant):
            return self.protocol == other.protocol
        mine, others = ([word.rstrip("46") for word in end.protocol] for end in (self, other))
        return mine == others


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


def connections(table: Table, rows: Sequence[Record]) -> list[int]:
    """Which of some rows are of TCP connections, where no end was cut.

    Of others any number may have the same ends (SO_REUSEPORT), also where they are connected.
    """
    unnamed = TCP in (_protocols_said(table, rows) or {TCP})
    return [at for at, row in enumerate(rows) if _is_connection(row.match, unnamed=unnamed)]


def _protocols_said(table: Table, rows: Sequence[Record]) -> set[str]:
    """The protocols that headings, the command or any cell of some rows of a table tell."""
    kinds = {row.match.fields: row for row in rows}
    meant = {_proto(table, (table.cells,)), *(_meant(table, row) for row in kinds.values())}
    return meant.union(*(protocol_of(table, row) for row in rows)) - {""}


def _is_connection(match: Match, *, unnamed: bool) -> bool:
    """Whether a row is of TCP, as those without a protocol are or not, and has two whole ends."""
    protocol, *ends = socket_of(match, END_FIELDS) or ("",)
    words = " ".join(ends).split()
    whole = len(words) == BOTH and all(map(_WHOLE.fullmatch, words))
    return whole and (protocol.lower().startswith(TCP) if protocol else unnamed)


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
            found.add(LocalEnd(tuple(end), said, _before_ends(record.match), not protocol))
    return frozenset(found)


def _meant(table: Table, record: Record) -> str:
    """The protocol that the cells of a row are for: `Idle` is a state of UDP alone."""
    return _proto(table, (record.match, *record.more))


def _proto(table: Table, matches: Iterable[Match]) -> str:
    """The protocol that the first of some cells is for which tells one."""
    cells = table.voice.dialect.cells
    for match in matches:
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
        new.is_of(known) or (not (new.protocol and known.protocol) and new.before == known.before)
        for new in other
        for known in said[new.end]
    )


def _tells(ends: Sequence[str]) -> bool:
    """Whether an end is that of few sockets; any number may have wildcards alone."""
    return any(char.isalnum() for char in "".join(ends))
