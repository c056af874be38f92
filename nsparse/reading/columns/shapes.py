"""Words by their shape: what nobody who reads them can tell apart is judged once.

Addresses differ on nearly every row, and hardly any expression tells one digit from another. Two
characters are alike where no expression that is tried on a word can tell them apart; words whose
characters are alike one by one have one shape, and the grammar reads them alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nsparse.reading.columns.kinds import Meanings
from nsparse.reading.columns.site import Numbers, Outcome, Site
from nsparse.reading.columns.terminals import ASCII, sets_of_text
from nsparse.reading.columns.words import LONGEST, Positions, encoded
from nsparse.reading.grammar import field_name
from nsparse.reading.normal import WILDCARDS

if TYPE_CHECKING:
    from nsparse.dialect import Digits, Plain
    from nsparse.reading.columns.classes import Sink
    from nsparse.reading.columns.plan import Proof

WORTH = 2
"""Where more than one shape in so many words is unlike all others, they save nothing."""

FEW = 1000
"""So many unlike shapes are no matter."""

REMEMBERED = 100_000
"""So many shapes are remembered of a place; no dump has more that will come again."""

COUNTS = 16
"""More digits no number has."""


@dataclass(frozen=True, eq=False)
class Form:
    """Words with a number of one form, and a text of one kind before it.

    Attributes:
        at: Which of the forms of its place.
        spec: The number.
        terminal: What takes such words whole.
        proof: That it does, and what it tells apart.
        number: Which of the kinds of text.
        plain: The text.
        table: For each byte the one that stands for all that are alike.
    """

    at: int
    spec: Digits
    terminal: str
    proof: Proof
    number: int
    plain: Plain
    table: bytes

    @property
    def back(self) -> int:
        """How much stands between the text and the number."""
        return len(self.plain.back) + len(self.spec.before)

    @cached_property
    def like(self) -> re.Pattern[str]:
        """An expression for what stands before the number."""
        front, back, before = map(re.escape, (self.plain.front, self.plain.back, self.spec.before))
        return re.compile(f"{front}(?:{self.plain.like}){back}{before}")

    def holds(self, stem: str) -> bool:
        """Whether what stands before a number is such a text, whatever characters alike it has."""
        if not self.like.fullmatch(stem):
            return False
        text = stem[len(self.plain.front) : len(stem) - self.back]
        never = self.plain.never and re.search(self.plain.never, text)
        return not never and text not in _wild(self.table) and len(text) != self.plain.not_long


Shape = tuple[Outcome, str] | None
"""Where words of one shape lead and the field that they are; None where only the word tells."""


def shaped(site: Site, numbers: Numbers, meanings: Meanings, classes: Positions, sink: Sink) -> Any:
    """Read the words whose shape says all but a number and a text; which words are left.

    Args:
        site: The words.
        numbers: The number in each.
        meanings: What classes say.
        classes: The class of each word, set for those that are read.
        sink: Takes the numbers and the texts.
    """
    rest: Any = slice(None)
    forms = _forms(site)
    if not forms or not len(site.starts) or int(numbers.stems.max()) > LONGEST:
        return rest
    for form in forms:
        some = _Words(site, numbers, sink, form).some(rest)
        codes, known = some.known()
        if known:
            done = some.read(codes, known, meanings)
            here = np.arange(len(classes))[rest]
            classes[here] = done
            rest = here[done < 0]
            if not len(rest):
                break
    return rest


@dataclass(frozen=True)
class _Words:
    """Words that may be of one form."""

    site: Site
    numbers: Numbers
    sink: Sink
    form: Form

    def some(self, which: Any) -> _Words:
        """Some of them."""
        if isinstance(which, slice):
            return self
        return _Words(
            self.site.some(which), self.numbers.some(which), self.sink.some(which), self.form
        )

    def known(self) -> tuple[Positions, dict[int, str]]:
        """The shape of each, as a code, and those shapes that hold such a text."""
        codes, shapes = encoded(self._alike())
        if len(shapes) > max(FEW, len(codes) // WORTH):
            return codes, {}
        memory = self.site.plan.shapes.setdefault(self.form, {})
        if len(memory) > REMEMBERED:
            memory.clear()
        found = {}
        for code, stem in enumerate(shapes.to_pylist()):
            if stem not in memory:
                memory[stem] = self.form.holds(stem)
            if memory[stem]:
                found[code] = stem
        return codes, found

    def _alike(self) -> Any:
        """What stands before the numbers, alike characters the same."""
        import pyarrow as pa

        starts = self.site.starts
        words = self.site.text.words(starts, starts + self.numbers.stems)
        _, offsets, data = words.buffers()
        alike = pa.py_buffer(merged(data, self.form.table))
        return pa.Array.from_buffers(words.type, len(words), [None, offsets, alike])

    def read(self, codes: Positions, known: dict[int, str], meanings: Meanings) -> Positions:
        """The classes of the words, -1 for those that are left."""
        keys = codes * np.int32(COUNTS) + self.numbers.counts
        by_key = np.full(int(codes.max() + 1) * COUNTS, -1, np.int32)
        present = np.bincount(keys, minlength=len(by_key)).reshape(-1, COUNTS) > 0
        for code, stem in known.items():
            for count in np.flatnonzero(present[code]).tolist():
                shape = self._shape(stem, count)
                if shape is not None:
                    by_key[code * COUNTS + count] = meanings.of(*shape, self.form.number)
        classes: Positions = by_key[keys]
        classes[self.numbers.form != self.form.at] = -1
        self._put(classes)
        return classes

    def _put(self, classes: Positions) -> None:
        """Put numbers and texts where they go."""
        sink, starts, stems = self.sink, self.site.starts, self.numbers.stems
        values = self.numbers.values
        if int(classes.min()) < 0:
            which = np.flatnonzero(classes >= 0)
            sink, starts, stems, values = (
                sink.some(which),
                starts[which],
                stems[which],
                values[which],
            )
        sink.put(self.form.spec.column, values)
        if self.form.spec.kept:
            first = starts.astype(np.int64) + len(self.form.plain.front)
            sink.keep(self.form.spec.kept, first, starts + (stems - self.form.back))

    def _shape(self, stem: str, count: int) -> Shape:
        """What words of a shape with so many digits say."""
        key = (self.site.place, self.site.marks, self.form, stem, count)
        known = self.site.plan.known
        if key not in known:
            if len(known) > REMEMBERED:
                known.clear()
            known[key] = _shape(self.site, self.form, stem, count)
        shape: Shape = known[key]
        return shape


def _shape(site: Site, form: Form, stem: str, count: int) -> Shape:
    """What words of a shape say; the shape is itself what stands before the number of one."""
    word = f"{stem}{'1' * count}{form.spec.after}"
    if len(word) == form.plain.not_wide:
        return None
    step = site.step(word)
    if step is None or step.terminals != (form.terminal,) or not form.proof.holds(word):
        return None
    if step.behind is not None and site.plan.goes_on(step.behind):
        return None
    return site.leads(step), step.field


@cache
def _wild(table: bytes) -> frozenset[str]:
    """The shapes of wildcards."""
    return frozenset(wild.encode().translate(table).decode() for wild in WILDCARDS)


# ---- what is alike -------------------------------------------------------------------------------


def _forms(site: Site) -> list[Form]:
    """The forms of numbers with texts before them that may stand at a place."""
    key = (site.place, site.marks, site.last)
    known = site.plan.forms
    if key not in known:
        known[key] = list(_found(site))
    return known[key]


def _found(site: Site) -> Iterator[Form]:
    for at, (spec, names) in enumerate(site.forms):
        for terminal, leads in site.plan.tried(site.place):
            proof = site.plan.proof(site.place, terminal.name, last=site.last)
            if not leads or field_name(terminal.name) not in names or proof is None:
                continue
            told = sets_of_text(proof.one.pattern)
            for number, plain in enumerate(spec.plain):
                table = alphabet([*told, *_sets(spec, plain)])
                yield Form(at, spec, terminal.name, proof, number, plain, table)


def _sets(spec: Digits, plain: Plain) -> Iterator[frozenset[int]]:
    """The characters that a kind of text tells apart, and what stands around it."""
    yield from sets_of_text(plain.like)
    yield from sets_of_text(plain.never)
    yield from (frozenset({ord(char)}) for char in plain.front + plain.back + spec.before)


def alphabet(sets: Iterable[frozenset[int]]) -> bytes:
    """For each byte the first that is in the same of some sets; those outside ASCII stay."""
    told = tuple(frozenset(sets))
    first: dict[tuple[bool, ...], int] = {}
    return bytes(
        first.setdefault(tuple(code in one for one in told), code) if code in ASCII else code
        for code in range(256)
    )


def merged(data: Any, table: bytes) -> Any:
    """Bytes by a table."""
    return bytes(data).translate(table)
