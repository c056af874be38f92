r"""Strings of several lines: where one begins in front of a row, and where it ends behind one.

How a string begins tells what ends it: `r#"` goes on up to `"#`, whatever quotes it holds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from nsparse.later import later
from nsparse.reading.damage.readings import begins_as_rows_do
from nsparse.reading.texts.text import BLANKS
from nsparse.reading.texts.unbroken import QUOTES, is_heading, is_row

LONGEST = 10_000
"""No row is longer."""

FRONT = 80
"""So much stands before a string at most; more is a sentence, or a record of a log."""

FENCE, OWNERS = "```", "users:(("
"""Quotes that are none of a program: what Markdown puts around a text, and `ss` around names."""

OWN = r"\(\(\\*+\"[^)]*+(?:\)(?!\))[^)]*+)*+\)\)"
"""What `ss` says of owners: it has quotes of its own, escaped or not."""

_BEGIN = later(rf"(?<!\\)(?:\bb?r(?P<raw>#{{1,3}}))?(?P<quote>\"{{3}}|'{{3}}|[{QUOTES}])")
# All that shows the end of a string which begins above the text.
_LAST = later(rf"(?P<inner>.*[^{QUOTES} \t])[ \t]*(?P<quote>[{QUOTES}]){{1,3}}[ \t;,)\]}}]*")
ASSIGNS = later(r"(?:^|[=(,:\[{])[ \t]*\Z")
ASSIGNED = later(r"[^()]+=[ \t]*")
# A quote that nothing follows begins a string behind such a text; without one it may end another.
_ALONE = later(r"[^ \t].*[=(,:\[{ \t][A-Za-z]{0,2}\Z")


class Part(NamedTuple):
    """What a line says in strings of several lines.

    Attributes:
        lines: The line; where a string begins or ends there, what that says.
        ends: Whether a string ends there.
        end: What ends the string that is open behind it; empty where none is known to be.
    """

    lines: tuple[str, ...]
    ends: bool = False
    end: str = ""


def part(line: str, end: str, above: Counter[str]) -> Part:
    """A line without the quotes in which a string begins, or ends.

    Args:
        line: The line.
        end: What ends the string that is open above it, as of the line before.
        above: How many quotes stand above it: a string is open after an odd number.
    """
    if len(line) > LONGEST:
        return Part((line,), end=end)
    said = _ending(end).match(line) if end and end in line else None
    begins = _begun(line) or Part(())
    if begins.lines and not (said and is_row(said["inner"])):
        return begins
    if said:
        more = _begun(said["rest"]) or Part(())
        inner = said["inner"] if said["inner"].strip() else line
        return Part((inner, *more.lines), ends=True, end=more.end)
    last = _LAST.fullmatch(line) if not end else None
    if last and _may_end(last, above):
        return Part((last["inner"],), ends=True)
    return Part((line,), end=end) if end else _announced(line)


def is_source(front: str, line: str) -> bool:
    """Whether what stands before a quote is of a program: no row, nor what stands around text."""
    row = begins_as_rows_do(front) and not ASSIGNED.fullmatch(front)  # `raw := "..."` is none
    return not (row or FENCE in line or OWNERS in front)


def _begun(line: str) -> Part | None:
    """What a string says that begins in a line with a row, or a heading, and goes on below.

    The last one is that: it may stand within another one, as commands do (`"$(printf 'tcp ...`).
    """
    begins = [said for said in _unclosed(line) if is_row(said[2]) or is_heading(said[2])]
    return Part(begins[-1][2:], end=begins[-1][1]) if begins else None


def _announced(line: str) -> Part:
    """What a string says that begins in a line with something else, or below it."""
    for front, end, inner in _unclosed(line):
        alone = not inner.strip(f"{BLANKS}\\")
        if (_ALONE if alone else ASSIGNS).search(front):
            return Part((line if alone else inner,), end=end)
    return Part((line,))


def _unclosed(line: str) -> Iterator[tuple[str, str, str]]:
    """Strings that may begin in a line and end below: what stands before, what ends them, text."""
    found = _BEGIN.search(line)
    while found and found.start() <= FRONT:
        front, end = line[: found.start()], found["quote"] + (found["raw"] or "")
        whole = _ending(end).match(line, found.end())
        if whole is None and is_source(front, line):
            yield front, end, line[found.end() :]
        found = _BEGIN.search(line, whole.end("end") if whole else found.end())


@cache
def _ending(end: str) -> re.Pattern[str]:
    """What stands before the end of a string, and behind it."""
    return re.compile(
        rf"(?P<inner>(?:{OWN}|\\.|(?!{end})[^\\])*+)(?P<end>{end})(?P<rest>.*)", re.DOTALL
    )


def _may_end(last: re.Match[str], above: Counter[str]) -> bool:
    """Whether a string is open; a text that begins within one holds too few quotes above."""
    if last[0].count(last["quote"]) % 2 == 0:
        return False
    return above[last["quote"]] % 2 == 1 or (last["quote"] != '"' and is_row(last["inner"]))
