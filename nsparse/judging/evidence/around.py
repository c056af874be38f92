"""What is around a pile: the connections that it is a part of, and in which states they are.

A sentence that says "6 of 7 connections of java/4711" must hold when somebody counts them in the
dump: what is counted, and the words for it, are told here together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nsparse.judging.evidence.census import TOLD, census
from nsparse.prose import plural, port_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.arrays.view import View
    from nsparse.judging.scene.rows import Row
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
TOLD_OF_SERVERS = TOLD | {"local_port"}
"""What all rows of a group of accepted connections say the same: their end is the bound one."""


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
        found[mine] = _connections(scene, at[mine], whole)
    return found


def _connections(scene: Scene, at: Ints, whole: Whole) -> Ints:
    """Live rows; of a connection whose both ends are in one whole one."""
    view, found = scene.view, live(scene, at, whole)
    twice = scene.once((so_many, whole), lambda: seconds(view, view.true("live"), whole))
    return found - view.tally(at, twice, *whole) if len(twice) else found


def live(scene: Scene, at: Ints, whole: Whole) -> Ints:
    """How many live rows there are of what each of some rows is a part of."""
    if not TOLD.issuperset(whole):
        return scene.view.tally(at, scene.view.true("live"), *whole)
    counted = census(scene)
    return counted.sums(at, whole, counted.live)


def seconds(view: View, among: Bools, whole: Whole, rather: Bools | None = None) -> Ints:
    """One end of each connection whose both ends are among some rows and in one whole.

    Args:
        view: The rows.
        among: Which of them.
        whole: What both ends of a connection must have in common to be counted together.
        rather: Ends that are never such; where a connection has none of them it is the second.
    """
    import numpy as np

    ends = np.flatnonzero(among & view.linked("pair"))
    others = view.numbers("pair")[ends]
    twice = among[others] & (view.keys_at(others, *whole) == view.keys_at(ends, *whole))
    twice &= others < ends if rather is None else ~rather[ends] & (rather[others] | (others < ends))
    found: Ints = ends[twice]
    return found


def ends_once(view: View, among: Bools, whole: Whole, rather: Bools | None = None) -> Bools:
    """Some rows without those that `seconds` gives."""
    from nsparse.judging.arrays.columns import fixed

    once = among.copy()
    once[seconds(view, among, whole, rather)] = False
    kept: Bools = fixed(once)
    return kept


def of_nobody(row: Row, whole: Whole) -> bool:
    """Whether connections have neither an owner nor a service in common.

    What a dump without owners does not tell the role of is then one group: several programs, and
    whatever they call.

    Args:
        row: One of them.
        whole: What they have in common.
    """
    return whole == BY_ROLE or (whole == GROUP and not (row["owner"] or row["bound"]))


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

    row, first = Row(scene.view, at), np.array([at])
    mine, here, port = (
        int(_served(scene, first, names)[0]) for names in (whole, ("bound",), ("local_port",))
    )
    place = f"port {port_of(row['bound'])}" if port <= here else row["bound"]
    if row["owner"] and mine < here:
        return f"accepted by {row['owner']} on {place}"
    return f"{accepted}on {place}"


def _served(scene: Scene, at: Ints, whole: Whole) -> Ints:
    """How many live rows that were accepted there are of what some rows are a part of."""
    view = scene.view
    if not TOLD_OF_SERVERS.issuperset(whole):
        return view.tally(at, view.true("live") & view.is_("role", "server"), *whole)
    counted = census(scene)
    return counted.sums(at, whole, counted.served)


# ---- in which states -----------------------------------------------------------------------------


def states_of(scene: Scene, like: Ints, by: Whole) -> Callable[[int], States]:
    """How many live rows alike are in which state, for the number of each key.

    Args:
        scene: The scene.
        like: Rows that say which keys matter: one of each is enough.
        by: The columns of the keys.
    """
    if not TOLD.issuperset(by):
        return states_among(scene, scene.view.true("live"), like, by)
    wanted = _wanted(scene, like, by)
    return _told(scene, wanted, census(scene).states(wanted, by))


def states_among(scene: Scene, among: Bools, like: Ints, by: Whole) -> Callable[[int], States]:
    """The same of the rows of a mask."""
    import numpy as np

    from nsparse.judging.arrays.members import places

    view, state, wanted = scene.view, scene.view.codes("state"), _wanted(scene, like, by)
    lot = places(view.keys(*by), wanted)
    at = np.flatnonzero(among & (lot >= 0))
    pairs = lot[at] * state.size + state.of[at]
    counts = np.bincount(pairs, minlength=len(wanted) * state.size)
    return _told(scene, wanted, counts.reshape(-1, state.size))


def _wanted(scene: Scene, like: Ints, by: Whole) -> Ints:
    """The keys of some rows, each once and ascending."""
    import numpy as np

    return np.unique(scene.view.keys_at(like, *by))


def _told(scene: Scene, keys: Ints, counts: Ints) -> Callable[[int], States]:
    """What some counts say, a row for each key and a column for each code of a state."""
    names = scene.view.words("state")
    place = {key: number for number, key in enumerate(keys.tolist())}

    def told(key: int) -> States:
        each = counts[place[key], 1:].tolist()
        ranked = sorted(zip(names, each, strict=True), key=lambda pair: -pair[1])
        return {str(name): n for name, n in ranked if n}

    return told
