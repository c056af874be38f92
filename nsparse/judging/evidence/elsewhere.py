"""The same sockets elsewhere: at an earlier moment, and as the other end sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.judging.scene.scope import is_here, loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.arrays.view import View
    from nsparse.judging.evidence.finding import Table
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

ENDS = ("local_addr", "local_port", "remote_addr", "remote_port")
MIRRORED = ("remote_addr", "remote_port", "local_addr", "local_port")


def before(
    scene: Scene, some: Table, columns: Sequence[str], seconds: float | None = None
) -> pd.DataFrame:
    """The same sockets in an earlier moment, in the same state; a row of NA where there is none.

    Where both moments show inodes they are the same too: listeners may share their address and
    port.

    Args:
        scene: The scene whose `earlier` moments are searched; the latest that fits is taken.
        some: Rows of the scene.
        columns: What to tell of them.
        seconds: How long before at least, by printed times; without it order is enough.
    """
    fits = [moment for moment in scene.earlier if _long_before(moment, scene, seconds)]
    at, view = some.index.to_numpy(), scene.view
    if not fits or not len(some):
        return view.beside(at * 0 - 1, some.index, *columns)
    keys: tuple[str, ...] = ("netns", "proto", "state", *ENDS)
    if "inode" in scene.has & fits[-1].has:
        keys = (*keys, "inode")
    told, then = view.pick(at, *keys), fits[-1].view
    known = then.pick(_alike(then, "state", told["state"]), *keys, *columns)
    return _looked_up(told, known, keys)[list(columns)]


def other_ends(scene: Scene, some: Table, columns: Sequence[str]) -> pd.DataFrame:
    """The other ends of connections, in this dump or another host's; NA where in none."""
    import pandas as pd

    pair = scene.view.numbers("pair")[some.index]
    here = scene.view.beside(pair, some.index, *columns)
    near = _near(scene)
    if not near or (pair >= 0).all():
        return here
    keys = ("proto", *ENDS)
    away = scene.view.pick(some.index[pair < 0].to_numpy(), *keys)
    known = pd.concat([_swapped(peer, away, columns) for peer in near], ignore_index=True)
    there = _looked_up(away, known, keys)[list(columns)]
    return pd.concat([here[pair >= 0], there]).reindex(some.index)


def opposite(scene: Scene, at: Ints) -> Iterator[tuple[View, Ints]]:
    """The rows of the other ends of connections on other hosts, by the view of each host."""
    if not len(at) or not scene.peers:
        return
    away = scene.view.pick(at, "proto", *ENDS)
    for peer in _near(scene):
        there = _swapped(peer, away, ())
        found = _looked_up(away, there.assign(at=there.index), ("proto", *ENDS))["at"].dropna()
        yield peer.view, found.to_numpy(dtype="int64")


def _near(scene: Scene) -> list[Scene]:
    """The other hosts that have connections with an address of this one."""

    def found() -> list[Scene]:
        mine = {addr for addr in _ends(scene, "local_addr") if not loopback(addr)}
        return [peer for peer in scene.peers if not mine.isdisjoint(_ends(peer, "remote_addr"))]

    return scene.once(_near, found) if scene.peers else []


def _ends(scene: Scene, name: str) -> list[str]:
    found: list[str] = scene.view.values(name, scene.view.true("concrete"))
    return found


def within_host(some: pd.DataFrame) -> bool:
    """Whether all of some connections never leave this host."""
    ends = some[["local_addr", "remote_addr"]].dropna()
    return len(ends) == len(some) and all(map(is_here, ends["local_addr"], ends["remote_addr"]))


def facing(scene: Scene, some: Rows, state: str) -> Rows:
    """Connections with their other ends.

    They get `paired` (the other end is seen in this state) and `far_owner` ("" where unknown).
    """
    import numpy as np

    view = scene.view
    pair = view.numbers("pair")[some.at]
    here = pair >= 0
    if _near(scene) and not here.all():
        far = other_ends(scene, some, ["state", "owner"])
        states, owners = (far[name].astype("object").fillna("") for name in ("state", "owner"))
        return some.beside(paired=(states == state).to_numpy(), far_owner=owners.to_numpy())
    owner = np.full(len(some), "", dtype=object)
    owner[here] = view.taken("owner", pair[here])
    return some.beside(paired=here & view.is_("state", state)[pair], far_owner=owner)


def growing(scene: Scene, at: Ints, keys: Callable[[Scene], pd.Series[Any]]) -> Bools:
    """Rows of groups that have grown from each of three or more snapshots to the next.

    Args:
        scene: The last moment, with those before.
        at: The rows in question.
        keys: What gives the keys of all rows of their kind at a moment.
    """
    import numpy as np
    import pandas as pd

    if len(scene.earlier) < 2:
        return np.zeros(len(at), dtype=np.bool_)
    now = keys(scene)[at]
    sizes = [*(keys(moment).value_counts() for moment in scene.earlier), now.value_counts()]
    counts = pd.concat(sizes, axis=1).fillna(0)
    rising = counts.diff(axis=1).iloc[:, 1:].gt(0).all(axis=1)
    return now.isin(counts.index[rising.to_numpy(dtype="bool")]).to_numpy()


def _swapped(peer: Scene, away: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Rows of another host towards the own ends of some rows, as those rows would name the ends."""
    view = peer.view
    towards = _alike(view, "remote_addr", away["local_addr"])
    rows = view.pick(view.true("concrete") & towards, "proto", *MIRRORED, *columns)
    near = [addr for addr in rows["local_addr"].dropna().unique() if loopback(addr)]
    rows = rows[~rows["local_addr"].isin(near)]
    return rows.rename(columns=dict(zip(MIRRORED, ENDS, strict=True)))


def _long_before(moment: Scene, scene: Scene, seconds: float | None) -> bool:
    if seconds is None:
        return True
    if moment.taken_at is None or scene.taken_at is None:
        return False
    return bool((scene.taken_at - moment.taken_at).total_seconds() >= seconds)


def _alike(view: View, name: str, values: pd.Series[Any]) -> Bools:
    """Rows that have one of some values in a column; no value is like no value."""
    found = view.is_(name, *values.dropna().unique())
    return found | ~view.known(name) if values.isna().any() else found


def _looked_up(some: pd.DataFrame, rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """For each of some rows the first of other rows with the same keys."""
    found = rows.drop_duplicates(list(keys))
    return some[list(keys)].merge(found, how="left", on=list(keys)).set_axis(some.index)
