"""Piles: rows of one kind, counted inside the group that they are a part of.

A dump may hold thousands of groups. All are counted at once; only those that are large enough
are cut out of the frame, when a diagnosis looks at their rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nsparse.layout import table
from nsparse.measure import halved, passes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.scene import Scene

Counts = Mapping[str, int]
"""How many rows are in which state, the most frequent first."""


@dataclass(frozen=True, eq=False)
class Cut:
    """The frame that piles are cut out of, each only when somebody looks."""

    rows: pd.DataFrame
    by: Any

    @cached_property
    def places(self) -> Mapping[Hashable, Any]:
        """Where the rows of each key stand."""
        return self.rows.groupby(self.by, sort=False).indices


@dataclass(frozen=True, eq=False)
class Around:
    """The live connections of some groups."""

    scene: Scene
    by: str
    keys: Collection[Hashable]

    @cached_property
    def states(self) -> Mapping[Hashable, Counts]:
        """How many rows of each group are in which state."""
        rows = self.scene.rows
        return states_of(rows[rows["live"] & rows[self.by].isin(list(self.keys))], self.by)


@dataclass(frozen=True, eq=False)
class Pile:
    """Rows of one kind in one group.

    Attributes:
        key: What they have in common.
        n: How many they are.
        base: What they are a part of.
        counts: Of how many each column of truths is true.
        cut: Where its rows are.
        around: The live connections of its group.
    """

    key: Hashable
    n: int
    base: int
    counts: Mapping[str, int]
    cut: Cut = field(repr=False)
    around: Around = field(repr=False)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The rows."""
        rows: pd.DataFrame = self.cut.rows.iloc[self.cut.places[self.key]]
        return rows

    @cached_property
    def first(self) -> pd.Series[Any]:
        """One of them, for what they have in common."""
        return self.rows.iloc[0]

    @property
    def states(self) -> Counts:
        """How many live rows of the whole group are in which state."""
        return self.around.states[self.key]

    @property
    def kept(self) -> int:
        """How many were in the same state 120 s before."""
        return self.counts["persistent"]

    def proofs(self, few: float) -> int:
        """What proves that it lasts, 0 to 2: persistence, and the other ends; each for most rows.

        The other ends count where the rows have a column `paired`.
        """
        least = max(halved(few), self.n / 2)
        return sum(self.counts.get(sign, 0) >= least for sign in ("persistent", "paired"))

    def held_to(self, limits: Limits) -> dict[str, float]:
        """The numbers that it is held against: half of `few` for one that is proven to last."""
        few = limits["few"]
        return {**limits, "few": halved(few) if self.proofs(few) else few}

    def speaks(self, limits: Limits) -> bool:
        """Whether it is large enough (diagnoses: few, share, many)."""
        held = self.held_to(limits)
        return passes(self.n, self.base, held["few"], held["share"], held["many"])

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
    by: Any = "group",
    base: pd.Series[int] | None = None,
    least: float = 1,
) -> Iterator[Pile]:
    """The piles of some rows, in the order in which they appear.

    Args:
        scene: The scene they are from.
        found: Rows of one kind. Of every pile it is counted how many of its truths are true.
        by: What makes a pile: a column of the scene (`group`, `listener`), or keys of the rows.
        base: Sizes by key; without them the live connections of each group, or listener.
        least: The fewest rows that are worth a look.
    """
    truths = found.select_dtypes("bool").assign(n=True).astype("int64")
    keys = found[by] if isinstance(by, str) else by
    sums = truths.groupby(keys, sort=False).sum()
    sums = sums[sums["n"] >= least]
    if sums.empty:
        return
    sizes = live_sizes(scene, str(by)) if base is None else base
    bases = sizes.reindex(sums.index).fillna(0).astype("int64").tolist()
    cut, around = (
        Cut(found, keys),
        Around(scene, by if isinstance(by, str) else "group", sums.index),
    )
    for key, total, counts in zip(sums.index, bases, sums.to_dict("records"), strict=True):
        yield Pile(
            key, counts["n"], total, {str(name): n for name, n in counts.items()}, cut, around
        )


def live_sizes(scene: Scene, by: str) -> pd.Series[int]:
    """How many live connections there are by group, or by listener.

    A connection whose both ends are in one group counts once.
    """
    live = scene.rows[scene.rows["live"] & (scene.rows[by] >= 0)]
    twin = live["group"].reindex(live["pair"]).to_numpy() == live["group"].to_numpy()
    second = live["pair"].to_numpy() < live.index.to_numpy()
    sizes: pd.Series[int] = live.loc[~(twin & second), by].value_counts()
    return sizes


def states_of(rows: pd.DataFrame, by: Any) -> dict[Hashable, dict[str, int]]:
    """How many rows of each key are in which state, the most frequent first."""
    keys = rows[by] if isinstance(by, str) else by
    counts = rows["state"].astype("object").groupby(keys, sort=False).value_counts()
    found: dict[Hashable, dict[str, int]] = {}
    levels = (counts.index.get_level_values(level) for level in (0, 1))
    for key, state, n in zip(*levels, counts, strict=True):
        found.setdefault(key, {})[str(state)] = int(n)
    return found
