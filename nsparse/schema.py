"""The common frame, declared once.

From `COLUMNS` come the dtypes, the documentation, the checks, the Parquet schema,
the empty frame and the reader of `.expected.csv`. `frame` is the only place that
builds a frame of sockets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nsparse.states import STATES

if TYPE_CHECKING:
    import pandas as pd

Dtype = Literal["str", "category", "Int64", "Int32", "Float64", "boolean", "datetime64[ns, UTC]"]

TOOLS = ("netstat", "ss")
SECTIONS = ("inet", "unix", "netlink", "packet", "vsock", "xdp", "tipc", "kernel", "other")
PROTOS = (
    "tcp",
    "udp",
    "raw",
    "icmp",
    "icmp6",
    "udplite",
    "sctp",
    "dccp",
    "mptcp",
    "igmp",
    "divert",
    "ip",
    "unix",
    "netlink",
    "packet",
    "vsock",
    "xdp",
    "tipc",
    "kctl",
    "kevt",
    "other",
)
FAMILIES = ("ipv4", "ipv6", "dual", "unix", "netlink", "packet", "vsock", "xdp", "tipc", "kernel")
TIMERS = ("retransmit", "keepalive", "timewait", "persist", "delack", "unknown")
INTEGERS = ("Int64", "Int32")
NUMBERS = (*INTEGERS, "Float64")
PART = 1 << 14
"""Rows that share the memory of a text that all of them say."""

STATEFUL = ("tcp", "mptcp", "sctp", "dccp")
"""Protocols whose sockets have a connection state; for all others `state` is NA."""


class Column(NamedTuple):
    """One column of the frame.

    Attributes:
        name: As in the frame.
        dtype: The pandas dtype; `str` is the Arrow-backed string of pandas 3.
        doc: What it holds, and when it is NA.
        always: Whether every frame has it; the others appear when a row has a value.
        values: The fixed categories, so that `pd.concat` keeps them. Empty for `dialect` and
            `os`, whose categories are the dialects that are installed, and their systems.
    """

    name: str
    dtype: Dtype
    doc: str
    always: bool = False
    values: tuple[str, ...] = ()


def _always(name: str, dtype: Dtype, doc: str, values: tuple[str, ...] = ()) -> Column:
    return Column(name, dtype, doc, always=True, values=values)


WHERE_FROM = (
    _always("file", "str", "the file as it was named"),
    _always("line", "Int64", "1-based line in the file; of a wrapped row, its first line"),
    _always("host", "str", "host name, when the text or the caller gives one"),
    _always("netns", "str", "network namespace, when the bundle names one"),
    _always("snapshot", "Int64", "0-based moment within the file; views of one moment share it"),
    Column("view", "Int64", "0-based run of a command, where several show one moment"),
    _always("taken_at", "datetime64[ns, UTC]", "when the moment was, as the text says"),
)
PRINTED_BY = (
    _always("os", "category", "system whose tool printed the row"),
    _always("tool", "category", "netstat or ss", TOOLS),
    _always("dialect", "category", "the grammar that read the row"),
    _always(
        "section", "category", "inet: IP sockets of every tool; or the table it stood in", SECTIONS
    ),
)
SOCKET = (
    _always("proto", "category", "protocol without the 4 or 6; outside inet, the section", PROTOS),
    _always("family", "category", "address family; dual serves IPv4 and IPv6", FAMILIES),
    _always(
        "state", "category", "RFC 9293 name with _; NA unless tcp, mptcp, sctp or dccp", STATES
    ),
    _always("state_raw", "str", "the state as printed"),
)
QUEUES = (
    _always("recv_q", "Int64", "bytes unread; of a Linux listener, connections not yet accepted"),
    _always("send_q", "Int64", "bytes not acknowledged; of an ss listener, its backlog limit"),
)
ENDS = (
    _always("local_addr", "str", "address without brackets and zone; wildcard as printed"),
    _always("local_port", "Int32", "NA where the tool prints `*`"),
    _always("local_zone", "str", "interface or zone number after `%`"),
    _always("remote_addr", "str", "as local_addr"),
    _always("remote_port", "Int32", "as local_port; NA for the 0 of a wildcard address"),
    _always("remote_zone", "str", "as local_zone"),
    _always("local_name", "str", "host and service as printed, where not numeric"),
    _always("remote_name", "str", "as local_name"),
    _always("path", "str", "path or abstract name of a UNIX socket, name of a kernel control"),
)
OWNER = (
    _always("user", "str", "user name, where the dump is not numeric"),
    _always("uid", "Int64", "user id"),
    _always("inode", "Int64", "socket inode; NA where the tool prints 0"),
    _always("pid", "Int64", "process id of the first owner; NA where the tool prints 0 or -"),
    _always("process", "str", "program name of the first owner, as printed"),
    _always("fd", "Int64", "file descriptor of the first owner"),
    Column("owners", "str", "JSON list of every owner's process, pid and fd, where several"),
    Column("component", "str", "Windows component that owns the socket (netstat -b)"),
    Column("cookie", "str", "kernel socket cookie (ss sk:), hexadecimal"),
    Column("v6only", "boolean", "whether an IPv6 socket refuses IPv4 (ss v6only:)"),
)
TIMER = (
    _always("timer", "category", "running timer; NA when off or not printed", TIMERS),
    _always("timer_ms", "Int64", "milliseconds until it fires"),
    _always("retrans", "Int64", "retransmissions so far of what is in flight"),
    _always("probes", "Int64", "unanswered keepalive or window probes"),
)
# Keys of tcp_info that a diagnosis uses (ss -i; units: iproute2 misc/ss.c tcp_stats_print).
TCP_INFO = (
    Column("rto_ms", "Float64", "retransmission timeout, ms"),
    Column("backoff", "Int64", "exponential backoff steps"),
    Column("rtt_ms", "Float64", "smoothed round trip, ms"),
    Column("rttvar_ms", "Float64", "its variation, ms"),
    Column("minrtt_ms", "Float64", "least round trip seen, ms"),
    Column("mss", "Int64", "maximum segment size, bytes"),
    Column("cwnd", "Int64", "congestion window, segments"),
    Column("ssthresh", "Int64", "slow start threshold, segments"),
    Column("unacked", "Int64", "segments in flight; of a listener, its accept queue"),
    Column("retrans_now", "Int64", "segments retransmitted and not yet acknowledged"),
    Column("retrans_total", "Int64", "segments retransmitted since the start"),
    Column("lost", "Int64", "segments thought lost"),
    Column("bytes_sent", "Int64", "bytes sent, retransmissions included"),
    Column("bytes_retrans", "Int64", "bytes retransmitted"),
    Column("bytes_acked", "Int64", "bytes acknowledged by the other end"),
    Column("bytes_received", "Int64", "bytes received in order"),
    Column("segs_out", "Int64", "segments sent"),
    Column("data_segs_out", "Int64", "segments sent that carried data"),
    Column("lastsnd_ms", "Int64", "ms since data was last sent"),
    Column("lastrcv_ms", "Int64", "ms since data was last received"),
    Column("lastack_ms", "Int64", "ms since the last acknowledgement"),
    Column("app_limited", "boolean", "the program did not fill the window"),
    Column("busy_ms", "Int64", "ms with data in flight"),
    Column("rwnd_limited_ms", "Int64", "ms limited by the other end's window"),
    Column("sndbuf_limited_ms", "Int64", "ms limited by the own send buffer"),
    Column("notsent", "Int64", "bytes written and not yet sent"),
)
# sock_meminfo of ss -m (iproute2 misc/ss.c print_skmeminfo), bytes but for the drops.
SKMEM = (
    Column("skmem_r", "Int64", "receive memory in use, bytes"),
    Column("skmem_rb", "Int64", "receive buffer limit, bytes"),
    Column("skmem_t", "Int64", "transmit memory in use, bytes"),
    Column("skmem_tb", "Int64", "send buffer limit, bytes"),
    Column("skmem_d", "Int64", "datagrams or segments dropped"),
)
REST = (
    Column("details", "str", "everything else the row said, as printed"),
    Column("addr_truncated", "boolean", "the tool cut an address of this row"),
    Column("process_truncated", "boolean", "the tool cut the program name"),
)

COLUMNS: tuple[Column, ...] = (
    *WHERE_FROM,
    *PRINTED_BY,
    *SOCKET,
    *QUEUES,
    *ENDS,
    *OWNER,
    *TIMER,
    *TCP_INFO,
    *SKMEM,
    *REST,
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}


def frame(values: Mapping[str, Sequence[Any]], length: int, *, full: bool = False) -> pd.DataFrame:
    """Build the common frame from columns of Python values, None where there is none.

    Args:
        values: Columns by name; those left out are NA.
        length: The number of rows.
        full: Whether to give every column, also the optional ones without a value.

    Raises:
        KeyError: A name that `COLUMNS` does not declare.

    >>> frame({"proto": ["tcp"], "local_port": [22]}, 1)["local_port"].to_list()
    [22]
    """
    return joined(
        {
            column.name: array(column, values.get(column.name), length)
            for column in shown(values, full)
        },
        length,
    )


def shown(values: Mapping[str, Sequence[Any]], full: bool) -> list[Column]:
    """The columns of a frame of such values.

    Args:
        values: As of `frame`.
        full: As of `frame`.

    Raises:
        KeyError: A name that `COLUMNS` does not declare.
    """
    unknown = [name for name in values if name not in BY_NAME]
    if unknown:
        raise KeyError(f"not a column of the common frame: {', '.join(unknown)}")
    return [
        column for column in COLUMNS if full or column.always or _has_value(values.get(column.name))
    ]


def joined(arrays: Mapping[str, Any], length: int) -> pd.DataFrame:
    """The frame of some columns that nobody else holds, in their order.

    The index of their names, and where each name is in it, is found out once: with so many columns
    that takes a third of the time.
    """
    import pandas as pd

    found = pd.DataFrame(dict(enumerate(arrays.values())), index=pd.RangeIndex(length), copy=False)
    found.columns = _names(tuple(arrays)).copy()
    return found


@lru_cache(maxsize=64)
def _names(names: tuple[str, ...]) -> pd.Index:
    import pandas as pd

    return pd.Index(names)


def empty(*, full: bool = False) -> pd.DataFrame:
    """The common frame without rows.

    >>> len(empty())
    0
    """
    return frame({}, 0, full=full)


def array(column: Column, values: Sequence[Any] | None, length: int) -> Any:
    """One column's values as the pandas array that `COLUMNS` declares.

    The ways are those that cost least on a dump of a few rows, where building the frame costs more
    than reading it: most columns say one thing or nothing there, and pandas looks at each value to
    find out.
    """
    same, value = one_value(values, length)
    return repeated(column, value, length) if same else _array(column, values or ())


def one_value(values: Sequence[Any] | None, length: int) -> tuple[bool, Any]:
    """Whether all rows say the same, and what."""
    if values is None or not length:
        return True, None
    first = values[0]
    return bool(values[-1] == first and values.count(first) == length), first


def _array(column: Column, values: Sequence[Any]) -> Any:
    import pandas as pd

    dtype = pandas_dtype(column)
    if column.dtype == "str":
        import pyarrow as pa

        return dtype.__from_arrow__(pa.array(values, pa.large_string()))
    if column.dtype == "category":
        codes = _codes(column)
        known = [codes.get(value, -1) for value in values]
        return pd.Categorical.from_codes(known, dtype=dtype, validate=False)
    if column.dtype == "datetime64[ns, UTC]":
        return pd.to_datetime(pd.Series(values, dtype="object"), utc=True).astype(dtype).array
    return _integers(values, dtype) if column.dtype in INTEGERS else pd.array(values, dtype=dtype)


def _integers(values: Sequence[Any], dtype: Any) -> Any:
    import numpy as np
    import pandas as pd

    numbers = np.array([0 if value is None else value for value in values])
    if numbers.dtype.kind != "i":
        return pd.array(values, dtype=dtype)  # pandas says what is wrong with them
    missing = np.array([value is None for value in values])
    return pd.arrays.IntegerArray(numbers.astype(dtype.numpy_dtype, copy=False), missing)


def repeated(column: Column, value: Any, length: int) -> Any:
    """A column that says one thing on every row, or nothing."""
    import numpy as np
    import pandas as pd

    if column.dtype == "str":
        return pandas_dtype(column).__from_arrow__(_repeated(value, length))
    one = _missing(column) if value is None else _array(column, [value])
    if column.dtype == "category":
        codes = np.full(length, one.codes[0])
        return pd.Categorical.from_codes(codes, dtype=one.dtype, validate=False)
    if column.dtype in NUMBERS:
        values = np.zeros(length, one._data.dtype)  # memory never written to costs none
        if value is not None:
            values += one._data[0]
        return type(one)(values, np.full(length, value is None))
    return one.repeat(length)


def _repeated(value: str | None, length: int) -> Any:
    """One text on every row: parts that share their memory."""
    import pyarrow as pa

    scalar = pa.scalar(value, pa.large_string())
    whole = pa.repeat(scalar, min(length, PART))
    if length <= PART:
        return whole
    return pa.chunked_array([whole] * (length // PART) + [whole.slice(0, length % PART)])


@cache
def _missing(column: Column) -> Any:
    """One row of a column without a value."""
    import pandas as pd

    return pd.array([None], dtype=pandas_dtype(column))


@cache
def _codes(column: Column) -> dict[str, int]:
    """The categories of a column by their codes; a value that is none of them is missing."""
    return {value: code for code, value in enumerate(pandas_dtype(column).categories)}


@cache
def pandas_dtype(column: Column) -> Any:
    """The dtype object: `str` of pandas 3, and its equal under pandas 2.

    `pyarrow_numpy` is what pandas 2.2 calls the string dtype that 3.0 made the default.
    """
    import pandas as pd

    if column.dtype == "category":
        return pd.CategoricalDtype(categories(column))
    if column.dtype == "str":
        own = int(pd.__version__.split(".")[0]) >= 3
        return pd.api.types.pandas_dtype("str" if own else "string[pyarrow_numpy]")
    return pd.api.types.pandas_dtype(column.dtype)


def categories(column: Column) -> list[str]:
    """The fixed categories of a column, the same in every frame."""
    if column.values:
        return list(column.values)
    from nsparse.registry import dialects

    known = dialects()
    if column.name == "dialect":
        return list(known)
    return sorted({dialect.os for dialect in known.values() if dialect.os})


def faults(df: pd.DataFrame) -> list[str]:
    """What keeps a frame from being a common frame; empty when it is one.

    >>> faults(empty())
    []
    """
    wrong = [f"no column {c.name}" for c in COLUMNS if c.always and c.name not in df.columns]
    for name in df.columns:
        column = BY_NAME.get(str(name))
        if column is None:
            wrong.append(f"column {name} is not declared")
        elif df[name].dtype != pandas_dtype(column):
            wrong.append(f"column {name} is {df[name].dtype}, not {column.dtype}")
    return wrong


def _has_value(values: Sequence[Any] | None) -> bool:
    return values is not None and any(value is not None for value in values)
