"""What a dialect is: a grammar by the same name, and what its fields mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
"""What one cell says: values by column of the common frame, left out where there is none."""

Columns = MutableMapping[str, list[Any]]
"""Columns of one table's rows, in the order of the file."""


class CellFault(Exception):
    """A cell whose characters are right and whose value cannot be; it says what was expected.

    No error of the tree: it never leaves the core.
    """


@dataclass(frozen=True)
class Cell:
    """The meaning of one field.

    Attributes:
        words: What stands there, in plain words, for a refusal.
        read: Its text to values. Called once a distinct text; raises `CellFault`.
        free: Whether any words may stand there, so that they prove nothing.
    """

    words: str
    read: Callable[[str], Values]
    free: bool = False


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
        proved_on: The versions and flags that tests or samples prove.
        settle: What one table's rows decide together (what `*` means in ss), in place.
        repeats_heading: Whether one run prints the same heading for other protocols again.
    """

    name: str
    title: str
    os: str | None
    tool: str
    cells: Mapping[str, Cell]
    proved_on: Sequence[str] = ()
    settle: Callable[[Columns], None] = _unchanged
    repeats_heading: bool = False

    def words(self, terminal: str) -> str:
        """A terminal of the grammar in plain words."""
        if terminal in COMMON_WORDS:
            return COMMON_WORDS[terminal]
        cell = self.cells.get(terminal)
        return cell.words if cell else terminal.strip("_").replace("_", " ").lower()


COMMON_WORDS = {"_S": "a blank", "$END": "the end of the line"}
