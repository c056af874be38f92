"""The other end has closed, the local program has not: four kinds of CLOSE_WAIT.

Each row counts for exactly one of them, tried in this order: never accepted
(`close-wait-unaccepted`), unread and of a program that stopped reading (`close-wait-unread`),
still being answered (a legitimate half-close: none), stale in a pool of connections
(`close-wait-pool`), and all that is left (`close-wait-leak`).
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.finding import (
    LOCAL_PROGRAM,
    group_of,
    other_ends,
    owner_keys,
    owner_of,
    peers,
    settle,
    steps_for,
)
from nsparse.layout import table
from nsparse.measure import actor, halved, passes, plural, port_of, thousands, top

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity, Step
    from nsparse.scene import Scene

FIN = 1
"""What an unread FIN adds to Recv-Q on Linux (tcp_diag.c: rcv_nxt - copied_seq)."""
RECORD = 64
"""Bytes that may be a FIN and a TLS close record: 32 with TLS 1.2 (31 + 1), 25 with TLS 1.3."""
CLASSES = {"Recv-Q 0": (0, 0), "=1": (1, 1), "2-64": (2, RECORD), ">64": (RECORD + 1, 2**62)}
USED = (
    *("netns", "recv_q", "send_q", "remote_addr", "remote_port", "pid", "process", "inode"),
    *("role", "bound", "owner", "owned", "pair", "listener", "persistent", "group"),
)
"""Columns of the scene that are looked at here."""
SIGNS = ("persistent", "paired", "owned", "aged", "queued")
"""What is counted of the rows of a pile, in the order of the fields of `Pile`."""
PROGRAMS = 20
"""Programs with stale pools that get a finding each; the rest share one."""
AGED_MS = 120_000
"""No data for so long: longer than what the kernel's own closing timers last on Linux, 60 s."""
NEARLY = 0.1
"""How far two counts of one moment may lie apart: no table is read in one instant."""
NAMES = {"macos": "macOS", "windows": "Windows", "freebsd": "FreeBSD", "openbsd": "OpenBSD"}
DUMPERS = {
    "java": "jstack {pid}",
    "python": "py-spy dump --pid {pid}",
    "dotnet": "dotnet-stack report -p {pid}",
}
"""What prints the stacks of a program, by how its name begins."""

UNACCEPTED = (
    Number("few", 3, "three clients that gave up in one queue are no accident"),
    Number("share", 0.3, "of what is open on the port"),
    Number("many", 50, "so many waited in vain, whatever the port's size"),
)
UNREAD = (
    Number("bytes", RECORD, "more than a FIN and a TLS close record: a request or an answer"),
    Number("few", 3, "one is a download that was broken off"),
    Number("share", 0.5, "of all that the program has in CLOSE_WAIT"),
    Number("many", 30, "so many unread at the end are no accident"),
    Number("critical", 100, "the program serves nobody, if its open connections are unread too"),
    Number("open_share", 0.5, "part of its ESTABLISHED connections that holds unread data"),
)
POOL = (
    Number("few", 20, "pools of 10 or 20 are common defaults: not worth a word"),
    Number("many", 200, "no usual pool is larger: a leak"),
    Number("share", 0.9, "of the rows hold nothing but the FIN, perhaps with a TLS close record"),
    Number("dead", 20, "so many that lasted, and none established: the whole pool is dead"),
)
LEAK = (
    Number("few", 5, "harmless cases show one; a close in progress takes milliseconds"),
    Number("share", 0.5, "half of what the group has open"),
    Number("many", 100, "reported leaks: 710, 977, 1 837, 79 564"),
    Number("notice", 20, "worth a look, if it is a part of the group"),
    Number("notice_share", 0.1, "the least part for a notice"),
    Number("critical", 1000, "the number itself is the proof"),
    Number("fd_share", 0.4, "of the process's descriptor limit"),
    Number("sending_s", 10, "sent data so lately: still answering, a half-close"),
)
CLOSING = ("RFC 9293 3.3.2", "RFC 9293 3.6", "Linux net/ipv4/tcp_diag.c")
POOLING = (*CLOSING, "IBM technote 21222632")


def _defaults(numbers: tuple[Number, ...]) -> dict[str, float]:
    return {number.key: number.default for number in numbers}


Counts = dict[str, int]
"""How many rows are in which state."""


class Pile(NamedTuple):
    """How many rows of one kind a group has, and what proves that they last.

    Attributes:
        n: The rows.
        base: What they are a part of.
        kept: Those that were so 120 s before.
        paired: Those whose other end is seen in FIN_WAIT_2.
        owned: Those of which a process is known.
        aged: Those that have received nothing for so long that no close is in progress.
        queued: Those that may never have been accepted, for all that the dump shows.
        queues: How many are in each of `CLASSES`; all 0 where no Recv-Q is printed.
    """

    n: int
    base: int
    kept: int
    paired: int
    owned: int
    aged: int
    queued: int
    queues: tuple[int, ...]

    def proofs(self, few: float) -> int:
        """What proves it, 0 to 2: persistence, and the other end; each for most rows."""
        least = max(halved(few), self.n / 2)
        return int(self.kept >= least) + int(self.paired >= least)

    def speaks(self, limits: Limits) -> bool:
        """Whether the pile is large enough (diagnoses: few, share, many)."""
        few = halved(limits["few"]) if self.proofs(limits["few"]) else limits["few"]
        return passes(self.n, self.base, few, limits["share"], limits["many"])

    def held_to(self, limits: Limits) -> dict[str, float]:
        """The numbers that it was held against."""
        few = halved(limits["few"]) if self.proofs(limits["few"]) else limits["few"]
        return {**limits, "few": few}


def check_leak(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which process keeps connections that the other end has already closed?

    Means: the peer has sent its FIN and the program has not called close(). No kernel timer ends
        this state: the descriptors add up until the process has none left.
    Do: find the owner, take a thread dump, look for the path without close(): a response body, a
        stream, an error branch, a return value 0 of read() that is ignored. A restart helps for a
        while; kernel settings do not.
    False alarms: a busy server closes through CLOSE_WAIT for milliseconds; a half-close whose
        answer is still on its way (rows with Send-Q are left out); a proxy copies the fault of
        the end behind it.
    """
    found = _sorted_out(scene, sending_s=limits["sending_s"])
    leaked = found[found["kind"] == "leak"]
    least = min(halved(limits["few"]), limits["many"], limits["notice"], limits["critical"])
    piles = _piles(leaked, leaked["group"], _sizes(scene.rows, "group"), least)
    levels = {code: _leak_level(pile, scene, limits) for code, pile in piles.items()}
    loud = [code for code, level in levels.items() if level is not None]
    states = _states(_live(scene.rows, "group", loud), "group")
    for code, part in leaked[leaked["group"].isin(loud)].groupby("group", sort=False):
        level, pile = levels[code], piles[code]
        if level is not None:
            yield _leak(scene, limits, part, states[code], pile, level)


def _leak_level(pile: Pile, scene: Scene, limits: Limits) -> Severity | None:
    if pile.n >= limits["critical"]:
        return "critical"
    if _starves(pile, scene, limits):
        return "critical" if pile.proofs(limits["few"]) else "warning"
    if pile.speaks(limits):
        return "warning"
    noticed = pile.n >= limits["notice"] and pile.n >= limits["notice_share"] * pile.base
    return "notice" if noticed else None


def _starves(pile: Pile, scene: Scene, limits: Limits) -> bool:
    """Whether one process has a good part of its descriptors in them."""
    return pile.owned > 0 and pile.n >= limits["fd_share"] * scene.constants.fd_limit


def _leak(
    scene: Scene,
    limits: Limits,
    part: pd.DataFrame,
    states: Counts,
    pile: Pile,
    level: Severity,
) -> Finding:
    proofs = pile.proofs(limits["few"])
    by_limit = level == "critical" and pile.n < limits["critical"]
    guessed = by_limit and "fd_limit" in scene.constants.assumed
    first = part.iloc[0]
    vague = (first["role"] == "unknown") + (not first["owner"] and "owner" in scene.has) + guessed
    sure = proofs > 0 or pile.n >= limits["critical"]
    held = pile.held_to(limits)
    return Finding(
        id="close-wait-leak",
        severity=level,
        confidence=settle(
            "medium",
            scene,
            up=proofs + (2 * pile.aged >= pile.n),
            down=int(vague),
            cap="high" if sure else "medium",
        ),
        group=group_of(first),
        n=pile.n,
        base=pile.base,
        verdict=_leak_verdict(part, pile),
        sockets=tuple(int(label) for label in part.index),
        limits={**held, "fd_limit": scene.constants.fd_limit} if by_limit else held,
        evidence=_evidence(part, pile, states),
        cause=_readings(scene, part, pile),
        next=_find_close(scene, part),
        caveats=tuple(_leak_caveats(scene, pile, guessed=guessed)),
        refs=CLOSING,
    )


def _leak_verdict(part: pd.DataFrame, pile: Pile) -> str:
    who = actor(_word(part, "owner"), LOCAL_PROGRAM)
    are = "is" if pile.n == 1 else "are"
    return (
        f"{thousands(pile.n)} of {_connections(part, pile.base)} {are} CLOSE_WAIT: "
        f"{_closers(part)} closed, {who} has not."
    )


def _connections(part: pd.DataFrame, count: int) -> str:
    """How many connections, and which."""
    owner, role, bound = (_word(part, name) for name in ("owner", "role", "bound"))
    said = plural(count, "connection")
    if role == "client" and bound:
        return f"{said} from {owner or 'this host'} to {bound}"
    if role == "server" and bound:
        return f"{said} {'accepted ' if owner else ''}on port {port_of(bound)}"
    return f"{said} of {owner}" if owner else f"{said} without a known service"


def _closers(part: pd.DataFrame) -> str:
    """Who has closed: the one program at the other ends, where they are in a dump."""
    owners = set(part["far_owner"])
    if len(owners) == 1 and any(owners):
        return f"{owners.pop()} has"
    roles = set(part["role"])
    if roles == {"client"} and part["bound"].nunique() == 1:
        return "the server has"
    one, more = ("client", "clients") if roles == {"server"} else ("other end", "other ends")
    return f"the {one} has" if len(part) == 1 else f"the {more} have"


def check_unaccepted(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are the CLOSE_WAIT rows connections that the server program has never accepted?

    Means: the kernel completed the handshake and queued the connection, the client sent its
        request, waited and gave up. The accept loop is stuck, not the close path.
    Do: a thread dump of the listener's owner. Is it out of descriptors (EMFILE), blocked in a TLS
        handshake or a name look-up inside the loop, is there one thread for everything?
    False alarms: a dump without rights shows `-` everywhere; that is no proof, so owners must be
        visible on the listener. Sockets of another PID namespace and of the kernel (NFS) have no
        owner either.
    """
    found = _sorted_out(scene)
    given_up = found[found["kind"] == "unaccepted"]
    least = min(halved(limits["few"]), limits["many"])
    piles = _piles(given_up, given_up["listener"], _sizes(scene.rows, "listener"), least)
    loud = [label for label, pile in piles.items() if pile.speaks(limits)]
    ports = _live(scene.rows, "listener", loud)
    states = _states(ports, "listener")
    waits = ports["state"].isin(("CLOSE_WAIT", "ESTABLISHED")) & _ownerless(ports)
    stranded = _states(ports[waits], "listener")
    for label, part in given_up[given_up["listener"].isin(loud)].groupby("listener", sort=False):
        yield _unaccepted(scene, limits, part, states[label], stranded[label], piles[label])


def _unaccepted(
    scene: Scene,
    limits: Limits,
    part: pd.DataFrame,
    states: Counts,
    stranded: Counts,
    pile: Pile,
) -> Finding:
    listener = scene.rows.iloc[int(part["listener"].max())]
    waiting, most = _count(listener["recv_q"]), _count(listener["send_q"])
    full = waiting is not None and most is not None and waiting >= max(most, 1)
    over = full and (waiting or 0) > (most or 0)
    proofs = pile.proofs(limits["few"])
    apart = abs(sum(stranded.values()) - (waiting or 0))
    agrees = waiting is not None and apart <= NEARLY * max(waiting, 1)
    who = actor(str(listener["owner"]), LOCAL_PROGRAM)
    proven = over or proofs > 0
    place = Group(**owner_of(listener), role="server", service=_word(part, "bound"))
    up = proofs + agrees + _alike(part) + ("SYN_RECEIVED" in states)
    return Finding(
        id="close-wait-unaccepted",
        severity="critical" if full and proven else "warning",
        confidence=settle("medium", scene, up=int(up), cap="high" if proven else "medium"),
        group=place,
        n=pile.n,
        base=pile.base,
        verdict=(
            f"{thousands(pile.n)} of {plural(pile.base, 'connection')} on port "
            f"{port_of(_word(part, 'bound'))} {'was' if pile.n == 1 else 'were'} never accepted: "
            f"{_closers(part)} given up, {who} has not called accept()."
        ),
        sockets=tuple(int(label) for label in part.index),
        limits=pile.held_to(limits),
        evidence=(
            *_evidence(part, pile, states),
            f"without an owner on the port: {_listed(stranded)}; {_queue(waiting, most)}",
        ),
        cause=(f"the connections wait in the accept queue: {who} is not accepting, or too slowly",),
        next=_find_accept(scene, listener),
        caveats=_unknown(scene, pile),
        refs=(*CLOSING, "Linux include/net/sock.h, sk_acceptq_is_full"),
    )


def _count(value: Any) -> int | None:
    import pandas as pd

    return None if pd.isna(value) else int(value)


def _word(part: pd.DataFrame, name: str) -> str:
    """A text that is the same in all these rows."""
    return str(part[name].iat[0])


def _alike(part: pd.DataFrame) -> bool:
    """Whether the same amount is unread everywhere: the same request from all."""
    return bool(part["waiting"].max() <= (1 + NEARLY) * part["waiting"].min())


def _queue(waiting: int | None, most: int | None) -> str:
    """The listener's own queue."""
    if waiting is None:
        return "the dump does not show how many wait for accept()"
    limit = "" if most is None else f", the limit is {thousands(most)}"
    return f"{thousands(waiting)} wait for accept(){limit}"


def _listed(states: Counts) -> str:
    return ", ".join(f"{thousands(n)} {state}" for state, n in states.items())


def check_unread(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Did the program stop reading before the peers left?

    Means: a request or an answer lies unread in connections that the other end has closed: the
        program hung or starved first, and the peers gave up afterwards.
    Do: take a thread dump before any restart; look for lock waits, full thread pools, a pausing
        garbage collector.
    False alarms: a FIN with a TLS close record is up to 64 bytes and does not count; a download
        that the user broke off is one row.
    """
    found = _sorted_out(scene, unread=limits)
    deep = found[found["kind"] == "unread"]
    keys = owner_keys(deep)
    piles = _piles(deep, keys, owner_keys(found).value_counts(), 0)
    rows = scene.rows
    served = rows[(rows["state"] == "ESTABLISHED") & rows["owner"].isin(deep["owner"].unique())]
    served = served[["netns", "owner", "group", "recv_q"]]
    everything = owner_keys(served).value_counts().to_dict()
    blocked = owner_keys(served[(served["recv_q"] > 0).fillna(False)]).value_counts().to_dict()
    for key, part in deep.groupby(keys, sort=False):
        open_, stuck = everything.get(key, 0), blocked.get(key, 0)
        yield _unread(scene, limits, part, open_, stuck, piles[key])


def _unread(
    scene: Scene, limits: Limits, part: pd.DataFrame, open_: int, stuck: int, pile: Pile
) -> Finding:
    first = part.iloc[0]
    who = actor(first["owner"], LOCAL_PROGRAM)
    proofs = pile.proofs(limits["few"])
    everywhere = passes(stuck, open_, 1, limits["open_share"], float("inf"))
    dead = everywhere and pile.n >= limits["critical"]
    proven = proofs > 0 or pile.n >= _defaults(LEAK)["critical"]
    total, most = int(part["waiting"].sum()), int(part["waiting"].max())
    hold = "holds" if pile.n == 1 else "hold"
    up_to = f", up to {thousands(most)} on one" if pile.n > 1 else ""
    return Finding(
        id="close-wait-unread",
        severity="critical" if dead and proven else "warning",
        confidence=settle(
            "medium",
            scene,
            up=proofs + (2 * pile.aged >= pile.n),
            cap="high" if proven else "medium",
        ),
        group=group_of(first) if part["group"].nunique() == 1 else Group(**owner_of(first)),
        n=pile.n,
        base=pile.base,
        verdict=(
            f"{thousands(pile.n)} of {plural(pile.base, 'CLOSE_WAIT connection')} of {who} {hold} "
            f"unread data, {plural(total, 'byte')}{' in all' if pile.n > 1 else ''}{up_to}: "
            f"{_closers(part)} closed, {who} had stopped reading before."
        ),
        sockets=tuple(int(label) for label in part.index),
        limits=pile.held_to(limits),
        evidence=(
            *_evidence(part, pile, {"ESTABLISHED": open_}),
            f"unread data in {thousands(stuck)} of {thousands(open_)} ESTABLISHED of {who}",
        ),
        cause=(f"{_program(part)} hung or starved before it read what had arrived",),
        next=_find_hang(scene, part),
        caveats=_unknown(scene, pile),
        refs=CLOSING,
    )


def check_pool(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are these merely stale connections of a client's pool?

    Means: the server closed connections that had been idle, and the client's pool notices at the
        next use. Nothing has read the FIN since.
    Do: nothing. If requests sometimes fail with a reset, set the client's idle timeout below the
        server's keep-alive timeout, or let the pool evict idle connections.
    False alarms: rows with Recv-Q 0 were read and kept and are no pool; more than 200, or a pool
        that stays dead, is reported as close-wait-leak.
    """
    found = _sorted_out(scene, pool=limits)
    stale = found[found["kind"] == "pool"]
    piles = _piles(stale, stale["group"], _sizes(scene.rows, "group"), limits["few"] + 1)
    large = stale["group"].isin(list(piles))
    states = _states(_live(scene.rows, "group", piles), "group")
    for code, part in stale[large].groupby("group", sort=False):
        yield _pool(scene, limits, part, states[code], piles[code])
    yield from _small_pools(scene, limits, stale[~large])


def _small_pools(scene: Scene, limits: Limits, small: pd.DataFrame) -> Iterator[Finding]:
    """One finding for each of the programs with the most, and one for all the others."""
    if small.empty:
        return
    keys = owner_keys(small)
    named = keys.isin(keys.value_counts().index[:PROGRAMS])
    for _, part in small[named].groupby(keys[named], sort=False):
        yield _stale(scene, limits, part)
    if not named.all():
        yield _stale(scene, limits, small[~named])


def _pool(scene: Scene, limits: Limits, part: pd.DataFrame, states: Counts, pile: Pile) -> Finding:
    """One service's pool that is large enough for a word."""
    first = part.iloc[0]
    return Finding(
        id="close-wait-pool",
        severity="notice",
        confidence=settle("medium" if _counts_fin(scene) else "low", scene),
        group=group_of(first),
        n=pile.n,
        base=pile.base,
        verdict=(
            f"{thousands(pile.n)} of {_connections(part, pile.base)} lie untouched since "
            f"{_closers(part)} closed them: a pool that notices at the next use."
        ),
        sockets=tuple(int(label) for label in part.index),
        limits=dict(limits),
        evidence=_evidence(part, pile, states),
        cause=_readings(scene, part, pile),
        next=_find_pool(scene),
        caveats=_unknown(scene, pile),
        refs=POOLING,
    )


def _stale(scene: Scene, limits: Limits, part: pd.DataFrame) -> Finding:
    """All the small pools of one program, or of several: they explain rows, no more."""
    first = part.iloc[0]
    services, programs = int(part["bound"].nunique()), int(part["owner"].nunique())
    who = str(first["owner"]) if programs == 1 else plural(programs, "program")
    owner = owner_of(first) if programs == 1 else {}
    place = str(first["bound"]) if services == 1 else None
    return Finding(
        id="close-wait-pool",
        severity="info",
        confidence=settle("medium" if _counts_fin(scene) else "low", scene),
        group=Group(**owner, role="client", service=place),
        n=len(part),
        verdict=(
            f"{plural(len(part), 'connection')} of {who} to "
            f"{plural(services, 'service')} {'lies' if len(part) == 1 else 'lie'} idle after the "
            f"other end has closed: a pool that notices at the next use."
        ),
        sockets=tuple(int(label) for label in part.index),
        limits=dict(limits),
        evidence=(f"services: {top(part['bound'])}",),
        next=_find_pool(scene),
        refs=POOLING,
    )


def _sorted_out(
    scene: Scene,
    *,
    unread: Limits | None = None,
    pool: Limits | None = None,
    sending_s: float | None = None,
) -> pd.DataFrame:
    """Every CLOSE_WAIT row with its kind: unaccepted, unread, answering, pool or leak.

    A diagnosis gives the numbers that the user has set for it; for the others the defaults decide.
    """
    import pandas as pd

    from nsparse.scene import column

    rows = scene.rows
    found = rows[(rows["state"] == "CLOSE_WAIT") & rows["concrete"]]
    far = other_ends(scene, found, ["state", "owner"])
    # Few columns: each group of a dump with thousands of them is cut out of this frame.
    found = found[list(USED)].assign(
        lastsnd_ms=column(found, "lastsnd_ms"),
        waiting=found["recv_q"].fillna(-1).astype("int64"),
        paired=far["state"].astype("object").fillna("") == "FIN_WAIT_2",
        far_owner=far["owner"].astype("object").fillna(""),
        kind=pd.Series("leak", index=found.index, dtype="object"),
        aged=(column(found, "lastrcv_ms") >= AGED_MS).fillna(False).astype("bool"),
        queued=(found["role"] == "server")
        & _ownerless(found)
        & (found["recv_q"] > FIN).fillna(False),
    )
    found.loc[_never_accepted(scene, found), "kind"] = "unaccepted"
    found.loc[_not_read(found, unread or _defaults(UNREAD)), "kind"] = "unread"
    seconds = _defaults(LEAK)["sending_s"] if sending_s is None else sending_s
    found.loc[_answering(found, seconds), "kind"] = "answering"
    found.loc[_pooled(scene, found, pool or _defaults(POOL)), "kind"] = "pool"
    return found


def _never_accepted(scene: Scene, found: pd.DataFrame) -> pd.Series[bool]:
    """Rows of a visible program's port that belong to nobody, with something unread.

    An unread FIN alone is enough where inodes are printed: an accepted socket has one.
    """
    rows = scene.rows
    if not scene.has & {"owner", "inode"}:
        return _explained(scene, found)
    visible = (~_ownerless(rows)).reindex(found["listener"], fill_value=False).to_numpy()
    least = FIN if "inode" in scene.has else FIN + 1
    queued = (found["role"] == "server") & _ownerless(found) & (found["waiting"] >= least)
    return queued & visible


def _explained(scene: Scene, found: pd.DataFrame) -> pd.Series[bool]:
    """Rows that the listener's own queue accounts for, where no owner is visible.

    Nothing proves that they were never accepted; but nobody may be told to have kept them.
    """
    waits = found["queued"]
    together = waits.groupby(found["listener"]).transform("sum")
    queue = scene.rows["recv_q"].reindex(found["listener"]).fillna(0).to_numpy(dtype="int64")
    return waits & (together <= (1 + NEARLY) * queue)


def _ownerless(rows: pd.DataFrame) -> pd.Series[bool]:
    return ~rows["owned"] & rows["inode"].isna()


def _not_read(found: pd.DataFrame, limits: Limits) -> pd.Series[bool]:
    """Rows of programs of whose CLOSE_WAIT rows so many hold unread data that it is a finding."""
    keys = owner_keys(found)
    deep = found["owned"] & (found["waiting"] > limits["bytes"]) & (found["kind"] == "leak")
    least = min(halved(limits["few"]), limits["many"])
    piles = _piles(found[deep], keys[deep], keys.value_counts(), least)
    return deep & keys.isin([key for key, pile in piles.items() if pile.speaks(limits)])


def _answering(found: pd.DataFrame, seconds: float) -> pd.Series[bool]:
    """Rows that still send: the other end closed its direction only, and waits for an answer."""
    sending = (found["send_q"] > 0).fillna(False)
    lately = (found["lastsnd_ms"] < 1000 * seconds).fillna(False)
    return ((sending | lately) & (found["kind"] == "leak")).astype("bool")


def _pooled(scene: Scene, found: pd.DataFrame, limits: Limits) -> pd.Series[bool]:
    """Client rows that nobody has touched since the server closed them."""
    import pandas as pd

    mine = (found["role"] == "client") & (found["owner"] != "") & (found["kind"] == "leak")
    part = found[mine]
    groups = part["group"]
    untouched = part["waiting"].between(FIN, RECORD)
    signs = pd.DataFrame({"untouched": untouched, "kept": part["persistent"]}).assign(n=1)
    sums = signs.astype("int64").groupby(groups).transform("sum")
    rows = scene.rows
    served = groups.isin(rows.loc[rows["state"] == "ESTABLISHED", "group"])
    dead = (sums["kept"] >= limits["dead"]) & ~served
    if _counts_fin(scene):
        idle = (sums["untouched"] >= limits["share"] * sums["n"]) & (sums["n"] <= limits["many"])
    else:
        idle = sums["n"] <= limits["few"]
    return mine & (idle & ~dead & ~_growing(scene, part)).reindex(found.index, fill_value=False)


def _growing(scene: Scene, part: pd.DataFrame) -> pd.Series[bool]:
    """Rows of groups that have grown from each of three or more snapshots to the next."""
    import pandas as pd

    keys = owner_keys(part) + " " + part["bound"].astype("object")
    if len(scene.earlier) < 2:
        return pd.Series(False, index=part.index, dtype="bool")
    before = []
    for moment in scene.earlier:
        rows = moment.rows
        then = rows[(rows["state"] == "CLOSE_WAIT") & (rows["role"] == "client")]
        before.append((owner_keys(then) + " " + then["bound"].astype("object")).value_counts())
    counts = pd.concat([*before, keys.value_counts()], axis=1).fillna(0)
    rising = counts.diff(axis=1).iloc[:, 1:].gt(0).all(axis=1)
    return keys.isin(counts.index[rising.to_numpy(dtype="bool")])


def _counts_fin(scene: Scene) -> bool:
    """Whether Recv-Q of a connection counts an unread FIN: Linux does, macOS and BSD do not."""
    return scene.os == "linux" and "queues" in scene.has


def _once(rows: pd.DataFrame) -> pd.Series[bool]:
    """One row of each connection: a pair whose both ends are in one group counts once."""
    import pandas as pd

    twin = rows["group"].reindex(rows["pair"]).to_numpy() == rows["group"].to_numpy()
    second = rows["pair"].to_numpy() < rows.index.to_numpy()
    return pd.Series(~(twin & second), index=rows.index)


def _sizes(rows: pd.DataFrame, by: str) -> pd.Series[int]:
    """How many live connections there are by group, or by listener."""
    live = rows[rows["live"] & (rows[by] >= 0)]
    return live.loc[_once(live), by].value_counts()


def _live(rows: pd.DataFrame, by: str, wanted: Iterable[Any]) -> pd.DataFrame:
    """The live rows of these groups, or listeners."""
    chosen = rows["live"] & rows[by].isin(list(wanted))
    return rows.loc[chosen, ["state", "group", "listener", "pair", "live", "owned", "inode"]]


def _states(rows: pd.DataFrame, by: str) -> dict[Hashable, Counts]:
    """How many rows of each group are in which state, the most frequent first."""
    counts = rows["state"].astype("object").groupby(rows[by], sort=False).value_counts()
    keys, states = (counts.index.get_level_values(level) for level in (0, 1))
    found: dict[Hashable, Counts] = {}
    for key, state, n in zip(keys, states, counts, strict=True):
        found.setdefault(key, {})[str(state)] = int(n)
    return found


def _piles(
    part: pd.DataFrame, by: pd.Series[Any], sizes: pd.Series[int], least: float
) -> Mapping[Hashable, Pile]:
    """The piles of at least so many rows, by key; counted at once, as there may be thousands."""
    queues = {name: part["waiting"].between(*bounds) for name, bounds in CLASSES.items()}
    signs = part[list(SIGNS)].assign(n=True, **queues).astype("int64")
    sums = signs.groupby(by, sort=False).sum()
    sums = sums[sums["n"] >= least]
    bases = sizes.reindex(sums.index).fillna(0).astype("int64")
    columns = [sums[name].tolist() for name in ("n", *SIGNS)]
    classes = zip(*(sums[name].tolist() for name in CLASSES), strict=True)
    rows = zip(sums.index, bases.tolist(), classes, *columns, strict=True)
    return {key: Pile._make((n, base, *signs, queues)) for key, base, queues, n, *signs in rows}


def _evidence(part: pd.DataFrame, pile: Pile, states: Counts) -> tuple[str, ...]:
    """The table of states and Recv-Q classes, and who is at the other end."""
    shown = tuple(CLASSES) if any(pile.queues) else ()
    counts = [str(count) for count in pile.queues[: len(shown)]]
    oldest = "at least 120 s" if pile.kept else "not in this dump"
    lines = [("state", "n", *shown, "oldest"), ("CLOSE_WAIT", str(pile.n), *counts, oldest)]
    for state, n in states.items():
        more = n - pile.n if state == "CLOSE_WAIT" else n
        name = "CLOSE_WAIT, other kinds" if state == "CLOSE_WAIT" else state
        if more > 0:
            lines.append((name, str(more), *("" for _ in shown), ""))
    alone = _word(part, "role") == "client" or part["remote_addr"].isna().all()
    return (*table(lines, indent=0), *(() if alone else (peers(part),)))


def _program(part: pd.DataFrame) -> str:
    """The program in a sentence about what it does."""
    process = part["process"].dropna()
    return str(process.iat[0]) if len(process) else actor(_word(part, "owner"), LOCAL_PROGRAM)


def _readings(scene: Scene, part: pd.DataFrame, pile: Pile) -> tuple[str, ...]:
    """What Recv-Q says about how far the program came, for each class that a fifth is in."""
    if not _counts_fin(scene):
        return (_no_reading(scene, pile),)
    who = _program(part)
    readings = {
        "Recv-Q 0": f"Recv-Q 0: {who} has read end-of-stream and kept the descriptor "
        "(missing close in an error path).",
        "=1": "Recv-Q 1: only the FIN is unread: nobody has read since the other end closed "
        "(an idle pooled connection, or the thread is elsewhere).",
        "2-64": "Recv-Q 2-64: the FIN and a tiny record are unread; 25 and 32 suggest a TLS "
        "close record.",
        ">64": f"Recv-Q over 64: a request or an answer lies unread: this suggests that {who} "
        "hung or starved before reading.",
    }
    counts = dict(zip(CLASSES, pile.queues, strict=True))
    ranked = sorted(counts, key=lambda name: -counts[name])
    said = tuple(readings[name] for name in ranked if counts[name] >= pile.n / 5)
    return said or ("Recv-Q is not printed: how far the program has read is not shown.",)


def _no_reading(scene: Scene, pile: Pile) -> str:
    name = NAMES.get(scene.os or "", "this system")
    if any(pile.queues):
        return f"{name} does not count a FIN in Recv-Q: 0 does not show that its end was read."
    return f"{name} prints no Recv-Q: how far the program has read is not shown."


def _unknown(scene: Scene, pile: Pile) -> tuple[str, ...]:
    """What no finding about CLOSE_WAIT can tell from such a dump."""
    said = [] if pile.kept else ["how long: take a second snapshot 120 s later"]
    if "owner" not in scene.has:
        said.append("which program: take the dump as root, with owners (ss -p, netstat -p or -ob)")
    return tuple(said)


def _leak_caveats(scene: Scene, pile: Pile, *, guessed: bool) -> Iterator[str]:
    yield from _unknown(scene, pile)
    if pile.queued:
        yield "whether they were accepted: without owners a stuck accept loop looks the same"
    if guessed:
        yield f"the descriptor limit: {thousands(scene.constants.fd_limit)} is assumed"


def _where(part: pd.DataFrame) -> str:
    """The filter of ss for the rows of a group."""
    bound = _word(part, "bound")
    if _word(part, "role") == "client" and bound:
        return f"dst {shlex.quote(bound)}"
    port = port_of(bound)
    return f"'( sport = :{port} )'" if port.isdigit() else ""


def _stacks(part: pd.DataFrame) -> dict[str, str]:
    """The command that dumps the program's threads, by system; none without a PID."""
    pid = _count(part["pid"].iat[0])
    if pid is None:
        return {}
    process = _word(part, "process")
    dump = next((cmd for name, cmd in DUMPERS.items() if process.startswith(name)), "")
    gdb = f"gdb -p {pid} -batch -ex 'thread apply all bt'"
    own = dump.format(pid=pid)
    macos, windows = f"sample {pid}", f"procdump -ma {pid}"
    return {"linux": own or gdb, "macos": own or macos, "windows": own or windows}


def _commands(part: pd.DataFrame, *, stacks_first: bool) -> dict[str, tuple[str, ...]]:
    """Who owns them, and what it is doing; by system."""
    port = port_of(_word(part, "bound"))
    tcp = f"-iTCP:{port}" if port.isdigit() else "-iTCP"
    owners = {
        "linux": f"ss -tanpe state close-wait {_where(part)}".rstrip(),
        "macos": f"lsof -nP {tcp} -sTCP:CLOSE_WAIT",
        "windows": "Get-NetTCPConnection -State CloseWait | Group-Object OwningProcess",
    }
    stacks = _stacks(part)
    order = (stacks, owners) if stacks_first else (owners, stacks)
    return {os: tuple(cmds[os] for cmds in order if os in cmds) for os in owners}


def _find_close(scene: Scene, part: pd.DataFrame) -> tuple[Step, ...]:
    commands = _commands(part, stacks_first=False)
    pid = _count(part["pid"].iat[0])
    used = (f"ls -l /proc/{pid}/fd | grep -c socket",) if pid is not None else ()
    return steps_for(
        scene,
        linux=(*commands["linux"], *used),
        macos=commands["macos"],
        windows=commands["windows"],
        other=(
            "in the code: a response, stream or socket that an error path does not close; "
            "a read of 0 bytes that is ignored",
            "until then: restart the program; no kernel setting closes these",
        ),
    )


def _find_accept(scene: Scene, listener: pd.Series[Any]) -> tuple[Step, ...]:
    stacks = _stacks(listener.to_frame().T)
    port = port_of(str(listener["service"]))
    pid = _count(listener["pid"])
    limits = (f"grep 'open files' /proc/{pid}/limits",) if pid is not None else ()
    return steps_for(
        scene,
        linux=(f"ss -ltnp '( sport = :{port} )'", *filter(None, [stacks.get("linux")]), *limits),
        macos=("netstat -Lan", *filter(None, [stacks.get("macos")])),
        windows=tuple(filter(None, [stacks.get("windows")])),
        other=("in the code: accept in a loop of its own, without a handshake or a look-up in it",),
    )


def _find_hang(scene: Scene, part: pd.DataFrame) -> tuple[Step, ...]:
    commands = _commands(part, stacks_first=True)
    return steps_for(
        scene,
        linux=commands["linux"],
        macos=commands["macos"],
        windows=commands["windows"],
        other=(
            "before any restart, look in the stacks for lock waits, a full thread pool, "
            "the garbage collector",
        ),
    )


def _find_pool(scene: Scene) -> tuple[Step, ...]:
    return steps_for(
        scene,
        other=(
            "none needed; if requests fail with a reset, set the client's idle timeout below "
            "the server's keep-alive timeout",
        ),
    )


MIRRORED = (
    Absorbs("fin-wait2-stuck", by="mirror"),
    Absorbs("close-pair"),
    Absorbs("fd-pressure", by="owner"),
)
DIAGNOSES = (
    Diagnosis(
        "close-wait-leak",
        "Which process keeps connections that the other end has already closed?",
        check_leak,
        needs=("states",),
        numbers=LEAK,
        absorbs=(*MIRRORED, Absorbs("close-wait-growth")),
        refs=CLOSING,
    ),
    Diagnosis(
        "close-wait-unaccepted",
        "Are the CLOSE_WAIT rows connections that the server program has never accepted?",
        check_unaccepted,
        needs=("states", "queues", "owner"),
        numbers=UNACCEPTED,
        absorbs=(Absorbs("fin-wait2-stuck", by="mirror"),),
        refs=CLOSING,
    ),
    Diagnosis(
        "close-wait-unread",
        "Did the program stop reading before the peers left?",
        check_unread,
        needs=("states", "queues", "owner"),
        numbers=UNREAD,
        absorbs=MIRRORED,
        refs=CLOSING,
    ),
    Diagnosis(
        "close-wait-pool",
        "Are these merely stale connections of a client's pool?",
        check_pool,
        needs=("states",),
        numbers=POOL,
        refs=POOLING,
    ),
)
