"""A host in four lines: how many sockets, where it is busy, what is closing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nsparse.prose import percent, plural, thousands

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.judging.scene.scene import Scene

CLOSING = ("FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK")
OPENING = ("SYN_SENT", "SYN_RECEIVED")


def overview(scene: Scene) -> Iterator[tuple[str, list[str]]]:
    """Labels and texts of a healthy host, as the report prints them."""
    yield "connections", _sockets(scene)
    for label, role in (("busiest in", "server"), ("busiest out", "client")):
        live = scene.view.true("live") & scene.view.is_("role", role)
        rows = scene.view.pick(live, "bound", "owner", "process", "service", "listener")
        if len(rows):
            yield (
                label,
                [_busiest_in(rows, scene) if role == "server" else _busiest_out(rows, scene)],
            )
    if scene.view.true("once").any() and "states" in scene.has:
        yield "closing", [_closing(scene)]


def _sockets(scene: Scene) -> list[str]:
    view = scene.view
    states = view.pick(view.true("once"), "state")["state"].value_counts()
    count = {str(state): int(n) for state, n in states.items() if n}
    kinds = {
        "ESTABLISHED": count.get("ESTABLISHED", 0),
        "TIME_WAIT": count.get("TIME_WAIT", 0),
        "opening": sum(count.get(state, 0) for state in OPENING),
        "closing": sum(count.get(state, 0) for state in CLOSING),
        "in a state that no table knows": count.get("UNKNOWN", 0),
    }
    detail = ", ".join(f"{thousands(n)} {kind}" for kind, n in kinds.items() if n)
    listens = view.is_("role", "listener")
    listeners = f"listeners {thousands(int(listens.sum()))}"
    if view.is_("proto", "tcp").any() and "states" not in scene.has:
        detail, listeners = "the dump shows no states", "listeners not shown"
    elif listens.any() and not view.true("concrete").any() and "unfiltered" not in scene.has:
        detail = "the dump shows listeners alone"
    udp = thousands(int(view.is_("proto", "udp").sum()))
    return [
        thousands(int(view.true("once").sum())) + (f" ({detail})" if detail else ""),
        f"{listeners}, UDP {udp}, rows {thousands(len(view))}, "
        + plural(scene.duplicates, "duplicate"),
    ]


def _busiest_in(rows: pd.DataFrame, scene: Scene) -> str:
    sizes = rows.groupby("bound").size().sort_values(ascending=False, kind="stable")
    bound = sizes.index[0]
    served = rows[rows["bound"] == bound]
    who = " ".join(filter(None, (str(bound), _who(served))))
    return f"{who} {plural(len(served), 'connection')}{_queue(served, scene)}"


def _who(served: pd.DataFrame) -> str:
    """Who holds the connections of a port: one process, or several of one name; else "".

    Some have nobody: what is closing is the kernel's.
    """
    held = served[served["owner"] != ""]
    for name in ("owner", "process"):
        if held[name].nunique() == 1:
            return str(held[name].dropna().iloc[0])
    return ""


def _queue(rows: pd.DataFrame, scene: Scene) -> str:
    """How full the accept queue of these rows' listener is, where the dump tells."""
    import pandas as pd

    listeners = rows.loc[rows["listener"] >= 0, "listener"]
    if listeners.empty or "backlog" not in scene.has:
        return ""
    first = scene.view.pick(listeners.to_numpy()[:1], "recv_q", "send_q")
    queued, limit = first.iloc[0]
    if pd.isna(queued) or pd.isna(limit):
        return ""
    return f", accept queue {thousands(int(queued))} of {thousands(int(limit))}"


def _busiest_out(rows: pd.DataFrame, scene: Scene) -> str:
    sizes = rows.groupby("service").size().sort_values(ascending=False, kind="stable")
    service, n = str(sizes.index[0]), int(sizes.iloc[0])
    ports = scene.constants.ephemeral_size
    used = f", {percent(n, ports)} of {thousands(ports)} local ports to it"
    return f"{service} {plural(n, 'connection')}{used if 1000 * n >= ports else ''}"


def _closing(scene: Scene) -> str:
    """How many ends are in which state: both of a connection within the host, which differ."""
    states = scene.view.pick(scene.view.true("concrete"), "state")["state"]
    named = [
        f"{thousands(n)} {state}"
        for state in CLOSING
        if (n := int((states == state).sum())) or state == "CLOSE_WAIT"
    ]
    return ", ".join(named)
