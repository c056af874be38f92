"""The frame as a table for the eye: the columns that say something, and no control character."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from nsparse.errors import harmless
from nsparse.reporting.render import pairs
from nsparse.schema import BY_NAME

if TYPE_CHECKING:
    import pandas as pd

SHOWN = (
    "file",
    "host",
    "netns",
    "snapshot",
    "line",
    "proto",
    "state",
    "recv_q",
    "send_q",
    "local",
    "remote",
    "process",
    "user",
    "timer",
    "path",
)
"""Columns of the short table; those that say the same on every row or nothing are left out."""

_WHERE = ("file", "host", "netns", "snapshot")
_RIGHT = ("Int64", "Int32", "Float64")


def table(df: pd.DataFrame, *, full: bool = False, color: bool = False) -> Iterator[str]:
    """Lines of a table: a heading and one line a row, `-` for a missing value.

    Args:
        df: A common frame.
        full: Whether to show every column that has a value, as it is in the frame.
        color: Whether the heading is bold.
    """
    shown = _every_column(df) if full else _short_columns(df)
    if not shown:
        return
    right = {name for name in shown if name in BY_NAME and BY_NAME[name].dtype in _RIGHT}
    widths = {
        name: max([len(name), *map(len, dict.fromkeys(cells))]) for name, cells in shown.items()
    }
    heading, *rows = zip(*([name, *cells] for name, cells in shown.items()), strict=True)
    line = _line(heading, right, widths)
    yield click.style(line, bold=True) if color else line
    for row in rows:
        yield _line(row, right, widths)


def _line(row: Iterable[str], right: set[str], widths: dict[str, int]) -> str:
    cells = (
        f"{cell:>{width}}" if name in right else f"{cell:<{width}}"
        for cell, (name, width) in zip(row, widths.items(), strict=True)
    )
    return "  ".join(cells).rstrip()


def _every_column(df: pd.DataFrame) -> dict[str, list[str]]:
    return {str(name): _cells(df[name]) for name in df.columns if df[name].notna().any()}


def _short_columns(df: pd.DataFrame) -> dict[str, list[str]]:
    made = {
        "state": _states,
        "local": lambda df: _ends(df, "local"),
        "remote": lambda df: _ends(df, "remote"),
        "process": _owners,
        "user": _users,
        "timer": _timers,
    }
    shown = {}
    for name in SHOWN:
        if name in _WHERE and df[name].nunique(dropna=False) < 2:
            continue
        cells = made[name](df) if name in made else _cells(df[name])
        if any(cell != "-" for cell in cells):
            shown[name] = cells
    return shown


def _cells(values: pd.Series[Any]) -> list[str]:
    return ["-" if missing else harmless(str(value)) for value, missing in pairs(values)]


def _states(df: pd.DataFrame) -> list[str]:
    """The canonical state; without one, or when it is unknown, the word as printed."""
    state, word = (df[name].astype("object") for name in ("state", "state_raw"))
    return _cells(state.where(state.notna() & (state != "UNKNOWN"), word))


def _ends(df: pd.DataFrame, side: str) -> list[str]:
    parts = (_cells(df[f"{side}_{part}"]) for part in ("addr", "zone", "port", "name"))
    return [_end(*cell) for cell in zip(*parts, strict=True)]


def _end(addr: str, zone: str, port: str, name: str) -> str:
    """One end as people write it; a missing port is the `*` that the tools print."""
    if addr == "-":
        return name
    host = addr if zone == "-" else f"{addr}%{zone}"
    if ":" in addr:
        host = f"[{host}]"
    return f"{host}:{'*' if port == '-' else port}"


def _owners(df: pd.DataFrame) -> list[str]:
    return _pasted(df, "process", "pid", "/")


def _users(df: pd.DataFrame) -> list[str]:
    return _cells(df["user"].fillna(df["uid"].astype("str").where(df["uid"].notna())))


def _timers(df: pd.DataFrame) -> list[str]:
    """The running timer with its remaining time: `retransmit 204ms, 3 retries`."""
    cells = zip(
        *(_cells(df[name]) for name in ("timer", "timer_ms", "retrans", "probes")), strict=True
    )
    return [_timer(*cell) for cell in cells]


def _timer(kind: str, ms: str, retrans: str, probes: str) -> str:
    if kind == "-":
        return "-"
    tries = "".join(
        f" {name}={n}"
        for name, n in (("retrans", retrans), ("probes", probes))
        if n not in ("-", "0")
    )
    return f"{kind}{'' if ms == '-' else f' {int(ms) / 1000:g}s'}{tries}"


def _pasted(df: pd.DataFrame, first: str, second: str, glue: str) -> list[str]:
    pairs = zip(_cells(df[first]), _cells(df[second]), strict=True)
    return [a if b == "-" else f"{second} {b}" if a == "-" else f"{a}{glue}{b}" for a, b in pairs]
