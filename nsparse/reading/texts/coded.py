r"""Texts that were written once more by something that escapes: mail, Markdown, HTML, grep.

Such a row often still looks like a row, with the escapes inside its cells (`CLOSE\_WAIT`). So
these are not mends of single lines: a sign that nothing else explains, anywhere in the text,
says that all of it was escaped, and all of it is taken back before a line is read.
"""

from __future__ import annotations

import quopri
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise, takewhile

from nsparse.later import later
from nsparse.reading.tables.noise import known
from nsparse.reading.texts import bold, grepped, hosts, literals, logged, prompts, unbroken
from nsparse.reading.texts.text import BLANKS, without_entities

LOGGED = "logged"

WIDEST, HEAD = 76, 0.05
"""RFC 2045, 6.7 (5): no line of quoted-printable text is longer; lines of a mail's head may be."""

SURE = 0.9
"""So many of its `=` must be escapes; the others may stand in the head of the mail."""


SPACED, SPACED_LEAST, SPACED_LOOK = 0.9, 6, 200
"""So large a share of changes between text and none makes a text double-spaced."""


@dataclass(frozen=True)
class Coding:
    """One way to escape.

    Attributes:
        name: The damage, as `nsparse.reading.texts.mend.SAID` knows it.
        shows: Whether a text was escaped so.
        undo: The lines as they were, one for each: None for the end of the line above, several
            for one that held them, none for one that ends a table and says nothing.
    """

    name: str
    shows: Callable[[str], bool]
    undo: Callable[[Sequence[str]], Iterable[str | tuple[str, ...] | None]]


@dataclass(frozen=True)
class Plain:
    """The lines as they were.

    Attributes:
        lines: None for one that is the end of the line above.
        numbers: The line of the text that each comes from, from 1; empty where that is its own.
            0 for one that the text does not have.
        idle: Those that are empty because they said nothing of a table.
        hosts: Those below which another host speaks, and its name.
        mended: How many lines each damage had changed.
    """

    lines: Sequence[str | None]
    numbers: Sequence[int] = ()
    idle: frozenset[int] = frozenset()
    hosts: Mapping[int, str] = field(default_factory=dict)
    mended: Mapping[str, int] = field(default_factory=dict)

    def number(self, line: int) -> int:
        """The line of the text that a line comes from."""
        return self.numbers[line - 1] if self.numbers else line

    def without(self, coding: Coding) -> Plain:
        """The lines with one more coding undone."""
        lines: list[str | None] = []
        numbers: list[int] = []
        idle = set[int]()
        speak: dict[int, str] = {}
        changed = 0
        undone = coding.undo([line or "" for line in self.lines])
        for at, (old, new) in enumerate(zip(self.lines, undone, strict=True), 1):
            several = (new,) if new is None or isinstance(new, str) else new
            several = several if old is not None else (None,)
            if at in self.hosts:
                speak[len(lines) + 1] = self.hosts[at]
            lines += several or ("",)
            numbers += [self.number(at)] * (len(several) or 1)
            idle |= {len(lines)} if not several or at in self.idle else set()
            changed += several != (old,)
        mended = Counter(self.mended) + Counter({coding.name: changed})
        moved = bool(self.numbers) or len(lines) > len(self.lines)
        return Plain(lines, numbers if moved else (), frozenset(idle), speak, mended)


def uncoded(text: str, lines: Sequence[str], *, whole: bool = True) -> Plain:
    r"""Take back what was done to a whole text.

    Args:
        text: The text.
        lines: Its lines.
        whole: Whether it is no part of a larger one: lines of several hosts are put in order.

    >>> uncoded("LAST\\_ACK", ["LAST\\_ACK"]).lines
    ['LAST_ACK']
    """
    plain = Plain(lines)
    found = hosts.hosts_of(lines) if whole else None
    if found is not None:
        mended = {"named": found.named}
        plain = Plain(found.lines, found.numbers, hosts=found.begin, mended=mended)
        text = "\n".join(found.lines)
    for coding in CODINGS:
        if coding.shows(text):
            plain = plain.without(coding)
            text = "\n".join(line or "" for line in plain.lines)
    return plain


def double_spaced(lines: Sequence[str | None]) -> bool:
    """Whether every second line is empty: web pages and mails do that to line ends."""
    near = [bool(line and line.strip(BLANKS)) for line in lines[:SPACED_LOOK]]
    pairs = list(pairwise(near))
    return len(near) > SPACED_LEAST and sum(a != b for a, b in pairs) > SPACED * len(pairs)


def _unfolded(lines: Sequence[str]) -> Iterator[str | None]:
    """Join what soft breaks cut: the whole line at its first part, None at the others."""
    last = -1
    for number in range(len(lines)):
        if number <= last:
            yield None
            continue
        parts = list(takewhile(lambda part: part.endswith("="), lines[number:]))
        last = min(number + len(parts), len(lines) - 1)
        whole = "".join(part.removesuffix("=") for part in lines[number : last + 1])
        yield _from_quoted_printable(whole) if "=" in whole else whole


def _from_quoted_printable(line: str) -> str:
    data = quopri.decodestring(line.encode())
    try:
        return data.decode().rstrip(BLANKS)
    except UnicodeDecodeError:
        return data.decode("latin-1").rstrip(BLANKS)


def _is_quoted_printable(text: str) -> bool:
    """Nearly every `=` is an escape, and one of them says what no dump does: `=3D`, or a break."""
    if not any(sign in text for sign in ("=3D", "=\n", "=\r")):
        return False
    lines = text.splitlines()
    if sum(len(line) > WIDEST for line in lines) > HEAD * len(lines):
        return False
    breaks = len(_SOFT_BREAK.findall(text))
    escapes = len(_ESCAPE.findall(text))
    return escapes + breaks >= SURE * text.count("=")


_SOFT_BREAK = later(r"(?m)^.*=(?=\r?$)")
_ESCAPE = later(r"=[0-9A-F]{2}")

# Markdown escapes what it would read as emphasis: the states' underscore, the ports' star.
_MARKDOWN_SIGN = later(r"[A-Z]\\_[A-Z]|[:.]\\\*|\\\*[:.]")
_MARKDOWN = later(r"\\([*_\[\]<>#.:|(){}!+`~-])")

_HTML_SIGN = later(
    r"&(?:quot|amp|lt|gt|nbsp|apos|#[0-9]+|#x[0-9a-fA-F]+);|<(?i:/?(?:pre|tr|div|li)|br)\b[^<>]*>"
)
_CELL_TAG = later(r"</?(?:td|th|br)\b[^<>]*>", re.IGNORECASE)
_TAG = later(
    r"</?(?:html|body|h[1-6]|p|pre|code|div|span|tr|table|tbody|thead|tt|ol|ul|li|a|b|i|em|strong"
    r"|font)\b[^<>]*>",
    re.IGNORECASE,
)
_ROW_BEGINS = later(r"<tr\b(?!.*</tr>)", re.IGNORECASE)
_ROW_ENDS = later(r"</tr>(?!.*<tr\b)", re.IGNORECASE)
ROW_LINES = 1000
"""On so many lines stand rows whose cells have lines of their own, one beginning where one ends."""

# grep --color: a colour and "erase to the end" before and behind what it found. Other tools
# (grc, watch --color) colour whole words; a name that holds an escape itself is left as it is.
_GREP_COLOUR = later(r"\x1b\[[0-9;]*m\x1b\[K")
_WORD_COLOUR = later(
    r"(?<![^ \t:.\]])\x1b\[[0-9;]*m"
    r"((?:tcp|udp)[46]*|[A-Z][A-Z0-9_-]+|[a-fA-F:\[]*[0-9*][0-9a-fA-F.:*\]]*)\x1b\[[0-9;]*m"
)


def _with_whole_rows(lines: Sequence[str]) -> Iterator[str | None]:
    """Each row of a table that has its cells on lines of their own, on its first line."""
    last = -1
    for number, line in enumerate(lines):
        if number <= last:
            yield None
            continue
        near = lines[number : number + ROW_LINES] if _ROW_BEGINS.search(line) else ()
        ends = (at for at, cell in enumerate(near) if _ROW_ENDS.search(cell))
        below = next(ends, 0)
        last = number + below
        yield " ".join(near[: below + 1]) if below else line


def _from_html(line: str) -> str:
    text = _TAG.sub("", _CELL_TAG.sub("  ", line))
    return without_entities(text).replace("\xa0", " ").rstrip(BLANKS)


_CLOSED = later(r"</([A-Za-z][A-Za-z0-9:._-]*)>")
"""XML: a name that nothing closes may be that of a program."""


def _without_elements(lines: Sequence[str]) -> Iterator[str]:
    """The lines without the marks of elements that are closed somewhere."""
    names = {found for line in lines if "</" in line for found in _CLOSED.findall(line)}
    either = "|".join(map(re.escape, sorted(names)))
    mark = re.compile(rf"</?(?:{either})(?:[ \t][^<>]*)?>|<!\[CDATA\[|\]\]>")
    return (mark.sub("", line) if "<" in line or "]]>" in line else line for line in lines)


def _uncoloured(line: str) -> str:
    return _WORD_COLOUR.sub(r"\1", _GREP_COLOUR.sub("", line))


def _is_coloured(text: str) -> bool:
    if "\x1b[" not in text:
        return False
    return bool(_GREP_COLOUR.search(text) or _WORD_COLOUR.search(text))


_BBCODE = later(
    r"\[(?P<closes>/)?(?P<mark>b|i|u|s|color|size|font|highlight|code|pre|quote)(?:=[^\]\n]*)?\]",
    re.IGNORECASE,
)
"""Forums: `[b]`, `[color=red]`, `[/b]`, `[code]` in front of a row."""


def _is_marked_up(text: str) -> bool:
    """Whether a mark of a forum is opened and closed; one of both alone may be a program's name."""
    if "[/" not in text:
        return False
    opened, closed = set[str](), set[str]()
    for found in _BBCODE.finditer(text):
        (closed if found["closes"] else opened).add(found["mark"].lower())
    return not opened.isdisjoint(closed)


def _unmarked(line: str) -> str:
    """A line without the marks of a forum, but for one alone that begins or ends a text."""
    return line if known(line.strip(BLANKS)) else _BBCODE.sub("", line)


# A remark behind an arrow, and no arrow of `ss -e`: behind that one stand words with colons. Blanks
# are looked at from the first one on, for rows of `ss` are padded with hundreds.
_REMARK = later(r"(?m)(?<![ \t])[ \t]+(?:<[-=]{1,9}|←)[ \t]+(?!users:)[^\W\d_][^:\n]*$")

# What is written so in front of a line, or where a cell ends; not the name of a file of Windows.
_TAB_SIGN = later(
    r"(?m)^[ \t]*(?:[#;*%-]{1,3}|/{2,3})?[ \t]*\\t[ \t]*[a-z_]+[ :]"
    r"|(?<![A-Za-z]:)\\t[0-9]+\\t[0-9]+\\t"
)
_TAB = later(r"(?<!:)\\t(?=[ \t0-9*\[]|[A-Z]{2}|[a-z_]+[ :])|(?<=[0-9*])\\t")

SIGNS = (b"=3D", b"=\n", b"=\r", b"\\", b"&", b"\x1b[", b"[/", b"#012", b"</")
"""What texts hold that were escaped in any of these ways, and few others."""

# A `<` alone is no such sign: `ss -e` ends most rows with `<->`.
_SIGN = later(
    rb"<(?:(?i:pre|tr|div|li|br)"
    rb"|[-=]{1,9}[ \t]+(?!users:)[A-Za-z_][^:\r\n]*(?:[\r\n]|\Z))"
)


def may_be_coded(data: bytes) -> bool:
    """Whether ASCII bytes without `SIGNS` may be coded; `uncoded` leaves all others as they are."""
    codings = (bold, grepped, hosts, literals, logged, prompts, unbroken)
    others = (coding.may_be(data) for coding in codings)
    # That a byte is nowhere is found four times as fast as that an expression matches nowhere.
    return (b"<" in data and _SIGN.search(data) is not None) or any(others)


CODINGS = (
    Coding(
        "escaped", lambda text: "<" in text and bool(_ROW_BEGINS.search(text)), _with_whole_rows
    ),
    Coding("literal", literals.adjoin, literals.adjoined),
    Coding("unbroken", unbroken.shows, unbroken.undone),
    Coding("escaped", _is_quoted_printable, _unfolded),
    Coding(
        "escaped",
        lambda text: "\\" in text and bool(_MARKDOWN_SIGN.search(text)),
        partial(map, lambda line: _MARKDOWN.sub(r"\1", line)),
    ),
    Coding(
        "escaped",
        lambda text: ("&" in text or "<" in text) and bool(_HTML_SIGN.search(text)),
        partial(map, _from_html),
    ),
    Coding(
        "escaped",
        lambda text: "</" in text and bool(_CLOSED.search(text)),
        _without_elements,
    ),
    Coding(
        "escaped",
        _is_marked_up,
        partial(map, _unmarked),
    ),
    Coding("escaped", bold.shows, bold.undone),
    Coding("coloured", _is_coloured, partial(map, _uncoloured)),
    Coding("found", grepped.shows, grepped.undone),
    Coding("literal", literals.shows, literals.undone),
    Coding(
        "escaped",
        lambda text: "\\t" in text and bool(_TAB_SIGN.search(text)),
        partial(map, lambda line: _TAB.sub("\t", line) if "\\t" in line else line),
    ),
    Coding(
        "annotated",
        lambda text: ("<" in text or "←" in text) and bool(_REMARK.search(text)),
        partial(map, lambda line: _REMARK.sub("", line)),
    ),
    Coding("prompted", prompts.shows, prompts.undone),
    Coding("prompted", prompts.waits, prompts.waited),
    Coding(LOGGED, logged.shows, logged.undone),
    Coding("escaped", logged.shows_ends, logged.without_ends),
)
"""Every way to escape that is known, the one that is undone first at the top."""
