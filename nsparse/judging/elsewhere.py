"""The same sockets elsewhere: at an earlier moment, and as the other end sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.judging.finding import flagged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from nsparse.judging.scene import Scene

ENDS = ("local_addr", "local_port", "remote_addr", "remote_port")
MIRRORED = ("remote_addr", "remote_port", "local_addr", "local_port")


def before(
    scene: Scene, some: pd.DataFrame, columns: Sequence[str], seconds: float | None = None
) -> pd.DataFrame:
    """The same sockets in an earlier moment, in the same state; a row of NA where there is none.

    Args:
        scene: The scene whose `earlier` moments are searched; the latest that fits is taken.
        some: Rows of the scene.
        columns: What to tell of them.
        seconds: How long before at least, by printed times; without it order is enough.
    """
    fits = [moment for moment in scene.earlier if _long_before(moment, scene, seconds)]
    rows = fits[-1].rows if fits else scene.rows.iloc[:0]
    keys = ["netns", "proto", "state", *ENDS]
    found = _looked_up(some, rows, keys, ["inode", *columns])
    return found.mask(flagged(found["inode"] != some["inode"]))[list(columns)]


def other_ends(scene: Scene, some: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The other ends of connections, in this dump or another host's; NA where in none."""
    import pandas as pd

    paired = some["pair"][some["pair"] >= 0]
    here = scene.rows.reindex(columns=list(columns)).loc[paired].set_axis(paired.index)
    away = some.drop(index=paired.index)
    keys = ["proto", *ENDS]
    known = [_swapped(peer, away, [*keys, *columns]) for peer in scene.peers] if len(away) else []
    if not sum(map(len, known)):
        return here.reindex(some.index)
    there = _looked_up(away, pd.concat(known, ignore_index=True), keys, columns)
    return (pd.concat([here, there]) if len(here) else there).reindex(some.index)


def facing(scene: Scene, some: pd.DataFrame, state: str) -> pd.DataFrame:
    """Connections with their other ends.

    They get `paired` (the other end is seen in this state) and `far_owner` ("" where unknown).
    """
    far = other_ends(scene, some, ["state", "owner"])
    return some.assign(
        paired=far["state"].astype("object").fillna("") == state,
        far_owner=far["owner"].astype("object").fillna(""),
    )


def at_listener(scene: Scene, some: pd.DataFrame, column: str) -> pd.Series[Any]:
    """What the row of the listener that serves each of some rows says; NA where there is none."""
    return scene.rows[column].reindex(some["listener"]).set_axis(some.index)


def growing(
    scene: Scene, now: pd.Series[Any], keys: Callable[[pd.DataFrame], pd.Series[Any]]
) -> pd.Series[bool]:
    """Rows of groups that have grown from each of three or more snapshots to the next.

    Args:
        scene: The last moment, with those before.
        now: The key of each row in question.
        keys: What gives the keys of the same kind of rows at an earlier moment.
    """
    import pandas as pd

    if len(scene.earlier) < 2:
        return pd.Series(False, index=now.index, dtype="bool")
    sizes = [*(keys(moment.rows).value_counts() for moment in scene.earlier), now.value_counts()]
    counts = pd.concat(sizes, axis=1).fillna(0)
    rising = counts.diff(axis=1).iloc[:, 1:].gt(0).all(axis=1)
    return now.isin(counts.index[rising.to_numpy(dtype="bool")])


def _swapped(peer: Scene, away: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Rows of another host towards the own ends of some rows, as those rows would name the ends."""
    rows = peer.rows
    wanted = rows["concrete"] & rows["remote_addr"].isin(away["local_addr"].unique())
    local = rows["local_addr"].str.startswith("127.") | (rows["local_addr"] == "::1")
    rows = rows[wanted & ~flagged(local)]
    return rows.rename(columns=dict(zip(MIRRORED, ENDS, strict=True))).reindex(
        columns=list(columns)
    )


def _long_before(moment: Scene, scene: Scene, seconds: float | None) -> bool:
    if seconds is None:
        return True
    if moment.taken_at is None or scene.taken_at is None:
        return False
    return bool((scene.taken_at - moment.taken_at).total_seconds() >= seconds)


def _looked_up(
    some: pd.DataFrame, rows: pd.DataFrame, keys: Sequence[str], columns: Sequence[str]
) -> pd.DataFrame:
    """For each of some rows the values of the first row with the same keys."""
    wanted = [*keys, *columns]
    found = rows.reindex(columns=wanted).drop_duplicates(list(keys))
    asked = some[list(keys)].astype(found[list(keys)].dtypes)
    joined = asked.merge(found, how="left", on=list(keys))
    return joined[list(columns)].set_axis(some.index)
