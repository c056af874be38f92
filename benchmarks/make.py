"""Dumps of any size, as each tool prints them; and dumps as nobody wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from benchmarks.formats import Format
from benchmarks.sockets import Socket, sockets

MADE = 250_000
"""So many sockets are made; a dump of more has them several times."""

DAMAGE: tuple[Callable[[str, int], str], ...] = (
    lambda row, at: row[: at % len(row)],
    lambda row, at: row.replace(":", ";").replace(".", ","),
    lambda row, at: f"{row[:9]}\x07{row[9:20]}",
)
"""What happens to rows: cut off, retyped, with a control character and the rest lost."""


def write(path: Path, form: Format, rows: int, damaged: int = 0) -> None:
    """Write a dump; of a hundred rows, so many are damaged."""

    def row_of(number: int, socket: Socket) -> str:
        row = form.row_of(number, socket).replace("\n", form.end)
        # 37 and 100 have no common divisor, so that damage is spread evenly.
        if number * 37 % 100 < damaged:
            row = DAMAGE[number % len(DAMAGE)](row, number)
        return row

    _write(path, form, rows, row_of)


def write_escapes(path: Path, form: Format, rows: int) -> None:
    """Write a dump with a control character in every line, behind its first word."""

    def steered(text: str) -> str:
        return text.replace(" ", " \x01", 1)

    steered_form = replace(form, heading=steered(form.heading))
    _write(path, steered_form, rows, lambda _, socket: steered(form.row(socket)))


def write_long(path: Path, form: Format, rows: int) -> None:
    """Write a dump of one row, and one line as long as so many rows."""
    with path.open("w", encoding="ascii", newline="") as file:
        first = form.row(next(sockets()))
        file.write(f"{form.heading}{form.end}{first}{form.end}")
        file.write("x" * (rows * (len(first) + 1)) + form.end)


def _write(path: Path, form: Format, rows: int, row_of: Callable[[int, Socket], str]) -> None:
    made = rows if form.numbered else min(rows, MADE)
    texts = [row_of(number, socket) + form.end for number, socket in enumerate(_sockets(made))]
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(form.heading + form.end)
        for first in range(0, rows, made):
            file.writelines(texts[: rows - first])


def _sockets(rows: int) -> Iterator[Socket]:
    return islice(sockets(), rows)


def ports(rows: int) -> int:
    """The sum of all remote ports of a dump of so many rows."""
    whole, rest = divmod(rows, MADE)
    all_made = sum(socket.remote_port for socket in _sockets(MADE)) if whole else 0
    return whole * all_made + sum(socket.remote_port for socket in _sockets(rest))
