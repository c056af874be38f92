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

from nsparse.judging.codes import ROOM, Bools, Codes, Ints, Words, compact, dense, flags, joined

if TYPE_CHECKING:
    from nsparse.judging.view import View

NO_PORT = 65536
"""Stands for a port that is a wildcard or not printed: no port has this number."""
PORT_BITS = 17
"""An end is the number of its address and, in so many bits, its port or `NO_PORT`."""
PORT_MASK = (1 << PORT_BITS) - 1
WILDCARDS = ("0.0.0.0", "::", "*")
NO_ADDRESS = frozenset((*WILDCARDS, ""))
SIDES = ("local", "remote")


class Addresses:
    """The addresses of a frame by number, or the names of hosts of which no address is printed.

    Attributes:
        texts: Their texts, "" for none.
        named: Which of them are names with the service in it, of which no port is known.
    """

    def __init__(self, texts: Words, named: Bools) -> None:
        """Hold the texts, and what is known of them."""
        self.texts, self.named = texts, named

    def __len__(self) -> int:
        """How many there are."""
        return len(self.texts)

    @cached_property
    def six(self) -> Bools:
        """Whether it is IPv6."""
        return np.array([addr.count(":") >= 2 for addr in self.texts], dtype=np.bool_)

    @cached_property
    def wild(self) -> Bools:
        """Whether it is a wildcard, or none at all."""
        return np.array([addr in NO_ADDRESS for addr in self.texts], dtype=np.bool_)

    @cached_property
    def loopback(self) -> Bools:
        """Whether it never leaves the host."""
        near = [addr == "::1" or addr.startswith("127.") for addr in self.texts]
        return np.array(near, dtype=np.bool_)


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
        space = Codes(self.space.of[rows], self.space.size)
        return joined(space, Codes(remote.of[rows], local.size), Codes(local.of[rows], remote.size))

    def at(self, rows: Bools) -> Ends:
        """The ends of some of the rows, under the same numbers."""
        space = Codes(self.space.of[rows], self.space.size)
        return replace(self, space=space, local=self.local[rows], remote=self.remote[rows])

    def spell(self, ends: Ints) -> Words:
        """ADDR:PORT of some ends, IPv6 in brackets; "" for -1."""
        each = zip(ends.tolist(), address_of(ends).tolist(), port_of(ends).tolist(), strict=True)
        words = ["" if end < 0 else self._word(address, port) for end, address, port in each]
        return np.array(words, dtype=object)

    def _word(self, address: int, port: int) -> str:
        text, known = str(self.addresses.texts[address]), self.addresses
        if known.named[address]:
            return text
        shown = "*" if port == NO_PORT else str(port)
        return f"[{text}]:{shown}" if known.six[address] else f"{text}:{shown}"


def address_of(ends: Ints) -> Ints:
    """The number of the address of each end; -1 of -1."""
    return ends >> PORT_BITS


def port_of(ends: Ints) -> Ints:
    """The port of each end, or `NO_PORT`."""
    return ends & PORT_MASK


def different(ends: Ints) -> tuple[Ints, Ints]:
    """The different ones of some ends, of which -1 is none, and the place of each among them.

    Those that serve have few ports, so that all pairs of an address and a port have room.
    """
    ports, port_at = dense(port_of(ends), PORT_MASK + 1)
    pair = np.multiply(address_of(ends) + 1, len(ports))
    pair += port_at
    used, place = dense(pair, int(pair.max(initial=0)) + 1)
    address, port = np.divmod(used, max(len(ports), 1))
    return (address - 1 << PORT_BITS) | ports[port], place


def ends_of(view: View) -> Ends:
    """Number the ends of the rows; their view then knows the addresses by these numbers."""
    (local, here), (remote, there) = (_addresses(view, side) for side in SIDES)
    (mine, known), (theirs, more) = local.factorize(), remote.factorize()
    # Local addresses are few: they have the first numbers. The last text stands for none.
    each = [*known.tolist(), *more.tolist(), ""]
    number = {text: n for n, text in enumerate(dict.fromkeys(each))}
    place = np.array([number[text] for text in each])
    mine = np.where(mine < 0, place[-1], mine)
    theirs = place[np.where(theirs < 0, len(each) - 1, theirs + len(known))]
    addresses = Addresses(np.array([*number], dtype=object), np.zeros(len(number), dtype=np.bool_))
    addresses.named[mine[here]] = addresses.named[theirs[there]] = True
    for side, of in zip(SIDES, (mine, theirs), strict=True):
        if not view.known(f"{side}_name").any():
            told = np.where(of == place[-1], 0, of + 1)
            view.know(f"{side}_addr", (Codes(told, len(number) + 1), addresses.texts))
    netns, proto = view.codes("netns"), view.codes("proto")
    return Ends(
        space=Codes(joined(netns, proto), netns.size * proto.size),
        local=mine << PORT_BITS | _ports(view, "local_port"),
        remote=theirs << PORT_BITS | _ports(view, "remote_port"),
        own=int(mine.max(initial=0)) + 1,
        addresses=addresses,
    )


def _addresses(view: View, side: str) -> tuple[Any, Bools]:
    """The addresses of one side, NA where there is none; and which of them are names.

    Where a dump was not numeric an end is known by its name: an unresolved port must not make all
    services of one address equal.
    """
    address, named = view.array(f"{side}_addr"), np.zeros(len(view), dtype=np.bool_)
    if view.known(f"{side}_name").any():
        told = pd.Series(address, copy=False)
        name, port = pd.Series(view.array(f"{side}_name"), copy=False), view.known(f"{side}_port")
        # Of "web1:https" or "web1.https" with a known port only the host is a name.
        host = name.notna() & told.isna() & port
        told = told.mask(host, name.str.replace(r"[:.][^:.]*$", "", regex=True))
        named = flags(name.notna() & ~port & ~pd.Series(address, copy=False).isin(WILDCARDS))
        address = told.mask(named, name).array
    return address, named


def _ports(view: View, name: str) -> Ints:
    """Ports as numbers; whatever no port can be counts as none."""
    ports = view.numbers(name).astype(np.int64, copy=False)
    none = ~view.known(name) | (ports < 0) | (ports > NO_PORT)
    return np.where(none, NO_PORT, ports)
