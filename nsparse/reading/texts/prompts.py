r"""Prompts behind a row that has lost its line end: `613/telnetd[root@host ~]# exit`.

Programs have names of any kind, so a prompt is known by more than its sign: the same stands at the
beginning of another line, or it has a form that no cell has (`[user@host ~]#`, `C:\Users>`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import AnyStr

from nsparse.later import later
from nsparse.reading.tables.noise import prompt
from nsparse.reading.texts.text import BLANKS, line_at
from nsparse.reading.texts.unbroken import is_row

LOOK = 1 << 12
"""A text shows its prompts in so many characters: above its first command, or below the last."""

LONGEST = 100
"""In so many characters of a line stands the sign of the prompt it begins with, if it has one."""

LEAST = 3
"""A shorter prompt is nothing but a sign, which names and paths may end in: it waits at the end of
a text alone."""

_SURE = later(
    r"\[[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+ [^\[\]\r\n]{1,80}\][#$]"
    r"|(?:PS )?[A-Za-z]:\\[^<>:|\"\r\n]{0,200}>"
)
_SURE_SIGNS = ("]#", "]$", ":\\")
"""One of them is in every such prompt: looked for first."""

_WORDS = ("netstat", " ss", "/ss", "@")
"""A prompt names its host, or stands before one of the tools."""

_SIGN = later("[$#%>]")


def may_be(data: bytes) -> bool:
    """Whether ASCII bytes may hold a prompt behind a row."""
    near = _near(data, b"\n").decode("latin-1")
    shown = _prompts(near)
    behind = (line for one in shown for line in _lines_with(data, one.encode("latin-1"), b"\n"))
    look = _any_of(shown)
    return waits(near) or any(_parts(look, line.decode("latin-1")) for line in behind)


def shows(text: str) -> bool:
    """Whether a text holds a prompt behind a row."""
    shown = _prompts(_near(text, "\n"))
    look = _any_of(shown)
    return any(_parts(look, line) for one in shown for line in _lines_with(text, one, "\n"))


def undone(lines: Sequence[str]) -> Iterator[str | tuple[str, ...]]:
    """The lines, each prompt behind a row on one of its own."""
    shown = _prompts(_near("\n".join(lines), "\n"))
    look = _any_of(shown)
    for line in lines:
        yield _parts(look, line) or line


def waits(text: str) -> bool:
    """Whether a text ends in a row and a sign at which a shell waits for the next command."""
    row, sign = _waiting(text) or ("", "")
    return bool(sign) and _is_of_table(row) and any(_asks(line, sign) for line in _head(text, sign))


def waited(lines: Sequence[str]) -> Iterator[str | tuple[str, ...]]:
    """The lines, the sign at the end of the last on one of its own."""
    yield from lines[:-1]
    yield from (_waiting(line) or line for line in lines[-1:])


def _waiting(text: str) -> tuple[str, ...]:
    """What stands on the last line of a text, and the sign of a prompt behind it."""
    line = text[text.rfind("\n") + 1 :].rstrip(BLANKS)
    return (line[:-1].rstrip(BLANKS), line[-1]) if _SIGN.fullmatch(line[-1:]) else ()


def _head(text: str, sign: str) -> Iterator[str]:
    """The first lines of a text that begin with a sign."""
    return (line for line in text[:LOOK].splitlines() if line.startswith(sign))


def _asks(line: str, sign: str) -> bool:
    """Whether a line is a prompt that is nothing but a sign, and a command of ours."""
    said = prompt(line.strip(BLANKS), strict=True)
    return said is not None and said.runs_tool and said.shown == sign


def _near(text: AnyStr, end: AnyStr) -> AnyStr:
    """The first lines of a text and the last ones."""
    if len(text) <= 2 * LOOK:
        return text
    return text[:LOOK] + end + text[-LOOK:].partition(end)[2]


def _prompts(near: str) -> list[str]:
    """The prompts that lines begin with, and those that can be nothing else."""
    found = set[str]()
    if any(word in near for word in _WORDS):
        found.update(_begun_with(line) for line in near.splitlines() if _may_begin(line))
    if any(sign in near for sign in _SURE_SIGNS):
        found.update(_SURE.findall(near))
    return sorted((one for one in found if len(one) >= LEAST), key=len, reverse=True)


def _may_begin(line: str) -> bool:
    """Whether a line may begin with a prompt."""
    return any(word in line for word in _WORDS) and _SIGN.search(line, 0, LONGEST) is not None


def _begun_with(line: str) -> str:
    """The prompt that a line begins with, if it names its host or the command is one of ours."""
    said = prompt(line.strip(BLANKS), strict=True)
    return said.shown if said and (said.host or said.runs_tool) else ""


def _any_of(prompts: Sequence[str]) -> re.Pattern[str]:
    """Any prompt with what parts it from its command: nothing, where it ends in `>`."""
    any_one = "|".join(map(re.escape, prompts)) or "(?!)"
    return re.compile(rf"(?:{any_one})(?:(?<=>)|(?=\s|$))")


def _lines_with(text: AnyStr, shown: AnyStr, end: AnyStr) -> Iterator[AnyStr]:
    """The lines that hold a prompt and do not begin with it."""
    at = text.find(shown)
    while at >= 0:
        first, after = line_at(text, at, end)
        if first < at:
            yield text[first:after]
        at = text.find(shown, after)


def _parts(look: re.Pattern[str], line: str) -> tuple[str, ...]:
    """A line of a table and the prompt behind it; nothing where that is not so."""
    places = (found.start() for found in look.finditer(line))
    at = next((place for place in places if _is_of_table(line[:place])), 0)
    return (line[:at].rstrip(BLANKS), line[at:]) if at else ()


def _is_of_table(text: str) -> bool:
    """Whether a text is a row, or an indented line that goes on to its end, as those below rows."""
    below = text.startswith(tuple(BLANKS)) and (text[-1].isalnum() or text[-1] in "])")
    return below or is_row(text)
