"""What a dialect is: a grammar by the same name, and what its fields mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NamedTuple

Values = Mapping[str, Any]
"""What one cell says: values by column of the common frame, left out where there is none."""

Columns = MutableMapping[str, list[Any]]
"""Columns of one table's rows, in the order of the file."""


class CellFault(Exception):
    """A cell whose characters are right and whose value cannot be; it says what was expected.

    No error of the tree: it never leaves the core.
    """


class Plain(NamedTuple):
    r"""Texts that a cell keeps as printed, and of which all say the same beside themselves.

    Attributes:
        like: An expression for such a text (no `\\s \\w \\d .`, no look around).
        never: An expression for what none of them holds.
        front: What the tool puts before it.
        back: What the tool puts behind it.
        not_wide: Cells of this width say more.
        not_long: Texts of this width say more.
        long: The width of such texts, where only those of one width say that.
        whole: A column that holds the whole cell as printed.
    """

    like: str
    never: str = ""
    front: str = ""
    back: str = ""
    not_wide: int = 0
    not_long: int = 0
    long: int = 0
    whole: str = ""


@dataclass(frozen=True)
class Digits:
    """Where a cell holds a number that is the value of a column and says nothing else.

    Cells that differ only there are read once, and the numbers taken from their bytes. That the
    reader sees no more in the digits is checked for every such cell by reading it with two numbers.

    Attributes:
        column: The column.
        before: The character before the digits; empty where the cell is the number.
        after: What stands behind them.
        most: The largest number that can be.
        zero: Whether 0 is a number like any other.
        kept: The column of the text before `before`.
        plain: Such texts that are kept as printed and say nothing but themselves.
        not_with: A field; in rows that have it the digits say more.
        moot: What the cell says that means nothing in rows without that field.
    """

    column: str
    before: str = ""
    after: str = ""
    most: int = 10**15 - 1
    zero: bool = True
    kept: str = ""
    plain: Sequence[Plain] = ()
    not_with: str = ""
    moot: Sequence[str] = ()


@dataclass(frozen=True)
class Items:
    """A cell of words between blanks, each of which says something by itself.

    Cells that differ only in their numbers are read once, and the numbers taken from their bytes.
    That a number says no more than its value is found out by reading each word with others in it;
    a word of which that does not hold is read for itself.

    Attributes:
        each: What one word says; as `details` nothing but itself, as printed.
        together: What words say together, in their order: the cell reads `together(map(each, …))`.
            What some say does not change with others that say nothing in the same columns.
        names: What words are known by; digits in these are no numbers.
        texts: What words begin with whose rest is a text as printed, and of which characters it is.
    """

    each: Callable[[str], Values]
    together: Callable[[Iterable[Values]], Values]
    names: Sequence[str] = ()
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """The meaning of one field.

    Attributes:
        words: What stands there, in plain words, for a refusal.
        read: Its text to values. Called once a distinct text; raises `CellFault`.
        free: Whether any words may stand there, so that they prove nothing.
        digits: A number in it that need not be read cell by cell.
        items: Its words, where each says something by itself.
        parts: What each of its words means, where it always has as many: cells of which these say
            the same but for their numbers and plain texts say the same but for those.
    """

    words: str
    read: Callable[[str], Values]
    free: bool = False
    digits: Digits | None = None
    items: Items | None = None
    parts: Sequence[Cell] = ()


def _nothing(command: str) -> Mapping[str, str]:
    """What most tools need no command for."""
    return {}


def _unchanged(columns: Columns) -> None:
    """Nothing depends on other rows."""


@dataclass(frozen=True)
class Dialect:
    """One tool's way to print sockets; the grammar lies beside it as `NAME.lark`.

    Attributes:
        name: The file's name.
        title: For people.
        os: The system, NA in the frame where the tool prints alike on several.
        tool: netstat or ss.
        cells: The meaning of each field of the grammar.
        proved_on: The options by release that its printer proves (`tests/test_round_trip.py`).
        settle: What one table's rows decide together (what `*` means in ss), in place.
        repeats_heading: Whether one run prints the same heading for other protocols again.
        asked: What the command that was echoed says of every row that does not say it: the texts
            of fields of the grammar.
        told: The protocol of an internet socket whose row names none, by the text of its first
            cell: no table has rows of two.
    """

    name: str
    title: str
    os: str | None
    tool: str
    cells: Mapping[str, Cell]
    proved_on: Mapping[str, Sequence[str]] = field(default_factory=dict)
    settle: Callable[[Columns], None] = _unchanged
    repeats_heading: bool = False
    asked: Callable[[str], Mapping[str, str]] = _nothing
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def proofs(self) -> list[str]:
        """What it was proved on, releases of the same options together: `AIX 5, 7.3: -an`."""
        releases: dict[tuple[str, ...], list[list[str]]] = {}
        for release, options in self.proved_on.items():
            releases.setdefault(tuple(options), []).append(release.split())
        return [f"{_listed(names)}: {', '.join(options)}" for options, names in releases.items()]

    def words(self, terminal: str) -> str:
        """A terminal of the grammar in plain words."""
        if terminal in COMMON_WORDS:
            return COMMON_WORDS[terminal]
        cell = self.cells.get(terminal.partition("__")[0])
        return cell.words if cell else terminal.strip("_").replace("_", " ").lower()


def _listed(names: Sequence[Sequence[str]]) -> str:
    """Names with the words that all begin with said once."""
    columns = zip(*(name[:-1] for name in names), strict=False)
    shared = sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, columns))
    rest = ", ".join(" ".join(name[shared:]) for name in names)
    return " ".join([*names[0][:shared], rest])


COMMON_WORDS = {"_S": "a blank", "$END": "the end of the line"}
