"""Which side calls where ports alone do not tell: what many connections share is the service."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nsparse.judging.arrays.codes import Bools, Codes, Ints, compact, joined
from nsparse.judging.arrays.members import is_among
from nsparse.judging.scene.ends import Ends

Small = npt.NDArray[np.int8]

SHARED = 3
"""So many connections prove that the end they share is called. Two may share the end of a caller:
Linux gives one local port to connections with different remote ends (__inet_hash_connect)."""


def by_shared_end(
    role: Small, ends: Ends, open_: Bools, guessed: Bools, server: int, client: int
) -> None:
    """Settle the rows of an end that many share, whatever their ports are.

    A service may listen in the range of callers' ports, where no listener is shown; then some of
    its connections look like calls, those whose other port is outside that range.

    Args:
        role: The role of each row, changed in place.
        ends: Their ends.
        open_: Rows that no rule has told anything of.
        guessed: Rows that were told by the range of their ports.
        server: The role of rows whose local end is called.
        client: The role of those whose remote end is.
    """
    if np.count_nonzero(open_) < SHARED:
        return
    alike = [is_among(end, end[open_], ends.count) for end in (ends.local, ends.remote)]
    rows = np.flatnonzero(open_ | (guessed & (alike[0] | alike[1])))
    local = _shared(role, ends, rows, open_, ends.local, client)
    remote = _shared(role, ends, rows, open_, ends.remote, server)
    role[rows[(local > 0) & (local >= remote)]] = server
    role[rows[remote > local]] = client


def _shared(role: Small, ends: Ends, rows: Ints, open_: Bools, end: Ints, against: int) -> Ints:
    """How many open rows share the end of each row; 0 for few, or where more speak against it."""
    space = ends.space.at(rows)
    lot = compact(joined(space, Codes(end[rows], ends.count)))
    pro = np.bincount(lot.of[open_[rows]], minlength=lot.size)
    contra = np.bincount(lot.of[role[rows] == against], minlength=lot.size)
    shared = np.where((pro >= SHARED) & (pro >= contra), pro, 0)[lot.of]
    found: Ints = np.where(ends.told(end[rows]), shared, 0)
    return found
