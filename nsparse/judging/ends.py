"""Ends of sockets as whole numbers, so that a join over a million rows is a look-up of integers.

Equal ends have equal numbers, whichever side of a row they stand on; a missing address or port is
a value of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

NO_PORT = 65536
"""Stands for a port that is a wildcard or not printed: no port has this number."""
WILDCARDS = ("0.0.0.0", "::", "*")
NO_ADDRESS = frozenset((*WILDCARDS, ""))
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
    total, size = first
    for part, parts in others:
        if size * parts >= ROOM:
            total, size = compact(total)
        total, size = total * parts + part, size * parts
    return total


def compact(numbers: Ints) -> Codes:
    """The same distinctions with the smallest numbers."""
    found, known = pd.factorize(numbers)
    return Codes(found.astype(np.int64), len(known))


def equals(column: pd.Series, value: object) -> Bools:
    """Which rows have this value; never NA.

    >>> equals(pd.Series(["tcp", None]), "tcp").tolist()
    [True, False]
    """
    return flags(column == value)


def flags(values: pd.Series) -> Bools:
    """A column of truths; what is NA is not true."""
    return values.fillna(False).to_numpy(dtype=np.bool_)


def is_inet(frame: pd.DataFrame) -> Bools:
    """The rows of IP sockets; a frame made by hand may leave the section out."""
    return equals(frame["section"], "inet") | frame["section"].isna().to_numpy(dtype=np.bool_)


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
        return _each(self.addresses, lambda addr: addr.count(":") >= 2)

    @cached_property
    def wild(self) -> Bools:
        """By address: whether it is a wildcard, or none at all."""
        return _each(self.addresses, lambda addr: addr in NO_ADDRESS)

    @cached_property
    def loopback(self) -> Bools:
        """By address: whether it never leaves the host."""
        return _each(self.addresses, lambda addr: addr.startswith("127.") or addr == "::1")

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

    def text(self, ends: Ints) -> tuple[Ints, Words]:
        """ADDR:PORT of some ends, IPv6 in brackets, "" for -1.

        That is the place of each among the texts that occur, and these.
        """
        used = np.unique(ends[ends >= 0])
        place = np.full(self.count + 1, len(used), dtype=np.int64)  # the last is that of -1
        place[used] = np.arange(len(used))
        return place[ends], np.append(self._spell(used), "")

    def _spell(self, ends: Ints) -> Words:
        """Texts of ends; addresses and ports are few beside ends, so each is put in words once."""
        at = self.end_addr[ends]
        numbers, port_at = np.unique(
            np.where(self.named[at], NO_PORT + 1, self.end_port[ends]), return_inverse=True
        )
        ports = np.array([_port_word(port) for port in numbers.tolist()], dtype=object)
        plain = zip(self.addresses, ~self.six | self.named, strict=True)
        words = [addr if bare else f"[{addr}]" for addr, bare in plain]
        text: Words = np.array(words, dtype=object)[at] + ports[port_at]
        return text


def _each(words: Words, test: Callable[[str], bool]) -> Bools:
    return np.fromiter(map(test, words), dtype=np.bool_, count=len(words))


def _port_word(port: int) -> str:
    """How a port follows its address; a name has it in itself."""
    if port > NO_PORT:
        return ""
    return ":*" if port == NO_PORT else f":{port}"


def ends_of(frame: pd.DataFrame) -> Ends:
    """Number the ends of a common frame."""
    rows = len(frame)
    address, named = _addresses(frame)
    numbers, known = pd.factorize(address)
    addresses = np.asarray(known, dtype=object)
    is_name = np.zeros(len(addresses), dtype=np.bool_)
    is_name[numbers[named]] = True
    ports = np.concatenate([_ports(frame["local_port"]), _ports(frame["remote_port"])])
    both, distinct = pd.factorize(numbers.astype(np.int64) * (NO_PORT + 1) + ports)
    distinct = np.asarray(distinct, dtype=np.int64)
    both = both.astype(np.int64)
    netns, proto = codes(frame["netns"]), codes(frame["proto"])
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


def _addresses(frame: pd.DataFrame) -> tuple[pd.Series, Bools]:
    """Local then remote addresses, "" where there is none; and which of them are names.

    Where a dump was not numeric an end is known by its name: an unresolved port must not make all
    services of one address equal.
    """
    address = pd.concat([frame["local_addr"], frame["remote_addr"]], ignore_index=True)
    name = pd.concat([frame["local_name"], frame["remote_name"]], ignore_index=True)
    named = np.zeros(len(address), dtype=np.bool_)
    if name.notna().any():
        port = pd.concat([frame["local_port"], frame["remote_port"]], ignore_index=True)
        wild = address.isin(WILDCARDS)
        # Of "web1:https" with a known port only the host is a name.
        host = name.notna() & address.isna() & port.notna()
        address = address.mask(host, name.str.replace(r":[^:]*$", "", regex=True))
        named = flags(name.notna() & port.isna() & ~wild)
        address = address.mask(named, name)
    return address.fillna(""), named


def _ports(column: pd.Series) -> Ints:
    """Ports as numbers; whatever no port can be counts as none."""
    ports = column.to_numpy(dtype="int64", na_value=NO_PORT)
    return np.where((ports < 0) | (ports > NO_PORT), NO_PORT, ports)
