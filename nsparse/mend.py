"""What files and mails do to lines, undone: each kind of damage is one entry of `MENDS`.

A line that nobody knows as it stands is asked again after each mend that changes it; the
first that makes it a line of a table is kept. So a clean dump pays nothing, a line is never
changed that was right, and line numbers stay those of the file.
"""

from __future__ import annotations

import html
import quopri
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mend:
    """One kind of damage: its name in the census, and how to undo it."""

    name: str
    undo: Callable[[str], str]


def _without(pattern: str) -> Callable[[str], str]:
    """Take away what stands in front."""
    compiled = re.compile(pattern)
    return lambda text: compiled.sub("", text, count=1)


def _replacing(pattern: str, by: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)
    return lambda text: compiled.sub(by, text)


def _quoted_printable(text: str) -> str:
    """RFC 2045, 6.7: `=20`, and a lone `=` at the end for a line that goes on."""
    if "=" not in text:
        return text
    return quopri.decodestring(text.removesuffix("=").encode()).decode("utf-8", "replace")


MENDS = (
    # Mail and Markdown: `> `, `>> `, `| `.
    Mend("quoted", _without(r"(?:[>|] ?)+")),
    # Lists: `- `, `* `.
    Mend("listed", _without(r"[-*+•] +")),
    # `grep -H`, `grep -n`, `Select-String`: `netstat.txt:12:`, `C:\\dumps\\netstat.txt:12:`, `12:`.
    Mend("found", _without(r"(?:(?:[A-Za-z]:)?[^:*?\"<>|\t]{1,200}[:-])?(?:[0-9]+[:-])?")),
    Mend("found", _without(r"(?:[A-Za-z]:)?[^:*?\"<>| \t]{1,200}:")),
    # `cat -n`, `nl`, editors and pages with line numbers: `  12  `, `12. `, `12| `.
    Mend("numbered", _without(r"[0-9]{1,7}[:.|)]?[ \t]+")),
    # Colour around a row (grep --color, terminal logs): ECMA-48 SGR and erase sequences.
    Mend("coloured", _replacing(r"\x1b\[[0-9;]*[mK]", "")),
    # What a pager wrote over: `--More--` and the backspaces behind it.
    Mend("paged", _without(r".*\x08[ \x08]*")),
    # Markdown that was copied as text: `\*`, `\_`.
    Mend("escaped", _replacing(r"\\([*_\[\]<>#.:|-])", r"\1")),
    Mend("escaped", lambda text: html.unescape(text) if "&" in text else text),
    Mend("escaped", _quoted_printable),
    # Tables drawn with bars.
    Mend("barred", _replacing(r"[ \t]*[|│┃]+[ \t]*", "  ")),
)


def mended(text: str) -> Iterator[tuple[str, str]]:
    """What a line may have been, with the name of the damage.

    >>> [name for name, line in mended("> tcp 0 0") if line == "tcp 0 0"]
    ['quoted']
    """
    for mend in MENDS:
        undone = mend.undo(text).strip(" \t")
        if undone and undone != text:
            yield mend.name, undone
