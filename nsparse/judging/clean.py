"""Which rows are the same socket printed again, and which are not.

The kernel repeats rows while it changes under the reader, and several commands of one moment show
the same socket in several views (diagnoses: clean before counting).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nsparse.judging.ends import Bools, Codes, Ends, Ints, codes, compact, is_inet, joined

PLACE = (
    "file",
    "line",
    "host",
    "netns",
    "snapshot",
    "view",
    "taken_at",
    "os",
    "tool",
    "dialect",
    "section",
)
"""Columns that say where a row comes from: they stay those of the row that is kept."""


@dataclass(frozen=True)
class Repeats:
    """Rows that print a socket once more.

    Attributes:
        again: The rows to leave out, in order.
        first: For each of them the row that stays.
        views: How many of them come from another view of the moment; the rest are repeats.
    """

    again: Ints
    first: Ints
    views: int


def repeats(frame: pd.DataFrame, ends: Ends, concrete: Bools, cut: Bools) -> Repeats:
    """Find the rows that print a socket again.

    A connection is known by its ends: a row of the same ends is the same connection if inode or
    cookie agree, or if one of them has none and the state agrees. Listeners and unconnected
    sockets are not: with SO_REUSEPORT several share one address and port. Without an identity the
    first of one view is taken for the first of the other, the second for the second, and rows of
    one view are all kept.

    Args:
        frame: The rows of one host and moment.
        ends: Their ends.
        concrete: Rows with a remote end.
        cut: Rows with a truncated address, which prove nothing.
    """
    usable = is_inet(frame) & ~cut
    shared = np.flatnonzero(usable)
    shared = shared[pd.Index(ends.tuples[shared]).duplicated(keep=False)]
    if not len(shared):
        return Repeats(shared, shared, 0)
    part = frame.iloc[shared]
    linked = concrete[shared]
    who, view = _identity(part), _view(part)
    base = compact(ends.tuples[shared])
    state = codes(part["state"])
    key = _keys(base, who, state, view, linked)
    order = np.arange(len(shared), dtype=np.int64)
    first = order[_first(key)]
    again = np.flatnonzero(first != order)
    views = int((view[again] != view[first[again]]).sum())
    return Repeats(shared[again], shared[first[again]], views)


def _keys(base: Codes, who: Codes, state: Codes, view: Ints, linked: Bools) -> Ints:
    """One number for each socket.

    Rows with an identity go by it; those without join the first row of the same ends and state
    that has one.
    """
    alike = Codes(joined(base, state), base.size * state.size)
    known = who.of > 0
    named = compact(joined(base, who))
    same = np.where(known, named.of, -1)
    rank = np.where(linked, 0, _ranks(alike, view, named, known))
    slot = compact(joined(compact(alike.of), compact(rank)))
    adopted = np.full(slot.size, -1, dtype=np.int64)
    holders = np.flatnonzero(known)[::-1]
    adopted[slot.of[holders]] = same[holders]
    heir = adopted[slot.of]
    return np.where(known, same, np.where(heir >= 0, heir, named.size + slot.of))


def _ranks(alike: Codes, view: Ints, named: Codes, known: Bools) -> Ints:
    """The how-many-eth socket of its kind a row is within its view; one seen twice counts once."""
    lots = compact(joined(compact(alike.of), compact(view)))
    table = pd.DataFrame({"lot": lots.of, "new": True})
    identity = compact(joined(lots, named)).of
    table.loc[known, "new"] = ~pd.Index(identity[known]).duplicated()
    counted = table["new"].astype("int64").groupby(table["lot"]).cumsum()
    return counted.to_numpy().astype(np.int64)


def _identity(part: pd.DataFrame) -> Codes:
    """Inode, else cookie; 0 where the row has neither."""
    inode = codes(part["inode"])
    if "cookie" not in part.columns:
        return inode
    cookie = codes(part["cookie"])
    of = np.where(inode.of > 0, inode.of, np.where(cookie.of > 0, inode.size + cookie.of, 0))
    return Codes(of, inode.size + cookie.size)


def _view(part: pd.DataFrame) -> Ints:
    """Which run of a command printed a row: its file, its dialect, its number in the moment."""
    told = [codes(part["view"])] if "view" in part.columns else []
    return joined(codes(part["file"]), codes(part["dialect"]), *told)


def _first(keys: Ints) -> Ints:
    """For each position the first position with the same key."""
    _, at, found = np.unique(keys, return_index=True, return_inverse=True)
    first: Ints = at[found].astype(np.int64)
    return first


def without(frame: pd.DataFrame, found: Repeats) -> pd.DataFrame:
    """The frame without the repeats; what only a repeat tells moves to the row that stays."""
    if not len(found.again):
        return frame.reset_index(drop=True)
    keep = np.ones(len(frame), dtype=np.bool_)
    keep[found.again] = False
    left = frame[keep].reset_index(drop=True)
    target = (np.cumsum(keep) - 1)[found.first]
    for name in left.columns.difference(list(PLACE), sort=False):
        column = left[name]
        give = (column.isna().to_numpy()[target]) & frame[name].notna().to_numpy()[found.again]
        if give.any():
            # Backwards, so that of several repeats the first one's word is the last one written.
            source, at = found.again[give][::-1], target[give][::-1]
            filled = column.copy()
            filled.iloc[at] = frame[name].iloc[source].array
            left[name] = filled
    return left
