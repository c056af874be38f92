"""Words at one place of many lines: where they stand, and the numbers in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nsparse.reading.columns.words import MOST_DIGITS, Bools, Ints, Positions, Text, digits

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


def numbers_of(site: Site) -> Numbers:
    """The number in each word, where it holds one of a form that may stand there."""
    lengths = (site.ends - site.starts).astype(np.int64)
    none = np.zeros(len(lengths), np.int64)
    numbers = Numbers(none - 1, none, none, lengths)
    for form, (spec, names) in enumerate(site.forms):
        ends = site.ends - np.int32(len(spec.after)) if spec.after else site.ends
        counts, values = digits(site.text, ends)
        stems = lengths - counts - len(spec.after)
        fits = _fits(site, spec, ends, counts, stems) & _bounded(site, names, values)
        if form == 0 and fits.all():
            return Numbers(none, counts, values, stems)
        numbers = Numbers(
            np.where(fits, form, numbers.form),
            np.where(fits, counts, numbers.counts),
            np.where(fits, values, numbers.values),
            np.where(fits, stems, numbers.stems),
        )
    return numbers


def _fits(site: Site, spec: Digits, ends: Positions, counts: Ints, stems: Ints) -> Bools:
    """Whether words look as a number of that form does."""
    fits = (counts > 0) & (counts <= MOST_DIGITS)
    if spec.before:
        before = site.text.bytes[ends - counts - 1]
        fits &= (stems > 1) & (before == ord(spec.before))
    else:
        fits &= stems == 0
    for at, char in enumerate(spec.after):
        fits &= site.text.bytes[ends + at] == ord(char)
    return fits


def _bounded(site: Site, names: list[str], values: Ints) -> Bools:
    """Whether numbers are such that say nothing but their value in any of the fields."""
    specs = [spec for name in names if (spec := site.plan.cells[name].digits)]
    bounded = values <= min(spec.most for spec in specs)
    if not all(spec.zero for spec in specs):
        bounded &= values != 0
    return bounded
