"""Words at one place of many lines: where they stand, and the numbers in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nsparse.reading.columns.words import (
    MOST_DIGITS,
    Bools,
    Ints,
    Positions,
    Text,
    digits,
    holds_at,
    whole_number,
)

if TYPE_CHECKING:
    from nsparse.dialect import Digits
    from nsparse.reading.columns.plan import Place, Plan, Step


class Outcome(NamedTuple):
    """Where a word leads: before the next word, and whether a line may end behind it.

    `marks` are the fields so far that change what the digits of later ones say.
    """

    behind: Place | None
    final: bool
    marks: frozenset[str] = frozenset()


LOOSE = Outcome(None, False)
"""The word cannot be judged by itself."""


@dataclass(frozen=True)
class Site:
    """Words at one place.

    Attributes:
        plan: How the grammar reads words.
        text: The bytes.
        place: Where the words stand.
        marks: The fields before that change what digits say.
        last: Whether they are the last of their lines.
        starts: Where each word starts.
        ends: Where each ends.
    """

    plan: Plan
    text: Text
    place: Place
    marks: frozenset[str]
    last: bool
    starts: Positions
    ends: Positions

    @cached_property
    def forms(self) -> list[tuple[Digits, list[str]]]:
        """The numbers that words may hold here, each with the fields that hold such a one."""
        found: dict[tuple[str, str], tuple[Digits, list[str]]] = {}
        for name in self.plan.numbers(self.place, self.marks):
            spec = self.plan.cells[name].digits
            if spec is not None:
                found.setdefault((spec.before, spec.after), (spec, []))[1].append(name)
        return list(found.values())

    def some(self, which: Any) -> Site:
        """Some of the words."""
        return replace(self, starts=self.starts[which], ends=self.ends[which])

    def leads(self, step: Step) -> Outcome:
        """Where a word leads that says that."""
        marks = self.marks.union(self.plan.marks.intersection(s.field for s in step.spans))
        return Outcome(step.behind, step.final, marks)

    def step(self, word: str) -> Step | None:
        """What a word says here."""
        return self.plan.step(self.place, word, last=self.last)


@dataclass
class Numbers:
    """The number in each word.

    Attributes:
        form: Which of the forms of the place it has; -1 for a word that is taken whole.
        counts: How many digits.
        values: What they are.
        stems: How long the word is without the number and what stands behind it.
    """

    form: Ints
    counts: Ints
    values: Ints
    stems: Ints

    @property
    def arrays(self) -> tuple[Ints, Ints, Ints, Ints]:
        """All of it."""
        return self.form, self.counts, self.values, self.stems

    def some(self, which: Any) -> Numbers:
        """Those of some of the words."""
        return Numbers(*(one[which] for one in self.arrays))


def numbers_of(site: Site) -> Numbers:
    """The number in each word, where it holds one of a form that may stand there."""
    lengths = (site.ends - site.starts).astype(np.int64)
    numbers: Numbers | None = None
    for form, (spec, names) in enumerate(site.forms):
        if form == 0 and not spec.before and not spec.after:
            whole = whole_number(site.text, site.ends, lengths)
            if whole is not None and bounded(site, names, whole).all():
                none = np.zeros(len(lengths), np.int64)
                return Numbers(none, lengths, whole, none)
        ending = _ending(site, spec)
        count = np.count_nonzero(ending)
        if not count:
            continue
        few = count * 2 < len(lengths)
        which = np.flatnonzero(ending) if few else slice(None)
        some, fits = _form(site.some(which), spec, names, form)
        if form == 0 and not few and fits.all():
            return some
        numbers = numbers or _none(lengths)
        where = which[fits] if few else np.flatnonzero(fits)  # type: ignore[index]
        for old, new in zip(numbers.arrays, some.arrays, strict=True):
            old[where] = new[fits]
    return numbers or _none(lengths)


def _none(lengths: Ints) -> Numbers:
    """Words without numbers."""
    form, counts, values = np.zeros((3, len(lengths)), np.int64)
    form -= 1
    return Numbers(form, counts, values, lengths)


def _ending(site: Site, spec: Digits) -> Bools:
    """Which words may end as such a number does."""
    last = site.text.bytes[site.ends - (len(spec.after) + 1)]
    ending: Bools = (last - np.uint8(ord("0"))) < 10
    return ending


def _form(site: Site, spec: Digits, names: list[str], form: int) -> tuple[Numbers, Bools]:
    """The number that each word has if it is of that form, and whether it is."""
    ends = site.ends - np.int32(len(spec.after)) if spec.after else site.ends
    counts, values = digits(site.text, ends)
    stems = (site.ends - site.starts) - counts - len(spec.after)
    fits = _fits(site, spec, ends, counts, stems) & bounded(site, names, values)
    return Numbers(np.full(len(fits), form), counts, values, stems), fits


def _fits(site: Site, spec: Digits, ends: Positions, counts: Ints, stems: Ints) -> Bools:
    """Whether words look as a number of that form does."""
    fits = (counts > 0) & (counts <= MOST_DIGITS)
    if spec.before:
        before = site.text.bytes[ends - counts - 1]
        fits &= (stems > 1) & (before == ord(spec.before))
    else:
        fits &= stems == 0
    if spec.after:
        fits &= holds_at(site.text, ends, spec.after)
    return fits


def bounded(site: Site, names: list[str], values: Ints) -> Bools:
    """Whether numbers are such that say nothing but their value in any of the fields."""
    specs = [spec for name in names if (spec := site.plan.cells[name].digits)]
    bounded = values <= min(spec.most for spec in specs)
    if not all(spec.zero for spec in specs):
        bounded &= values != 0
    return bounded
