"""Words by their shape: what nobody who reads them can tell apart is judged once.

Addresses differ on nearly every row, and hardly any expression tells one digit from another. Two
characters are alike where no expression that is tried on a word can tell them apart; words whose
characters are alike one by one have one shape, and the grammar reads them alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nsparse.reading.columns.forms import Form, forms_of
from nsparse.reading.columns.kinds import Meanings
from nsparse.reading.columns.site import Numbers, Outcome, Site
from nsparse.reading.columns.words import (
    LONGEST,
    Bools,
    Ints,
    Positions,
    encoded,
    holds_at,
    whole_numbers,
)

if TYPE_CHECKING:
    from nsparse.reading.columns.column import Sink

WORTH = 2
"""Where more than one shape in so many words is unlike all others, they save nothing."""

FEW = 1000
"""So many unlike shapes are no matter."""

REMEMBERED = 100_000
"""So many shapes are remembered of a place; no dump has more that will come again."""

COUNTS = 16
"""More digits no number has."""

NOBODY, UNKNOWN = -1, -2
"""Stand where only the word tells what it says, and where nobody has asked yet."""


class Way(NamedTuple):
    """Where words of one shape lead, and the field that they are."""

    outcome: Outcome
    field: str


@dataclass(eq=False)
class Memory:
    """The shapes of texts of one form, each with a number; 0 for all that are of none.

    Attributes:
        shapes: The shapes by their numbers.
        numbers: The number of each shape that was met.
        ways: What words of these shapes say, those that differ.
        said: Which of these it is, by shape and how many digits there are; -1 where only the word
            tells, `UNKNOWN` where nobody has asked.
    """

    shapes: list[str] = field(default_factory=lambda: [""])
    numbers: dict[str, int] = field(default_factory=dict)
    ways: dict[Way, int] = field(default_factory=dict)
    said: Positions = field(default_factory=lambda: np.full(COUNTS, NOBODY, np.int32))

    def learn(self, form: Form, shapes: Sequence[str]) -> Positions:
        """The numbers of some shapes."""
        for shape in set(shapes).difference(self.numbers):
            self.numbers[shape] = len(self.shapes) if form.holds(shape) else 0
            if self.numbers[shape]:
                self.shapes.append(shape)
        more = COUNTS * len(self.shapes) - len(self.said)
        if more > 0:
            self.said = np.append(self.said, np.full(more + len(self.said), UNKNOWN, np.int32))
        return np.array([self.numbers[shape] for shape in shapes], np.int32)

    def say(self, site: Site, form: Form, keys: Positions) -> Positions:
        """Which way words go, given by shape and how many digits there are."""
        said: Positions = self.said[keys]
        unknown = said == UNKNOWN
        if unknown.any():
            for key in np.unique(keys[unknown]).tolist():
                word = form.word(self.shapes[key // COUNTS], key % COUNTS)
                way = _way(site, form, word)
                self.said[key] = self.ways.setdefault(way, len(self.ways)) if way else NOBODY
            said = self.said[keys]
        return said


def shaped(site: Site, numbers: Numbers, meanings: Meanings, classes: Positions, sink: Sink) -> Any:
    """Read the words whose shape says all but a number and a text; which words are left.

    Args:
        site: The words.
        numbers: The number in each.
        meanings: What classes say.
        classes: The class of each word, set for those that are read.
        sink: Takes the numbers and the texts.
    """
    everything = slice(None)
    if not len(site.starts) or int(numbers.stems.max()) > LONGEST:
        return everything
    for at, group in groupby(forms_of(site), key=lambda form: form.at):
        which: Any = (numbers.form == at).nonzero()[0]
        if len(which) == len(classes):
            which = everything
        elif not len(which):
            continue
        words = _words(site.some(which), numbers.some(which), list(group))
        classes[which] = words.read(meanings, sink.some(which))
    rest = (classes < 0).nonzero()[0]
    return rest if len(rest) < len(classes) else everything


@dataclass(frozen=True)
class _Words:
    """Words with a number of one kind, and the text before it in each.

    Attributes:
        site: The words.
        numbers: The number in each.
        forms: What they may be.
        starts: Where each text starts.
        ends: Where it ends.
        wraps: What stands around each text, as the number of one of `around`.
        around: What may stand around texts.
        texts: The texts.
    """

    site: Site
    numbers: Numbers
    forms: Sequence[Form]
    starts: Positions
    ends: Positions
    wraps: npt.NDArray[np.int8]
    around: Sequence[tuple[str, str]]
    texts: Any

    def read(self, meanings: Meanings, sink: Sink) -> Positions:
        """The classes of the words, -1 for those that are left; numbers and texts are kept."""
        classes = np.full(len(self.starts), -1, np.int32)
        tells = np.zeros(len(self.starts), np.bool_)
        for form in self.forms:
            may_be = self.wraps == self.around.index(form.wrap)
            may_be &= classes < 0
            count = np.count_nonzero(may_be)
            if not count:
                continue
            tells |= may_be & form.tells
            if 2 * count > len(classes):
                texts = _alike(self.texts, form.table, None if count == len(classes) else may_be)
                found = self._classes(form, texts, self.numbers.counts, meanings)
                np.copyto(classes, found, where=may_be)
            else:
                which = may_be.nonzero()[0]
                some = _alike(self.texts.take(whole_numbers(which)), form.table)
                classes[which] = self._classes(form, some, self.numbers.counts[which], meanings)
            if form.plain.whole:
                mine = may_be & (classes >= 0)
                sink.keep(form.plain.whole, self.site.starts, self.site.ends, mine)
        self._keep(sink, classes >= 0, tells)
        return classes

    def _keep(self, sink: Sink, done: Bools, tells: Bools) -> None:
        """Keep numbers and texts of the words that are read, and of which digits tell."""
        if done.any():
            spec, _, bound = self.forms[0].numeral
            sink.put(spec.column, self.site, self.numbers, bound, done)
            if spec.kept:
                sink.keep(spec.kept, self.starts, self.ends, done, self.texts)
        which = (tells & done).nonzero()[0]
        if len(which):
            sink.some(which).tells(self.starts[which], self.ends[which])

    def _classes(self, form: Form, texts: Any, counts: Ints, meanings: Meanings) -> Positions:
        """The classes of shapes with numbers of so many digits, as far as they are of a form."""
        codes, shapes = encoded(texts)
        if len(shapes) > max(FEW, len(codes) // WORTH):
            return np.full(len(codes), NOBODY, np.int32)
        memory = self.site.plan.shapes.get(form)
        if memory is None or len(memory.numbers) > REMEMBERED:
            memory = self.site.plan.shapes[form] = Memory()
        keys = memory.learn(form, shapes.to_pylist())[codes] * np.int32(COUNTS)
        keys += counts.astype(np.int32)
        said = memory.say(self.site, form, keys)
        # The last entry is for those of which nobody knows what they say.
        classes = np.full(len(memory.ways) + 1, NOBODY, np.int32)
        for way, number in memory.ways.items():
            if (said == number).any():
                classes[number] = meanings.of(*way, form.number)
        found: Positions = classes[said]
        return found


def _words(site: Site, numbers: Numbers, forms: Sequence[Form]) -> _Words:
    """Words, taken apart."""
    around = list(dict.fromkeys([("", ""), *(form.wrap for form in forms)]))
    wraps = np.zeros(len(site.starts), np.int8)
    starts = site.starts
    ends = starts + (numbers.stems - len(forms[0].numeral.spec.before)).astype(np.int32)
    for number, (front, back) in enumerate(around[1:], 1):
        wrapped = holds_at(site.text, site.starts, front)
        if wrapped.any():
            wrapped &= holds_at(site.text, ends - np.int32(len(back)), back)
            wrapped &= ends - starts >= len(front) + len(back)
            wraps[wrapped] = number
            starts = starts + wrapped * np.int32(len(front))
            ends = ends - wrapped * np.int32(len(back))
    texts = site.text.words(starts, ends)
    return _Words(site, numbers, forms, starts, ends, wraps, around, texts)


def _alike(texts: Any, table: bytes, which: Bools | None = None) -> Any:
    """Texts, alike characters the same; missing all but some, if these are given."""
    import pyarrow as pa

    _, offsets, data = texts.buffers()
    alike = pa.py_buffer(bytes(data).translate(table))
    valid = None if which is None else pa.py_buffer(np.packbits(which, bitorder="little"))
    return pa.Array.from_buffers(texts.type, len(texts), [valid, offsets, alike])


def _way(site: Site, form: Form, word: str) -> Way | None:
    """What words of a shape say, of which this is one; None where only the word tells."""
    if len(word) == form.plain.not_wide:
        return None
    step = site.step(word)
    if step is None or step.terminals != (form.terminal,) or not form.proof.holds(word):
        return None
    if step.behind is not None and site.plan.goes_on(step.behind):
        return None
    return Way(site.leads(step), step.field)
