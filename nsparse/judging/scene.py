"""The scene: what a diagnosis sees of one host.

From the common frame, which may hold several hosts, moments and files, come scenes: the last
moment of each host, cleaned, with the role, owner, service and pair of every row. A diagnosis
never cleans, parses or pairs by itself.

Columns of `Scene.rows` beside those of the frame, always there:

* `role`: "listener", "server", "client" or "unknown" of a TCP row; "" of all others.
* `service`: "ADDR:PORT" of the end that serves: the own one of a listener or server row, the
  remote one of a client row; "" where neither is known.
* `bound`: for a server row the "ADDR:PORT" of the LISTEN row that serves it, else as `service`.
* `owner`: "java/4711", "pid 4711", "uid 1000", "user www"; "" where none is known.
* `owned`: whether a process is known.
* `concrete`: a TCP row with a remote end. `live`: the same without TIME_WAIT.
* `pair`: index of the row of the other end, -1 where it is not in this dump.
* `listener`: index of the LISTEN row that serves a server row, else -1.
* `target`: index of the LISTEN row that a connection to this same host leads to, else -1.
* `once`: a TCP row with a remote end, of a pair only the first: one row for each connection.
* `persistent`: the same socket was in the same state 120 s or more before, by printed times.
* `group`: number of (netns, owner, role, bound) of a TCP row with a remote end, else -1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from nsparse.judging.clean import repeats, without
from nsparse.judging.constants import NO_FACTS, Constants, constants
from nsparse.judging.ends import (
    Bools,
    Codes,
    Ends,
    Ints,
    codes,
    compact,
    ends_of,
    equals,
    flags,
    is_inet,
    joined,
)
from nsparse.judging.hosts import Named, by_host, moments, named
from nsparse.judging.roles import CLIENT, LISTENER, ROLES, SERVER, Roles, roles
from nsparse.schema import BY_NAME, pandas_dtype

__all__ = ["Constants", "Scene", "column", "constants", "scenes"]

PERSISTS_S = 120
"""Longer than the TIME_WAIT and FIN_WAIT_2 timers of Linux, 60 s each (diagnoses: thresholds)."""
OWNERLESS = ("TIME_WAIT", "SYN_RECEIVED")
"""States whose sockets belong to the kernel: a uid beside them is a filler (populations)."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One host at its last moment.

    Attributes:
        rows: The cleaned rows with the derived columns (see the module); their index is 0, 1, 2, …
        host: Its name, "" if unknown.
        os: Its system, None if unknown.
        tools: What printed the rows: netstat, ss.
        has: Capabilities: states queues accept backlog owner inode timers tcpinfo skmem snapshots
            hosts, and `times`, `sysctl`, `counters`, `proctable` where the facts have them.
        constants: The numbers that no row shows.
        snapshots: How many moments of this host there are.
        truncated: Whether a dump of it is cut.
        duplicates: How many repeated rows were left out.
        views: How many rows were left out as further views of a socket.
        taken_at: The printed time of the moment, if there is one.
        facts: What the bundle says about the host.
        earlier: The moments before, oldest first, as scenes.
        peers: The scenes of the other hosts of the run.
    """

    rows: pd.DataFrame
    host: str
    os: str | None
    tools: frozenset[str]
    has: frozenset[str]
    constants: Constants
    snapshots: int = 1
    truncated: bool = False
    duplicates: int = 0
    views: int = 0
    taken_at: pd.Timestamp | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    earlier: tuple[Scene, ...] = field(default=(), repr=False)
    peers: tuple[Scene, ...] = field(default=(), repr=False)

    def column(self, name: str) -> pd.Series:
        """A column of the rows, all NA where no row of the dump has it.

        Raises:
            KeyError: Neither the frame nor the scene knows the name.
        """
        return column(self.rows, name)


def column(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of a frame; an optional one that is not there is all NA."""
    if name in frame.columns:
        return frame[name]
    kind = pandas_dtype(BY_NAME[name])
    missing: pd.Series = pd.Series(pd.NA, index=frame.index, dtype=kind, name=name)
    return missing


def scenes(
    frame: pd.DataFrame,
    *,
    hosts: Mapping[str, Named] | None = None,
    facts: Mapping[str, Mapping[str, object]] | None = None,
    truncated: Collection[str] = (),
) -> tuple[Scene, ...]:
    """Scenes of all hosts of a common frame, in order of appearance.

    Args:
        frame: The rows of any number of files.
        hosts: The host of each file, as `nsparse.judging.hosts.named` gives it.
        facts: What is known of a host beside its sockets, by its name.
        truncated: Files whose dump is cut.
    """
    if not len(frame):
        return (_scene(frame.reset_index(drop=True), "", _about(facts, "")),)
    cut = frozenset(truncated)
    parts = by_host(frame, named(frame) if hosts is None else hosts)
    found = [_host(name, rows, _about(facts, name), cut) for name, rows in parts]
    if len(found) == 1:
        return tuple(found)
    return tuple(
        replace(
            scene,
            has=scene.has | {"hosts"},
            peers=tuple(other for other in found if other is not scene),
        )
        for scene in found
    )


def _about(facts: Mapping[str, Mapping[str, object]] | None, host: str) -> Mapping[str, object]:
    return (facts or {}).get(host, NO_FACTS)


def _host(
    name: str, frame: pd.DataFrame, facts: Mapping[str, object], cut: frozenset[str]
) -> Scene:
    """The scene of one host's last moment, with those before."""
    is_cut = bool(cut) and bool(frame["file"].isin(list(cut)).any())
    of, count = moments(frame)
    if count == 1:
        return replace(_scene(frame.reset_index(drop=True), name, facts), truncated=is_cut)
    at = [frame[of == number].reset_index(drop=True) for number in range(count)]
    *earlier, last = [_scene(rows, name, facts) for rows in at]
    last.rows["persistent"] = _persistent(last, earlier)
    return replace(
        last,
        snapshots=count,
        truncated=is_cut,
        has=last.has | {"snapshots"},
        earlier=tuple(earlier),
    )


def _scene(frame: pd.DataFrame, host: str, facts: Mapping[str, object]) -> Scene:
    """One moment of one host."""
    os = _single(frame["os"])
    known = constants(os, facts)
    ends = ends_of(frame)
    found = repeats(frame, ends, _concrete(frame, ends), _cut(frame))
    rows = without(frame, found)
    if len(found.again):
        ends = ends_of(rows)
    rows = _derived(_queues(rows), ends, known)
    times = rows["taken_at"].dropna()
    return Scene(
        rows=rows,
        host=host,
        os=os,
        tools=frozenset(str(tool) for tool in rows["tool"].dropna().unique()),
        has=_has(rows, facts) | ({"times"} if len(times) else set()),
        constants=known,
        duplicates=len(found.again) - found.views,
        views=found.views,
        taken_at=times.max() if len(times) else None,
        facts=facts,
    )


def _single(values: pd.Series) -> str | None:
    """The most frequent value."""
    counts = values.value_counts()
    return str(counts.index[0]) if len(counts) and counts.iloc[0] else None


def _cut(frame: pd.DataFrame) -> Bools:
    return flags(column(frame, "addr_truncated"))


def _concrete(frame: pd.DataFrame, ends: Ends) -> Bools:
    """TCP rows with a remote end: an address that is no wildcard, and a port; or a name."""
    address = ends.end_addr[ends.remote]
    port = frame["remote_port"].notna().to_numpy() | ends.named[address]
    remote = ~ends.wild[address] & port
    return equals(frame["proto"], "tcp") & remote & ~equals(frame["state"], "LISTEN")


def _queues(rows: pd.DataFrame) -> pd.DataFrame:
    """A listener's queues where the tool prints some; a 0 that means nothing becomes NA.

    net-tools prints 0 for every limit, and BSD netstat 0 and 0 unless it was asked for the
    listen queues (`-L`), whose limit is never 0 (diagnoses: columns assumed).
    """
    listens = equals(rows["state"], "LISTEN") & equals(rows["tool"], "netstat")
    linux = equals(rows["os"], "linux") | rows["os"].isna().to_numpy()
    no_limit = listens & (linux | equals(rows["send_q"], 0))
    if not no_limit.any():
        return rows
    return rows.assign(
        send_q=rows["send_q"].mask(no_limit),
        recv_q=rows["recv_q"].mask(no_limit & ~linux),
    )


def _derived(rows: pd.DataFrame, ends: Ends, known: Constants) -> pd.DataFrame:
    """The rows with the columns that the module describes."""
    tcp, concrete = equals(rows["proto"], "tcp"), _concrete(rows, ends)
    found = roles(rows, ends, tcp, concrete, _cut(rows), known.ephemeral_low, known.ephemeral_high)
    serving, bound = _serving(ends, found)
    service, bound_to = ends.text(serving, bound)
    owner, owners = _owners(rows)
    first = (found.pair < 0) | (found.pair > np.arange(len(rows)))
    return rows.assign(
        role=pd.Series(ROLES).take(found.role).reset_index(drop=True),
        service=service,
        bound=bound_to,
        owner=owners.take(owner.of).reset_index(drop=True),
        owned=(rows["pid"].notna() | rows["process"].notna()).to_numpy(dtype=np.bool_),
        concrete=concrete,
        live=concrete & ~equals(rows["state"], "TIME_WAIT"),
        pair=found.pair,
        listener=found.listener,
        target=found.target,
        once=concrete & first,
        persistent=np.zeros(len(rows), dtype=np.bool_),
        group=_groups(ends, found.role, owner, bound, concrete),
    )


def _serving(ends: Ends, found: Roles) -> tuple[Ints, Ints]:
    """Numbers of the end that serves each row, and of the end that it is bound to; -1 for none."""
    here = (found.role == LISTENER) | (found.role == SERVER)
    serving = np.where(here, ends.local, np.where(found.role == CLIENT, ends.remote, -1))
    listened = found.listener >= 0
    bound = serving.copy()
    bound[listened] = ends.local[found.listener[listened]]
    return serving, bound


def _groups(ends: Ends, role: Ints, owner: Codes, bound: Ints, concrete: Bools) -> Ints:
    group = np.full(len(role), -1, dtype=np.int64)
    parts = (owner, Codes(role, len(ROLES)), Codes(bound + 1, ends.count + 1))
    key = joined(ends.space, *parts)
    group[concrete] = compact(key[concrete]).of
    return group


def _owners(rows: pd.DataFrame) -> tuple[Codes, pd.Series]:
    """The number of each row's owner, and the owners' names by number.

    A uid stands for an owner only where the socket has one: the kernel's own sockets (no inode)
    show a filler of 0.
    """
    process, pid = codes(rows["process"]), codes(rows["pid"])
    uid, user = codes(rows["uid"]), codes(rows["user"])
    anonymous = (process.of == 0) & (pid.of == 0)
    nobody = rows["state"].isin(OWNERLESS).to_numpy(dtype=np.bool_)
    if rows["inode"].notna().any():
        nobody = nobody | rows["inode"].isna().to_numpy(dtype=np.bool_)
    by_user = anonymous & ~nobody
    parts = (
        process,
        pid,
        Codes(np.where(by_user, uid.of, 0), uid.size),
        Codes(np.where(by_user, user.of, 0), user.size),
    )
    key = joined(*parts)
    owner = compact(key)
    first = np.flatnonzero(~pd.Index(owner.of).duplicated())
    example = rows[["process", "pid", "uid", "user"]].iloc[first].astype("object")
    told = example.where(example.notna(), None).itertuples(index=False, name=None)
    speaks = by_user[first].tolist()
    names = [_owner(*row, speaks=speak) for row, speak in zip(told, speaks, strict=True)]
    return owner, pd.Series(names, dtype=pandas_dtype(BY_NAME["path"]))


def _owner(process: object, pid: object, uid: object, user: object, *, speaks: bool) -> str:
    if process is not None:
        return str(process) if pid is None else f"{process}/{pid}"
    if pid is not None:
        return f"pid {pid}"
    if speaks and uid is not None:
        return f"uid {uid}"
    return f"user {user}" if speaks and user is not None else ""


def _persistent(last: Scene, earlier: list[Scene]) -> Bools:
    """Which rows stood in the same state long enough before."""
    before = [scene for scene in earlier if _long_before(scene, last)]
    rows = len(last.rows)
    if not before:
        return np.zeros(rows, dtype=np.bool_)
    frames = [last.rows, *(scene.rows for scene in before)]
    both = pd.concat([_sockets(frame) for frame in frames], ignore_index=True)
    key = joined(*(codes(both[name]) for name in both.columns))
    seen = np.isin(key[:rows], key[rows:])
    return seen & ~_cut(last.rows) & is_inet(last.rows)


def _long_before(scene: Scene, last: Scene) -> bool:
    if scene.taken_at is None or last.taken_at is None:
        return False
    return bool((last.taken_at - scene.taken_at).total_seconds() >= PERSISTS_S)


SAME = ("netns", "proto", "state", "inode", "local_addr", "local_port", "local_name")
SAME_THERE = ("remote_addr", "remote_port", "remote_name")


def _sockets(rows: pd.DataFrame) -> pd.DataFrame:
    """What a socket is known by."""
    names = rows[[*SAME, *SAME_THERE]]
    return names.assign(cookie=column(rows, "cookie"))


def _has(rows: pd.DataFrame, facts: Mapping[str, object]) -> frozenset[str]:
    """What the dump can show (diagnoses: not evaluated).

    Owners count as visible when one TCP row has one: a dump without rights shows none at all.
    """
    seen = {name for name, found in _signs(rows) if found}
    return frozenset(seen | ({"sysctl", "counters", "proctable"} & set(facts)))


def _signs(rows: pd.DataFrame) -> Iterator[tuple[str, bool]]:
    inet, tcp = is_inet(rows), equals(rows["proto"], "tcp")
    linked = rows["concrete"].to_numpy(dtype=np.bool_)
    listens = equals(rows["role"], "listener")
    yield "states", _any(rows, tcp, "state")
    yield "queues", _any(rows, linked if linked.any() else inet, "recv_q")
    yield "accept", _any(rows, listens, "recv_q")
    yield "backlog", _any(rows, listens, "send_q")
    yield "owner", bool(rows["owned"].to_numpy()[tcp if tcp.any() else inet].any())
    yield "inode", _any(rows, inet, "inode")
    yield "timers", _any(rows, tcp, "timer", "timer_ms", "retrans", "probes")
    yield "tcpinfo", _any(rows, tcp, "rtt_ms", "lastsnd_ms", "lastrcv_ms", "lastack_ms")
    yield "skmem", _any(rows, inet, "skmem_rb", "skmem_tb")


def _any(rows: pd.DataFrame, among: Bools, *names: str) -> bool:
    held = (rows[name].notna().to_numpy() for name in names if name in rows.columns)
    return any(bool((told & among).any()) for told in held)
