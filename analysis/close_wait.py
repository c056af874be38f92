"""The other end has closed, the local program has not: four kinds of CLOSE_WAIT.

Each row counts for exactly one of them, tried in this order: never accepted
(`close-wait-unaccepted`), unread and of a program that stopped reading (`close-wait-unread`),
still being answered (a legitimate half-close: none), stale in a pool of connections
(`close-wait-pool`), and all that is left (`close-wait-leak`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse import advice
from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.elsewhere import facing
from nsparse.finding import (
    LOCAL_PROGRAM,
    connections,
    count_of,
    flagged,
    group_of,
    labels,
    others,
    owner_keys,
    owner_of,
    peers,
    settle,
    slim,
)
from nsparse.measure import actor, are, halved, passes, plural, port_of, thousands, top
from nsparse.pile import live_sizes, piles, states_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.pile import Counts, Pile
    from nsparse.scene import Scene

FIN = 1
"""What an unread FIN adds to Recv-Q on Linux (tcp_diag.c: rcv_nxt - copied_seq)."""
RECORD = 64
"""Bytes that may be a FIN and a TLS close record: 32 with TLS 1.2 (31 + 1), 25 with TLS 1.3."""
CLASSES = {"Recv-Q 0": (0, 0), "=1": (1, 1), "2-64": (2, RECORD), ">64": (RECORD + 1, 2**62)}
PROGRAMS = 20
"""Programs with stale pools that get a finding each; the rest share one."""
AGED_MS = 120_000
"""No data for so long: longer than what the kernel's own closing timers last on Linux, 60 s."""
NEARLY = 0.1
"""How far two counts of one moment may lie apart: no table is read in one instant."""
NAMES = {"macos": "macOS", "windows": "Windows", "freebsd": "FreeBSD", "openbsd": "OpenBSD"}
READINGS = {
    "Recv-Q 0": "Recv-Q 0: {} has read end-of-stream and kept the descriptor (missing close in an "
    "error path).",
    "=1": "Recv-Q 1: only the FIN is unread: nobody has read since the other end closed (an idle "
    "pooled connection, or the thread is elsewhere).",
    "2-64": "Recv-Q 2-64: the FIN and a tiny record are unread; 25 and 32 suggest a TLS close "
    "record.",
    ">64": "Recv-Q over 64: a request or an answer lies unread: this suggests that {} hung or "
    "starved before reading.",
}
"""What Recv-Q says about how far a program came."""

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
DEFAULTS = {
    name: {number.key: number.default for number in numbers}
    for name, numbers in (("unread", UNREAD), ("pool", POOL), ("leak", LEAK))
}
CLOSING = ("RFC 9293 3.3.2", "RFC 9293 3.6", "Linux net/ipv4/tcp_diag.c")
POOLING = (*CLOSING, "IBM technote 21222632")


# ---- close-wait-leak -------------------------------------------------------------------------


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
    found = _kinds(scene, leak=limits)
    least = min(halved(limits["few"]), limits["many"], limits["notice"], limits["critical"])
    for pile in piles(scene, found[found["kind"] == "leak"], least=least):
        level = _leak_level(pile, scene, limits)
        if level is not None:
            yield _leak(scene, limits, pile, level)


def _leak_level(pile: Pile, scene: Scene, limits: Limits) -> Severity | None:
    starves = pile.counts["owned"] > 0 and pile.n >= limits["fd_share"] * scene.constants.fd_limit
    if pile.n >= limits["critical"]:
        return "critical"
    if starves:
        return "critical" if pile.proofs(limits["few"]) else "warning"
    if pile.speaks(limits):
        return "warning"
    noticed = pile.n >= limits["notice"] and pile.n >= limits["notice_share"] * pile.base
    return "notice" if noticed else None


def _leak(scene: Scene, limits: Limits, pile: Pile, level: Severity) -> Finding:
    first, proofs = pile.first, pile.proofs(limits["few"])
    by_limit = level == "critical" and pile.n < limits["critical"]
    guessed = by_limit and "fd_limit" in scene.constants.assumed
    vague = (first["role"] == "unknown") + (not first["owner"] and "owner" in scene.has) + guessed
    sure = proofs > 0 or pile.n >= limits["critical"]
    up = proofs + (2 * pile.counts["aged"] >= pile.n)
    printed = {"fd_limit": scene.constants.fd_limit} if by_limit else {}
    stack = advice.stack(count_of(first["pid"]), str(first["process"]))
    return Finding(
        id="close-wait-leak",
        severity=level,
        confidence=settle("medium", scene, up=up, down=int(vague), cap=_cap(sure)),
        group=group_of(first),
        n=pile.n,
        base=pile.base,
        verdict=(
            f"{thousands(pile.n)} of {_connections(pile)} {are(pile.n)} CLOSE_WAIT: "
            f"{_closers(pile.rows)} closed, {actor(first['owner'], LOCAL_PROGRAM)} has not."
        ),
        sockets=labels(pile.rows),
        limits=pile.held_to(limits) | printed,
        evidence=_evidence(pile, pile.states),
        cause=_readings(scene, pile),
        next=advice.steps(
            scene,
            advice.sockets("CLOSE_WAIT", pile.rows),
            stack,
            advice.of_process(advice.DESCRIPTORS, count_of(first["pid"])),
            "in the code: a response, stream or socket that an error path does not close; "
            "a read of 0 bytes that is ignored",
            "until then: restart the program; no kernel setting closes these",
        ),
        caveats=(*_unknown(scene, pile), *_leak_caveats(scene, pile, guessed=guessed)),
        refs=CLOSING,
    )


def _leak_caveats(scene: Scene, pile: Pile, *, guessed: bool) -> Iterator[str]:
    if pile.counts["queued"]:
        yield "whether they were accepted: without owners a stuck accept loop looks the same"
    if guessed:
        yield f"the descriptor limit: {thousands(scene.constants.fd_limit)} is assumed"


# ---- close-wait-unaccepted -------------------------------------------------------------------


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
    found = _kinds(scene)
    given_up = found[found["kind"] == "unaccepted"]
    rows = scene.rows
    waits = rows["live"] & rows["state"].isin(("CLOSE_WAIT", "ESTABLISHED")) & _ownerless(rows)
    stranded = states_of(rows[waits & rows["listener"].isin(given_up["listener"])], "listener")
    least = min(halved(limits["few"]), limits["many"])
    for pile in piles(scene, given_up, "listener", least=least):
        if pile.speaks(limits):
            yield _unaccepted(scene, limits, pile, stranded[pile.key])


def _unaccepted(scene: Scene, limits: Limits, pile: Pile, stranded: Counts) -> Finding:
    listener = scene.rows.loc[pile.key]
    waiting, most = count_of(listener["recv_q"]), count_of(listener["send_q"])
    full = waiting is not None and most is not None and waiting >= max(most, 1)
    over = full and (waiting or 0) > (most or 0)
    proofs = pile.proofs(limits["few"])
    apart = abs(sum(stranded.values()) - (waiting or 0))
    agrees = waiting is not None and apart <= NEARLY * max(waiting, 1)
    who, bound = actor(str(listener["owner"]), LOCAL_PROGRAM), str(pile.first["bound"])
    proven = over or proofs > 0
    up = proofs + agrees + _alike(pile.rows) + ("SYN_RECEIVED" in pile.states)
    without = ", ".join(f"{thousands(n)} {state}" for state, n in stranded.items())
    pid = count_of(listener["pid"])
    return Finding(
        id="close-wait-unaccepted",
        severity="critical" if full and proven else "warning",
        confidence=settle("medium", scene, up=int(up), cap=_cap(proven)),
        group=Group(**owner_of(listener), role="server", service=bound),
        n=pile.n,
        base=pile.base,
        verdict=(
            f"{thousands(pile.n)} of {plural(pile.base, 'connection')} on port {port_of(bound)} "
            f"{'was' if pile.n == 1 else 'were'} never accepted: {_closers(pile.rows)} given up, "
            f"{who} has not called accept()."
        ),
        sockets=labels(pile.rows),
        limits=pile.held_to(limits),
        evidence=(
            *_evidence(pile, pile.states),
            f"without an owner on the port: {without}; {_queue(waiting, most)}",
        ),
        cause=(f"the connections wait in the accept queue: {who} is not accepting, or too slowly",),
        next=advice.steps(
            scene,
            advice.filled(advice.ACCEPTING, port=port_of(str(listener["service"]))),
            advice.stack(pid, str(listener["process"])),
            advice.of_process(advice.DESCRIPTOR_LIMIT, pid),
            "in the code: accept in a loop of its own, without a handshake or a look-up in it",
        ),
        caveats=_unknown(scene, pile),
        refs=(*CLOSING, "Linux include/net/sock.h, sk_acceptq_is_full"),
    )


def _alike(part: pd.DataFrame) -> bool:
    """Whether the same amount is unread everywhere: the same request from all."""
    return bool(part["waiting"].max() <= (1 + NEARLY) * part["waiting"].min())


def _queue(waiting: int | None, most: int | None) -> str:
    """The listener's own queue."""
    if waiting is None:
        return "the dump does not show how many wait for accept()"
    limit = "" if most is None else f", the limit is {thousands(most)}"
    return f"{thousands(waiting)} wait for accept(){limit}"


# ---- close-wait-unread -----------------------------------------------------------------------


def check_unread(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Did the program stop reading before the peers left?

    Means: a request or an answer lies unread in connections that the other end has closed: the
        program hung or starved first, and the peers gave up afterwards.
    Do: take a thread dump before any restart; look for lock waits, full thread pools, a pausing
        garbage collector.
    False alarms: a FIN with a TLS close record is up to 64 bytes and does not count; a download
        that the user broke off is one row.
    """
    found = _kinds(scene, unread=limits)
    deep = found[found["kind"] == "unread"]
    rows = scene.rows
    served = slim(rows[(rows["state"] == "ESTABLISHED") & rows["owner"].isin(deep["owner"])])
    opened = owner_keys(served).value_counts().to_dict()
    stuck = owner_keys(served[flagged(served["recv_q"] > 0)]).value_counts().to_dict()
    for pile in piles(scene, deep, owner_keys(deep), owner_keys(found).value_counts()):
        yield _unread(scene, limits, pile, opened.get(pile.key, 0), stuck.get(pile.key, 0))


def _unread(scene: Scene, limits: Limits, pile: Pile, opened: int, stuck: int) -> Finding:
    first, part, proofs = pile.first, pile.rows, pile.proofs(limits["few"])
    who = actor(first["owner"], LOCAL_PROGRAM)
    everywhere = passes(stuck, opened, 1, limits["open_share"], float("inf"))
    proven = proofs > 0 or pile.n >= DEFAULTS["leak"]["critical"]
    dead = everywhere and pile.n >= limits["critical"] and proven
    up = proofs + (2 * pile.counts["aged"] >= pile.n)
    total, most = int(part["waiting"].sum()), int(part["waiting"].max())
    hold, in_all, up_to = "holds", "", ""
    if pile.n > 1:
        hold, in_all, up_to = "hold", " in all", f", up to {thousands(most)} on one"
    return Finding(
        id="close-wait-unread",
        severity="critical" if dead else "warning",
        confidence=settle("medium", scene, up=up, cap=_cap(proven)),
        group=group_of(first) if part["group"].nunique() == 1 else Group(**owner_of(first)),
        n=pile.n,
        base=pile.base,
        verdict=(
            f"{thousands(pile.n)} of {plural(pile.base, 'CLOSE_WAIT connection')} of {who} {hold} "
            f"unread data, {plural(total, 'byte')}{in_all}{up_to}: "
            f"{_closers(part)} closed, {who} had stopped reading before."
        ),
        sockets=labels(part),
        limits=pile.held_to(limits),
        evidence=(
            *_evidence(pile, {"ESTABLISHED": opened}),
            f"unread data in {thousands(stuck)} of {thousands(opened)} ESTABLISHED of {who}",
        ),
        cause=(f"{_program(part)} hung or starved before it read what had arrived",),
        next=advice.steps(
            scene,
            advice.stack(count_of(first["pid"]), str(first["process"])),
            advice.sockets("CLOSE_WAIT", part),
            "before any restart, look in the stacks for lock waits, a full thread pool, "
            "the garbage collector",
        ),
        caveats=_unknown(scene, pile),
        refs=CLOSING,
    )


# ---- close-wait-pool -------------------------------------------------------------------------


def check_pool(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are these merely stale connections of a client's pool?

    Means: the server closed connections that had been idle, and the client's pool notices at the
        next use. Nothing has read the FIN since.
    Do: nothing. If requests sometimes fail with a reset, set the client's idle timeout below the
        server's keep-alive timeout, or let the pool evict idle connections.
    False alarms: rows with Recv-Q 0 were read and kept and are no pool; more than 200, or a pool
        that stays dead, is reported as close-wait-leak.
    """
    found = _kinds(scene, pool=limits)
    stale = found[found["kind"] == "pool"]
    large = list(piles(scene, stale, least=limits["few"] + 1))
    for pile in large:
        yield _pool(scene, limits, pile)
    small = stale[~stale["group"].isin([pile.key for pile in large])]
    keys = owner_keys(small)
    # One finding for each of the programs with the most, and one for all the others.
    named = keys.isin(keys.value_counts().index[:PROGRAMS])
    for _, part in small[named].groupby(keys[named], sort=False):
        yield _stale(scene, limits, part)
    if not named.all():
        yield _stale(scene, limits, small[~named])


def _pool(scene: Scene, limits: Limits, pile: Pile) -> Finding:
    """One service's pool that is large enough for a word."""
    return Finding(
        id="close-wait-pool",
        severity="notice",
        confidence=settle("medium" if _counts_fin(scene) else "low", scene),
        group=group_of(pile.first),
        n=pile.n,
        base=pile.base,
        verdict=(
            f"{thousands(pile.n)} of {_connections(pile)} lie untouched since "
            f"{_closers(pile.rows)} closed them: a pool that notices at the next use."
        ),
        sockets=labels(pile.rows),
        limits=dict(limits),
        evidence=_evidence(pile, pile.states),
        cause=_readings(scene, pile),
        next=advice.steps(scene, SHORTER),
        caveats=_unknown(scene, pile),
        refs=POOLING,
    )


SHORTER = (
    "none needed; if requests fail with a reset, set the client's idle timeout below the server's "
    "keep-alive timeout"
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
            f"{plural(len(part), 'connection')} of {who} to {plural(services, 'service')} "
            f"{'lies' if len(part) == 1 else 'lie'} idle after the other end has closed: a pool "
            "that notices at the next use."
        ),
        sockets=labels(part),
        limits=dict(limits),
        evidence=(f"services: {top(part['bound'])}",),
        next=advice.steps(scene, SHORTER),
        refs=POOLING,
    )


# ---- which row is of which kind --------------------------------------------------------------


def _kinds(scene: Scene, **given: Limits) -> pd.DataFrame:
    """Every CLOSE_WAIT row with its kind: unaccepted, unread, answering, pool or leak.

    A diagnosis gives the numbers that the user has set for it; for the others the defaults decide.
    """
    import pandas as pd

    limits = {**DEFAULTS, **given}
    rows = scene.rows
    found = _looked_at(scene, rows[(rows["state"] == "CLOSE_WAIT") & rows["concrete"]])
    found = found.assign(kind=pd.Series("leak", index=found.index, dtype="object"))
    found.loc[_never_accepted(scene, found), "kind"] = "unaccepted"
    found.loc[_not_read(scene, found, limits["unread"]), "kind"] = "unread"
    found.loc[_answering(scene, found, limits["leak"]["sending_s"]), "kind"] = "answering"
    found.loc[_pooled(scene, found, limits["pool"]), "kind"] = "pool"
    return found


def _looked_at(scene: Scene, found: pd.DataFrame) -> pd.DataFrame:
    """Few columns, and what is counted of a pile; `waiting` is Recv-Q, -1 where none is printed."""
    received, queued = scene.column("lastrcv_ms")[found.index], flagged(found["recv_q"] > FIN)
    waiting = found["recv_q"].fillna(-1).astype("int64")
    return facing(scene, slim(found), "FIN_WAIT_2").assign(
        waiting=waiting,
        aged=flagged(received >= AGED_MS),
        queued=(found["role"] == "server") & _ownerless(found) & queued,
        **{name: waiting.between(*bounds) for name, bounds in CLASSES.items()},
    )


def _never_accepted(scene: Scene, found: pd.DataFrame) -> pd.Series[bool]:
    """Rows of a visible program's port that belong to nobody, with something unread.

    An unread FIN alone is enough where inodes are printed: an accepted socket has one.
    """
    if not scene.has & {"owner", "inode"}:
        return _explained(scene, found)
    seen = (~_ownerless(scene.rows)).reindex(found["listener"], fill_value=False).to_numpy()
    least = FIN if "inode" in scene.has else FIN + 1
    return (found["role"] == "server") & _ownerless(found) & (found["waiting"] >= least) & seen


def _explained(scene: Scene, found: pd.DataFrame) -> pd.Series[bool]:
    """Rows that the listener's own queue accounts for, where no owner is visible.

    Nothing proves that they were never accepted; but nobody may be told to have kept them.
    """
    together = found["queued"].groupby(found["listener"]).transform("sum")
    queue = scene.rows["recv_q"].reindex(found["listener"]).fillna(0).to_numpy(dtype="int64")
    return found["queued"] & (together <= (1 + NEARLY) * queue)


def _ownerless(rows: pd.DataFrame) -> pd.Series[bool]:
    return ~rows["owned"] & rows["inode"].isna()


def _not_read(scene: Scene, found: pd.DataFrame, limits: Limits) -> pd.Series[bool]:
    """Rows of programs of whose CLOSE_WAIT rows so many hold unread data that it is a finding."""
    keys = owner_keys(found)
    deep = found["owned"] & (found["waiting"] > limits["bytes"]) & (found["kind"] == "leak")
    least = min(halved(limits["few"]), limits["many"])
    found_there = piles(scene, found[deep], keys[deep], keys.value_counts(), least)
    return deep & keys.isin([pile.key for pile in found_there if pile.speaks(limits)])


def _answering(scene: Scene, found: pd.DataFrame, seconds: float) -> pd.Series[bool]:
    """Rows that still send: the other end closed its direction only, and waits for an answer."""
    sent = scene.column("lastsnd_ms")[found.index]
    sending = flagged(found["send_q"] > 0) | flagged(sent < 1000 * seconds)
    return sending & (found["kind"] == "leak")


def _pooled(scene: Scene, found: pd.DataFrame, limits: Limits) -> pd.Series[bool]:
    """Client rows that nobody has touched since the server closed them."""
    mine = (found["role"] == "client") & (found["owner"] != "") & (found["kind"] == "leak")
    part = found[mine]
    signs = part[["persistent"]].assign(n=1, untouched=part["waiting"].between(FIN, RECORD))
    sums = signs.astype("int64").groupby(part["group"]).transform("sum")
    served = scene.rows.loc[scene.rows["state"] == "ESTABLISHED", "group"]
    dead = (sums["persistent"] >= limits["dead"]) & ~part["group"].isin(served)
    idle = sums["n"] <= limits["few"]
    if _counts_fin(scene):
        idle = (sums["untouched"] >= limits["share"] * sums["n"]) & (sums["n"] <= limits["many"])
    return mine & (idle & ~dead & ~_growing(scene, part)).reindex(found.index, fill_value=False)


def _growing(scene: Scene, part: pd.DataFrame) -> pd.Series[bool]:
    """Rows of groups that have grown from each of three or more snapshots to the next."""
    import pandas as pd

    keys = _pool_keys(part)
    if len(scene.earlier) < 2:
        return pd.Series(False, index=part.index, dtype="bool")
    before = []
    for moment in scene.earlier:
        rows = moment.rows
        then = rows[(rows["state"] == "CLOSE_WAIT") & (rows["role"] == "client")]
        before.append(_pool_keys(then).value_counts())
    counts = pd.concat([*before, keys.value_counts()], axis=1).fillna(0)
    rising = counts.diff(axis=1).iloc[:, 1:].gt(0).all(axis=1)
    return keys.isin(counts.index[rising.to_numpy(dtype="bool")])


def _pool_keys(rows: pd.DataFrame) -> pd.Series[Any]:
    return owner_keys(rows) + " " + rows["bound"].astype("object")


# ---- words that they share -------------------------------------------------------------------


def _counts_fin(scene: Scene) -> bool:
    """Whether Recv-Q of a connection counts an unread FIN: Linux does, macOS and BSD do not."""
    return scene.os == "linux" and "queues" in scene.has


def _cap(proven: bool) -> Any:
    """What one moment can show of how long it lasts (diagnoses: the cap rule)."""
    return "high" if proven else "medium"


def _connections(pile: Pile) -> str:
    return connections(pile.first, pile.base, " without a known service")


def _closers(part: pd.DataFrame) -> str:
    """Who has closed: the one program at the other ends, where they are in a dump."""
    return others(part, part["far_owner"])


def _program(part: pd.DataFrame) -> str:
    """The program in a sentence about what it does."""
    process = part["process"].dropna()
    return str(process.iat[0]) if len(process) else actor(part["owner"].iat[0], LOCAL_PROGRAM)


def _evidence(pile: Pile, states: Counts) -> tuple[str, ...]:
    """The table of states and Recv-Q classes, and who is at the other end."""
    shown = tuple(CLASSES) if any(pile.counts[name] for name in CLASSES) else ()
    alone = pile.first["role"] == "client" or pile.rows["remote_addr"].isna().all()
    lines = pile.table("CLOSE_WAIT", states, "other kinds", shown)
    return lines if alone else (*lines, peers(pile.rows))


def _readings(scene: Scene, pile: Pile) -> tuple[str, ...]:
    """What Recv-Q says about how far the program came, for each class that a fifth is in."""
    counts = {name: pile.counts[name] for name in CLASSES}
    if _counts_fin(scene):
        ranked = sorted(counts, key=lambda name: -counts[name])
        said = [READINGS[name] for name in ranked if counts[name] >= pile.n / 5]
        unprinted = "Recv-Q is not printed: how far the program has read is not shown."
        return tuple(text.format(_program(pile.rows)) for text in said) or (unprinted,)
    system = NAMES.get(scene.os or "", "this system")
    if any(counts.values()):
        return (f"{system} does not count a FIN in Recv-Q: 0 does not show that its end was read.",)
    return (f"{system} prints no Recv-Q: how far the program has read is not shown.",)


def _unknown(scene: Scene, pile: Pile) -> tuple[str, ...]:
    """What no finding about CLOSE_WAIT can tell from such a dump."""
    said = [] if pile.kept else ["how long: take a second snapshot 120 s later"]
    if "owner" not in scene.has:
        said.append("which program: take the dump as root, with owners (ss -p, netstat -p or -ob)")
    return tuple(said)


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
        states=("CLOSE_WAIT",),
    ),
    Diagnosis(
        "close-wait-unaccepted",
        "Are the CLOSE_WAIT rows connections that the server program has never accepted?",
        check_unaccepted,
        needs=("states", "queues", "owner|inode"),
        numbers=UNACCEPTED,
        absorbs=(Absorbs("fin-wait2-stuck", by="mirror"),),
        refs=CLOSING,
        states=("CLOSE_WAIT",),
    ),
    Diagnosis(
        "close-wait-unread",
        "Did the program stop reading before the peers left?",
        check_unread,
        needs=("states", "queues", "owner"),
        numbers=UNREAD,
        absorbs=MIRRORED,
        refs=CLOSING,
        states=("CLOSE_WAIT",),
    ),
    Diagnosis(
        "close-wait-pool",
        "Are these merely stale connections of a client's pool?",
        check_pool,
        needs=("states",),
        numbers=POOL,
        refs=POOLING,
        states=("CLOSE_WAIT",),
    ),
)
"""The diagnoses: one family in one file, found by its file name."""

if __name__ != "nsparse.analysis":
    raise ImportError("import nsparse.analysis, not analysis")
