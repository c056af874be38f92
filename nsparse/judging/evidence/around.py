"""What is around a pile: the connections that it is a part of, and in which states they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.arrays.view import View
    from nsparse.judging.scene.scene import Scene

States = Mapping[str, int]
"""How many rows are in which state, the most frequent first."""


def connections_once(scene: Scene) -> Bools:
    """Live rows; of a connection whose both ends are in one group the first."""
    return scene.once(connections_once, lambda: _once(scene.view))


def _once(view: View) -> Bools:
    import numpy as np

    from nsparse.judging.arrays.columns import fixed

    live, pair, group = view.true("live"), view.numbers("pair"), view.numbers("group")
    if not view.linked("pair").any():
        return live
    rows = np.flatnonzero(view.linked("pair"))
    first = pair[rows]
    second = (first < rows) & live[first] & (group[first] == group[rows])
    once = live.copy()
    once[rows[second]] = False
    kept: Bools = fixed(once)
    return kept


def states_of(scene: Scene, among: Bools, like: Ints, by: Sequence[str]) -> Callable[[int], States]:
    """How many rows alike are in which state, for the number of each key.

    Args:
        scene: The scene.
        among: The rows that are counted.
        like: Rows that say which keys matter: one of each is enough.
        by: The columns of the keys.
    """
    import numpy as np

    from nsparse.judging.arrays.members import places

    view, state = scene.view, scene.view.codes("state")
    wanted = np.unique(view.keys_at(like, *by))
    lot = places(view.keys(*by), wanted)
    at = np.flatnonzero(among & (lot >= 0))
    pairs = lot[at] * state.size + state.of[at]
    counts = np.bincount(pairs, minlength=len(wanted) * state.size).reshape(-1, state.size)
    names = view.words("state")

    def told(key: int) -> States:
        each = counts[np.searchsorted(wanted, key), 1:].tolist()
        ranked = sorted(zip(names, each, strict=True), key=lambda pair: -pair[1])
        return {str(name): n for name, n in ranked if n}

    return told
