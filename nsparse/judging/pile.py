"""Piles: rows of one kind, counted inside the group that they are a part of.

A dump may hold thousands of groups. All are counted at once; only those that are large enough
are cut out of the frame, when a diagnosis looks at their rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from nsparse.diagnosis import Finding
from nsparse.judging.finding import LOCAL_PROGRAM, connections, group_of, labels, settle
from nsparse.judging.measure import halved, passes
from nsparse.layout import table
from nsparse.prose import actor, thousands

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd

    from nsparse.diagnosis import Confidence, Group, Limits, Severity, Step
    from nsparse.judging.scene import Scene

Counts = Mapping[str, int]
"""How many rows are in which state, the most frequent first."""


class Told(TypedDict, total=False):
    """What a diagnosis may add to the finding about a pile."""

    group: Group
    limits: Mapping[str, float]
    evidence: tuple[str, ...]
    cause: tuple[str, ...]
    next: tuple[Step, ...]
    caveats: tuple[str, ...]
    refs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Ground:
    """What piles are cut out of, each only when somebody looks."""

    scene: Scene
    found: pd.DataFrame
    by: Any
    keys: Collection[Hashable]

    @cached_property
    def places(self) -> Mapping[Hashable, Any]:
        """Where the rows of each pile stand."""
        return self.found.groupby(self.by, sort=False).indices

    @cached_property
    def states(self) -> Mapping[Hashable, Counts]:
        """How many live rows of each pile's group are in which state."""
        rows = self.scene.rows
        return states_of(rows[rows["live"] & rows[self.by].isin(list(self.keys))], self.by)


@dataclass(frozen=True, eq=False)
class Pile:
    """Rows of one kind in one group, and the numbers that they are held against.

    Attributes:
        scene: The scene they are from.
        limits: The numbers.
        key: What the rows have in common.
        n: How many they are.
        base: What they are a part of.
        counts: Of how many of them each column of truths is true.
        ground: Where they are cut out of.
    """

    scene: Scene
    limits: Limits
    key: Any  # a number of a group or a listener, or whatever the diagnosis groups by
    n: int
    base: int
    counts: Mapping[str, int]
    ground: Ground = field(repr=False)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The rows."""
        rows: pd.DataFrame = self.ground.found.iloc[self.ground.places[self.key]]
        return rows

    @cached_property
    def first(self) -> pd.Series[Any]:
        """One of them, for what they have in common."""
        return self.rows.iloc[0]

    @property
    def who(self) -> str:
        """Who acts in a sentence about it."""
        return actor(self.first["owner"], LOCAL_PROGRAM)

    @property
    def program(self) -> str:
        """The program in a sentence about what it does: its name without a number."""
        names = self.rows["process"].dropna()
        return str(names.iat[0]) if len(names) else self.who

    @property
    def states(self) -> Counts:
        """How many live rows of the whole group are in which state."""
        return self.ground.states[self.key]

    @property
    def kept(self) -> int:
        """How many were in the same state 120 s before."""
        return self.counts["persistent"]

    @property
    def proofs(self) -> int:
        """What proves that it lasts, 0 to 2: persistence, and the other ends; each for most rows.

        The other ends count where the rows have a column `paired`.
        """
        least = max(halved(self.limits["few"]), self.n / 2)
        return sum(self.counts.get(sign, 0) >= least for sign in ("persistent", "paired"))

    @property
    def held(self) -> dict[str, float]:
        """The numbers with half of `few` for a pile that is proven to last."""
        few = self.limits["few"]
        return {**self.limits, "few": halved(few) if self.proofs else few}

    @property
    def speaks(self) -> bool:
        """Whether it is large enough (diagnoses: few, share, many)."""
        held = self.held
        return passes(self.n, self.base, held["few"], held["share"], held["many"])

    @property
    def starves(self) -> bool:
        """Whether one process has so many that it may run out of descriptors (`fd_share`)."""
        enough = self.limits["fd_share"] * self.scene.constants.fd_limit
        return self.counts["owned"] > 0 and self.n >= enough

    def part(self, otherwise: str = " without a known service") -> str:
        """How many of which connections: `6 of 7 connections accepted on port 8080`."""
        return f"{thousands(self.n)} of {connections(self.first, self.base, otherwise)}"

    def confidence(self, *, up: int = 0, down: int = 0, proven: bool = False) -> Confidence:
        """How sure a state that could be passing makes us (diagnoses: the cap rule).

        Args:
            up: What makes it surer beside what proves that it lasts.
            down: What makes it less sure.
            proven: Whether it may be high though nothing proves that it lasts.
        """
        cap: Confidence = "high" if self.proofs or proven else "medium"
        return settle("medium", self.scene, up=self.proofs + up, down=down, cap=cap)

    def finding(
        self,
        id_: str,
        severity: Severity,
        confidence: Confidence,
        verdict: str,
        **told: Unpack[Told],
    ) -> Finding:
        """A finding that stands on all rows of the pile; its group is that of each of them."""
        limits = self.held if "few" in self.limits else self.limits
        more: Told = {"group": group_of(self.first), "limits": limits, **told}
        return Finding(
            id=id_,
            severity=severity,
            confidence=confidence,
            n=self.n,
            base=self.base,
            verdict=verdict,
            sockets=labels(self.rows),
            **more,
        )

    def table(
        self, state: str, states: Counts, rest: str, columns: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """The table of evidence: the pile, and below it the other states around it.

        Args:
            state: The state of its rows.
            states: What is around it, the pile itself included.
            rest: What the rows of that state are called that are not in the pile.
            columns: Counts to show beside `n`.
        """
        oldest = "at least 120 s" if self.kept else "not in this dump"
        shown = (str(self.counts[name]) for name in columns)
        lines = [("state", "n", *columns, "oldest"), (state, str(self.n), *shown, oldest)]
        for name, n in states.items():
            more = n - self.n if name == state else n
            called = f"{name}, {rest}" if name == state else name
            if more > 0:
                lines.append((called, str(more), *("" for _ in columns), ""))
        return tuple(table(lines, indent=0))


def piles(
    scene: Scene,
    found: pd.DataFrame,
    limits: Limits,
    by: Any = "group",
    base: pd.Series[int] | None = None,
    least: float | None = None,
) -> Iterator[Pile]:
    """The piles of some rows, in the order in which they appear.

    Args:
        scene: The scene they are from.
        found: Rows of one kind. Of every pile it is counted how many of its truths are true.
        limits: The numbers that the piles are held against.
        by: What makes a pile: a column of the scene (`group`, `listener`), or keys of the rows.
        base: Sizes by key; without them the live connections of each group, or listener.
        least: The fewest rows that are worth a look; without it what `few` and `many` ask for.
    """
    if least is None:
        least = min(halved(limits["few"]), limits["many"])
    keys = found[by] if isinstance(by, str) else by
    sums = found.select_dtypes("bool").assign(n=True).astype("int64")
    sums = sums.groupby(keys, sort=False).sum()
    sums = sums[sums["n"] >= least]
    if sums.empty:
        return
    sizes = live_sizes(scene, str(by)) if base is None else base
    bases = sizes.reindex(sums.index).fillna(0).astype("int64").tolist()
    ground = Ground(scene, found, by, sums.index)
    for key, total, row in zip(sums.index, bases, sums.to_dict("records"), strict=True):
        counts = {str(name): int(n) for name, n in row.items()}
        yield Pile(scene, limits, key, counts["n"], total, counts, ground)


def live_sizes(scene: Scene, by: str) -> pd.Series[int]:
    """How many live connections there are by group, or by listener.

    A connection whose both ends are in one group counts once.
    """
    live = scene.rows[scene.rows["live"] & (scene.rows[by] >= 0)]
    twin = live["group"].reindex(live["pair"]).to_numpy() == live["group"].to_numpy()
    second = live["pair"].to_numpy() < live.index.to_numpy()
    sizes: pd.Series[int] = live.loc[~(twin & second), by].value_counts()
    return sizes


def states_of(rows: pd.DataFrame, by: str) -> dict[Hashable, dict[str, int]]:
    """How many rows of each key are in which state, the most frequent first."""
    counts = rows["state"].astype("object").groupby(rows[by], sort=False).value_counts()
    found: dict[Hashable, dict[str, int]] = {}
    levels = (counts.index.get_level_values(level) for level in (0, 1))
    for key, state, n in zip(*levels, counts, strict=True):
        found.setdefault(key, {})[str(state)] = int(n)
    return found
