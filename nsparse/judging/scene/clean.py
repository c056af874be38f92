"""Which rows are the same socket printed again, and which are not.

The kernel repeats rows while it changes under the reader, and several commands of one moment show
the same socket in several views (diagnoses: clean before counting).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from nsparse.judging.arrays.codes import (
    Bools,
    Codes,
    Ints,
    codes,
    compact,
    dense,
    firsts,
    joined,
    slots,
)
from nsparse.judging.arrays.view import View
from nsparse.judging.scene.ends import SIDES, Ends

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
KNOWN_BY = (
    "proto",
    "family",
    "state",
    "state_raw",
    *(f"{end}_{part}" for end in SIDES for part in ("addr", "port", "zone", "name")),
    "path",
    "cookie",
    "inode",
)
"""Columns that say which socket it is: those of the row that is kept, where it has them."""
OF_STATE = ("timer", "timer_ms", "retrans", "probes")
"""Columns that say something of a socket in its state: nothing of it in another one."""

MARKS = 16
"""So many bits of a number say whether it may occur twice: a table that lies in a cache."""


@dataclass(frozen=True)
class Repeats:
    """Rows that print a socket once more.

    Attributes:
        again: The rows to leave out, in order.
        first: For each of them the row that stays.
        views: How many of them come from another view of the moment, or name one more process that
            holds the socket (illumos prints a row for each); the rest are repeats.
        moved: How many repeats of one view are in another state than the row that stays.
    """

    again: Ints
    first: Ints
    views: int
    moved: int

    def left(self, rows: int) -> Bools:
        """Which of so many rows stay."""
        keep = np.ones(rows, dtype=np.bool_)
        keep[self.again] = False
        return keep


def repeats(view: View, ends: Ends, concrete: Bools) -> Repeats:
    """Find the rows that print a socket again.

    A connection is known by its ends: a row of the same ends is the same connection if inode or
    cookie agree, or if one of them has none and the state agrees. Listeners and unconnected
    sockets are not: with SO_REUSEPORT several share one address and port. Without an identity the
    first of one view is taken for the first of the other, the second for the second, and rows of
    one view are all kept. Commands run seconds apart: where no view shows the same ends twice, they
    are those of one connection, though it may have moved on to another state (`_moved_on`).

    Args:
        view: The rows of one host and moment.
        ends: Their ends.
        concrete: Rows with a remote end.
    """
    # A cut address proves nothing.
    clear = view.inet & ~view.true("addr_truncated")
    several = _several(ends.tuples if clear.all() else ends.tuples[clear])
    shared = several if clear.all() else np.flatnonzero(clear)[several]
    if not len(shared):
        return Repeats(shared, shared, views=0, moved=0)
    linked = concrete[shared]
    who, seen = _identity(view, shared), _view(view, shared)
    base = compact(ends.tuples[shared])
    state = view.codes("state").at(shared)
    order = np.arange(len(shared), dtype=np.int64)
    first = order[_first(_keys(base, who, state, seen, linked))]
    first = np.where(linked, _moved_on(base, first, who.of > 0, compact(seen)), first)
    again = np.flatnonzero(first != order)
    pid = view.codes("pid").of[shared]
    mine, theirs = pid[again], pid[first[again]]
    held = (mine != theirs) & (mine > 0) & (theirs > 0)
    away = held | (seen[again] != seen[first[again]])
    moved = ~away & (state.of[again] != state.of[first[again]])
    views, moves = int(away.sum()), int(moved.sum())
    return Repeats(shared[again], shared[first[again]], views=views, moved=moves)


def _several(numbers: Ints) -> Ints:
    """Where numbers stand that occur more than once.

    Sorting half of their bits, well mixed, shows which may: in most dumps next to none.
    """
    mixed = slots(numbers, 32).astype(np.uint32)
    ordered = np.sort(mixed)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(again):
        return np.zeros(0, dtype=np.int64)
    marked = np.zeros(1 << MARKS, dtype=np.bool_)
    marked[again >> (32 - MARKS)] = True
    may = np.flatnonzero(marked[mixed >> (32 - MARKS)])
    return may[_again(numbers[may], keep=False)]


def _again(numbers: Ints, *, keep: Literal["first", False] = "first") -> Bools:
    """Which numbers occur twice: the later ones, or all. An index would be hashed twice."""
    return pd.Series(numbers).duplicated(keep=keep).to_numpy()


def _keys(base: Codes, who: Codes, state: Codes, view: Ints, linked: Bools) -> Ints:
    """One number for each socket.

    Rows with an identity go by it; those without join the first row of the same ends and state
    that has one.
    """
    alike = Codes(joined(base, state), base.size * state.size)
    known = who.of > 0
    named = compact(joined(base, who))
    same = np.where(known, named.of, -1)
    rank = np.zeros(len(known), dtype=np.int64)
    open_ = np.flatnonzero(~linked)  # of a connection there is one, and most rows are of some
    rank[open_] = _ranks(alike.of[open_], view[open_], named.of[open_], known[open_])
    slot = compact(joined(compact(alike.of), compact(rank)))
    adopted = np.full(slot.size, -1, dtype=np.int64)
    holders = np.flatnonzero(known)[::-1]
    adopted[slot.of[holders]] = same[holders]
    heir = adopted[slot.of]
    return np.where(known, same, np.where(heir >= 0, heir, named.size + slot.of))


def _moved_on(base: Codes, first: Ints, known: Bools, view: Codes) -> Ints:
    """For each row the one that stays, where views show one connection in several states.

    What was ESTABLISHED in the first is TIME_WAIT in the second, without inode and owner. The row
    with an identity stays, since it names the program; without any the first one. Two identities
    are two connections, and a view with two rows of the same ends shows an old one and a new one.

    Args:
        base: The ends of each row.
        first: The row that stays as far as identity and state tell.
        known: Rows with an identity.
        view: The view of each row.
    """
    shown = compact(joined(base, view))
    sockets = joined(shown, compact(first))
    told = np.bincount(base.of[~_again(sockets)], minlength=base.size)
    views = np.bincount(base.of[~_again(shown.of)], minlength=base.size)
    named = np.zeros(first.size, dtype=np.bool_)
    named[first[known]] = True
    named = named[first]
    stays = np.empty(base.size, dtype=np.int64)
    for rows in (np.arange(first.size), np.flatnonzero(named)):
        stays[base.of[rows[::-1]]] = first[rows[::-1]]  # backwards: the first is written last
    moved: Ints = np.where((told == views)[base.of] & ~named, stays[base.of], first)
    return moved


def _ranks(alike: Ints, view: Ints, named: Ints, known: Bools) -> Ints:
    """The how-many-eth socket of its kind a row is within its view; one seen twice counts once."""
    lots = compact(joined(compact(alike), compact(view)))
    table = pd.DataFrame({"lot": lots.of, "new": True})
    identity = compact(joined(lots, compact(named))).of
    table.loc[known, "new"] = ~_again(identity[known])
    counted = table["new"].astype("int64").groupby(table["lot"]).cumsum()
    return counted.to_numpy().astype(np.int64)


def _identity(view: View, at: Ints) -> Codes:
    """Inode, else cookie; 0 where the row has neither."""
    inode, cookie = (codes(pd.Series(view.taken(name, at))) for name in ("inode", "cookie"))
    of = np.where(inode.of > 0, inode.of, np.where(cookie.of > 0, inode.size + cookie.of, 0))
    return Codes(of, inode.size + cookie.size)


def _view(view: View, at: Ints) -> Ints:
    """Which run of a command printed a row: its file, its dialect, its number in the moment."""
    return joined(*(view.codes(name).at(at) for name in ("file", "dialect", "view")))


def _first(keys: Ints) -> Ints:
    """For each position the first position with the same key."""
    alike = compact(keys)
    first: Ints = firsts(alike)[alike.of]
    return first


def completed(view: View, found: Repeats) -> View:
    """The same rows, where those that stay have what the rows of their socket tell together.

    A cell is that of the row which tells most, of those that know it: what two commands of one
    moment say of a socket does not depend on which of them ran first. A repeat in one view, or in
    another state, only fills in what no other row knows; a row without a state is in no other one.
    """
    if not len(found.again):
        return view
    into = np.concatenate([found.first, found.first])
    rows = np.concatenate([found.first, found.again])
    state, seen = view.codes("state").of, _view(view, rows)
    alike = (state[rows] == state[into]) | (state[rows] == 0) | (state[into] == 0)
    tells = _tells(view, rows)
    repeated = np.arange(len(rows)) >= len(found.first)
    repeated &= ~alike | (seen == np.tile(seen[: len(found.first)], 2))
    tells[repeated] = -1
    # The last that is written stays: of rows that tell as much the first one.
    backwards = np.arange(len(rows))[::-1]
    ranked = backwards[np.argsort(tells[backwards], kind="stable")]
    told = {}
    for name in view.names:
        if name in PLACE or view.empty(name) or (name in KNOWN_BY and view.full(name)):
            continue
        order = backwards if name in KNOWN_BY else ranked
        known = view.known(name)[rows] & (alike | (name not in OF_STATE))
        give = order[known[order]]
        source, at = _last_of(rows[give], Codes(into[give], len(view)))
        if len(at):
            column = pd.Series(view.array(name))
            column.iloc[at] = column.iloc[source].array
            told[name] = column.array
    return view.beside_columns(told) if told else view


def _tells(view: View, rows: Ints) -> Ints:
    """How much each row tells: in how many columns it has a value."""
    names = [name for name in view.names if name not in PLACE and not view.full(name)]
    found = np.zeros(len(rows), dtype=np.int64)
    for name in names:
        found += view.known(name)[rows]
    return found


def _last_of(source: Ints, into: Codes) -> tuple[Ints, Ints]:
    """Of several values for one cell the last, where it comes from another row."""
    at, place = dense(*into)
    told = np.empty(len(at), dtype=np.int64)
    told[place] = source  # of several the last stays
    other = told != at
    return told[other], at[other]
