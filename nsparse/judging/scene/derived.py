"""The columns of a scene that no dump prints: role, service, owner, pair, group (`Scene.rows`)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nsparse.judging.arrays.codes import Bools, Codes, Ints, dense, dense_codes, firsts, tuples
from nsparse.judging.arrays.columns import Words, listed
from nsparse.judging.arrays.view import View
from nsparse.judging.scene.constants import Constants
from nsparse.judging.scene.ends import Ends
from nsparse.judging.scene.families import families
from nsparse.judging.scene.roles import CLIENT, LISTENER, ROLES, SERVER, Roles, Small, roles

OWNERLESS = ("TIME_WAIT", "SYN_RECEIVED")
"""States whose sockets belong to the kernel: a uid beside them is a filler (populations)."""
BY_USER = ("uid", "user")
OWNER = ("process", "pid", *BY_USER)
AGES = ("lastsnd_ms", "lastrcv_ms", "lastack_ms")


def with_remote(view: View, ends: Ends) -> Bools:
    """TCP rows with a remote end: an address that is no wildcard, and a port; or a name."""
    address, known = ends.remote_addr, view.known("remote_port")
    if ends.addresses.named.any():
        known = known | ends.addresses.named[address]
    remote = ~ends.addresses.wild[address] & known
    return view.is_("proto", "tcp") & remote & ~view.is_("state", "LISTEN")


def queues(view: View) -> View:
    """A listener's queues where the tool prints some; a 0 that means nothing becomes NA.

    net-tools prints 0 for every limit, and BSD netstat 0 and 0 unless it was asked for the
    listen queues (`-L`), whose limit is never 0 (diagnoses: columns assumed).
    """
    no_limit = view.is_("state", "LISTEN") & view.is_("tool", "netstat")
    if not no_limit.any():
        return view
    linux = view.is_("os", "linux") | ~view.known("os")
    no_limit = no_limit & (linux | view.is_("send_q", 0))
    if not no_limit.any():
        return view
    hidden = {"send_q": no_limit, "recv_q": no_limit & ~linux}
    cells = {name: pd.Series(view.array(name), copy=False) for name in hidden}
    return view.beside_columns({name: cells[name].mask(hidden[name]).array for name in hidden})


def ages(view: View) -> View:
    """The times since a socket last sent, received or was acknowledged: one left out is 0.

    ss prints each of them unless it is 0, and only of sockets of which it knows more, such as the
    round trip (misc/ss.c, tcp_stats_print): of all connections just these are the busy ones.
    """
    told = {name: view.known(name) for name in AGES if not view.empty(name)}
    if not told:
        return view
    inside = view.known("rtt_ms") | np.logical_or.reduce([*told.values()])
    cells = {name: pd.Series(view.array(name), copy=False) for name in AGES}
    left_out = {name: inside & column.isna().to_numpy() for name, column in cells.items()}
    return view.beside_columns(
        {name: cells[name].mask(left, 0).array for name, left in left_out.items() if left.any()}
    )


def derived(view: View, ends: Ends, concrete: Bools, known: Constants) -> View:
    """The rows with the columns that the module `scene` describes; `concrete` have a remote end."""
    found = roles(view, ends, concrete, known.ephemeral_low, known.ephemeral_high)
    service, bound = _serving(ends, found)
    owner, owners = _owners(view)
    group = _groups(ends, found.role, owner, bound, concrete)
    told, program, programs = families(view, group, found.role, bound)
    if told.any():
        owner = Codes(np.where(told, owner.size + program.of, owner.of), owner.size + program.size)
        owners = [*owners, *programs]
        group = _groups(ends, found.role, owner, bound, concrete)
    more = {
        "role": listed(found.role, ROLES),
        "service": service,
        "bound": bound,
        "owner": listed(owner.of, owners),
        "owned": view.known("pid") | view.known("process"),
        "concrete": concrete,
        "live": concrete & ~view.is_("state", "TIME_WAIT"),
        "pair": found.pair,
        "listener": found.listener,
        "target": found.target,
        "once": concrete & ~second(found.pair),
        "seen_s": np.zeros(len(view), dtype=np.int64),
        "persistent": np.zeros(len(view), dtype=np.bool_),
        "group": group,
    }
    return view.beside_columns(more)


def second(pair: Ints) -> Bools:
    """Rows of a connection whose other end stands above."""
    linked = np.flatnonzero(pair >= 0)
    found = np.zeros(len(pair), dtype=np.bool_)
    found[linked] = pair[linked] < linked
    return found


def _serving(ends: Ends, found: Roles) -> tuple[Words, Words]:
    """The end that serves each row, and the end that it is bound to; "" where none is known."""
    here = (found.role == LISTENER) | (found.role == SERVER)
    # Numbers are added in half the time in which one of two is taken in no order.
    serving = ends.remote + (ends.local - ends.remote) * here
    serving[~here & (found.role != CLIENT)] = -1
    used, place = dense(serving + 1, ends.count + 1)
    service = Words(place, len(used), lambda numbers: ends.spell(used[numbers] - 1))
    served = found.listener >= 0
    if not served.any():
        return service, service
    # Those that are listened for are many, and the listeners few.
    listeners = np.flatnonzero(found.role == LISTENER)
    number = np.zeros(len(here), dtype=place.dtype)
    number[listeners] = place[listeners]
    bound = place + (number[found.listener] - place) * served
    return service, Words(bound, service.size, service.spell)


def _groups(ends: Ends, role: Small, owner: Codes, bound: Words, concrete: Bools) -> Ints:
    parts = (ends.space, owner, Codes(role, len(ROLES)), Codes(bound.of, bound.size))
    key, size = tuples(*parts)
    if concrete.all():
        return dense(key, size)[1]
    key = key + 1
    key[~concrete] = 0  # the least of all, which becomes -1
    return dense(key, size + 1)[1] - 1


def _owners(view: View) -> tuple[Codes, list[str]]:
    """The number of each row's owner, and the owners' names by number.

    A uid stands for an owner only where the socket has one: the kernel's own sockets (no inode)
    show a filler of 0.
    """
    parts = [view.codes(name) for name in OWNER]
    if all(part.size == 1 for part in parts):
        return Codes(np.zeros(len(view), dtype=np.int8), 1), [""]
    nobody = view.is_("state", *OWNERLESS)
    without = ~view.known("inode")
    # A dump of none but the kernel's own sockets has no inode at all.
    nobody = nobody | (without & (view.is_("uid", 0) | (not without.all())))
    by_user = ~view.known("process") & ~view.known("pid") & ~nobody
    parts[2:] = [Codes(np.where(by_user, part.of, 0), part.size) for part in parts[2:]]
    owner = dense_codes(tuples(*parts))
    first = firsts(owner)
    cells = (view.taken(name, first).to_numpy(dtype=object, na_value=None) for name in OWNER)
    return owner, [_owner(*row) for row in zip(*cells, by_user[first], strict=True)]


def _owner(process: object, pid: object, uid: object, user: object, speaks: object) -> str:
    if process is not None:
        return str(process) if pid is None else f"{process}/{pid}"
    if pid is not None:
        return f"pid {pid}"
    if speaks and uid is not None:
        return f"uid {uid}"
    return f"user {user}" if speaks and user is not None else ""
