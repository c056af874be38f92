"""Names in place of addresses: a dump without -n is judged as one with numbers.

Where no address of an end is printed the name of its host stands for it, so that equal ends are
equal and a finding can say whose they are. `scope` knows no name but `localhost`. And `*`, which
net-tools print for `0.0.0.0`, is that where IPv6 is told apart from it.
"""

from __future__ import annotations

from shlex import quote
from typing import Any

import pandas as pd

from nsparse.judging.arrays.codes import Bools
from nsparse.judging.arrays.view import View
from nsparse.judging.scene.ends import SIDES
from nsparse.judging.scene.scope import loopback

SERVICE = r"[:.][^:.]*$"
"""The end of "web1:https" or "web1.https": the rest is the host."""
ANY, ANY_SIX = "*", "::"
"""Every address, as net-tools print it by name, and as they print that of IPv6 (`[::]:http`)."""


def with_names(view: View) -> View:
    """The same rows, with the name of a host where its address is missing.

    A connection from a loopback address never leaves the host: its other end has that address,
    whatever it is called (Windows prints the own end as a number, and names the other one).
    """
    bare = {side: _bare(view, side) for side in SIDES}
    told = {f"{side}_addr": _filled(view, side, rows) for side, rows in bare.items() if rows.any()}
    told |= _families(view)
    return view.beside_columns(told) if told else view


def _bare(view: View, side: str) -> Bools:
    """Rows whose end has a name, and no address."""
    named = view.known(f"{side}_name") & ~view.known(f"{side}_addr")
    bare: Bools = named & (view.inet | view.known(f"{side}_port"))
    return bare


def _filled(view: View, side: str, bare: Bools) -> Any:
    """The addresses of one side, with the names of hosts among them."""
    told = pd.Series(view.array(f"{side}_addr"), copy=True)
    names = pd.Series(view.array(f"{side}_name"), copy=False)[bare]
    hosts = names.str.replace(SERVICE, "", regex=True)
    told[bare] = hosts.map({host: _harmless(host) for host in hosts.unique()})
    if side == "remote":
        here = bare & view.where("local_addr", loopback, bare)
        told[here] = pd.Series(view.array("local_addr"), copy=False)[here]
    return told.array


def _families(view: View) -> dict[str, Any]:
    """The families of all rows, where those of net-tools with `*` are told by others; else none.

    Versions that name the protocols of IPv6 (`udp6`), or its address, leave only IPv4 for a plain
    `udp *:ipp`. Older ones print both alike.
    """
    if view.full("family"):
        return {}
    here = view.is_("tool", "netstat") & view.is_("os", "linux")
    plain = here & view.is_("local_addr", ANY) & ~view.known("family")
    six = here & view.is_("local_addr", ANY, ANY_SIX) & view.is_("family", "ipv6")
    if not plain.any() or not six.any():
        return {}
    return {"family": pd.Series(view.array("family"), copy=False).mask(plain, "ipv4").array}


def _harmless(host: str) -> str:
    """A name as it may stand in a command: whoever answers for an address chooses its name.

    >>> _harmless("web-1.example"), _harmless("-e$(id)")
    ('web-1.example', "'e$(id)'")
    """
    return quote(host.lstrip("-"))
