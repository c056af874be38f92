"""Connection attempts that get no answer: which of them mean nothing, and how they are repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.judging.finding import flagged, keyed, netns_of

if TYPE_CHECKING:
    import pandas as pd

LINEAR_GAP_MS = 1000
LINEAR_SYNS = 4
"""Since Linux 6.5 the first four SYNs are repeated after a second each (tcp_syn_linear_timeouts):
a longer gap then is an older kernel, whose gaps double from the start."""
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


def seeking(calling: pd.DataFrame) -> pd.Series[bool]:
    """Single attempts of programs that call far and wide."""
    named = calling["process"].str.lower().str.startswith(SEEKERS, na=False).astype("bool")
    service, program = _service(calling), keyed(calling, "owner")
    services = service.groupby(program).transform("nunique")
    attempts = service.groupby([*program, service]).transform("size")
    return named | ((services >= SCATTERED) & (attempts <= 1))


def _service(rows: pd.DataFrame) -> pd.Series[Any]:
    return rows["remote_addr"].astype("object") + " " + rows["remote_port"].astype("str")


def eyeballs(rows: pd.DataFrame, calling: pd.DataFrame, few: float) -> pd.Series[bool]:
    """IPv6 attempts of a program that has IPv4 connections to the same port (happy eyeballs).

    Args:
        rows: All rows of the scene.
        calling: The attempts.
        few: Attempts at one service that need only one such connection; more need one each.
    """
    six = calling["remote_addr"].str.contains(":", regex=False, na=False).astype("bool")
    if not six.any():
        return six
    same_port = rows["remote_port"].isin(calling["remote_port"])
    works = rows[(rows["state"] == "ESTABLISHED") & same_port]
    works = works[~works["remote_addr"].str.contains(":", regex=False, na=True).astype("bool")]
    there = _caller(calling).map(_caller(works).value_counts()).fillna(0)
    attempts = _service(calling).groupby([_caller(calling), _service(calling)]).transform("size")
    return six & (there > 0) & (attempts <= there.clip(lower=few))


def _caller(rows: pd.DataFrame) -> pd.Series[Any]:
    """The program and the port that it calls."""
    owner = rows["owner"].astype("object")
    return netns_of(rows) + "/" + owner + " " + rows["remote_port"].astype("str")


def gaps_double(calling: pd.DataFrame) -> bool:
    """Whether a gap between SYNs shows a Linux below 6.5, whatever is known of it otherwise."""
    early = calling["retrans"].between(1, LINEAR_SYNS) & (calling["timer_ms"] > LINEAR_GAP_MS)
    return bool(flagged(early).any())
