r"""Rows between the quotes of a program's source: test data, scripts, configuration.

Each row is a string of its own (`"tcp 0 0 ...\n" +`), or a string of several lines begins in front
of one and ends behind one. What stands around goes; a line is never taken for two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from string import ascii_letters, digits

from nsparse.reading.noise import holds_data
from nsparse.reading.readings import begins_as_rows_do
from nsparse.reading.text import BLANKS

LOOK = 1 << 16
"""Sources are smaller, or show it in so many characters."""

LEAST = 4
"""No row of a table without a number for each queue has fewer words."""

QUOTES = "\"'`"
FENCE, OWNERS = "```", "users:(("
"""Quotes that are none of a program: what Markdown puts around a text, and `ss` around names."""

# Begins with the quote: few texts hold one, and it is found sooner than what stands before it.
_SIGN = re.compile(
    # A quote, and a protocol or a state of which tables begin their rows.
    rf"[{QUOTES}](?:[ \t]*(?:(?:tcp|udp|raw|TCP|UDP)[0-9v]*|ESTAB|LISTEN|UNCONN|[A-Z]+-WAIT)[ \t]"
    # The end of a string, and of its line.
    rf"|[{QUOTES}]{{0,2}}[ \t]*[;,)\]}}+]*[ \t]*(?P<end>$))",
    re.MULTILINE,
)
_WORD_ENDS = frozenset(f"{ascii_letters}{digits}*)")
_STRING = re.compile(
    rf"(?P<front>[^{QUOTES}]{{0,80}})(?P<quote>[{QUOTES}])"
    r"(?P<inner>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote).*"
)
_FIRST = re.compile(
    rf"(?P<front>[^{QUOTES}]{{0,80}})(?P<quote>[{QUOTES}]){{1,3}}(?P<inner>[^{QUOTES}].*)"
)
_LAST = re.compile(rf"(?P<inner>.*[^{QUOTES} \t])[ \t]*(?P<quote>[{QUOTES}]){{1,3}}[ \t;,)\]}}]*")
_ASSIGNS = re.compile(r"(?:^|[=(,:\[{])[ \t]*\Z")
_LINE_END = re.compile(r"(?:\\[nr])+$")
_ESCAPED = re.compile(rf"\\([{QUOTES}\\])")


def may_be(data: bytes) -> bool:
    """Whether ASCII bytes may be of such a text."""
    return shows(data[:LOOK].decode("latin-1"))


def shows(text: str) -> bool:
    """Whether a text holds a quote where only a program's source has one."""
    if not any(map(text.__contains__, QUOTES)):
        return False
    signs = _SIGN.finditer(text, 0, LOOK)
    return any(sign["end"] is None or _ends_word(text, sign.start()) for sign in signs)


def _ends_word(text: str, at: int) -> bool:
    """Whether a word of a row stands before a place, with or without blanks between."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line.rstrip(BLANKS)[-1:] in _WORD_ENDS


def undone(lines: Sequence[str]) -> Iterator[str]:
    """What stands between the quotes, where that is a part of a table."""
    quotes: Counter[str] = Counter()
    for kind, run in groupby(((line, _string(line)) for line in lines), key=_quote):
        near = list(run)
        table = kind and any(said and _is_row(said["inner"]) for _, said in near)
        for line, said in near:
            yield _unescaped(said["inner"]) if table and said else _part(line, quotes)
            quotes.update(char for char in line if char in QUOTES)


def _string(line: str) -> re.Match[str] | None:
    """A line that holds a whole string, and is no row itself."""
    said = _STRING.fullmatch(line)
    return said if said and _is_source(said["front"], line) else None


def _quote(pair: tuple[str, re.Match[str] | None]) -> str:
    return pair[1]["quote"] if pair[1] else ""


def _part(line: str, above: Counter[str]) -> str:
    """A line without the quotes in which a string of several lines begins, or ends.

    Args:
        line: The line.
        above: How many quotes stand above it: a string is open after an odd number.
    """
    first = _FIRST.fullmatch(line)
    if first and _is_source(first["front"], line):
        opens = _ASSIGNS.search(first["front"]) and line.count(first["quote"]) % 2
        if opens or _is_row(first["inner"]):
            return first["inner"]
    last = _LAST.fullmatch(line)
    if last and above[last["quote"]] % 2 and line.count(last["quote"]) % 2:
        return last["inner"]
    return line


def _is_source(front: str, line: str) -> bool:
    return not (FENCE in line or OWNERS in front or begins_as_rows_do(front))


def _is_row(text: str) -> bool:
    if len(text.split()) < LEAST:
        return False
    return holds_data(text) or (begins_as_rows_do(text) and any(map(str.isdecimal, text.split())))


def _unescaped(inner: str) -> str:
    return _ESCAPED.sub(r"\1", _LINE_END.sub("", inner).replace(r"\t", "\t"))
