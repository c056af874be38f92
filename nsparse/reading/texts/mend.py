"""What files and mails do to lines, undone: each kind of damage is one entry of `MENDS`.

A line that nobody knows as it stands is asked again after each mend that changes it; the
first that makes it a line of a table is kept. So a clean dump pays nothing, a line is never
changed that was right, and line numbers stay those of the file.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from nsparse.reading.texts.controls import ESCAPE
from nsparse.reading.texts.text import BLANKS, without_entities


@dataclass(frozen=True)
class Mend:
    """One kind of damage.

    Attributes:
        name: Its name in the census.
        undo: How to undo it.
        front: What stands in front of lines that have it, where it is that.
        signs: Characters of which lines that have it hold one, where there are such; as in `[]`.
    """

    name: str
    undo: Callable[[str], str]
    front: str = ""
    signs: str = ""


def _without(name: str, pattern: str) -> Mend:
    """Something in front, to be taken away, and nothing further on."""
    # Compiled when it is first needed, as most dumps need none.
    return Mend(name, lambda text: _compiled(pattern).sub("", text, count=1), pattern)


def _replacing(name: str, pattern: str, by: str, signs: str) -> Mend:
    return Mend(name, lambda text: re.sub(pattern, by, text), signs=signs)


def _behind(name: str, pattern: str) -> Mend:
    """Something behind the last number of a line, to be taken away."""

    def undo(text: str) -> str:
        last = _NUMBER.search(text[::-1])
        behind = len(text) - last.start() if last else 0
        return text[:behind] + re.sub(pattern, "", text[behind:])

    return Mend(name, undo)


_NUMBER = re.compile(r"[0-9:]")
"""What is in the cells of rows, and in no remark behind one."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\A(?:{pattern})")


def _quoted_printable(text: str) -> str:
    """RFC 2045, 6.7: `=20`, and a lone `=` at the end for a line that goes on."""
    if "=" not in text:
        return text
    return quopri.decodestring(text.removesuffix("=").encode()).decode("utf-8", "replace")


_SMALL = re.compile(
    r"(?<![^ \t])(?:listen|estab(?:lished)?|unconn|(?:time|close)[-_]wait|last[-_]ack|closing"
    r"|syn[-_](?:sent|recv|rcvd|received)|fin[-_]wait[-_]?[12])(?![^ \t])"
)
"""Words for states, in small letters."""


def _in_capitals(text: str) -> str:
    """The word for the state of a row of which `tr A-Z a-z` made all letters small."""
    return _SMALL.sub(lambda word: word[0].upper(), text, count=1) if text.islower() else text


_OF_NAME = r"[^ :*?\"<>|\t]"
"""A character that a file name may hold on every system."""

STAMP = (
    # ISO 8601 with fractions and zone; `Nov 22 10:43:50` of syslog; a time alone.
    r"\[?(?:[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}[T ][0-9:]{5,8}(?:[.,][0-9]+)?"
    r"(?:Z| ?[+-][0-9:]{4,6}| [A-Z]{3,4})?"
    r"|(?:[A-Z][a-z]{2} +)?[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9:]{8}(?: [0-9]{4})?"
    r"|[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?|[0-9]{10}\.[0-9]{3,9})\]?:?(?:[ \t]|$)"
)
"""A time in front of a line."""

_GAP = r"(?<![ \t])[ \t]"
"""Blanks are looked at from the first one on: else what long gaps cost is the square of them."""

MENDS = (
    # Tables drawn with bars, or a box around one.
    _replacing("barred", rf"^[|│┃][ \t]*(?=.*[|│┃]$)|(?<=.){_GAP}*[|│┃]$", "", signs="|│┃"),
    # Mail and Markdown: `> `, `>> `, `| `.
    _without("quoted", r"(?:[>|] ?)+"),
    # Comments in the source of a program.
    _without("commented", r"(?:#{1,4}|/{2,3}!?|;{1,3}|--|%{1,2}|REM|dnl)(?:[ \t]|$)|(?://|#)"),
    # Lists: `- `, `* `, `(1) `, `=> `; added lines of a diff.
    _without(
        "listed",
        r"(?:[-*•◦▪‣→➜▶]|[-=]{1,2}>)[ \t]|\+|\[[0-9]{1,4}\][ \t]|\([0-9]{1,4}\)[ \t]",
    ),
    # Several hosts or containers in one log: `web1 | `.
    _without("named", r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,60}[ \t]{0,40}\|(?:[ \t]|$)"),
    # `ts`, journals, containers' logs, syslog.
    _without("stamped", STAMP),
    _without("stamped", STAMP + r"[ \t]*(?:stdout|stderr) [FP](?: |$)"),
    _without("stamped", STAMP + r"[ \t]*[^ \t]+ [^ \t:]+(?:\[[0-9]+\])?:(?: |$)"),
    # `grep -H`, `grep -n`, `Select-String`: `netstat.txt:12:`, `C:\\dumps\\netstat.txt:12:`, `12:`.
    _without("found", r"[0-9]+[:-]"),
    # With its context, `Select-String` marks what it found: `> netstat.txt:12:`.
    _without("found", rf"(?:> )?{_OF_NAME}{{1,200}}?[:-][0-9]+[:-]"),
    _without("found", rf"(?:[A-Za-z]:)?(?:{_OF_NAME}| (?! )){{1,200}}(?<! )[:-](?:[0-9]+[:-])?"),
    _without("found", rf"(?:[A-Za-z]:)?{_OF_NAME}{{1,200}}:"),
    # `cat -n`, `nl`, editors and pages with line numbers: `  12  `, `12. `, `12| `.
    _without("numbered", r"[0-9]{1,7}(?:(?:[:|)]|\.(?![0-9]))[ \t]?|[ \t]{1,2}|$)"),
    # The one message of netstat (network_cmds inet.c) that ends without a line end.
    _without("glued", r"Some [a-z0-9]+ sockets may have been created or deleted(?=[^ .])"),
    # Colour around a row (grep --color, terminal logs).
    _replacing("coloured", ESCAPE, "", signs="\x1b"),
    # What a pager wrote over: `--More--` and the backspaces behind it.
    _replacing("paged", r"\A.*\x08", "", signs="\x08"),
    _without("paged", r"-- ?More ?--(?: ?\([^)]*\))?[ \t]*"),
    # Markdown that was copied as text: `\*`, `\_`.
    _replacing("escaped", r"\\([*_\[\]<>#.:|-])", r"\1", signs=r"\\"),
    _replacing("escaped", r"(\*\*|__)([^*_ \t]+)\1", r"\2", signs="*_"),
    # What a sentence shows of one row: `**tcp ...**`, `_tcp ..._`, `“tcp ...”`; Jira `{{tcp ...}}`.
    _replacing("escaped", r"\A(\*{1,3}|_{1,3}|~~|==)(?=[^*_~= \t])(.*)\1\Z", r"\2", signs="*_~="),
    _replacing("escaped", r"\A(?:[“„«]|\{\{)(.*)(?:[“”»]|\}\})\Z", r"\1", signs="“„«{"),
    Mend("escaped", without_entities, signs="&"),
    Mend("escaped", _quoted_printable, signs="="),
    _replacing("escaped", r"\\$", "", signs=r"\\"),
    # What people write behind a row: an arrow or a hash and a remark, or words of their own.
    _replacing(
        "annotated",
        rf"{_GAP}+(?:<[-=]{{1,9}}|←)(?:[ \t(].*)?$|{_GAP}+[^\x00-\xff].*$",
        "",
        signs="<\u0100-\U0010ffff",
    ),
    # A prompt behind output that ended without a line end.
    _replacing("annotated", rf"{_GAP}+[^ \t@]+@[^ \t@:]+:[^ \t]*[$#](?:[ \t].*)?$", "", signs="$#"),
    _behind("annotated", rf"{_GAP}+(?:[-=]{{2,9}}>?|#|//|;|\\|\.{{2,9}}|…)(?: ?[^0-9/:\t]*)$"),
    _behind("annotated", rf"{_GAP}{{2,}}[A-Za-z][^0-9/: \t]*(?: [^0-9/: \t]+)+$"),
    # Two rows that somebody has made one: `tcp4/tcp6`, `udp4/6`.
    _replacing("merged", r"\A(tcp|udp)4/(?:\1)?6(?=[ \t])", r"\g<1>46", signs="/"),
    Mend("lowered", _in_capitals),
    # Tables drawn with bars.
    _replacing("barred", rf"{_GAP}*(?:[|│┃][ \t]*)+", "  ", signs="|│┃"),
)


PAGED = "paged"
"""Nothing but a pager leaves backspaces."""

STAMPED = "stamped"
COMMENTED = "commented"
AROUND = frozenset({"quoted", COMMENTED, "numbered", STAMPED, "barred"})
"""Damage of every line of a text: one that is no line of a table has it as well."""
FRONTS = frozenset(mend.name for mend in MENDS if mend.front)
"""Damage in front of a line."""

SAID = {
    "quoted": "quoted as in mail",
    "listed": "an entry of a list",
    "commented": "in comments of a program's source",
    "literal": "between the quotes of a program's source",
    "unbroken": "several on one",
    "found": "behind a file's name or a line number, as grep prints them",
    "numbered": "behind a line number",
    "named": "behind the name of a host or a container",
    "stamped": "behind a time",
    "logged": "behind what a log puts before each line",
    "coloured": "coloured by a terminal",
    "steered": "with control characters",
    "paged": "written over by a pager",
    "escaped": "escaped as in Markdown, HTML or mail",
    "annotated": "a remark behind the row",
    "prompted": "a prompt behind the row",
    "barred": "drawn with bars",
    "merged": "one row for both families",
    "lowered": "in small letters",
    "glued": "behind a message that has no line end",
    "wrapped": "wrapped",
    "cut": "cut on the right: the last cell is left out, or is the one state that begins so",
}
"""What is said of lines with each kind of damage; `wrapped` and `cut` are mended elsewhere."""


def mended(text: str, first: str | None = None) -> Iterator[tuple[str, str]]:
    """What a line may have been, its own indentation kept, with the name of the damage.

    Args:
        text: The line without its indentation.
        first: The damage that lines around it had.

    >>> [name for name, line in mended("> tcp 0 0") if line == "tcp 0 0"]
    ['quoted']
    """
    fronted, signed = _fronts().match(text), _signs().search(text)
    for mend in _in_order(first, fronted=fronted is not None, signed=signed is not None):
        if mend.signs and not _any_of(mend.signs).search(text):
            continue
        undone = mend.undo(text).rstrip(BLANKS)
        if undone != text:
            yield mend.name, undone


@cache
def _in_order(first: str | None, *, fronted: bool, signed: bool) -> Sequence[Mend]:
    """Those that may change a line, those of one damage first."""
    some = [m for m in MENDS if (fronted or not m.front) and (signed or not m.signs)]
    return sorted(some, key=lambda mend: mend.name != first)


@cache
def _fronts() -> re.Pattern[str]:
    """Whatever may stand in front: one look tells of most lines that nothing does."""
    return re.compile("|".join(f"(?:{mend.front})" for mend in MENDS if mend.front))


@cache
def _signs() -> re.Pattern[str]:
    """A sign of any damage that has one."""
    return _any_of("".join(mend.signs for mend in MENDS))


@cache
def _any_of(signs: str) -> re.Pattern[str]:
    return re.compile(f"[{signs}]")
