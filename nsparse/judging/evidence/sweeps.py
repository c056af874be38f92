"""Sweeps: attempts of one program at many addresses, or at many ports of one, mostly in vain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nsparse.judging.evidence.calls import SERVICE
from nsparse.judging.evidence.finding import WHOSE
from nsparse.judging.scene.rows import Rows
from nsparse.prose import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.scene.scene import Scene

RISKY = (22, 23, 2323, 445, 3389, 5555, 6379, 1433, 3306, 5900, 2375, 7547)
"""Ports that worms and intruders look for."""
NEAR = 4
"""Addresses so close to one another that somebody counts them through."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """Attempts of one program: at many addresses on one port, or at many ports of one address.

    Attributes:
        rows: The attempts.
        wide: Whether it is many addresses.
        n: How many of them.
        hits: How many of these answer.
        at: The port, or the address.
        program: Whose they are, as a number.
    """

    rows: pd.DataFrame
    wide: bool
    n: int
    hits: int
    at: Any
    program: int

    @property
    def said(self) -> str:
        """What it tries: `34 addresses on port 22`."""
        if self.wide:
            return f"{plural(self.n, 'address', 'addresses')} on port {self.at}"
        return f"{plural(self.n, 'port')} of {self.at}"

    @property
    def risky(self) -> bool:
        """Whether intruders look for such a port."""
        return self.wide and self.at in RISKY

    @property
    def tried(self) -> pd.Series[Any]:
        """The addresses, or the ports, each once."""
        return self.rows["remote_addr" if self.wide else "remote_port"].drop_duplicates()


def sweeps(
    scene: Scene, calling: Bools, up: Ints, limits: Limits, *, wide: bool
) -> Iterator[Sweep]:
    """The sweeps in one direction that are large enough, and in vain.

    Args:
        scene: The scene.
        calling: The attempts.
        up: Where connections stand that work.
        limits: The numbers that a sweep is held against.
        wide: Whether to look for many addresses, else for many ports.
    """
    import numpy as np

    view = scene.view
    fixed, tried = ("remote_port", "remote_addr") if wide else ("remote_addr", "remote_port")
    at = calling.nonzero()[0]
    sizes = view.distinct(at, ("owner", fixed), (tried,))
    lots = list(view.lots(at[sizes >= limits["warning"]], "owner", fixed))
    keys = view.keys_at(up, "owner", fixed) if lots else up
    for lot in lots:
        first, n = lot[:1], Rows(view, lot).different(tried)
        works = np.flatnonzero(keys == view.keys_at(first, "owner", fixed))
        hits = Rows(view, up[works]).different(tried)
        if hits <= limits["hits"] * n:
            part, program = view.pick(lot, *WHOSE, *SERVICE), view.keys_at(first, "owner")
            yield Sweep(part, wide, n, hits, part[fixed].iat[0], int(program[0]))


def by_program(sweeps: Sequence[Sweep]) -> Iterator[list[Sweep]]:
    """The sweeps of each program, the largest first."""
    found: dict[int, list[Sweep]] = {}
    for sweep in sorted(sweeps, key=lambda sweep: (not sweep.risky, -sweep.n)):
        found.setdefault(sweep.program, []).append(sweep)
    yield from found.values()


def counted_through(sweep: Sweep) -> bool:
    """Whether most of the addresses, or ports, are neighbours."""
    tried = sweep.tried
    if sweep.wide:
        parts = tried.str.extract(r"^(\d+\.\d+\.\d+)\.(\d+)$").dropna()
        if parts.empty:
            return False
        nets, last = parts[0], parts[1].astype("int64")
    else:
        last = tried.astype("int64")
        nets = last * 0
    ordered = last.sort_values()
    gaps = ordered.groupby(nets[ordered.index]).diff()
    return bool(2 * (gaps <= NEAR).sum() >= len(tried))


def others_before(scene: Scene, sweep: Sweep) -> bool:
    """Whether the program tried as many others in the snapshot before."""
    if not scene.earlier or not sweep.wide:
        return False
    view, owner = scene.earlier[-1].view, sweep.rows["owner"].iat[0]
    same = view.is_("state", "SYN_SENT") & view.is_("remote_port", sweep.at)
    tried = set(view.pick(same & view.is_("owner", owner), "remote_addr")["remote_addr"])
    return len(tried - set(sweep.rows["remote_addr"])) * 2 >= sweep.n
