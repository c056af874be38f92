"""Lines that stand beside socket tables in files people send, known by their look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_COMMAND = r"(?:sudo\s+)?(?:/[^ ]*/|[A-Za-z]:\\[^ ]*\\)?(?:netstat|ss)(?:\.exe)?(?:\s.*)?"
# bash and zsh (`user@host:~$`, `[root@host ~]#`, `$`, `%`), cmd (`C:\>`), PowerShell (`PS C:\>`).
_HOST = r"(?:[A-Za-z0-9_.-]+@(?P<host>[A-Za-z0-9_.-]+))"
_PROMPT = re.compile(
    rf"(?:\([^)]*\)\s*)?(?:\[?{_HOST}[^$#%>]{{0,80}}[$#%>]"
    r"|(?:PS )?[A-Za-z]:\\[^<>:|]{0,200}>|PS>|[$%]|#(?!#)|(?P<weak>[>~])"
    r"|[A-Za-z0-9_.-]{1,40}[$#%>])"
    r"\s*(?P<command>.*)"
)
_BARE_COMMAND = re.compile(r"(?:netstat|ss)(?:\.exe)?(?:\s+-.*)?")
_IS_COMMAND = re.compile(_COMMAND)

# `date` in the C locale, with an optional OSWatcher mark; ISO 8601.
_DATE = re.compile(
    r"(?:[#=*-]+\s*|zzz \*+)?[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>[0-9]{1,2}) "
    r"(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}) (?P<zone>[A-Z]{2,5}|[+-][0-9]{4}) "
    r"(?P<year>[0-9]{4})\s*[#=*-]*"
)
_ISO = re.compile(
    r"(?:[#=*-]+\s*|zzz \*+)?"
    r"(?P<stamp>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?)\s*[#=*-]*"
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

_KNOWN = (
    # Markdown, Jira, BBCode.
    (
        "fence",
        re.compile(r"(?:```|~~~) ?[A-Za-z]*|\{(?:noformat|code|quote)[^{}]*\}|\[/?(?:code|pre)\]"),
    ),
    ("conflict", re.compile(r"[<>|]{7}(?: .*)?|={7}")),
    ("rule", re.compile(r"[-=_*#~+|\s\u2500-\u257f]{2,}")),
    (
        "elision",
        re.compile(
            r"[-*#<\[( ]*(?:\.{2,}|…|(?:\.{3} ?)?(?:(?:many|[0-9]+) )?"
            r"(?:(?:more|other|output|rows?|lines?) ){0,3}"
            r"(?:omitted|snip(?:ped)?|truncated|removed|cut))"
            r"[-*#>\]). ]*",
            re.IGNORECASE,
        ),
    ),
    ("pager", re.compile(r"-- ?More ?--(?: ?\(.*\))?[\x08 ]*|\(END\)|:|~")),
    ("watch", re.compile(r"Every [0-9.,]+s: .*")),
    ("message", re.compile(r"(?:-?bash|sh|zsh|ksh|/bin/\w+|timeout|sudo|\[sudo\])[:\s].*")),
)


@dataclass(frozen=True)
class Prompt:
    """A shell prompt: the host and the command where it shows them."""

    host: str | None
    command: str | None

    @property
    def runs_tool(self) -> bool:
        """Whether the command is netstat or ss."""
        return self.command is not None and _IS_COMMAND.fullmatch(self.command) is not None


def prompt(line: str, *, strict: bool = False) -> Prompt | None:
    r"""Read a prompt, or a line that holds nothing but the command.

    Args:
        line: The line.
        strict: Whether a lone `>` or `~` is too little to be one: mail quotes with it.

    >>> prompt("[root@web1 ~]# ss -tan")
    Prompt(host='web1', command='ss -tan')
    >>> prompt("PS C:\\Users\\u> netstat -ano").command
    'netstat -ano'
    """
    if _BARE_COMMAND.fullmatch(line):
        return Prompt(None, line)
    found = _PROMPT.fullmatch(line)
    if found is None or (strict and line[0] in ">~#$%"):
        return None
    said = Prompt(found["host"], found["command"].strip() or None)
    return None if found["weak"] and not said.runs_tool else said


def moment(line: str) -> tuple[datetime, bool] | None:
    """Read a line that is nothing but a time; the flag says whether it named a zone we know.

    >>> moment("Sun Nov 22 10:43:50 UTC 2026")[0].isoformat()
    '2026-11-22T10:43:50+00:00'
    """
    found = _ISO.fullmatch(line)
    if found:
        return _aware(datetime.fromisoformat(found["stamp"].replace(" +", "+").replace(" -", "-")))
    found = _DATE.fullmatch(line)
    if found is None or found["month"] not in _MONTHS:
        return None
    zone = found["zone"]
    known = zone in ("UTC", "GMT", "Z") or zone[0] in "+-"
    offset = zone if zone[0] in "+-" else "+00:00"
    month = _MONTHS.index(found["month"]) + 1
    stamp = f"{found['year']}-{month:02}-{int(found['day']):02}T{found['time']}{offset}"
    try:
        return datetime.fromisoformat(stamp), known
    except ValueError:
        return None


def _aware(when: datetime) -> tuple[datetime, bool]:
    return (when, True) if when.tzinfo else (when.replace(tzinfo=UTC), False)


def known(line: str) -> str | None:
    """The name of a kind of noise, or None.

    >>> known("```text"), known("--More--"), known("tcp 0 0")
    ('fence', 'pager', None)
    """
    return next((name for name, look in _KNOWN if look.fullmatch(line)), None)


_END = re.compile(r"(?:[0-9a-f.:\]*]+)[:.](?:[0-9]{1,5}|\*)")


def holds_data(line: str) -> bool:
    """Whether a line holds what no heading and hardly any sentence does: mostly ends and numbers.

    >>> holds_data("192.0.2.1:22 192.0.2.9:51514 LISTEN"), holds_data("my host is 192.0.2.1:22")
    (True, False)
    """
    words = line.split()
    digits = sum(any(char.isdecimal() for char in word) for word in words)
    return any(_END.fullmatch(word) for word in words) and digits * 2 >= len(words)
