"""Connection attempts that get no answer: which of them mean nothing, and how they are repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.scene.scene import Scene

LINEAR_GAP_MS = 1000
LINEAR_SYNS = 4
"""Since Linux 6.5 the first four SYNs are repeated after a second each (tcp_syn_linear_timeouts),
and only then gaps double: a longer gap is an older kernel, whose gaps double from the start."""
SCATTERED = 20
"""A program that calls so many services in vain is a crawler, a scanner or a peer-to-peer node:
its single attempts say nothing about a dependency."""
SEEKERS = (
    "prometheus",
    "blackbox",
    "zabbix",
    "nmap",
    "masscan",
    "transmission",
    "qbittorrent",
    "rtorrent",
    "bitcoin",
    "monerod",
)
"""Programs whose work it is to call what may not answer."""
FAR_AND_WIDE = (
    *SEEKERS,
    *("nagios", "icinga", "telegraf"),
    *("deluge", "aria2"),
    *("geth", "ipfs", "scrapy", "heritrix", "nutch"),
)
"""Those whose work it is to call many: monitors, staff's scanners, peer-to-peer nodes, crawlers."""
PROGRAM = ("owner",)
SERVICE = ("remote_addr", "remote_port")


def calling(scene: Scene) -> Bools:
    """Attempts that have had no answer."""
    return scene.view.is_("state", "SYN_SENT") & scene.view.known("remote_port")


def of_seekers(scene: Scene, calls: Bools, names: tuple[str, ...]) -> Bools:
    """Attempts of programs that are called so."""
    return scene.view.where("process", lambda name: name.lower().startswith(names), calls)


def seeking(scene: Scene, calls: Bools) -> Bools:
    """Single attempts of programs that call far and wide."""
    view, at = scene.view, calls.nonzero()[0]
    service = view.keys_at(at, *SERVICE)
    alone = view.sizes(at, *PROGRAM, *SERVICE) <= 1
    services = view.distinct(at, PROGRAM, SERVICE)
    found = of_seekers(scene, calls, SEEKERS)
    found[at] |= (services >= SCATTERED) & alone & (service >= 0)
    return found


def eyeballs(scene: Scene, calls: Bools, few: float) -> Bools:
    """IPv6 attempts of a program that has IPv4 connections to the same port (happy eyeballs).

    Args:
        scene: The scene.
        calls: The attempts.
        few: Attempts at one service that need only one such connection; more need one each.
    """
    view = scene.view
    six = view.where("remote_addr", _is_six, calls)
    at = six.nonzero()[0]
    ports = {*view.numbers("remote_port")[at].tolist()}
    works = view.is_("state", "ESTABLISHED") & view.is_("remote_port", *ports)
    works &= view.known("remote_addr")
    works &= ~view.where("remote_addr", _is_six, works & ~view.is_("family", "ipv4"))
    there = view.tally(at, works, *PROGRAM, "remote_port")
    attempts = view.tally(at, calls, *PROGRAM, *SERVICE)
    six[at] = (there > 0) & (attempts <= there.clip(few))
    return six


def _is_six(addr: str) -> bool:
    return ":" in addr


def gaps_double(scene: Scene, calls: Bools) -> bool:
    """Whether a gap between SYNs shows a Linux below 6.5, whatever is known of it otherwise.

    That is what a timer still has to run, or that it was doubled when nothing doubles there.
    """
    at = calls.nonzero()[0]
    names = ("retrans", "retrans_total", "timer_ms", "backoff")
    timed, counted, left_ms, backoff = (scene.view.numbers(name)[at] for name in names)
    gap_ms = LINEAR_GAP_MS * 2.0 ** (timed - LINEAR_SYNS).clip(0)
    early = timed.clip(counted) <= LINEAR_SYNS
    return bool((((timed >= 1) & (left_ms > gap_ms)) | (early & (backoff >= 1))).any())
