"""Outputs that are no socket tables: what each is, which command prints it, how its lines look.

One entry an output. Sources: the output of the named tools; the patterns keep to words and shapes
that they print whatever their version.
"""

from __future__ import annotations

from dataclasses import dataclass

SOCKETS = (
    "for the sockets run `ss -tanpoemi` (Linux), `netstat -anob` (Windows), `netstat -anv` (macOS)"
    " or `netstat -an`"
)
BESIDE = "keep it beside a socket table, its counters support the findings; " + SOCKETS
BESIDE_SETTINGS = "keep it in the folder of a socket table, it is used there; " + SOCKETS
NO_COUNTS = "collect the rows themselves, with `ss -tanpoemi` or `netstat -anp`"
NO_TOOL = "run `ss` where `netstat` is missing and the other way round, as root if it may not read"


@dataclass(frozen=True)
class Foreign:
    """What a text is instead of a socket table.

    Attributes:
        key: A short word, stable: "routing-table".
        name: What it is, with its article and the command, for a sentence: "this is ...".
        command: The command that prints it; empty where there is none.
        hint: What to collect instead.
    """

    key: str
    name: str
    command: str
    hint: str


@dataclass(frozen=True)
class Signature:
    """How one kind of output is known.

    Attributes:
        key: The short word for the kind.
        name: The kind with its article.
        command: The command that prints it; empty where there is none.
        hint: What to collect instead.
        heads: Patterns of lines that begin such a text; what follows up to a blank line, too.
        rows: Patterns of lines that belong to it wherever they stand.
    """

    key: str
    name: str
    command: str
    hint: str
    heads: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()

    @property
    def foreign(self) -> Foreign:
        """What a text with this signature is."""
        commands = "`, `".join(self.command.split(", "))
        name = f"{self.name} (`{commands}`)" if commands else self.name
        return Foreign(self.key, name, self.command, self.hint)


EMPTY = Foreign(
    "empty", "an empty file", "", "the command may have failed: look at its error output"
)
BINARY = Foreign("binary", "binary data", "", "name a text file, a folder or a bundle of them")
PROSE = Foreign("prose", "text without a socket table", "", SOCKETS)
