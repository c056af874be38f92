"""Ends of sockets as whole numbers, so that a join over a million rows is a look-up of integers.

Equal ends have equal numbers, whichever side of a row they stand on; a missing address or port is
a value of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nsparse.judging.arrays.codes import (
    ROOM,
    Bools,
    Codes,
    Ints,
    Kept,
    Words,
    compact,
    dense_codes,
    flags,
    joined,
    tuples,
)
from nsparse.judging.arrays.columns import small
from nsparse.judging.arrays.texts import (
    are_any_of,
    at_hand,
    begin_with,
    have_twice,
    match,
    numbered,
    pooled,
    some,
)
from nsparse.judging.scene.scope import LOOPBACK, NO_ADDRESS, WILDCARDS

if TYPE_CHECKING:
    from nsparse.judging.arrays.view import View

NO_PORT = 65536
"""Stands for a port that is a wildcard or not printed: no port has this number."""
PORT_BITS = 17
"""An end is the number of its address and, in so many bits, its port or `NO_PORT`."""
PORT_MASK = (1 << PORT_BITS) - 1
SIDES = ("local", "remote")
DUAL, SIX = "*", "::"


class Addresses:
    """The addresses of a frame by number, or the names of hosts of which no address is printed.

    Attributes:
        texts: Their texts, "" for none.
        words: The same, where single ones are looked at.
        named: Which of them are names with the service in it, of which no port is known.
    """

    def __init__(self, texts: Any, named: Bools) -> None:
        """Hold the texts, an array of pandas, and what is known of them."""
        self.texts, self.named = texts, named
        self.words = at_hand(texts)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.texts)

    @cached_property
    def six(self) -> Bools:
        """Whether it is IPv6."""
        return have_twice(self.texts, ":")

    @cached_property
    def served(self) -> Bools:
        """Whether it is a name with the name of a service in it; digits are a port that was cut.

        >>> texts = pd.array(["db1:acme", "192.0.2.1.501", "db1.example.5"], dtype="str")
        >>> Addresses(texts, np.ones(3, dtype=np.bool_)).served.tolist()
        [True, False, False]
        """
        if not self.named.any():
            return self.named
        return self.named & match(self.texts, r"[A-Za-z][^:.]*$")

    @cached_property
    def wild(self) -> Bools:
        """Whether it is a wildcard, or none at all."""
        return are_any_of(self.texts, NO_ADDRESS)

    @cached_property
    def loopback(self) -> Bools:
        """Whether it never leaves the host."""
        near = are_any_of(self.texts, ("::1",))
        for start in LOOPBACK:
            near |= begin_with(self.texts, start)
        return near


@dataclass(frozen=True)
class Ends:
    """The two ends of every row of a frame, each the number of its address and its port.

    Attributes:
        space: Network namespace and protocol: nothing pairs across.
        local: The local ends: an address's number, and in `PORT_BITS` a port or `NO_PORT`.
        remote: The remote ends, from the same numbers.
        own: The numbers of addresses of local ends are below.
        addresses: The addresses.
    """

    space: Codes
    local: Ints
    remote: Ints
    own: int
    addresses: Addresses

    @property
    def count(self) -> int:
        """The numbers of ends are below."""
        return len(self.addresses) << PORT_BITS

    def told(self, ends: Ints) -> Bools:
        """Which ends have a port, as a number or in their name, so that equal ones are one."""
        told: Bools = (port_of(ends) != NO_PORT) | self.addresses.named[address_of(ends)]
        return told

    @cached_property
    def local_addr(self) -> Ints:
        """By row: the number of the local address."""
        return address_of(self.local)

    @cached_property
    def remote_addr(self) -> Ints:
        """By row: the number of the remote address."""
        return address_of(self.remote)

    @cached_property
    def local_port(self) -> Ints:
        """By row: the local port, or `NO_PORT`."""
        return port_of(self.local)

    @cached_property
    def remote_port(self) -> Ints:
        """By row: the remote port, or `NO_PORT`."""
        return port_of(self.remote)

    @cached_property
    def _both(self) -> tuple[Codes, Codes]:
        """Both ends of each row, so few that there is a number for each pair of them."""
        own = self.own << PORT_BITS
        if self.space.size * own * self.count < ROOM:
            return Codes(self.local, own), Codes(self.remote, self.count)
        of, size = compact(np.concatenate([self.local, self.remote]))
        return Codes(of[: len(self.local)], size), Codes(of[len(self.local) :], size)

    @cached_property
    def tuples(self) -> Ints:
        """By row: one number for namespace, protocol and both ends."""
        return joined(self.space, *self._both)

    def mirrored(self, rows: Ints) -> Ints:
        """For rows with own addresses at both ends the number of the other end's in `tuples`."""
        local, remote = self._both
        space = self.space.at(rows)
        return joined(space, Codes(remote.of[rows], local.size), Codes(local.of[rows], remote.size))

    def at(self, left: Bools) -> Ends:
        """The ends of some of the rows, under the same numbers."""
        kept = Kept(left)
        local, remote = kept.cut(self.local), kept.cut(self.remote)
        return replace(self, space=kept.codes(self.space), local=local, remote=remote)

    def spell(self, ends: Ints) -> Words:
        """ADDR:PORT of some ends, IPv6 in brackets; "" for -1."""
        known, address = self.addresses, np.maximum(address_of(ends), 0)
        each = zip(
            ends.tolist(),
            some(known.words, address),
            port_of(ends).tolist(),
            known.six[address].tolist(),
            known.named[address].tolist(),
            strict=True,
        )
        words = ["" if end < 0 else _word(*told) for end, *told in each]
        return np.array(words, dtype=object)


def _word(address: str, port: int, six: bool, named: bool) -> str:
    if named:
        return address
    shown = "*" if port == NO_PORT else str(port)
    return f"[{address}]:{shown}" if six else f"{address}:{shown}"


def address_of(ends: Ints) -> Ints:
    """The number of the address of each end; -1 of -1."""
    return ends >> PORT_BITS


def port_of(ends: Ints) -> Ints:
    """The port of each end, or `NO_PORT`."""
    return ends & PORT_MASK


def ends_of(view: View) -> Ends:
    """Number the ends of the rows; their view then knows the addresses by these numbers."""
    (local, here), (remote, there) = (_addresses(view, side) for side in SIDES)
    (mine, known), (theirs, more) = numbered(local), numbered(remote)
    # Local addresses are few: they have the first numbers. The last place is that of none, -1.
    texts, (place_here, place_there) = pooled(known, more)
    mine, theirs = _placed(mine, place_here), _placed(theirs, place_there)
    addresses = Addresses(texts, np.zeros(len(texts), dtype=np.bool_))
    addresses.named[mine[here]] = addresses.named[theirs[there]] = True
    for side, of in zip(SIDES, (mine, theirs), strict=True):
        if not view.known(f"{side}_name").any():
            codes = _codes(of, len(texts), place_here[-1])
            view.know(f"{side}_addr", (codes, addresses.words))
    own = int(mine.max(initial=0)) + 1
    ports = [_ports(view, f"{side}_port") for side in SIDES]
    # A remote end that is none is one and the same, printed as a wildcard or not at all.
    lone = np.flatnonzero(ports[1] == NO_PORT)
    lone = lone[addresses.wild[theirs[lone]]]
    for of, port in zip((mine, theirs), ports, strict=True):
        of <<= PORT_BITS
        of |= port
    theirs[lone] = (place_there[-1] << PORT_BITS) | NO_PORT
    return Ends(
        space=dense_codes(tuples(view.codes("netns"), view.codes("proto"))),
        local=mine,
        remote=theirs,
        own=own,
        addresses=addresses,
    )


def _codes(of: Ints, size: int, none: int) -> Codes:
    """The numbers of addresses as codes: those of one side may be few."""
    most = int(of.max(initial=0))
    if most < none:
        return Codes(small(of, most + 1).of, size + 1)
    told = of + 1
    told[np.flatnonzero(of == none)] = 0
    return Codes(told, size + 1)


def alike(view: View, ends: Ends) -> Ends:
    """The same ends, equal where two tools print one end of a socket in ways of their own.

    Of a listener for both families ss prints `*`, and netstat `::`.
    """
    dual = view.is_("family", "dual") & view.is_("local_addr", DUAL)
    six = view.is_("local_addr", SIX)
    if not (dual.any() and six.any()):
        return ends
    address = int(ends.local_addr[six.argmax()])
    local = np.where(dual, (address << PORT_BITS) | ends.local_port, ends.local)
    return replace(ends, local=local)


def _placed(numbers: Ints, place: Ints) -> Ints:
    """The place of each number; that of -1 stands last."""
    same = np.array_equal(place[:-1], np.arange(len(place) - 1)) and numbers.min(initial=0) >= 0
    return numbers if same else place[numbers]


def _addresses(view: View, side: str) -> tuple[Any, Bools]:
    """The addresses of one side, NA where there is none; and which of them are names.

    Where a dump was not numeric an end is known by its name: an unresolved port must not make all
    services of one address equal.
    """
    if view.empty(f"{side}_name"):
        return view.pieces(f"{side}_addr"), np.zeros(len(view), dtype=np.bool_)
    told = pd.Series(view.array(f"{side}_addr"), copy=False)
    name, port = pd.Series(view.array(f"{side}_name"), copy=False), view.known(f"{side}_port")
    named = flags(name.notna() & ~port & ~told.isin(WILDCARDS))
    return told.mask(named, name).array, named


def _ports(view: View, name: str) -> Ints:
    """Ports as numbers; whatever no port can be counts as none."""
    ports = view.numbers(name)
    if ports.min(initial=0) < 0 or ports.max(initial=0) > NO_PORT:
        return np.where(view.known(name) & (ports >= 0) & (ports <= NO_PORT), ports, NO_PORT)
    if view.full(name):
        return ports
    told = ports.copy()
    told[~view.known(name)] = NO_PORT
    return told
