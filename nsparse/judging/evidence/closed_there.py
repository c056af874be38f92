"""Connections that the other end has closed and the local program has not: of which kind each is.

Each row is of exactly one kind, tried in this order: never accepted, unread and of a program that
stopped reading, still being answered (a legitimate half-close), stale in a pool of connections,
and all that is left, which is leaked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

from nsparse.judging.evidence import advice, queues
from nsparse.judging.evidence.around import GROUP
from nsparse.judging.evidence.census import census
from nsparse.judging.evidence.elsewhere import facing, growing
from nsparse.judging.evidence.finding import how_long, others, peers
from nsparse.judging.evidence.pile import piles

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.evidence.around import States
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

    Kinds = Mapping[str, Limits]
    Tell = Callable[[Scene, Ints, Kinds], Bools]

Kind = Literal["unaccepted", "unread", "answering", "pool", "leak"]
KINDS: tuple[Kind, ...] = get_args(Kind)
DECIDE = ("unread", "pool", "leak")
"""Kinds whose numbers decide which rows they take."""

PROGRAM = ("program",)
SOURCES = ("RFC 9293 3.3.2", "RFC 9293 3.6", "Linux net/ipv4/tcp_diag.c")
"""What all that is said of these rows stands on."""

AGED_MS = 120_000
"""No data for so long: longer than what the kernel's own closing timers last on Linux, 60 s."""


def of_kind(scene: Scene, family: str, kind: Kind) -> Rows:
    """The rows of a kind, with what is counted of a pile of them.

    Args:
        scene: The scene.
        family: What the ids of the diagnoses begin with that split the rows among them: the numbers
            in force for all of them decide.
        kind: What they are, and the rest of the id.
    """
    from nsparse.judging.scene.rows import Rows

    if not (closed := closed_there(scene)).any():
        return Rows(scene.view, closed)
    limits = {name: scene.numbers[f"{family}-{name}"] for name in DECIDE}
    kinds = scene.once(_told_apart, lambda: _told_apart(scene, limits))
    found = scene.once(of_kind, lambda: _looked_at(scene))
    return found.part(kinds == KINDS.index(kind))


def closed_there(scene: Scene) -> Bools:
    """The rows of all kinds."""
    return scene.view.is_("state", "CLOSE_WAIT") & scene.view.true("concrete")


def _told_apart(scene: Scene, limits: Kinds) -> Ints:
    """The kind of each row, as its place in `KINDS`; the last one is left where none tells."""
    import numpy as np

    at = closed_there(scene).nonzero()[0]
    kinds, rest = np.full(len(at), KINDS.index("leak")), np.arange(len(at))
    for kind, tell in TELLS:
        if not len(rest):
            break
        mine = tell(scene, at[rest], limits)
        kinds[rest[mine]] = KINDS.index(kind)
        rest = rest[~mine]
    return kinds


def _looked_at(scene: Scene) -> Rows:
    """The rows, and what is counted of a pile; `waiting` is Recv-Q, -1 where none is printed."""
    from nsparse.judging.scene.rows import Rows

    view, closed = scene.view, Rows(scene.view, closed_there(scene))
    known = view.known("recv_q")[closed.at]
    waiting = view.numbers("recv_q")[closed.at] * known - ~known
    return facing(scene, closed, "FIN_WAIT_2").beside(
        waiting=waiting,
        aged=view.at_least("lastrcv_ms", AGED_MS)[closed.at],
        queued=queues.queued(scene)[closed.at],
        **queues.classed(waiting),
    )


def _never_accepted(scene: Scene, rest: Ints, limits: Kinds) -> Bools:
    """Rows that wait in the accept queue."""
    return queues.never_accepted(scene, rest)


def _not_read(scene: Scene, rest: Ints, limits: Kinds) -> Bools:
    """Rows of programs of whose rows so many hold unread data that it is a finding."""
    import numpy as np

    view, held = scene.view, limits["unread"]
    deep = (view.true("owned") & view.above("recv_q", held["bytes"]))[rest]
    at = rest[deep]
    if not len(at):
        return deep
    base = view.tally(at, closed_there(scene), *PROGRAM)
    found = scene.once(of_kind, lambda: _looked_at(scene))
    found = found.part(np.searchsorted(found.at, at))
    unread = [pile.rows.at for pile in piles(scene, found, held, PROGRAM, base=base) if pile.speaks]
    return np.isin(rest, np.concatenate(unread)) if unread else np.zeros_like(deep)


def _answering(scene: Scene, rest: Ints, limits: Kinds) -> Bools:
    """Rows that still send: the other end closed its direction only, and waits for an answer."""
    lately = scene.view.below("lastsnd_ms", 1000 * limits["leak"]["sending_s"])
    answering: Bools = (scene.view.above("send_q", 0) | lately)[rest]
    return answering


def _pooled(scene: Scene, rest: Ints, limits: Kinds) -> Bools:
    """Client rows that nobody has touched since the server closed them.

    They are so whoever owns them: not to know the program must not make it graver.
    """
    import numpy as np

    view, held = scene.view, limits["pool"]
    mine = view.is_("role", "client")[rest]
    at = rest[mine]
    if not len(at):
        return mine
    n, counted = view.sizes(at, *GROUP), census(scene)
    # Every process has a pool of its own, also those that are one owner (`families`).
    each = np.where(view.known("pid")[at], view.sizes(at, *GROUP, "pid"), n)
    idle = each <= held["few"]
    if queues.counts_fin(scene):
        small = view.at_least("recv_q", queues.FIN) & ~view.above("recv_q", queues.RECORD)
        untouched = view.tally(at, at[small[at]], *GROUP)
        idle = (untouched >= held["share"] * n) & (each <= held["many"])
    lasting = view.tally(at, at[view.true("persistent")[at]], *GROUP) >= held["dead"]
    works = counted.sums(at, GROUP, counted.among(("ESTABLISHED",))) > 0
    grows = growing(scene, at, _pools)
    mine[mine] = idle & (works | ~lasting) & ~grows
    return mine


def _pools(scene: Scene) -> pd.Series[Any]:
    """The program and the service of each row that may lie in a pool."""
    view = scene.view
    called = view.is_("state", "CLOSE_WAIT") & view.is_("role", "client")
    words = view.pick(called, "netns", "owner", "bound").astype("object").fillna("")
    return words["netns"] + "/" + words["owner"] + " " + words["bound"]


TELLS: tuple[tuple[Kind, Tell], ...] = (
    ("unaccepted", _never_accepted),
    ("unread", _not_read),
    ("answering", _answering),
    ("pool", _pooled),
)
"""What tells the rows of each kind from those that are left, in the order in which it is tried."""


# ---- words that findings about them share --------------------------------------------------------


def aged(pile: Pile) -> bool:
    """Whether most have received nothing for so long that no close is in progress."""
    return 2 * pile.counts["aged"] >= pile.n


def closers(pile: Pile) -> str:
    """Who has closed: the one program at the other ends, where they are in a dump."""
    return others(pile.rows, pile.rows.array("far_owner"))


def evidence(pile: Pile, states: States) -> tuple[str, ...]:
    """The table of states and Recv-Q classes, and who is at the other end."""
    shown = tuple(queues.CLASSES) if any(pile.counts[name] for name in queues.CLASSES) else ()
    alone = pile.first["role"] == "client" or not pile.rows.different("remote_addr")
    lines = pile.table("CLOSE_WAIT", states, "other kinds", shown)
    return lines if alone else (*lines, peers(pile.rows))


def unknown(pile: Pile) -> tuple[str, ...]:
    """What no finding about CLOSE_WAIT can tell from such a dump."""
    said = [] if pile.kept else [how_long(pile.scene, pile.seen)]
    if "owner" not in pile.scene.has:
        said.append(advice.which_program(pile.scene))
    return tuple(said)
