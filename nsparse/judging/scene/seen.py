"""For how long each socket is seen in its state: since which moment it stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nsparse.judging.arrays.codes import Ints, codes, joined
from nsparse.judging.arrays.view import View

if TYPE_CHECKING:
    from nsparse.judging.scene.scene import Scene

SAME = ("netns", "proto", "state", "inode", "local_addr", "local_port", "local_name")
SAME_THERE = ("remote_addr", "remote_port", "remote_name", "cookie")


def seen(last: Scene, earlier: list[Scene]) -> Ints:
    """How many seconds before, at most, each row stood in the same state."""
    ages = [_seconds(scene, last) for scene in earlier]
    before = sorted((each for each in zip(ages, earlier, strict=True) if each[0] > 0), key=_age)
    rows = len(last.view)
    if not sum(len(scene.view) for _, scene in before) or not rows:
        return np.zeros(rows, dtype=np.int64)
    views = [last.view, *(scene.view for _, scene in before)]
    both = pd.concat([_sockets(view) for view in views], ignore_index=True)
    key = joined(*(codes(both[name]) for name in both.columns))
    of = np.repeat([age for age, _ in before], [len(view) for view in views[1:]])
    known, first = np.unique(key[rows:], return_index=True)  # the oldest stand first
    place = np.searchsorted(known, key[:rows]).clip(max=len(known) - 1)
    found = (known[place] == key[:rows]) & ~last.view.true("addr_truncated") & last.view.inet
    return np.where(found, of[first[place]], 0)


def _age(moment: tuple[int, Scene]) -> int:
    """What sorts the oldest moments first."""
    return -moment[0]


def _seconds(scene: Scene, last: Scene) -> int:
    """How long one moment is before another; 0 where it is not known."""
    if scene.taken_at is None or last.taken_at is None:
        return 0
    return int((last.taken_at - scene.taken_at).total_seconds())


def _sockets(view: View) -> pd.DataFrame:
    """What a socket is known by."""
    return view.pick(np.arange(len(view)), *SAME, *SAME_THERE)
