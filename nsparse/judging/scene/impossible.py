"""Rows that say what no kernel says: they are set aside, and take no part in anything else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

import pandas as pd

from nsparse.judging.arrays.codes import Bools
from nsparse.judging.arrays.view import View

TIME_WAIT_MS = 61_000
"""TIME_WAIT of Linux lasts 60 s (TCP_TIMEWAIT_LEN), and tools round up."""


def impossible(view: View, concrete: Bools, among: Bools) -> Mapping[str, Bools]:
    """What cannot be, with the rows that say it; only what some row says.

    Args:
        view: The rows.
        concrete: Those with a remote end.
        among: Those that are no repeats.
    """
    waits = view.is_("state", "TIME_WAIT") & view.is_("os", "linux")
    owned = view.known("pid") | view.known("process") | view.known("inode")
    unread = view.above("recv_q", 0)
    long = view.is_("timer", "timewait") & view.above("timer_ms", TIME_WAIT_MS)
    listens = view.is_("proto", "tcp") & view.is_("state", "LISTEN")
    found = {
        "TIME_WAIT with an owner": waits & owned,
        "TIME_WAIT with unread bytes": waits & unread,
        "TIME_WAIT with a timer beyond 60 s": waits & long,
        "LISTEN with a remote end": listens & view.known("remote_port"),
        "SYN_SENT with unread bytes": view.is_("state", "SYN_SENT") & unread,
        "port 0 on a connection": concrete
        & (view.is_("local_port", 0) | view.is_("remote_port", 0)),
        "a queue below 0": view.below("recv_q", 0) | view.below("send_q", 0),
    }
    said = {what: rows & among for what, rows in found.items() if rows.any()}
    return {what: rows for what, rows in said.items() if rows.any()}


def aside(view: View, said: Mapping[str, Bools]) -> pd.DataFrame:
    """Where the rows stand that cannot be, with what they say (`impossible`).

    Args:
        view: All rows.
        said: What some of them say, as `impossible` tells it.
    """
    found = view.pick(reduce(or_, said.values()), "file", "line")
    what = pd.Series("", index=found.index, dtype="object")
    for words, mask in reversed(list(said.items())):
        what[mask[found.index]] = words
    return found.assign(impossible=what).reset_index(drop=True)
