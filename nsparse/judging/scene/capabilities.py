"""What a dump can show: diagnoses that need more of it are not evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nsparse.judging.arrays.codes import Bools
from nsparse.judging.arrays.view import View
from nsparse.judging.scene.processes import complete
from nsparse.judging.scene.shown import names_all

FACTS = {"sysctl", "counters", "sockstat", "proctable"}
"""What a bundle may hold beside the sockets, and diagnoses may need."""


def capabilities(view: View, os: str | None, facts: Mapping[str, object]) -> frozenset[str]:
    """What the dump can show (diagnoses: not evaluated)."""
    seen = {name for name, found in _signs(view) if found}
    told = FACTS & set(facts)
    if "proctable" in told and not complete(view, os, facts):
        told.discard("proctable")
    return frozenset(seen | told)


def _signs(view: View) -> Iterator[tuple[str, bool]]:
    inet, tcp = view.inet, view.is_("proto", "tcp")
    linked, listens = view.true("concrete"), view.is_("role", "listener")
    yield "states", _any(view, tcp, "state")
    yield "queues", _any(view, linked if linked.any() else inet, "recv_q")
    yield "accept", _any(view, listens, "recv_q")
    yield "backlog", _any(view, listens, "send_q")
    yield "owner", bool((view.true("owned") & (tcp if tcp.any() else inet)).any())
    yield "owners", names_all(view)
    yield "inode", _any(view, inet, "inode")
    counts = ("retrans", "probes")
    yield "timer", _any(view, tcp, "timer", "timer_ms", *counts)
    # Linux prints the count with every timer that has one.
    yield "timers", _any(view, tcp, *counts) or _any(view, tcp & view.is_("os", "linux"), "timer")
    yield "tcpinfo", _any(view, tcp, "rtt_ms", "lastsnd_ms", "lastrcv_ms", "lastack_ms")
    yield "skmem", _any(view, inet, "skmem_rb", "skmem_tb")


def _any(view: View, among: Bools, *names: str) -> bool:
    some = (name for name in names if not view.empty(name))
    return any(bool((view.known(name) & among).any()) for name in some)
