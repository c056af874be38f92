"""Ends of sockets as whole numbers, so that a join over a million rows is a look-up of integers.

Equal ends have equal numbers, whichever side of a row they stand on; a missing address or port is
a value of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from nsparse.judging.view import View

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

NO_PORT = 65536
"""Stands for a port that is a wildcard or not printed: no port has this number."""
WILDCARDS = ("0.0.0.0", "::", "*")
NO_ADDRESS = frozenset((*WILDCARDS, ""))
TABLE = 8
"""A table of all numbers that may be is worth its room, if they are not more times the rows."""
ROOM = 2**62
"""Products of codes stay below, so that no two tuples share a number."""


class Codes(NamedTuple):
    """A number from 0 to `size - 1` for each row."""

    of: Ints
    size: int


def codes(values: pd.Series) -> Codes:
    """Number the values of a column; NA is 0.

    >>> codes(pd.Series(["b", None, "a", "b"])).of.tolist()
    [1, 0, 2, 1]
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Codes(
            values.cat.codes.to_numpy().astype(np.int64) + 1, len(values.cat.categories) + 1
        )
    found, known = pd.factorize(values)
    return Codes(found.astype(np.int64) + 1, len(known) + 1)


def joined(first: Codes, *others: Codes) -> Ints:
    """One number for each tuple of numbers: equal tuples, equal numbers.

    >>> joined(Codes(np.array([1, 0, 1]), 2), Codes(np.array([2, 2, 2]), 3)).tolist()
    [5, 2, 5]
    """
    return tuples(first, *others).of


def tuples(first: Codes, *others: Codes) -> Codes:
    """The numbers of `joined`, and what they are below."""
    total, size = first
    for part, parts in others:
        if size * parts >= ROOM:
            total, size = compact(total)
        if parts > 1:
            total, size = total * parts + part, size * parts
    return Codes(total, size)


def compact(numbers: Ints) -> Codes:
    """The same distinctions with the smallest numbers."""
    found, known = pd.factorize(numbers)
    return Codes(found.astype(np.int64), len(known))


def dense_codes(codes: Codes) -> Codes:
    """The same distinctions with small numbers."""
    used, place = dense(codes.of, codes.size)
    return Codes(place, len(used))


def dense(numbers: Ints, size: int) -> tuple[Ints, Ints]:
    """The different ones of some numbers below `size`, and the place of each among them.

    >>> [found.tolist() for found in dense(np.array([7, 2, 7]), 9)]
    [[2, 7], [1, 0, 1]]
    """
    if size > TABLE * len(numbers):
        place, used = pd.factorize(numbers)
        return np.asarray(used), place.astype(np.int64)
    there = np.zeros(size, dtype=np.bool_)
    there[numbers] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[numbers]


def flags(values: pd.Series) -> Bools:
    """A column of truths; what is NA is not true."""
    return values.fillna(False).to_numpy(dtype=np.bool_)


class Finder:
    """Where a number stands: the position given for its first occurrence, or -1.

    >>> Finder(np.array([7, 9, 7]), np.array([0, 1, 2])).find(np.array([9, 8, 7])).tolist()
    [1, -1, 0]
    """

    def __init__(self, keys: Ints, positions: Ints) -> None:
        first = ~pd.Index(keys).duplicated()
        self._keys = pd.Index(keys[first])
        self._positions = positions[first]

    def find(self, keys: Ints) -> Ints:
        """The position of each key."""
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        at = self._keys.get_indexer(pd.Index(keys))
        return np.where(at < 0, -1, self._positions[at])


@dataclass(frozen=True)
class Ends:
    """The two ends of every row of a frame.

    Attributes:
        space: Network namespace and protocol: nothing pairs across.
        local: Number of the local end; `remote` likewise, from the same numbering.
        count: How many different ends there are.
        end_addr: For each end the number of its address.
        end_port: For each end its port, or `NO_PORT`.
        addresses: The texts of addresses, or of hosts that only a name is printed of, by number.
        named: Which of them are names with the service in it, of which no port is known.
    """

    space: Codes
    local: Ints
    remote: Ints
    count: int
    end_addr: Ints
    end_port: Ints
    addresses: Words
    named: Bools

    @cached_property
    def six(self) -> Bools:
        """By address: whether it is IPv6."""
        return np.array([addr.count(":") >= 2 for addr in self.addresses], dtype=np.bool_)

    @cached_property
    def wild(self) -> Bools:
        """By address: whether it is a wildcard, or none at all."""
        return np.array([addr in NO_ADDRESS for addr in self.addresses], dtype=np.bool_)

    @cached_property
    def loopback(self) -> Bools:
        """By address: whether it never leaves the host."""
        told = [addr == "::1" or addr.startswith("127.") for addr in self.addresses]
        return np.array(told, dtype=np.bool_)

    @cached_property
    def told(self) -> Bools:
        """By end: whether it has a port, as a number or in its name, so that equal ones are one."""
        told: Bools = (self.end_port != NO_PORT) | self.named[self.end_addr]
        return told

    @cached_property
    def local_port(self) -> Ints:
        """By row: the local port, or `NO_PORT`."""
        return self.end_port[self.local]

    @cached_property
    def remote_port(self) -> Ints:
        """By row: the remote port, or `NO_PORT`."""
        return self.end_port[self.remote]

    @cached_property
    def tuples(self) -> Ints:
        """By row: one number for namespace, protocol and both ends."""
        return joined(self.space, Codes(self.local, self.count), Codes(self.remote, self.count))

    @cached_property
    def mirrored(self) -> Ints:
        """By row: the number that the other end's row would have in `tuples`."""
        return joined(self.space, Codes(self.remote, self.count), Codes(self.local, self.count))

    def at(self, rows: Bools) -> Ends:
        """The ends of some of the rows, under the same numbers."""
        space = Codes(self.space.of[rows], self.space.size)
        return replace(self, space=space, local=self.local[rows], remote=self.remote[rows])

    def spell(self, ends: Ints) -> Words:
        """ADDR:PORT of some ends, IPv6 in brackets.

        Addresses and ports are few beside ends, so each is put in words once.
        """
        used, place = dense(self.end_addr[ends], len(self.addresses))
        bare = ~self.six[used] | self.named[used]
        plain = zip(self.addresses[used].tolist(), bare.tolist(), strict=True)
        words = [addr if each else f"[{addr}]" for addr, each in plain]
        ports = np.where(self.named[used][place], NO_PORT + 1, self.end_port[ends])
        numbers, port_at = dense(ports, NO_PORT + 2)
        said = np.array([_port_word(port) for port in numbers.tolist()], dtype=object)
        text: Words = np.array(words, dtype=object)[place] + said[port_at]
        return text


def _port_word(port: int) -> str:
    """How a port follows its address; a name has it in itself."""
    if port > NO_PORT:
        return ""
    return ":*" if port == NO_PORT else f":{port}"


def ends_of(view: View) -> Ends:
    """Number the ends of the rows; their view then knows the addresses by these numbers."""
    rows = len(view)
    address, named = _addresses(view)
    numbers, known = pd.factorize(address)
    numbers, addresses = numbers.astype(np.int64), np.asarray(known, dtype=object)
    is_name = np.zeros(len(addresses), dtype=np.bool_)
    is_name[numbers[named]] = True
    ports = np.concatenate([_ports(view.array("local_port")), _ports(view.array("remote_port"))])
    both, distinct = pd.factorize(numbers * (NO_PORT + 1) + ports)
    distinct = np.asarray(distinct, dtype=np.int64)
    both = both.astype(np.int64)
    netns, proto = view.codes("netns"), view.codes("proto")
    if not view.known("local_name").any() and not view.known("remote_name").any():
        _remember(view, numbers, addresses)
    return Ends(
        space=Codes(joined(netns, proto), netns.size * proto.size),
        local=both[:rows],
        remote=both[rows:],
        count=max(len(distinct), 1),
        end_addr=distinct // (NO_PORT + 1),
        end_port=distinct % (NO_PORT + 1),
        addresses=addresses,
        named=is_name,
    )


def _remember(view: View, numbers: Ints, addresses: Words) -> None:
    """The addresses are the values of two columns; "" stands for none."""
    of = np.where((addresses == "")[numbers], 0, numbers + 1)
    for name, some in (("local_addr", of[: len(view)]), ("remote_addr", of[len(view) :])):
        view.know(name, (Codes(some, len(addresses) + 1), addresses))


def _addresses(view: View) -> tuple[pd.Series, Bools]:
    """Local then remote addresses, "" where there is none; and which of them are names.

    Where a dump was not numeric an end is known by its name: an unresolved port must not make all
    services of one address equal.
    """
    address = _both(view, "addr")
    named = np.zeros(len(address), dtype=np.bool_)
    if view.known("local_name").any() or view.known("remote_name").any():
        name, port = _both(view, "name"), _both(view, "port")
        wild = address.isin(WILDCARDS)
        # Of "web1:https" or "web1.https" with a known port only the host is a name.
        host = name.notna() & address.isna() & port.notna()
        address = address.mask(host, name.str.replace(r"[:.][^:.]*$", "", regex=True))
        named = flags(name.notna() & port.isna() & ~wild)
        address = address.mask(named, name)
    return address.fillna(""), named


def _both(view: View, what: str) -> pd.Series:
    """What the local ends have, then the remote ones."""
    ends = (view.array(f"local_{what}"), view.array(f"remote_{what}"))
    return pd.concat([pd.Series(end, copy=False) for end in ends], ignore_index=True)


def _ports(column: Any) -> Ints:
    """Ports as numbers; whatever no port can be counts as none."""
    ports = column.to_numpy(dtype="int64", na_value=NO_PORT)
    return np.where((ports < 0) | (ports > NO_PORT), NO_PORT, ports)
