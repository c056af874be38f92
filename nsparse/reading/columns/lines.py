"""The lines of a large text, each decoded only when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]

STEP = 1 << 18
"""Bytes that are looked at together: what numpy makes of them stays in the processor's cache."""

NEWLINE = 10

NEAR = 64
"""So many lines are kept: who reads a line looks at those below, and at them again."""


class Lines(Sequence[str]):
    r"""What `nsparse.reading.texts.text.lines` gives, without holding every line.

    Attributes:
        data: The text in UTF-8; lines end at `\n`, before which a `\r` may stand.
        starts: Where each line starts, and behind the last one where the next would.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        view = np.frombuffer(data, np.uint8)
        found = [
            np.flatnonzero(view[at : at + STEP] == NEWLINE) + (at + 1)
            for at in range(0, len(view), STEP)
        ]
        rest = [] if not data or data.endswith(b"\n") else [np.array([len(data) + 1])]
        self.starts: Positions = np.concatenate([np.array([0]), *found, *rest])
        self._near: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            first, last, _ = at.indices(len(self))
            return self._several(first, last) if at.step in (None, 1) else list(self)[at]
        known = self._near.get(at)
        if known is None:
            if len(self._near) >= NEAR:
                self._near.clear()
            known = self._near[at] = self._line(at)
        return known

    def _line(self, at: int) -> str:
        number = at if at >= 0 else at + len(self)
        if not 0 <= number < len(self):
            raise IndexError(at)
        start, after = self.starts[number : number + 2].tolist()
        return self.data[start : after - 1].decode().rstrip(" \t\r")

    def _several(self, first: int, last: int) -> list[str]:
        if first >= last:
            return []
        text = self.encoded(slice(first, last)).decode()
        return [line.rstrip(" \t\r") for line in text.split("\n")]

    def encoded(self, some: slice) -> bytes:
        """Lines below one another, as they stand in the text."""
        first, last, _ = some.indices(len(self))
        start, after = self.starts[[first, last]].tolist()
        return self.data[start : after - 1]

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))


def is_plain(data: bytes, signs: Iterable[bytes] = ()) -> bool:
    """Whether `decode` and `lines` only end lines at these bytes: ASCII, and no UTF-16 in it.

    Args:
        data: The bytes.
        signs: What else must not be there.
    """
    every = (b"\0", b"\r\r", *signs)
    # In parts, which stay in the processor's cache.
    parts = range(0, len(data), STEP)
    return all(data[at : at + STEP].isascii() and not _holds(data, at, every) for at in parts)


def _holds(data: bytes, at: int, signs: Sequence[bytes]) -> bool:
    """Whether a sign begins in a part; that one of its bytes is nowhere is found faster."""
    behind = at + STEP + max(map(len, signs))
    there = {byte for byte in set(b"".join(signs)) if data.find(byte, at, behind) >= 0}
    may_be = [sign for sign in signs if there.issuperset(sign)]
    return any(len(_spelt(data, _places(data, at, sign[:1]), sign)) for sign in may_be)


def _places(data: bytes, at: int, first: bytes) -> Positions:
    """Where a byte is in a part."""
    return np.flatnonzero(np.frombuffer(data, np.uint8)[at : at + STEP] == first[0]) + at


def _spelt(data: bytes, places: Positions, sign: bytes) -> Positions:
    """The places at which a sign begins, of those at which its first byte is."""
    whole = np.frombuffer(data, np.uint8)
    places = places[places <= len(data) - len(sign)]
    for number, byte in enumerate(sign[1:], 1):
        places = places[whole[places + number] == byte]
    return places


def lines_of(data: bytes) -> Lines:
    """The lines of bytes that are plain."""
    if b"\r" in data and not _ends_lines(data):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Lines(data)


def changed(old: Lines, new: Lines) -> int:
    """In how many lines of the same text something was taken out."""
    return int(np.count_nonzero(np.diff(old.starts) != np.diff(new.starts)))


def _ends_lines(data: bytes) -> bool:
    """Whether each CR belongs to a CR LF: then it is a blank at the end of its line."""
    found = (_places(data, at, b"\r") for at in range(0, len(data), STEP))
    return all(len(_spelt(data, places, b"\r\n")) == len(places) for places in found)


def lines_of_text(lines: Iterable[str]) -> Lines:
    """The lines of any text."""
    return Lines("".join(f"{line}\n" for line in lines).encode())
