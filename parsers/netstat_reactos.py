"""`netstat.exe` of ReactOS: Windows' rows under a header that ends in `Process`, BSD's states."""

from __future__ import annotations

from nsparse.dialect import Dialect
from nsparse.reading.cells.common import Ends, ignored, local, number, remote, state, word

# A listener's other end is its own address with port 0 (netstat.c ShowTcpTable).
ENDS = Ends(zero_is_none=True)

DIALECT = Dialect(
    name="netstat_reactos",
    title="netstat on ReactOS",
    os="reactos",
    tool="netstat",
    proved_on={"ReactOS 0.4": ("-ano",)},
    cells={
        "PROCESS_HEADING": ignored("Process"),
        "TCP": word("TCP or UDP", section="inet", proto="tcp"),
        "UDP": word("TCP or UDP", section="inet", proto="udp"),
        "LOCAL": local(ENDS),
        "REMOTE": remote(ENDS),
        "STATE": state("a state such as LISTENING"),
        "PID": number("pid", "a number (Process)", zero=False),
    },
)
