"""`netstat` of macOS, from 10.6 to 26: every layout of `-v`, and the UNIX and kernel sections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nsparse.dialect import Cell, CellFault, Columns, Dialect, Values
from nsparse.reading.cells import bsd
from nsparse.reading.cells.common import RECV_Q, SEND_Q, details, state, text, word, words_of

NARROW = bsd.Narrow()

PID_MAX = 99_999
"""No process of macOS has a larger id (xnu, bsd/sys/proc_internal.h)."""

_FLAGS = re.compile("[0-9a-f]+(?:[ \t]+[0-9a-f]+)*")


def _numbers(cell: str) -> list[int]:
    return [int(part) for part in cell.split()]


def _bytes(cell: str) -> Values:
    received, sent = _numbers(cell)
    return {"bytes_received": received, "bytes_sent": sent}


def _limits(received: int, sent: int) -> str:
    return f"rhiwat:{received} shiwat:{sent}"


def _four(cell: str) -> Values:
    """`rhiwat shiwat pid epid`; before a process name `rxbytes txbytes rhiwat shiwat`."""
    return {"_four": tuple(_numbers(cell))}


def _six(cell: str) -> Values:
    received, sent, rhiwat, shiwat, pid, _ = _numbers(cell)
    return {
        "bytes_received": received,
        "bytes_sent": sent,
        "pid": pid or None,
        "details": _limits(rhiwat, shiwat),
    }


def _process(cell: str) -> Values:
    """The process behind its bytes and the limits of its buffers.

    Raises:
        CellFault: They are the flags of a row without one, of which more was cut off.
    """
    if _FLAGS.fullmatch(cell):
        raise CellFault("a process and its id (name:pid)")
    return {"_named": True, **_owner(cell)}


_INTERNALS = re.compile("(?<=[0-9])(?:[ \t]+(?:0x)?[0-9a-f]+)+$")
"""Flags behind the id of a process, of which those behind them were left out or cut off."""


def _owner(cell: str) -> Values:
    """`NAME:PID`, the name with blanks, parentheses and anything else, or empty."""
    name, _, pid = _INTERNALS.sub("", cell).rpartition(":")
    return {
        "process": name.strip() or None,
        "pid": int(pid) or None if pid.isdecimal() else None,
    }


def _packets(cell: str) -> Values:
    """`rxbytes/packets txbytes/packets rhiwat shiwat`."""
    received, sent, rhiwat, shiwat = words_of(cell)
    received, _, received_packets = received.partition("/")
    sent, _, sent_packets = sent.partition("/")
    return {
        "bytes_received": int(received),
        "bytes_sent": int(sent),
        "details": f"rxpackets:{received_packets} txpackets:{sent_packets} "
        + _limits(int(rhiwat), int(shiwat)),
    }


_OWNER_AND_OTHER = re.compile(r"(?P<owner>.*?:[0-9]+)[ \t]+(?P<other>.*:[0-9]+)")


def _processes(cell: str) -> Values:
    """`NAME:PID NAME:PID`, the owner and the process it acts for.

    Raises:
        CellFault: There are not two of them.
    """
    found = _OWNER_AND_OTHER.fullmatch(cell)
    if found is None:
        raise CellFault("two processes and their ids (name:pid)")
    name, _, pid = found["owner"].rpartition(":")
    return {
        "process": name.strip() or None,
        "pid": int(pid) or None,
        "details": f"eprocess:{found['other'].strip()}",
    }


def _multipath(cell: str) -> Values:
    return {"section": "inet", "proto": cell.partition("/")[0], "details": f"id:{cell}"}


def _subflow(cell: str) -> Values:
    """`tcp4/01`: a TCP socket, and its number within the connection."""
    return {**bsd.PROTO.read(cell.partition("/")[0]), "details": f"id:{cell}"}


def _listen_queue(cell: str) -> Values:
    """No protocol is printed; only TCP has such queues."""
    return {"section": "inet", "proto": "tcp", **bsd.LISTEN_QUEUE.read(cell)}


def _kernel(cell: str) -> Values:
    return {"section": "kernel", "proto": cell, "family": "kernel"}


def _kernel_rest(cell: str) -> Values:
    """`unit id name` of a control, three numbers of an event."""
    name = words_of(cell)[-1]
    return {"details": cell} | ({} if name.isdecimal() else {"path": name})


def _vsock_verbose(cell: str) -> Values:
    """`rxcnt txcnt peer_rxcnt peer_rxhiwat rxhiwat txhiwat pid`, then flags."""
    return {"pid": int(words_of(cell)[6]) or None, "details": cell}


def _family(cell: str) -> Values:
    return {"section": "other", "proto": "other", "details": f"family:{cell}"}


def _settle(columns: Columns) -> None:
    """What four numbers mean is known from the process name behind them, if it was not cut off."""
    bsd.settle_narrow(columns)
    fours = columns.pop("_four", None)
    named = columns.pop("_named", [None] * len(columns["proto"]))
    if fours is None:
        return
    length = len(fours)
    drops = columns.pop("_drops", [None] * length)
    cut = _lack_process(fours, named)
    for number, four in enumerate(fours):
        if four is None:
            continue
        if drops[number] and named[number]:
            four = _with_drops(columns, number, four)
        for name, value in _meaning(four, cut or bool(named[number])).items():
            column = columns.setdefault(name, [None] * length)
            column[number] = (
                f"{value} {column[number]}" if name == "details" and column[number] else value
            )


def _lack_process(fours: Sequence[tuple[int, ...] | None], named: Sequence[bool | None]) -> bool:
    """Whether the rows of a table end before their processes, and four numbers are not the last."""
    return any(
        four is not None and not name and four[2] > PID_MAX
        for four, name in zip(fours, named, strict=True)
    )


def _with_drops(columns: Columns, number: int, four: tuple[int, ...]) -> tuple[int, ...]:
    """With -d the fifth number stands in front of the process's name."""
    received, sent, dropped, rhiwat = four
    shiwat, *name = words_of(columns["process"][number] or "")
    if not (shiwat.isascii() and shiwat.isdecimal()):
        return four  # not -d after all: the heading is another table's
    columns["process"][number] = " ".join(name) or None
    columns["details"][number] = f"rxdrops:{dropped} {columns['details'][number]}"
    return received, sent, rhiwat, int(shiwat)


def _meaning(four: tuple[int, ...], with_bytes: bool) -> dict[str, Any]:
    if with_bytes:
        received, sent, rhiwat, shiwat = four
        return {
            "bytes_received": received,
            "bytes_sent": sent,
            "details": _limits(rhiwat, shiwat),
        }
    rhiwat, shiwat, pid, _ = four
    return {"pid": pid or None, "details": _limits(rhiwat, shiwat)}


DIALECT = Dialect(
    name="netstat_macos",
    title="netstat on macOS",
    os="macos",
    tool="netstat",
    proved_on={
        "network_cmds 433, macOS 10.9": ("-a", "-an", "-Aan", "-anb", "-anL"),
        "network_cmds 543, macOS 10.13": ("-an", "-anv", "-anbv"),
        "network_cmds 624, macOS 12": ("-an", "-anl", "-anv", "-anbv"),
        "network_cmds 671, macOS 14": ("-an", "-anW", "-anv", "-anbv"),
        "network_cmds 705, macOS 15": ("-an", "-anv"),
        "network_cmds 726, macOS 26": ("-an", "-Aanv", "-anv", "-anvv", "-anlv"),
        "network_cmds 741, macOS 26.3": ("-a", "-an", "-anl", "-anv", "-av", "-L"),
    },
    settle=_settle,
    cells={
        **bsd.UNIX,
        "TCP": bsd.PROTO,
        "PROTO": bsd.PROTO,
        "FLOWHASH": details("a flow hash, hexadecimal", "flowhash"),
        "RECV_Q": RECV_Q,
        "SEND_Q": SEND_Q,
        "LISTEN_QUEUE": Cell(bsd.LISTEN_QUEUE.words, _listen_queue),
        "LOCAL": NARROW.local(),
        "REMOTE": NARROW.remote(),
        "STATE": state(),
        "BYTES": Cell("two numbers (rxbytes, txbytes)", _bytes),
        "DROPS_HEADING": word("rxbytes txbytes rxdrops", _drops=True),
        "FOUR": Cell("four numbers", _four),
        "SIX": Cell("six numbers", _six),
        "PROCESS": Cell("a process and its id (name:pid)", _process),
        "OWNER": Cell("a process and its id (name:pid)", _owner),
        "PACKETS": Cell("bytes and packets, received and sent, and two numbers", _packets),
        "PROCESSES": Cell("two processes and their ids (name:pid)", _processes),
        "INTERNALS": details("socket flags and options, hexadecimal", "so"),
        "KERNEL": Cell("kevt or kctl", _kernel),
        "KERNEL_REST": Cell("numbers, and the name of a kernel control", _kernel_rest),
        "FAMILY": Cell("a protocol family", _family),
        "FAMILY_REST": details("ends of a routing or key socket", "ends"),
        "MULTIPATH": Cell("a multipath connection such as mptcp/00", _multipath),
        "MULTIPATH_FLAGS": details("flags, hexadecimal", "flags"),
        "SUBFLOW": Cell("a subflow such as tcp4/01", _subflow),
        "SUBFLOW_FLAGS": details("flags, hexadecimal", "flags"),
        "MULTIPATH_REST": details("what is below a multipath connection"),
        "SUBFLOW_REST": details("what is below a subflow"),
        "VSOCK": word("vsock stream", section="vsock", proto="vsock", family="vsock"),
        "VSOCK_LOCAL": text("local_name", "a context id and port"),
        "VSOCK_REMOTE": text("remote_name", "a context id and port"),
        "VSOCK_VERBOSE": Cell("seven numbers and two of flags", _vsock_verbose),
    },
)
