"""What most diagnoses need to fill a finding: whose it is, how sure it is, what to do next.

Nothing here imports pandas at the top, so that a diagnosis may import it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Group, Step
from nsparse.measure import at_most, lower, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from nsparse.diagnosis import Confidence
    from nsparse.scene import Scene

BSD_LIKE = ("macos", "freebsd", "openbsd", "netbsd")
PEERS_SHOWN = 3
TOLD = (
    *("netns", "proto", "state", "recv_q", "send_q", "inode"),
    *("local_addr", "local_port", "remote_addr", "remote_port"),
    *("owner", "owned", "process", "pid", "role", "service", "bound"),
    *("group", "pair", "listener", "persistent"),
)
"""Columns that findings tell of, or look other rows up by."""
LOCAL_PROGRAM = "the local program"
ENDS = ("local_addr", "local_port", "remote_addr", "remote_port")
MIRRORED = ("remote_addr", "remote_port", "local_addr", "local_port")


def settle(
    start: Confidence, scene: Scene, *, up: int = 0, down: int = 0, cap: Confidence = "high"
) -> Confidence:
    """Where a confidence ends after its steps (diagnoses: severity, confidence).

    Args:
        start: What the kind of evidence is worth.
        scene: A dump that is cut, or names no owner, costs a step each.
        up: How many things make it surer.
        down: How many more make it less sure.
        cap: The most that is allowed, whatever speaks for it.
    """
    doubts = int(scene.truncated) + int("owner" not in scene.has)
    return at_most(lower(start, down + doubts - up), cap)


def slim(rows: pd.DataFrame, *more: str) -> pd.DataFrame:
    """Rows with only the columns that findings tell of: narrow ones are cheap to group."""
    return rows[[*TOLD, *more]]


def group_of(row: pd.Series[Any]) -> Group:
    """The group of a finding whose rows are all like this one."""
    role = row["role"] if row["role"] in ("server", "client") else None
    return Group(**owner_of(row), role=role, service=row["bound"] or None)


def owner_of(row: pd.Series[Any]) -> dict[str, Any]:
    """The owner's part of a group, from one row."""
    import pandas as pd

    return {
        "owner": row["owner"] or None,
        "process": None if pd.isna(row["process"]) else str(row["process"]),
        "pid": None if pd.isna(row["pid"]) else int(row["pid"]),
    }


def owner_keys(rows: pd.DataFrame) -> pd.Series[Any]:
    """Which program each row belongs to; rows without an owner count by their group."""
    group = "group " + rows["group"].astype("str")
    owner = rows["owner"].astype("object")
    return netns_of(rows) + "/" + owner.where(owner != "", group)


def netns_of(rows: pd.DataFrame) -> pd.Series[Any]:
    """The network namespace of each row, empty where none is named: fit for a key."""
    return rows["netns"].astype("object").where(rows["netns"].notna(), "")


def sysctl(scene: Scene, name: str) -> str | None:
    """A kernel setting of the host, where its bundle has it."""
    known = scene.facts.get("sysctl")
    value = known.get(name) if isinstance(known, Mapping) else None
    return None if value is None else str(value)


def endpoint(addr: object, port: object) -> str:
    """An address and a port as one writes them.

    >>> endpoint("2001:db8::1", 443)
    '[2001:db8::1]:443'
    """
    return f"[{addr}]:{port}" if ":" in str(addr) else f"{addr}:{port}"


def peers(rows: pd.DataFrame) -> str:
    """The line of evidence that names the addresses at the other ends."""
    addresses = rows["remote_addr"].dropna()
    more = int(addresses.nunique()) - PEERS_SHOWN
    said = f"peers: {top(addresses, PEERS_SHOWN)}"
    return f"{said} and {thousands(more)} more" if more > 0 else said


def steps_for(
    scene: Scene,
    *,
    linux: Iterable[str] = (),
    macos: Iterable[str] = (),
    windows: Iterable[str] = (),
    other: Iterable[str] = (),
) -> tuple[Step, ...]:
    """The steps for the system of the dump, for every system where that is unknown.

    A BSD gets those of macOS, whose tools it shares. `other` are the steps for all.
    """
    system = "macos" if scene.os in BSD_LIKE else scene.os
    known = {"linux": linux, "macos": macos, "windows": windows}
    steps = [
        Step(name, cmd) for name, cmds in known.items() for cmd in cmds if system in (None, name)
    ]
    return (*steps, *(Step("any", cmd) for cmd in other))


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
    other = (found["inode"] != some["inode"]).fillna(False).astype("bool")
    return found.mask(other)[list(columns)]


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


def _swapped(peer: Scene, away: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Rows of another host towards the own ends of some rows, as those rows would name the ends."""
    rows = peer.rows
    wanted = rows["concrete"] & rows["remote_addr"].isin(away["local_addr"].unique())
    local = rows["local_addr"].str.startswith("127.") | (rows["local_addr"] == "::1")
    rows = rows[wanted & ~local.fillna(False).astype("bool")]
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
