"""This end has closed, the other end has not: FIN_WAIT_2 of programs, and of the kernel alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.finding import (
    LOCAL_PROGRAM,
    endpoint,
    group_of,
    netns_of,
    other_ends,
    peers,
    settle,
    steps_for,
)
from nsparse.layout import table
from nsparse.measure import actor, halved, passes, plural, port_of, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Confidence, Limits, Severity, Step
    from nsparse.scene import Scene

NUMBERS = (
    Number("few", 5, "one close in progress is none; five to one service are not by chance"),
    Number("share", 0.2, "of what the group has open"),
    Number("many", 100, "reported: over 300 beside 40 that were alive"),
    Number("critical", 1000, "reported: 14 544, a third of all sockets of a proxy"),
    Number("fd_share", 0.4, "of the process's descriptor limit"),
    Number("fresh_s", 10, "received data so lately: a half-close in use"),
    Number("vague_few", 20, "without owners and timers most of them may be the kernel's"),
    Number("vague_share", 0.3, "the same"),
    Number("vague_many", 500, "the same"),
    Number("kernel", 1000, "so many kernel-held ones tell of peers that are slow to close"),
)
USED = (
    *("netns", "remote_addr", "remote_port", "pid", "process", "inode", "timer"),
    *("role", "bound", "owner", "owned", "pair", "persistent", "group"),
)
"""Columns of the scene that are looked at here."""
REFS = ("ip-sysctl tcp_fin_timeout", "RFC 9293 3.6.1", "Linux get_timewait4_sock")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does the other end never close, and who holds this end?

    Means: a program here has sent its FIN and keeps the descriptor; the other end has
        acknowledged and never closes. While a program holds it no kernel timer ends the state:
        tcp_fin_timeout is for those that no program holds any more.
    Do: look at the end that is in CLOSE_WAIT, the fault is there. Here: after shutdown() read with
        a deadline, then close; a proxy needs a timeout for half-closed sessions.
    False alarms: a half-close in use, which still receives. Rows that the kernel holds (timer
        `timewait`, or no owner) go by themselves within a minute; OpenBSD never times them out.
    """
    from nsparse.scene import column

    rows = scene.rows
    found = rows[(rows["state"] == "FIN_WAIT_2") & rows["concrete"]]
    if found.empty:
        return
    far = other_ends(scene, found, ["state", "owner"])
    # Few columns: each group of a dump with thousands of them is cut out of this frame.
    found = found[list(USED)].assign(
        lastrcv_ms=column(found, "lastrcv_ms"),
        paired=far["state"].astype("object").fillna("") == "CLOSE_WAIT",
        far_owner=far["owner"].astype("object").fillna(""),
    )
    kinds = _kinds(scene, found, limits)
    for kind, part in found.groupby(kinds, sort=False):
        if kind == "kernel":
            yield from _kernel_held(scene, limits, part)
        elif kind in ("held", "vague"):
            yield from _stuck(scene, limits, part, vague=kind == "vague")


def _kinds(scene: Scene, found: pd.DataFrame, limits: Limits) -> pd.Series[Any]:
    """Who holds each row: kernel, a program (held), not to be told (vague); or it still receives.

    Linux moves a socket that no program holds to a time-wait entry that keeps the name, with
    timer `timewait`, uid 0 and inode 0 (get_timewait4_sock).
    """
    import pandas as pd

    kinds = pd.Series("vague", index=found.index, dtype="object")
    owned = found["owned"] | found["inode"].notna()
    if "timers" in scene.has and scene.os == "linux":
        kinds[:] = "held"
    kinds[owned] = "held"
    if scene.has & {"owner", "inode"}:
        kinds[~owned] = "kernel"
    kinds[(found["timer"] == "timewait").to_numpy(dtype="bool")] = "kernel"
    receiving = (found["lastrcv_ms"] < 1000 * limits["fresh_s"]).fillna(False)
    kinds[receiving.to_numpy(dtype="bool") & (kinds != "kernel")] = "receiving"
    return kinds


def _stuck(scene: Scene, limits: Limits, found: pd.DataFrame, *, vague: bool) -> Iterator[Finding]:
    """Piles that a program holds, or may hold; each group that is large enough."""
    rows = scene.rows
    sizes = found.groupby("group")["group"].transform("size")
    least = min(halved(limits["few"]), limits["many"], limits["critical"])
    found = found[sizes >= least]
    live = rows["live"] & rows["group"].isin(found["group"].unique())
    around = dict(iter(rows.loc[live, ["group", "state", "pair"]].groupby("group")))
    for code, part in found.groupby("group", sort=False):
        finding = _pile(scene, limits, part, around[code], vague=vague)
        if finding is not None:
            yield finding


def _pile(
    scene: Scene, limits: Limits, part: pd.DataFrame, around: pd.DataFrame, *, vague: bool
) -> Finding | None:
    """The finding about one group, if it is large enough."""
    n, base = len(part), _connections(around)
    least = max(halved(limits["few"]), n / 2)
    proofs = sum(len(part[part[sign]]) >= least for sign in ("paired", "persistent"))
    kind = "vague_" if vague and not proofs else ""
    few = halved(limits["few"]) if proofs else limits[f"{kind}few"]
    share, many = limits[f"{kind}share"], limits[f"{kind}many"]
    starving = bool(part["owned"].iat[0]) and n >= limits["fd_share"] * scene.constants.fd_limit
    drained = not kind and (n >= limits["critical"] or starving)
    if not (drained or passes(n, base, few, share, many)):
        return None
    # What lasts cannot be told from one moment: warning at most, unless something proves it.
    severity: Severity = "critical" if drained and proofs else "warning"
    guessed = severity == "critical" and n < limits["critical"] and _assumed(scene)
    return Finding(
        id="fin-wait2-stuck",
        severity=severity,
        confidence=_confidence(scene, part, proofs, guessed=guessed, vague=bool(kind)),
        group=group_of(part.iloc[0]),
        n=n,
        base=base,
        verdict=_verdict(part, base, vague=bool(kind)),
        sockets=tuple(int(label) for label in part.index),
        limits={**limits, "few": few, "share": share, "many": many},
        evidence=_evidence(scene, part, around),
        cause=_cause(part),
        next=_steps(scene, part),
        caveats=tuple(_caveats(scene, part, vague=bool(kind), guessed=guessed)),
        refs=REFS,
    )


def _confidence(
    scene: Scene, part: pd.DataFrame, proofs: int, *, guessed: bool, vague: bool
) -> Confidence:
    """How sure it is; that an owner is shown proves less where it may be shown after close()."""
    if vague:
        return "low"
    doubts = (
        guessed + (str(part["role"].iat[0]) == "unknown") + (scene.os != "linux" and not proofs)
    )
    return settle("medium", scene, up=proofs, down=int(doubts), cap="high" if proofs else "medium")


def _assumed(scene: Scene) -> bool:
    return "fd_limit" in scene.constants.assumed


def _connections(around: pd.DataFrame) -> int:
    """Connections of one group; a pair whose both ends are in it counts once."""
    twice = around["pair"].isin(around.index) & (around["pair"] < around.index)
    return len(around) - len(around[twice])


def _verdict(part: pd.DataFrame, base: int, *, vague: bool) -> str:
    owner, role, bound = (str(part[name].iat[0]) for name in ("owner", "role", "bound"))
    who = actor(owner, "this host" if vague else LOCAL_PROGRAM)
    where = f" of {owner}" if owner else ""
    if bound and role == "client":
        where = f" from {owner or 'this host'} to {bound}"
    elif bound and role == "server":
        where = f" {'accepted ' if owner else ''}on port {port_of(bound)}"
    n = len(part)
    return (
        f"{thousands(n)} of {plural(base, 'connection')}{where} {'is' if n == 1 else 'are'} "
        f"FIN_WAIT_2: {who} has closed its direction, {_others(part)} not."
    )


def _others(part: pd.DataFrame) -> str:
    """Who has not closed: the one program at the other ends, where they are in a dump."""
    owners = _far_owners(part)
    if len(owners) == 1:
        return f"{owners[0]} has"
    role = part["role"].iat[0]
    if role == "client":
        return "the server has"
    one, more = ("client", "clients") if role == "server" else ("other end", "other ends")
    return f"the {one} has" if len(part) == 1 else f"the {more} have"


def _far_owners(part: pd.DataFrame) -> list[str]:
    return [str(owner) for owner in part["far_owner"].unique() if owner]


def _evidence(scene: Scene, part: pd.DataFrame, around: pd.DataFrame) -> tuple[str, ...]:
    """The states of the group, the timers of the pile, and who is at the other end."""
    counts = around["state"].astype("object").value_counts()
    oldest = "at least 120 s" if part["persistent"].any() else "not in this dump"
    lines = [("state", "n", "oldest"), ("FIN_WAIT_2", str(len(part)), oldest)]
    rest = int(counts.get("FIN_WAIT_2", 0)) - len(part)
    if rest > 0:
        lines.append(("FIN_WAIT_2, not stuck", str(rest), ""))
    lines += [(str(state), str(n), "") for state, n in counts.items() if state != "FIN_WAIT_2"]
    shown = list(table(lines, indent=0))
    if "timers" in scene.has:
        shown.append(f"timers: {top(part['timer'].astype('object').fillna('off'))}")
    if part["role"].iat[0] != "client" and part["remote_addr"].notna().any():
        shown.append(peers(part))
    return tuple(shown)


def _cause(part: pd.DataFrame) -> tuple[str, ...]:
    if part["paired"].any():
        owners = " and ".join(_far_owners(part)) or "the program at the other end"
        return (f"the other ends are seen in CLOSE_WAIT: {owners} has to close",)
    return ("the other end acknowledged and never closed: this suggests CLOSE_WAIT over there",)


def _caveats(scene: Scene, part: pd.DataFrame, *, vague: bool, guessed: bool) -> Iterator[str]:
    if not part["persistent"].any():
        yield "how long: take a second snapshot 120 s later"
    if vague:
        yield "who holds them: owners or timers would show it (ss -tanpo, as root)"
    elif scene.os != "linux":
        yield "whether the program still holds them: this system may name the owner after close()"
    if guessed:
        yield f"the descriptor limit: {thousands(scene.constants.fd_limit)} is assumed"


def _steps(scene: Scene, part: pd.DataFrame) -> tuple[Step, ...]:
    addr, port = part["remote_addr"].iat[0], part["remote_port"].iat[0]
    other = f"at the other end ({endpoint(addr, port)} and others): find the owner in CLOSE_WAIT"
    if len(part) == 1:
        other = f"at the other end ({endpoint(addr, port)}): find the owner in CLOSE_WAIT"
    return steps_for(
        scene,
        linux=("ss -tanpoe state fin-wait-2",),
        macos=("lsof -nP -iTCP -sTCP:FIN_WAIT_2",),
        windows=("Get-NetTCPConnection -State FinWait2 | Group-Object OwningProcess",),
        other=(
            other,
            "here: after shutdown() read with a deadline, then close; in a proxy set the timeout "
            "for half-closed sessions",
        ),
    )


def _kernel_held(scene: Scene, limits: Limits, found: pd.DataFrame) -> Iterator[Finding]:
    """Those that go by themselves: a word for a large group, one line for all the rest."""
    keys = netns_of(found) + " " + found["role"] + " " + found["bound"].astype("object")
    sizes = found.groupby(keys)["group"].transform("size")
    loud = sizes >= limits["kernel"]
    for _, part in found[loud].groupby(keys[loud], sort=False):
        yield _passing(scene, limits, part, "notice")
    rest = found[~loud]
    if len(rest):
        for _, part in rest.groupby(netns_of(rest), sort=False):
            yield _passing(scene, limits, part, "info")


def _passing(scene: Scene, limits: Limits, part: pd.DataFrame, severity: Severity) -> Finding:
    n, seconds = len(part), scene.constants.fin_timeout_s
    first = part.iloc[0]
    one = part["bound"].nunique() == 1 and part["role"].nunique() == 1
    place = group_of(first) if one else Group()
    said = plural(n, "connection")
    if one and first["bound"] and first["role"] == "server":
        said = f"{said} on port {port_of(str(first['bound']))}"
    elif one and first["bound"]:
        said = f"{said} to {first['bound']}"
    rate = "" if n < limits["kernel"] else f", about {thousands(n / seconds)} a second"
    return Finding(
        id="fin-wait2-stuck",
        severity=severity,
        confidence=settle("high", scene),
        group=Group(role=place.role, service=place.service),
        n=n,
        verdict=(
            f"{said} {'is' if n == 1 else 'are'} FIN_WAIT_2 and held by the kernel alone{rate}: "
            f"each goes by itself within {seconds} s."
        ),
        sockets=tuple(int(label) for label in part.index),
        limits={"kernel": limits["kernel"], "fin_timeout_s": seconds},
        evidence=(peers(part),),
        cause=("the program here has closed; the peers are slow to close their direction",),
        refs=REFS,
    )


DIAGNOSES = (
    Diagnosis(
        "fin-wait2-stuck",
        "Does the other end never close, and who holds this end?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
    ),
)
