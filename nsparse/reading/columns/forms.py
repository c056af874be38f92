"""What is alike in words that hold a text and a number: which characters nobody can tell apart.

Two characters are alike where no expression that is tried on a word can tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from nsparse.reading.cells.normal import WILDCARDS
from nsparse.reading.columns.terminals import sets_of_text
from nsparse.reading.grammar.expressions import ASCII, DIGITS
from nsparse.reading.grammar.grammar import field_name

if TYPE_CHECKING:
    from nsparse.dialect import Digits, Plain
    from nsparse.reading.columns.plan import Proof
    from nsparse.reading.columns.site import Numeral, Site


@dataclass(frozen=True, eq=False)
class Form:
    """Words with a number of one form, and a text of one kind before it.

    Attributes:
        at: Which of the forms of its place.
        numeral: The number.
        terminal: What takes such words whole.
        proof: That it does, and what it tells apart.
        number: Which of the kinds of text.
        plain: The text.
        table: For each byte the one that stands for all that are alike.
    """

    at: int
    numeral: Numeral
    terminal: str
    proof: Proof
    number: int
    plain: Plain
    table: bytes

    @property
    def wrap(self) -> tuple[str, str]:
        """What stands before the text and behind it."""
        return self.plain.front, self.plain.back

    @cached_property
    def tells(self) -> bool:
        """Whether digits in the text are not all alike."""
        return len({self.table[digit] for digit in DIGITS}) > 1

    @cached_property
    def like(self) -> re.Pattern[str]:
        """An expression for the text."""
        return re.compile(self.plain.like)

    def holds(self, text: str) -> bool:
        """Whether a text is such a one, whatever characters alike it has."""
        if not self.like.fullmatch(text) or text in _wild(self.table):
            return False
        never = self.plain.never and re.search(self.plain.never, text)
        width = len(text) != self.plain.not_long and self.plain.long in (0, len(text))
        return width and not never

    def word(self, text: str, count: int) -> str:
        """A word of that text and so many digits."""
        around = (self.plain.front, text, self.plain.back, self.numeral.spec.before, "1" * count)
        return "".join(around) + self.numeral.spec.after


@cache
def _wild(table: bytes) -> frozenset[str]:
    """The shapes of wildcards."""
    return frozenset(wild.encode().translate(table).decode() for wild in WILDCARDS)


def forms_of(site: Site) -> list[Form]:
    """The forms of numbers with texts before them that may stand at a place."""
    key = (site.place, site.marks, site.last)
    known = site.plan.forms
    if key not in known:
        known[key] = list(_found(site))
    return known[key]


def _found(site: Site) -> Iterator[Form]:
    for at, numeral in enumerate(site.forms):
        spec = numeral.spec
        for terminal, leads in site.plan.tried(site.place):
            proof = site.plan.proof(site.place, terminal.name, last=site.last)
            if not leads or field_name(terminal.name) not in numeral.names or proof is None:
                continue
            told = sets_of_text(proof.one.pattern)
            for number, plain in enumerate(spec.plain):
                table = alphabet([*told, *_sets(spec, plain)])
                yield Form(at, numeral, terminal.name, proof, number, plain, table)


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
