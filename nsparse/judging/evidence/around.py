"""What is around a pile: the connections that it is a part of, and in which states they are.

A sentence that says "6 of 7 connections of java/4711" must hold when somebody counts them in the
dump: what is counted, and the words for it, are told here together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nsparse.prose import plural, port_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.arrays.view import View
    from nsparse.judging.scene.scene import Scene

States = Mapping[str, int]
"""How many rows are in which state, the most frequent first."""
Whole = tuple[str, ...]
"""What the connections have in common that some of them are a part of: columns."""
GROUP: Whole = ("group",)
BY_OWNER: Whole = ("owner",)
BY_SERVICE: Whole = ("role", "bound")
BY_ROLE: Whole = ("role",)
LISTENER: Whole = ("listener",)


# ---- of how many ---------------------------------------------------------------------------------


def wholes(scene: Scene, at: Ints) -> list[Whole]:
    """What each of some rows is counted as a part of: its group, where that tells all.

    A group without an owner or a service holds what could not be told from the dump. It is a part
    of all that the owner has, or of all that the service has, and so it is counted.
    """
    from nsparse.judging.scene.rows import Rows

    if not any(scene.view.values("owner")):  # then no group is less than its service
        return [GROUP] * len(at)
    cells = Rows(scene.view, at).cells("owner", "bound")
    return [_whole(owner, bound) for _, owner, bound in cells]


def _whole(owner: str, bound: str) -> Whole:
    if owner:
        return GROUP if bound else BY_OWNER
    return BY_SERVICE if bound else BY_ROLE


def so_many(scene: Scene, at: Ints, of: Sequence[Whole]) -> Ints:
    """How many connections each of some rows is a part of.

    Args:
        scene: The scene.
        at: The rows.
        of: What each is a part of.
    """
    import numpy as np

    found = np.zeros(len(at), dtype=np.int64)
    for whole in dict.fromkeys(of):
        mine = np.array([each == whole for each in of])
        found[mine] = scene.view.tally(at[mine], connections_once(scene, whole), *whole)
    return found


def connections_once(scene: Scene, whole: Whole) -> Bools:
    """Live rows; of a connection whose both ends are in one whole the first."""
    view = scene.view
    return scene.once((connections_once, whole), lambda: ends_once(view, view.true("live"), whole))


def ends_once(view: View, among: Bools, whole: Whole, rather: Bools | None = None) -> Bools:
    """Some rows; of a connection whose both ends are among them and in one whole one end.

    Args:
        view: The rows.
        among: Which of them.
        whole: What both ends of a connection must have in common to be counted together.
        rather: Ends that are kept; where a connection has none of them it is the first.
    """
    import numpy as np

    from nsparse.judging.arrays.columns import fixed

    if not view.linked("pair").any():
        return among
    ends = np.flatnonzero(view.linked("pair"))
    others = view.numbers("pair")[ends]
    twice = among[others] & (view.keys_at(others, *whole) == view.keys_at(ends, *whole))
    twice &= others < ends if rather is None else ~rather[ends] & (rather[others] | (others < ends))
    once = among.copy()
    once[ends[twice]] = False
    kept: Bools = fixed(once)
    return kept


# ---- in words ------------------------------------------------------------------------------------


def connections(scene: Scene, at: int, count: int, whole: Whole) -> str:
    """How many connections of whom with what.

    Args:
        scene: The scene.
        at: Where one of them stands.
        count: How many.
        whole: What they have in common.
    """
    from nsparse.judging.scene.rows import Row

    row, said = Row(scene.view, at), plural(count, "connection")
    if whole == BY_ROLE or not (row["owner"] or row["bound"]):
        return f"{said} without a known service"
    if whole == BY_OWNER or row["role"] not in ("client", "server"):
        return f"{said} of {row['owner']}"
    if row["role"] == "server":
        accepted = "accepted " if row["owner"] and whole == GROUP else ""
        return f"{said} {on_port(scene, at, whole, accepted)}"
    caller = row["owner"] if whole == GROUP else ""
    return f"{said} from {caller or 'this host'} to {row['bound']}"


def some_of(scene: Scene, at: int, count: int, whole: Whole, which: str) -> str:
    """How many connections, and of which kind, where there are live ones of others too.

    Args:
        scene: The scene.
        at: Where one of them stands.
        count: How many.
        whole: What they have in common, and may have with others.
        which: What tells them from these.
    """
    import numpy as np

    live = so_many(scene, np.array([at]), [whole])[0]
    return plural(count, "connection" if live == count else f"{which} connection")


def on_port(scene: Scene, at: int, whole: Whole, accepted: str = "") -> str:
    """Where the connections of a server are, in as few words as tell them from all others.

    That is the port; its address where others of this host serve the port too; and who accepted
    them where not all of the place are meant.

    Args:
        scene: The scene.
        at: Where one of them stands.
        whole: What they have in common.
        accepted: What to put before the place where nobody else has any of it.
    """
    import numpy as np

    from nsparse.judging.scene.rows import Row

    view, row, first = scene.view, Row(scene.view, at), np.array([at])
    served = scene.once(on_port, lambda: _served(view))
    mine, here, port = (
        int(view.tally(first, served, *names)[0]) for names in (whole, ("bound",), ("local_port",))
    )
    place = f"port {port_of(row['bound'])}" if port <= here else row["bound"]
    if row["owner"] and mine < here:
        return f"accepted by {row['owner']} on {place}"
    return f"{accepted}on {place}"


def _served(view: View) -> Bools:
    from nsparse.judging.arrays.columns import fixed

    kept: Bools = fixed(view.true("live") & view.is_("role", "server"))
    return kept


# ---- in which states -----------------------------------------------------------------------------


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
