"""The lines of a large text, each decoded only when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

STEP = 1 << 18
"""Bytes that are looked at together: what numpy makes of them stays in the processor's cache."""

NEWLINE = 10


class Lines(Sequence[str]):
    r"""What `nsparse.reading.text.lines` gives, without holding every line.

    Attributes:
        data: The text in UTF-8; lines end at `\n` alone.
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
        self.starts: npt.NDArray[np.int64] = np.concatenate([np.array([0]), *found, *rest])

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = at if at >= 0 else at + len(self)
        if not 0 <= number < len(self):
            raise IndexError(at)
        start, after = self.starts[number : number + 2].tolist()
        return self.data[start : after - 1].decode().rstrip(" \t")

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))


def is_plain(data: bytes) -> bool:
    """Whether `decode` and `lines` only end lines at these bytes: ASCII, and no UTF-16 in it."""
    late = b"\r" in data and b"\r\r" in data  # one byte is found much faster than two
    return data.isascii() and b"\0" not in data and not late


def lines_of(data: bytes) -> Lines:
    """The lines of bytes that are plain."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Lines(data)


def lines_of_text(lines: Iterable[str]) -> Lines:
    """The lines of any text."""
    return Lines("".join(f"{line}\n" for line in lines).encode())
