"""Which side of a connection a row is, who listens for it, and where its other end stands.

The order of the rules is the catalogue's (diagnoses: role of a row); the last one, of reserved
ports, comes after them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nsparse.judging.arrays.codes import Bools, Codes, Finder, Ints, compact, firsts, joined
from nsparse.judging.arrays.members import is_among
from nsparse.judging.arrays.texts import are_any_of
from nsparse.judging.arrays.view import View
from nsparse.judging.scene.ends import NO_PORT, PORT_BITS, Ends, address_of, port_of
from nsparse.judging.scene.repeats import by_shared_end

Small = npt.NDArray[np.int8]

LISTENER, SERVER, CLIENT, UNKNOWN, NONE = range(5)
ROLES = ("listener", "server", "client", "unknown", "")

RESERVED = 512
"""Ports below are services' alone: callers that are root may take one of 512 to 1023, whatever the
range of callers' ports is (rresvport(3))."""
EXACT, OWN_FAMILY, DUAL = range(3)
"""How closely a wildcard listener fits: the kernel prefers its own family's over a dual one."""


@dataclass(frozen=True)
class Roles:
    """By row.

    Attributes:
        role: Index into `ROLES`.
        listener: Position of the LISTEN row that serves a server row, else -1.
        target: Position of the LISTEN row that a self connection leads to, else -1.
        pair: Position of the row of the other end, else -1.
    """

    role: Small
    listener: Ints
    target: Ints
    pair: Ints


def roles(view: View, ends: Ends, concrete: Bools, low: int, high: int) -> Roles:
    """Tell the role of every row; `low` and `high` bound the ephemeral ports.

    Args:
        view: The rows.
        ends: Their ends.
        concrete: Rows with a remote end.
        low: The first port that a caller is given.
        high: The last one.
    """
    tcp = view.is_("proto", "tcp")
    listens = tcp & view.is_("state", "LISTEN")
    # Listeners with ports of unknown names are of some port each, and not of one and the same.
    listeners = _Listeners(view, ends, _told(ends, np.flatnonzero(listens)))
    whole = concrete & ~view.true("addr_truncated")
    own = _own(ends, concrete | listens, whole)
    serving = listeners.find(ends.local, concrete)
    target = listeners.find(ends.remote, own)
    role = np.where(tcp, np.int8(UNKNOWN), np.int8(NONE))
    _settle(role, listens, LISTENER)
    # A SYN is only ever sent by the side that calls, whatever else listens on its port; the
    # answer to one only by the side that is called (RFC 9293 3.3.2).
    _settle(role, concrete & view.is_("state", "SYN_SENT"), CLIENT)
    if len(listeners):
        _settle(role, concrete & (serving >= 0), SERVER)
        _settle(role, concrete & (target >= 0), CLIENT)
    _settle(role, concrete & view.is_("state", "SYN_RECEIVED"), SERVER)
    told = role != UNKNOWN
    here, there = (_within(ports, low, high) for ports in (ends.local_port, ends.remote_port))
    known = _of_some_port(ends, ends.local_addr, ends.local_port) & concrete
    known &= _of_some_port(ends, ends.remote_addr, ends.remote_port)
    _settle(role, known & here & ~there, CLIENT)
    _settle(role, known & there & ~here, SERVER)
    open_ = whole & (role == UNKNOWN)
    by_shared_end(role, ends, open_, whole & ~told & ~open_, SERVER, CLIENT)
    _by_repetition(role, ends, whole)
    _by_reserved(role, ends, whole)
    return Roles(
        role=role,
        listener=_only(serving, role == SERVER),
        target=_only(target, role == CLIENT),
        pair=_pairs(ends, whole, view.is_("state", "TIME_WAIT")),
    )


def _settle(role: Small, rows: Bools, to: int) -> None:
    """Give a role to those of some rows that have none yet.

    Sums of bytes are made many at a time; to write where a mask is true takes thirty times as long.
    """
    role += np.multiply(rows & (role == UNKNOWN), to - UNKNOWN, dtype=np.int8)


def _told(ends: Ends, listens: Ints) -> Ints:
    """The listeners whose port is known."""
    return listens[ends.told(ends.local[listens])]


def _only(found: Ints, rows: Bools) -> Ints:
    """What was found for some rows; -1 for the others, mostly few of those that have something."""
    found[(found >= 0) & ~rows] = -1
    return found


def _of_some_port(ends: Ends, address: Ints, ports: Ints) -> Bools:
    """Ends whose port tells who they are.

    One of a name that no table knows is that of a service: callers are given numbers.
    """
    told: Bools = ports != NO_PORT
    served = ends.addresses.served
    return told | served[address] if served.any() else told


def _within(ports: Ints, low: int, high: int) -> Bools:
    return (ports >= low) & (ports <= high)


def _own(ends: Ends, here: Bools, whole: Bools) -> Bools:
    """Rows whose remote address belongs to this host: some row has it as its own.

    A listener on every address says nothing: no row has a wildcard at its other end.
    """
    near = ends.addresses.loopback
    found = whole & near[ends.remote_addr] if near.any() else np.zeros_like(whole)
    rows = np.flatnonzero(whole & (ends.remote_addr < ends.own))
    if len(rows):
        of, at = ends.space, np.flatnonzero(here)
        told = joined(of.at(rows), Codes(ends.remote_addr[rows], ends.own))
        mine = joined(of.at(at), Codes(ends.local_addr[at], ends.own))
        found[rows] |= is_among(told, mine, of.size * ends.own)
    return found


class _Listeners:
    """The LISTEN rows, by the ends that they serve."""

    def __init__(self, view: View, ends: Ends, rows: Ints) -> None:
        self._ends = ends
        self._rows = rows
        if not len(rows):
            return
        self._view = view
        wild = ends.addresses.wild[ends.local_addr[rows]]
        exact = rows[~wild]
        self._exact = self._finders(self._end_keys(exact, ends.local[exact]), exact)
        served = _served(view, ends, rows[wild])
        self._wild = self._finders(
            self._port_keys(served["row"], ends.local[served["row"]], served["six"]), served["row"]
        )

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rows)

    def find(self, here: Ints, wanted: Bools) -> Ints:
        """The listener for each of these ends, -1 where there is none or none is wanted.

        The more exact address first; among equal ones (SO_REUSEPORT) the row's own process.
        """
        found = np.full(len(here), -1, dtype=np.int64)
        if not len(self._rows) or not wanted.any():
            return found
        served = np.zeros(NO_PORT + 1, dtype=np.bool_)
        served[self._ends.local_port[self._rows]] = True
        rows = np.flatnonzero(wanted & served[port_of(here)])
        if not len(rows):
            return found
        # Most rows are alike: one of each is looked up.
        keys = self._end_keys(rows, here[rows])
        if self._several:
            keys = self._with_pid(keys, rows)
        alike = compact(keys)
        first = firsts(alike)
        found[rows] = self._find(rows[first], here[rows[first]])[alike.of]
        return found

    def _find(self, rows: Ints, here: Ints) -> Ints:
        """The same of some rows and their ends."""
        six = self._ends.addresses.six[address_of(here)].astype(np.int64)
        exact = self._look(self._exact, self._end_keys(rows, here), rows)
        wild = self._look(self._wild, self._port_keys(rows, here, six), rows)
        return np.where(exact >= 0, exact, wild)

    @property
    def _several(self) -> bool:
        """Whether some of them share a place, so that a row's process decides."""
        return self._exact[1] is not None or self._wild[1] is not None

    def _end_keys(self, rows: Ints, here: Ints) -> Ints:
        space = self._ends.space.at(rows)
        return joined(space, Codes(here, self._ends.count))

    def _port_keys(self, rows: Ints, here: Ints, six: Ints) -> Ints:
        space = self._ends.space.at(rows)
        return joined(space, Codes(port_of(here), NO_PORT + 1), Codes(six, 2))

    def _finders(self, keys: Ints, rows: Ints) -> tuple[Finder, Finder | None]:
        """By place; and by place and process, where several share a place."""
        by_place = Finder(keys, rows)
        own = Finder(self._with_pid(keys, rows), rows) if by_place.several else None
        return by_place, own

    def _look(self, finders: tuple[Finder, Finder | None], keys: Ints, rows: Ints) -> Ints:
        by_place, by_pid = finders
        found = by_place.find(keys)
        if by_pid is None:
            return found
        own = by_pid.find(self._with_pid(keys, rows))
        return np.where((own >= 0) & (self._view.codes("pid").of[rows] > 0), own, found)

    def _with_pid(self, keys: Ints, rows: Ints) -> Ints:
        # Keys of `_end_keys` and `_port_keys` stay far below 2**62 / pids for any frame that fits
        # into memory: spaces * ends, not spaces * ends squared.
        pid = self._view.codes("pid")
        return keys * pid.size + pid.of[rows]


def _served(view: View, ends: Ends, rows: Ints) -> dict[str, Ints]:
    """Each wildcard listener once for each family it serves, the closest fit first.

    `::` serves IPv4 too unless it is v6only; `*` serves what its family says, both when that is
    unknown (diagnoses: role of a row, rule 1).
    """
    address = ends.addresses.texts.take(ends.local_addr[rows])
    only = view.true("v6only")[rows]
    four = are_any_of(address, ("0.0.0.0",))
    any_family = ~four & ~are_any_of(address, ("::",))
    four_only = four | (any_family & view.is_("family", "ipv4")[rows])
    six = rows[~four_only]
    both = rows[~four_only & ~only]
    listed = np.concatenate([rows[four_only], six, both])
    serves = np.concatenate([np.zeros(four_only.sum()), np.ones(len(six)), np.zeros(len(both))])
    return {"row": listed.astype(np.int64), "six": serves.astype(np.int64)}


def _by_repetition(role: Small, ends: Ends, whole: Bools) -> None:
    """Rule 4: of two addresses' connections, the port that repeats more often is the service."""
    open_ = whole & (role == UNKNOWN)
    if not open_.any():
        return
    size = len(ends.addresses)
    between = joined(ends.space, Codes(ends.local_addr, size), Codes(ends.remote_addr, size))
    rows = np.flatnonzero(whole)
    rows = rows[np.isin(between[rows], between[open_])]
    lot = compact(between[rows])
    mine = _tally(lot, ends.local_port[rows])
    theirs = _tally(lot, ends.remote_port[rows])
    undecided = open_[rows]
    role[rows[undecided & (mine > theirs)]] = SERVER
    role[rows[undecided & (theirs > mine)]] = CLIENT


def _by_reserved(role: Small, ends: Ends, whole: Bools) -> None:
    """The one connection of two addresses: a reserved port serves one that is not.

    Some systems call from ports below the usual range, as Windows does from 1025 on.
    """
    rows = np.flatnonzero(whole & (role == UNKNOWN))
    local, remote = ends.local_port[rows], ends.remote_port[rows]
    role[rows[(local < RESERVED) & (remote >= RESERVED) & (remote != NO_PORT)]] = SERVER
    role[rows[(remote < RESERVED) & (local >= RESERVED) & (local != NO_PORT)]] = CLIENT


def _tally(lot: Codes, ports: Ints) -> Ints:
    """How often each row's port occurs in its lot; one that is not told repeats nothing."""
    found = compact(joined(lot, Codes(ports, NO_PORT + 1)))
    return np.where(ports == NO_PORT, 0, np.bincount(found.of, minlength=found.size)[found.of])


def _pairs(ends: Ends, whole: Bools, waiting: Bools) -> Ints:
    """The row of the other end of each connection whose both ends are here.

    A TIME_WAIT row may stand beside a newer connection of the same ends: the live one is the pair.
    Only rows that find each other are a pair.
    """
    pair = np.full(len(whole), -1, dtype=np.int64)
    rows = np.flatnonzero(whole & (ends.remote_addr < ends.own))
    if len(rows):
        rows = rows[is_among(ends.remote[rows], ends.local[whole], ends.own << PORT_BITS)]
    if not len(rows):
        return pair
    rows = np.concatenate([rows[~waiting[rows]], rows[waiting[rows]]])
    found = Finder(ends.tuples[rows], rows).find(ends.mirrored(rows))
    pair[rows] = np.where(found == rows, -1, found)
    linked = pair >= 0
    linked[linked] = pair[pair[linked]] == np.flatnonzero(linked)
    return np.where(linked, pair, -1)
