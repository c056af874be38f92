"""Whether a dump shows sockets of every state, so that a state it does not hold is not there.

Options leave states out: ss and netstat print no listeners unless they are asked for. An option,
a banner, or a row that goes when listeners go proves that nothing was left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nsparse.judging.scene.scope import WILDCARDS

if TYPE_CHECKING:
    from nsparse.judging.arrays.view import View
    from nsparse.judging.scene.scene import Scene

SS_HIDES = ("TIME_WAIT", "SYN_RECEIVED", "CLOSED")
"""What ss leaves out together with the listeners unless it is given -a (misc/ss.c, SS_CONN)."""
_WITH_TIMERS = re.compile(r"(?:ss|netstat)(?:[_ ]-[A-Za-z]+)*[_ ]?-[A-Za-z]*o[A-Za-z]*(?![A-Za-z])")
PRIVILEGED = 1024
"""Ports below belong to root, as a rule (ip_unprivileged_port_start)."""
TIMED = ("SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "CLOSING", "LAST_ACK", "TIME_WAIT")
"""States that the kernel ends by a timer: whoever asked for timers sees one on each such row."""
QUEUES = frozenset({"accept", "backlog"})
"""What there is to know of listeners: of a host that has none, all of it."""


def shown(view: View, *, said: bool) -> frozenset[str]:
    """The capability `unfiltered`, and what a host without a listener makes needless to see.

    Args:
        view: The rows of a moment, derived; no dump of it is cut.
        said: Whether a heading or a command says that it shows all.
    """
    if view.is_("role", "listener").any():
        return frozenset({"unfiltered"} if said else ())
    with_states = bool((view.is_("proto", "tcp") & view.known("state")).any())
    if with_states and (said or _proven(view)):
        return QUEUES | {"unfiltered"}
    return frozenset()


def made_with_timers(file: str) -> bool:
    """Whether the name of a file is a command of Linux with the option that prints timers.

    Collectors of Linux such as sosreport write its blanks as `_`.

    >>> made_with_timers("sos_commands/networking/ss_-peaonmi")
    True
    >>> made_with_timers("out/ss-tan.txt"), made_with_timers("logs/netstat_rio.txt")
    (False, False)
    """
    return _WITH_TIMERS.match(file.rpartition("/")[2]) is not None


def may_hide_no_timer(scene: Scene) -> bool:
    """Whether a dump of ss without a timer may be one with -o: ss has no column for them.

    Other options were given, and there is no row that must show one: data that is not acknowledged
    is sent again, or a closed window is probed for it, by a timer.
    """
    if scene.has.isdisjoint(("inode", "tcpinfo", "skmem")) or scene.tools != {"ss"}:
        return False
    view = scene.view
    unsent = view.is_("state", "ESTABLISHED", "CLOSE_WAIT") & view.above("send_q", 0)
    return not (view.is_("state", *TIMED) | unsent).any()


def names_all(view: View) -> bool:
    """Whether a dump that names owners names all of them: those of other users need rights.

    Where most listeners below port 1024 have an owner somebody with rights has looked: some are
    the kernel's, and one may be the user's own. Where there are none, all listeners must have one.
    """
    owned, listens = view.true("owned"), view.is_("role", "listener")
    if not owned.any() or not (listens & view.is_("os", "linux")).any():
        return bool(owned.any())
    low = listens & view.below("local_port", PRIVILEGED)
    if low.any():
        return bool(2 * (low & owned).sum() >= low.sum())
    return not (listens & ~owned).any()


def _proven(view: View) -> bool:
    """Whether rows prove it of a dump without listeners, where one command printed them all.

    Every tool hides a UDP socket that is connected to nobody and bound to no address when it hides
    the listeners, and shows no connection when it shows nothing but listeners.
    """
    if view.known("view").any() or len(view.values("file")) > 1:
        return False
    free = view.is_("proto", "udp") & ~view.known("remote_port")
    if free.any():
        free = free & view.is_("local_addr", *WILDCARDS) & view.is_("remote_addr", *WILDCARDS)
        if free.any() and view.true("concrete").any():
            return True
    states = view.values("state", view.is_("proto", "tcp") & view.known("state"))
    hidden = view.is_("tool", "ss") & view.is_("state", *SS_HIDES)
    return len(states) > 1 and bool(hidden.any())
