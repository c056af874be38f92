"""`netstat` of HP-UX 11: BSD's rows, each family under a banner of its own."""

from __future__ import annotations

from nsparse.dialect import Dialect
from nsparse.reading.cells import bsd
from nsparse.reading.cells.common import RECV_Q, SEND_Q, Ends, local, remote, state, word

ENDS = Ends(separator=".")

DIALECT = Dialect(
    name="netstat_hpux",
    title="netstat on HP-UX",
    os="hpux",
    tool="netstat",
    proved_on={"HP-UX 11": ("-a", "-an")},
    cells={
        **bsd.UNIX,
        "IPV6": word("(IPv6, including servers)", _proto_family="ipv6"),
        "PROTO": bsd.NAMED_PROTO,
        "PROTO6": bsd.NAMED_PROTO,
        "RECV_Q": RECV_Q,
        "SEND_Q": SEND_Q,
        "LOCAL": local(ENDS),
        "REMOTE": remote(ENDS),
        "STATE": state(),
    },
)
