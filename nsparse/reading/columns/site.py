"""Words at one place of many lines: where they stand, and the numbers in them."""

from __future__ import annotations

from collections.abc import Mapping
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


class Bound(NamedTuple):
    """Which numbers say nothing but their value: how large they may be, and whether 0 is one."""

    most: int
    zero: bool

    def holds(self, values: Ints) -> Bools:
        """Which numbers are such."""
        holds: Bools = values <= self.most
        if not self.zero:
            holds &= values != 0
        return holds


class Numeral(NamedTuple):
    """A number that words may hold at a place.

    Attributes:
        spec: Where it stands in a word.
        names: The fields that hold such a one.
        bound: What it may be in any of them.
    """

    spec: Digits
    names: tuple[str, ...]
    bound: Bound


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
    def forms(self) -> list[Numeral]:
        """The numbers that words may hold here."""
        found: dict[tuple[str, str], dict[str, Digits]] = {}
        for name in self.plan.numbers(self.place, self.marks):
            spec = self.plan.cells[name].digits
            if spec is not None:
                found.setdefault((spec.before, spec.after), {})[name] = spec
        return [_numeral_of(specs) for specs in found.values()]

    def form(self, name: str) -> Numeral | None:
        """The number that words of a field hold here, if they hold one."""
        return next((form for form in self.forms if name in form.names), None)

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


def _numeral_of(specs: Mapping[str, Digits]) -> Numeral:
    """The number that stands alike in words of some fields."""
    each = list(specs.values())
    bound = Bound(min(spec.most for spec in each), all(spec.zero for spec in each))
    return Numeral(each[0], tuple(specs), bound)


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
    for number, form in enumerate(site.forms):
        spec = form.spec
        if number == 0 and not spec.before and not spec.after:
            whole = whole_number(site.text, site.ends, lengths)
            if whole is not None and form.bound.holds(whole).all():
                none = np.zeros(len(lengths), np.int64)
                return Numbers(none, lengths, whole, none)
        ending = _ending(site, spec)
        count = np.count_nonzero(ending)
        if not count:
            continue
        few = count * 2 < len(lengths)
        which = np.flatnonzero(ending) if few else slice(None)
        some, fits = _form(site.some(which), form, number)
        if number == 0 and not few and fits.all():
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


def _form(site: Site, form: Numeral, number: int) -> tuple[Numbers, Bools]:
    """The number that each word has if it is of that form, and whether it is."""
    spec = form.spec
    ends = site.ends - np.int32(len(spec.after)) if spec.after else site.ends
    counts, values = digits(site.text, ends)
    stems = (site.ends - site.starts) - counts - len(spec.after)
    fits = _fits(site, spec, ends, counts, stems) & form.bound.holds(values)
    return Numbers(np.full(len(fits), number), counts, values, stems), fits


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
