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

from nsparse.reading.text import BLANKS


@dataclass(frozen=True)
class Mend:
    """One kind of damage: its name in the census, and how to undo it."""

    name: str
    undo: Callable[[str], str]


def _without(pattern: str) -> Callable[[str], str]:
    """Take away what stands in front, and nothing further on."""
    # Compiled when it is first needed, as most dumps need none: `re` keeps what it has compiled.
    anchored = rf"\A(?:{pattern})"
    return lambda text: re.sub(anchored, "", text, count=1)


def _replacing(pattern: str, by: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, by, text)


def _quoted_printable(text: str) -> str:
    """RFC 2045, 6.7: `=20`, and a lone `=` at the end for a line that goes on."""
    if "=" not in text:
        return text
    return quopri.decodestring(text.removesuffix("=").encode()).decode("utf-8", "replace")


_OF_NAME = r"[^ :*?\"<>|\t]"
"""A character that a file name may hold on every system."""

_STAMP = (
    # ISO 8601 with fractions and zone; `Nov 22 10:43:50` of syslog; a time alone.
    r"\[?(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{5,8}(?:[.,][0-9]+)?"
    r"(?:Z| ?[+-][0-9:]{4,6}| [A-Z]{3,4})?"
    r"|(?:[A-Z][a-z]{2} +)?[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9:]{8}(?: [0-9]{4})?"
    r"|[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?)\]?:?(?:[ \t]|$)"
)

MENDS = (
    # Tables drawn with bars, or a box around one.
    Mend("barred", _replacing(r"^[|│┃][ \t]*(?=.*[|│┃]$)|(?<=.)[ \t]*[|│┃]$", "")),
    # Mail and Markdown: `> `, `>> `, `| `.
    Mend("quoted", _without(r"(?:[>|] ?)+")),
    # Comments in the source of a program.
    Mend(
        "commented", _without(r"(?:#{1,4}|/{2,3}!?|;{1,3}|--|%{1,2}|REM|dnl)(?:[ \t]|$)|(?://|#)")
    ),
    # Lists: `- `, `* `; added lines of a diff.
    Mend("listed", _without(r"[-*•] |\+|\[[0-9]{1,4}\][ \t]")),
    # Several hosts or containers in one log: `web1 | `.
    Mend("named", _without(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,60}[ \t]{0,40}\|(?:[ \t]|$)")),
    # `ts`, journals, containers' logs, syslog.
    Mend("stamped", _without(_STAMP)),
    Mend("stamped", _without(_STAMP + r"[ \t]*(?:stdout|stderr) [FP](?: |$)")),
    Mend("stamped", _without(_STAMP + r"[ \t]*[^ \t]+ [^ \t:]+(?:\[[0-9]+\])?:(?: |$)")),
    # `grep -H`, `grep -n`, `Select-String`: `netstat.txt:12:`, `C:\\dumps\\netstat.txt:12:`, `12:`.
    Mend("found", _without(r"[0-9]+[:-]")),
    # With its context, `Select-String` marks what it found: `> netstat.txt:12:`.
    Mend("found", _without(rf"(?:> )?{_OF_NAME}{{1,200}}?[:-][0-9]+[:-]")),
    Mend(
        "found", _without(rf"(?:(?:[A-Za-z]:)?(?:{_OF_NAME}| (?! )){{1,200}}[:-])?(?:[0-9]+[:-])?")
    ),
    Mend("found", _without(rf"(?:[A-Za-z]:)?{_OF_NAME}{{1,200}}:")),
    # `cat -n`, `nl`, editors and pages with line numbers: `  12  `, `12. `, `12| `.
    Mend("numbered", _without(r"[0-9]{1,7}(?:(?:[:|)]|\.(?![0-9]))[ \t]?|[ \t]{1,2}|$)")),
    # The one message of netstat (network_cmds inet.c) that ends without a line end.
    Mend("glued", _without(r"Some [a-z0-9]+ sockets may have been created or deleted(?=[^ .])")),
    # Colour around a row (grep --color, terminal logs): ECMA-48 SGR and erase sequences.
    Mend("coloured", _replacing(r"\x1b\[[0-9;]*[mK]", "")),
    # What a pager wrote over: `--More--` and the backspaces behind it.
    Mend("paged", _without(r".*\x08")),
    Mend("paged", _without(r"-- ?More ?--(?: ?\([^)]*\))?[ \t]*")),
    # Markdown that was copied as text: `\*`, `\_`.
    Mend("escaped", _replacing(r"\\([*_\[\]<>#.:|-])", r"\1")),
    Mend("escaped", _replacing(r"(\*\*|__)([^*_ \t]+)\1", r"\2")),
    Mend("escaped", lambda text: html.unescape(text) if "&" in text else text),
    Mend("escaped", _quoted_printable),
    Mend("escaped", _replacing(r"\\$", "")),
    # What people write behind a row: an arrow or a hash and a remark, or words of their own.
    Mend(
        "annotated", _replacing(r"[ \t]+(?:<[-=]{1,9}|←)(?:[ \t(].*)?$|[ \t]+[^\x00-\xff].*$", "")
    ),
    Mend("annotated", _replacing(r"[ \t]+(?:[-=]{2,9}>?|#|//|;|\\)(?: ?[^0-9/:\t]*)$", "")),
    Mend("annotated", _replacing(r"[ \t]{2,}[A-Za-z][^0-9/: \t]*(?: [^0-9/: \t]+)+$", "")),
    # Tables drawn with bars.
    Mend("barred", _replacing(r"[ \t]*[|│┃]+[ \t]*", "  ")),
)


SAID = {
    "quoted": "quoted as in mail",
    "listed": "an entry of a list",
    "commented": "in comments of a program's source",
    "literal": "between the quotes of a program's source",
    "found": "behind a file's name or a line number, as grep prints them",
    "numbered": "behind a line number",
    "named": "behind the name of a host or a container",
    "stamped": "behind a time",
    "coloured": "coloured by a terminal",
    "paged": "written over by a pager",
    "escaped": "escaped as in Markdown, HTML or mail",
    "annotated": "a remark behind the row",
    "barred": "drawn with bars",
    "glued": "behind a message that has no line end",
    "wrapped": "wrapped",
}
"""What is said of lines with each kind of damage; `wrapped` is mended where lines meet."""


def mended(text: str, first: str | None = None) -> Iterator[tuple[str, str]]:
    """What a line may have been, its own indentation kept, with the name of the damage.

    Args:
        text: The line without its indentation.
        first: The damage that lines around it had.

    >>> [name for name, line in mended("> tcp 0 0") if line == "tcp 0 0"]
    ['quoted']
    """
    for mend in sorted(MENDS, key=lambda mend: mend.name != first):
        undone = mend.undo(text).rstrip(BLANKS)
        if undone != text:
            yield mend.name, undone
