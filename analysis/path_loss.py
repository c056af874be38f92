"""Paths that lose what is sent, and senders that loss has throttled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.counters import resent
from nsparse.judging.evidence.elsewhere import before
from nsparse.judging.evidence.finding import WHOSE, flagged, labels, owner_of, settle
from nsparse.judging.evidence.measure import PERSISTS_S
from nsparse.judging.evidence.pile import piles
from nsparse.judging.evidence.stated import lost
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.scene import Scene

End = Literal["remote_addr", "local_addr"]
SPURIOUS = 0.8
"""Part of the retransmissions that the other end reports as received twice."""
MOST = 0.5
"""Part of the connections of an address that lose too much where it is no single peer's path."""

LOSS = (
    Number("bytes", 1_000_000, "less is too short a transfer for a share"),
    Number("segments", 1000, "the same, where the bytes are not printed"),
    Number("notice", 0.01, "1 % of segments is the line that others use on counters"),
    Number("warning", 0.03, "throughput goes with one over the root of the loss"),
    Number("rows", 5, "so many connections are the path, not one of them"),
    Number("large", 100_000_000, "or so many bytes: one long transfer is enough"),
    Number("again", 1000, "or so many segments sent again: that is a measurement of one path"),
)
COLLAPSE = (
    Number("cwnd", 2, "one or two segments for each round trip"),
    Number("ssthresh", 7, "the kernel has halved its window again and again"),
    Number("bytes", 1_000_000, "with so much sent it is no young connection"),
    Number("few", 3, "one or two may have just lost a segment"),
    Number("share", 0.1, "a tenth of the service's connections"),
    Number("many", 50, "so many at once are not by chance"),
    Number("loss", 0.03, "the share of loss from which on the path is at fault"),
)


def check_loss(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which paths retransmit too much?

    Means: of what was sent to this address a good part had to be sent again: a bad link, a policer,
        an overloaded line. The more is lost, the slower is every transfer. Peers of which each has
        too few connections are counted together, by the address that they are sent from.
    Do: trace the path with mtr; look at the counters of the network card. If all addresses lose
        alike, it is the local link.
    False alarms: short connections do not count. Reordering makes the kernel send again what was
        not lost.
    """
    import numpy as np

    view = scene.view
    # What a receiver sends are acknowledgements: segments of data count, where they are printed.
    rough = view.at_least("segs_out", limits["segments"]) & ~view.known("data_segs_out")
    segments = view.at_least("data_segs_out", limits["segments"]) | rough
    long = view.at_least("bytes_sent", limits["bytes"]) | segments
    if not long.any():
        return
    sent = _sent(scene, long)
    told = []
    for part in _lossy_by(scene, limits, sent, "remote_addr"):
        yield _lossy(scene, limits, part, "remote_addr")
        told.append(part.index.to_numpy())
    rest = sent.drop(np.concatenate(told)) if told else sent
    for part in _lossy_by(scene, limits, rest, "local_addr"):
        if (part["again"] >= limits["notice"] * part["total"]).sum() >= MOST * len(part):
            yield _lossy(scene, limits, part, "local_addr")


def _lossy_by(scene: Scene, limits: Limits, sent: pd.DataFrame, end: End) -> Iterator[pd.DataFrame]:
    """Connections alike by one end, of which too much was sent again.

    There must be so many of them, or so many bytes or repeated segments, that it is the path.
    """
    keys = scene.view.keys_at(sent.index.to_numpy(), end)
    ends = sent.assign(end=keys).groupby("end", sort=False)
    sums = ends[["again", "total", "bytes", "retrans_total"]].sum()
    enough = (ends.size() >= limits["rows"]) | (sums["bytes"] >= limits["large"])
    enough = enough | (sums["retrans_total"] >= limits["again"])
    for key in sums.index[flagged(enough & (sums["again"] >= limits["notice"] * sums["total"]))]:
        yield ends.get_group(key)


def _share(part: pd.DataFrame) -> float:
    """Which part of what was sent was sent again."""
    return float(part["again"].sum()) / float(part["total"].sum())


def _sent(scene: Scene, long: Bools) -> pd.DataFrame:
    """Connections with much sent, how much, and how much of it again."""
    names = ("bytes_sent", "bytes_retrans", "data_segs_out", "segs_out", "retrans_total")
    told = scene.view.pick(long, *WHOSE, "local_addr", "remote_addr", "details", *names)
    size, twice, data, segments, retrans = (told[name].astype("Float64") for name in names)
    segments = data.fillna(segments)
    by_bytes = size.notna() & (twice.notna() | retrans.isna())
    total = size.where(by_bytes, segments)
    again = twice.where(by_bytes, retrans).fillna(0)
    told = told.assign(total=total, again=again, bytes=size.fillna(0))
    return told[flagged(total > 0)]


def _lossy(
    scene: Scene,
    limits: Limits,
    part: pd.DataFrame,
    end: End,
) -> Finding:
    """What goes to one peer; or what goes from one address to many of which each has too little."""
    share, n, peer = _share(part), len(part), part["remote_addr"].iat[0]
    severity: Severity = "warning" if share >= limits["warning"] else "notice"
    ours = end == "local_addr"
    to = f"from {part[end].iat[0]} to {_peers(part)}" if ours else f"to {peer}"
    one = part["owner"].nunique() == 1
    where = "our own link, or what they share," if ours else "the path"
    spurious = _spurious(part)
    return Finding(
        id="loss-high",
        severity=severity,
        confidence=settle(
            "high",
            scene,
            up=int((resent(scene) or 0) >= limits["notice"]),
            down=int(n < limits["rows"]) + int(spurious),
        ),
        group=Group(**owner_of(part.iloc[0])) if one else Group(),
        n=n,
        verdict=(
            f"{100 * share:.1f} % of what was sent {to} on {plural(n, 'connection')} had to "
            f"be sent again: {where} loses too much."
        ),
        sockets=labels(part),
        limits=dict(limits),
        evidence=(_amounts(part), *lost(scene)),
        cause=(
            "the other end reports most of it as received twice: suggests reordering, not loss"
            if spurious
            else "suggests a bad link, a policer or an overloaded line "
            + ("near this host" if ours else "on the way"),
        ),
        next=advice.steps(
            scene,
            *(({"linux": "ip -s link"},) if ours else ()),
            {"linux": f"mtr -n {peer}"},
            {"linux": "nstat -az TcpRetransSegs TcpOutSegs"},
            "compare the peers: if all of them lose, it is the local link",
        ),
        caveats=("where on the way it is lost",),
    )


def _peers(part: pd.DataFrame) -> str:
    return plural(part["remote_addr"].nunique(), "peer")


def _amounts(part: pd.DataFrame) -> str:
    sent, again = int(part["total"].sum()), int(part["again"].sum())
    unit = "byte" if (part["bytes"] == part["total"]).all() else "segment"
    return f"{plural(again, unit)} of {thousands(sent)} sent again"


def _spurious(part: pd.DataFrame) -> bool:
    """Whether about as many duplicates arrived as segments were sent again."""
    retrans = part["retrans_total"].fillna(0).sum()
    if not retrans:
        return False
    details = part["details"].astype("object").fillna("").astype("str")
    found = details.str.extract(r"dsack_dups:(\d+)", expand=False)
    return bool(found.fillna("0").astype("int64").sum() >= SPURIOUS * retrans)


# ---- windows of almost nothing ---------------------------------------------------------------


def check_collapse(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which senders have been throttled to almost nothing by loss?

    Means: the congestion window is one or two segments, or its threshold lies near the bottom,
        after losses. Such a connection sends a few kilobytes for each round trip on any link.
    Do: find where segments are lost, with mtr and the counters of the network card.
    False alarms: a window of 10 is the initial one; idle connections start again from it.
    """
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    again = view.at_least("retrans_now", 1) | view.at_least("lost", 1)
    small = view.known("cwnd") & ~view.above("cwnd", limits["cwnd"]) & again
    low = view.known("ssthresh") & ~view.above("ssthresh", limits["ssthresh"])
    halved = low & view.at_least("bytes_sent", limits["bytes"])
    held = (small | halved) & ~view.is_("state", "SYN_SENT", "SYN_RECEIVED")
    if not held.any():
        return
    found = Rows(view, held)
    then = before(scene, found, ["cwnd"], PERSISTS_S)["cwnd"]
    found = found.beside(persistent=flagged(then <= limits["cwnd"]).to_numpy())
    for pile in piles(scene, found, limits):
        if pile.speaks:
            yield _collapsed(pile)


def _collapsed(pile: Pile) -> Finding:
    scene, rows = pile.scene, pile.rows
    windows = rows["cwnd"].dropna()
    again, sent = (rows[name].sum() for name in ("bytes_retrans", "bytes_sent"))
    lossy = sent >= pile.limits["bytes"] and float(again) / float(sent) >= pile.limits["loss"]
    backed = flagged(rows["rto_ms"] >= 1000) | flagged(rows["backoff"] >= 1)
    least = f" of {_between(windows)}" if len(windows) else ""
    sends = "sends" if pile.n == 1 else "send"
    return pile.finding(
        "cwnd-collapse",
        "warning" if lossy else "notice",
        pile.confidence(up=int(backed.any()), down=int(pile.first["role"] == "unknown")),
        f"{pile.part()} {sends} with a congestion window{least}, held down by loss.",
        evidence=(f"retransmission timer of 1 s or more, or backed off, on {int(backed.sum())}",),
        cause=("suggests loss on the path, again and again",),
        next=advice.steps(
            scene,
            {"linux": f"ss -tanpoi {advice.dst(pile.first['remote_addr'])}"},
            {"linux": f"mtr -n {pile.first['remote_addr']}"},
        ),
        caveats=("whether it lasts: take a second snapshot",),
    )


def _between(windows: pd.Series[int]) -> str:
    low, high = int(windows.min()), int(windows.max())
    return plural(high, "segment") if low == high else f"{low} to {high} segments"


DIAGNOSES = (
    Diagnosis(
        "loss-high",
        "Which paths retransmit too much?",
        check_loss,
        needs=("tcpinfo",),
        numbers=LOSS,
        absorbs=(Absorbs("cwnd-collapse"),),
        refs=("hotsos tcp.yaml", "tcp_info (Linux)"),
        states=("ESTABLISHED",),
    ),
    Diagnosis(
        "cwnd-collapse",
        "Which senders have been throttled to almost nothing by loss?",
        check_collapse,
        needs=("tcpinfo",),
        numbers=COLLAPSE,
        refs=("RFC 5681", "ss(8)"),
        states=("ESTABLISHED",),
    ),
)
