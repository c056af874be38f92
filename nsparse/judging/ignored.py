"""Sockets that the user has asked not to hear of: by port, by address, by program."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import TYPE_CHECKING

from nsparse.judging.evidence.finding import flagged

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.diagnosis import Finding
    from nsparse.judging.scene.scene import Scene
    from nsparse.judging.settings import Settings


def without_ignored(findings: list[Finding], scene: Scene, chosen: Settings) -> list[Finding]:
    """The findings that stand on some socket which is not ignored, or on none at all.

    A finding about an ignored program is left out whatever it stands on: connections that the
    program has not accepted are nobody's.
    """
    if not (chosen.ignore_ports or chosen.ignore_addresses or chosen.ignore_processes):
        return findings
    ignored = set(scene.rows.index[_ignored(scene.rows, chosen)])
    programs = {one.group.process for one in findings if one.group.process}
    unheard = set(_alike(programs, chosen))
    return [
        one
        for one in findings
        if one.group.process not in unheard
        and not (one.sockets and ignored.issuperset(one.sockets))
    ]


def _ignored(rows: pd.DataFrame, chosen: Settings) -> pd.Series[bool]:
    """Sockets of an ignored service, with an ignored other end, or of an ignored program."""
    calls = rows["role"] == "client"
    port = rows["remote_port"].where(calls, rows["local_port"])
    other = rows["remote_addr"].where(rows["remote_port"].notna(), rows["local_addr"])
    return (
        flagged(port.isin(list(chosen.ignore_ports)))
        | other.isin(_within(other.dropna().unique(), chosen))
        | rows["process"].isin(_alike(rows["process"].dropna().unique(), chosen))
    )


def _within(addresses: Collection[str], chosen: Settings) -> list[str]:
    """Those of the addresses that lie in one of the networks."""
    nets = chosen.ignore_addresses
    return [text for text in addresses if nets and any(_address(text) in net for net in nets)]


def _address(text: str) -> object:
    """An address; of a wildcard `*` or a cut one there is none, and no network holds it."""
    try:
        return ip_address(text)
    except ValueError:
        return NOWHERE


NOWHERE = ip_address("::")
"""The unspecified address: of no network that anybody means."""


def _alike(names: Collection[str], chosen: Settings) -> list[str]:
    """Those of the programs that a pattern of the user names."""
    patterns = chosen.ignore_processes
    return [name for name in names if any(fnmatchcase(name.lower(), one) for one in patterns)]
