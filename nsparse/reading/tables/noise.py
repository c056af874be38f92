"""Lines that stand beside socket tables in files people send, known by their look."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from nsparse.reading.tables import times

_COMMAND = r"(?:sudo\s+)?(?:/[^ ]*/|[A-Za-z]:\\[^ ]*\\)?(?:netstat|ss)(?:\.exe)?(?:\s.*)?"
# bash and zsh (`user@host:~$`, `[root@host ~]#`, `$`, `%`), cmd (`C:\>`), PowerShell (`PS C:\>`).
_HOST = r"(?:[A-Za-z0-9_.-]+@(?P<host>[A-Za-z0-9_.-]+))"
_PROMPT = re.compile(
    rf"(?:\([^)]*\)\s*)?(?:\[?{_HOST}[^$#%>]{{0,80}}[$#%>]"
    r"|(?:PS )?[A-Za-z]:\\[^<>:|]{0,200}>|PS>|[$%]|#(?!#)|(?P<weak>[>~])|(?P<trace>\+{1,9})(?= )"
    # SUSE: `host:~ #`.
    r"|(?![0-9.]+%)[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}(?::[~/][^ :]{0,80} ?)?[$#%>])"
    r"\s*(?P<command>.*)"
)
# What shells tell the terminal (ECMA-48; xterm's titles of windows), as `script` keeps it.
_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[=>])")
# What `sh -x` prints of a command, and no row that a diff has added.
_TRACED = re.compile(
    r"(?!.*[ \t][0-9]+[ \t]+[0-9\[]|[^ ]+[ \t]+[A-Z])[a-z/][A-Za-z0-9_./-]*(?: |$)"
)
_BARE_COMMAND = re.compile(r"(?:netstat|ss)(?:\.exe)?(?:\s+-.*)?")
_IS_COMMAND = re.compile(_COMMAND)
# A loop over hosts or ports does not wait, and comes to its end.
_LOOP = re.compile(
    r"(?:(?:while|until)[ \t]+(?:true|:|\[+ *1 *\]+)[ \t]*;|(?:while|until|for)\b(?=.*\bsleep\b))"
    r".*\bdo\b.*\b(?:netstat|ss)\b"
)
# procps watch.c: the command, cut where it is long; newer ones print the host before the time.


def _options(valued: str) -> str:
    """Options, with the values of those that have one."""
    valued = rf"(?:-[{valued}]|--(?:namespace|container|context|user|workdir|env))[ \t]"
    return rf"(?:{valued}+[^ \t]+[ \t]+|(?!--[ \t]|{valued})-[^ \t]+[ \t]+)*"


_NAME = r"(?P<{}>[A-Za-z0-9][A-Za-z0-9_.-]*)[ \t]+"
_IN_CONTAINER = (
    r"(?:kubectl|oc|docker|podman|nerdctl|crictl|lxc)[ \t]+(?:(?!exec[ \t])[^ \t]+[ \t]+){0,6}exec"
    rf"[ \t]+{_options('ncuwe')}{_NAME.format('container')}{_options('ncuwe')}(?:--[ \t]+)?"
)
_ON_HOST = rf"ssh[ \t]+{_options('bciloJFp')}(?:[^ \t@]+@)?{_NAME.format('host')}"
_ELSEWHERE = re.compile(
    rf"(?:sudo[ \t]+)?(?:{_IN_CONTAINER}|{_ON_HOST})(?:(?:ba)?sh[ \t]+-c[ \t]+)?"
    rf"(?P<command>[\"']?{_COMMAND})"
)
_WATCH = re.compile(
    r"Every [0-9.,]+s: (?P<command>.*?)"
    r"(?:[ \t]{2,}(?:(?P<host>[A-Za-z0-9][A-Za-z0-9_.-]*): )?(?P<time>[^\W\d_]+ .*[0-9]))?"
)
WATCH = "watch"

_KNOWN = (
    # Markdown, Jira, BBCode.
    (
        "fence",
        re.compile(
            r"(?:```|~~~) ?[A-Za-z]*|\{(?:noformat|code|quote)[^{}]*\}|\[/?(?:code|pre)\]"
            r"|\{\{.{0,40}\}\}"
            # What ends a text in the source of a program.
            r"|EO[FTLM]|END|HERE|\*/"
            r"|(?![)\]]$)[`\"'{}()\];,]#?[`\"'{}()\];,]{0,7}"
        ),
    ),
    ("conflict", re.compile(r"[<>|]{7}(?: .*)?|={7}")),
    (
        "rule",
        re.compile(
            r"[-=_*#~+|\s\u2500-\u257f]{2,}|[-=_*+•|]"
            # What loops over ports and services print above each: `== 443`, `--- port 22 ---`.
            r"|(?P<left>[-=#*])(?P=left){1,9} ?(?:[Pp]ort )?(?:[0-9]{1,5}|[a-z][a-z0-9-]{0,14}):?"
            r"(?: ?(?P=left){2,10})?"
        ),
    ),
    (
        "elision",
        re.compile(
            r"[-*#<\[( ]*(?:\.{2,}|(?:\. ){2,}\.?|[.·…⋮]|etc\.*|\.{3,}[^0-9.]{1,40}\.{3,}"
            r"|(?:and )?[0-9]+ more(?: (?:rows?|lines?))?|(?:\.{3} ?)?(?:(?:many|[0-9]+) )?"
            r"(?:(?:more|other|output|rows?|lines?) ){0,3}"
            r"(?:omitted|snip(?:ped)?|truncated|removed|cut))"
            r"[-*#>\]). ]*",
            re.IGNORECASE,
        ),
    ),
    # `more` of Unix and of Windows, which says `-- More  --` in the system's language; `less`.
    (
        "pager",
        re.compile(
            r"--[ ]*[^\W\d_]{3,14}[ ]*(?:\([0-9]+ ?%\)[ ]*)?--(?: ?\(.*\))?[\x08 ]*|\(END\)|:|~"
            r"|lines [0-9]+-[0-9]+(?:/[0-9]+)?(?: [0-9]+%| \(END\))?|Press any key to continue[ .]*"
        ),
    ),
    (WATCH, _WATCH),
    # What `conntrack -L` prints begins as rows do: protocol, its number, seconds, state, addresses.
    ("conntrack", re.compile(r"[a-z]{3,7}6?[ \t]+[0-9]+[ \t]+[0-9]+[ \t].{0,40}?\bsrc=.*\bdst=.*")),
    ("message", re.compile(r"(?:-?bash|sh|zsh|ksh|/bin/\w+|timeout|sudo|\[sudo\]):?\s.*")),
)


@dataclass(frozen=True)
class Prompt:
    """What is said above an output, by a shell or by `watch`.

    Attributes:
        host: Where the command ran, if that is named.
        command: The command, if it is shown.
        time: When it ran, as printed.
        away: Whether it ran somewhere else than the shell: in a container, on another host.
        shown: The prompt itself, without the command.
    """

    host: str | None
    command: str | None
    time: str = field(default="", repr=False)
    away: bool = field(default=False, repr=False)
    shown: str = field(default="", repr=False)

    @property
    def runs_tool(self) -> bool:
        """Whether the command is netstat or ss."""
        return self.command is not None and _IS_COMMAND.fullmatch(self.command) is not None

    @property
    def loops(self) -> bool:
        """Whether the command runs netstat or ss over and over, and waits between."""
        return self.command is not None and _LOOP.match(self.command) is not None


_ANSIBLE = re.compile(
    r"(?:> ?)?(?P<host>[A-Za-z0-9][A-Za-z0-9._-]*)"
    r" \| (?:SUCCESS|CHANGED|FAILED!?) \| rc=[0-9]+ >>.*"
)
"""What an ad hoc command of Ansible prints above the output of each host."""
_LABEL = re.compile(
    r"(?P<left>[>=#*-])(?P=left){1,7} ?(?:node|host|Node|Host):? "
    # A word of a sentence has neither digits nor dots, a number alone names no host.
    r"(?=[^ ]*[0-9.-])(?=[^ ]*[A-Za-z.])(?P<host>[A-Za-z0-9][A-Za-z0-9._-]{0,60})"
    r" ?(?P<right>[<=#*-])(?P=right){1,7}"
)
"""What loops over hosts print above the output of each: `>> node web1 <<`, `== host: db1 ==`."""


def prompt(line: str, *, strict: bool = False) -> Prompt | None:
    r"""Read a prompt, or a line that holds nothing but the command.

    Args:
        line: The line.
        strict: Whether a sign such as `>` or `$` is too little to be one, unless netstat or ss
            stands behind it: mail quotes with it, and a wrapped line may go on with it.

    >>> prompt("[root@web1 ~]# ss -tan")
    Prompt(host='web1', command='ss -tan')
    >>> prompt("PS C:\\Users\\u> netstat -ano").command
    'netstat -ano'
    >>> prompt("+ ss -tan").command, prompt("+ tcp 0 0 192.0.2.1:22 192.0.2.9:5 LISTEN")
    ('ss -tan', None)
    >>> prompt("\x1b[01;32mroot@web1\x1b[00m:\x1b[01;34m~\x1b[00m# ss -tan").host
    'web1'
    """
    line = _plain(line)
    if _BARE_COMMAND.fullmatch(line):
        return Prompt(None, line)
    named = _ANSIBLE.fullmatch(line) if " | rc=" in line else _LABEL.fullmatch(line)
    if named is not None:
        return Prompt(named["host"], None, away=True)
    found = _PROMPT.fullmatch(line)
    command = found["command"].strip() if found else line
    away = _elsewhere(command)
    if found is None or away is not None:
        return away
    said = Prompt(found["host"], command or None, shown=line[: found.start("command")].rstrip())
    traced = not found["trace"] or _TRACED.match(said.command or "")
    doubtful = found["weak"] or not traced or (strict and line[0] in ">~#$%+")
    return None if doubtful and not said.runs_tool else said


def _elsewhere(command: str) -> Prompt | None:
    """What a command runs in a container, or on another host; None where it does not.

    >>> _elsewhere("kubectl exec -n app web-1 -- netstat -an | grep 80")
    Prompt(host='web-1', command='netstat -an | grep 80')
    """
    found = _ELSEWHERE.fullmatch(command)
    if found is None:
        return None
    return Prompt(found["host"] or found["container"], found["command"].strip("'\""), away=True)


def watched(line: str) -> Prompt | None:
    """Read what `watch` prints above each screen.

    >>> said = watched("Every 2.0s: ss -tn       web1: Mon Nov 23 06:10:22 2026")
    >>> said, said.time if said else ""
    (Prompt(host='web1', command='ss -tn'), 'Mon Nov 23 06:10:22 2026')
    """
    found = _WATCH.fullmatch(line)
    return Prompt(found["host"], found["command"], found["time"] or "") if found else None


def _plain(line: str) -> str:
    """A line without its colours and what else only a terminal is told."""
    return _CONTROL.sub("", line) if "\x1b" in line else line


def known(line: str) -> str | None:
    """The name of a kind of noise, or None.

    >>> known("```text"), known("--More--"), known("tcp 0 0")
    ('fence', 'pager', None)
    """
    return next((name for name, look in _KNOWN if look.fullmatch(line)), None)


_SPOKEN = (_BARE_COMMAND, _PROMPT, _ANSIBLE, _LABEL, _ELSEWHERE)


def stands_beside(line: str) -> bool:
    """Whether a line looks like noise of a known kind, a prompt or a time.

    No digit is told from another here: what holds of one line holds of all alike.
    """
    plain = _plain(line)
    command = any(look.fullmatch(plain) for look in _SPOKEN)
    return command or known(line) is not None or times.looks_like(plain)


_DIGIT = re.compile(r"\d")
_OF_ROW = re.compile(r"[\d/]")
# A host and a port; a number such as 0.25 is none, nor a time such as 14:42.
_END = re.compile(
    r"(?![0-9]*\.[0-9]+\Z|[0-9]{1,4}:[0-9]{2}(?::[0-9]{2})?\Z)[0-9a-f.:\]*]+[:.](?:[0-9]{1,5}|\*)"
)
_OF_ADDRESS = re.compile(r"\.|::|\*")
_PROSE = 3
"""Of so many words in a sentence at most one holds a digit, in a row every second one does; and no
row has fewer."""


def _count(look: re.Pattern[str], words: Iterable[str]) -> int:
    """In how many words something is found."""
    return sum(look.search(word) is not None for word in words)


def holds_data(line: str) -> bool:
    """Whether a line holds what no heading and hardly any sentence does: mostly ends and numbers.

    >>> holds_data("192.0.2.1:22 192.0.2.9:51514 LISTEN"), holds_data("my host is 192.0.2.1:22")
    (True, False)
    """
    words = line.split()
    return _count(_DIGIT, words) * 2 >= len(words) and any(map(_END.fullmatch, words))


def may_be_rest(line: str) -> bool:
    """Whether a line may be the end of a row: one word, or mostly numbers, paths and ends.

    >>> may_be_rest("Support/app.sock"), may_be_rest("exit 0")
    (True, False)
    """
    words = line.split()
    alone = len(words) == 1 and line.isascii() and (line[0].isalnum() or line[0] in "/.")
    return alone or _count(_OF_ROW, words) * 2 > len(words)


def holds_two_ends(line: str) -> bool:
    """Whether a line names both ends of a socket: a row has them once, so it is of its own.

    >>> holds_two_ends("ESTxB 0 0 192.0.2.1:22 192.0.2.9:51514"), holds_two_ends("192.0.2.9:51514")
    (True, False)
    """
    ends = filter(_END.fullmatch, line.split())
    return _count(_OF_ADDRESS, ends) > 1


def begins_with_end(line: str) -> bool:
    """Whether a line begins with an end of a socket, as rows without a protocol do.

    >>> begins_with_end("*.22  LIST"), begins_with_end("port 22")
    (True, False)
    """
    return any(map(_END.fullmatch, line.split(None, 1)[:1]))


def holds_row(line: str) -> bool:
    """Whether a line names both ends of a socket, and is mostly ends and numbers.

    >>> holds_row("2001:db8::1.22 2001:db8::9.4000 Connecte"), holds_row("::1.22 to ::1.23 is mine")
    (True, False)
    """
    return holds_two_ends(line) and holds_data(line)


def holds_numbers(line: str) -> bool:
    """Whether a line holds so many numbers as no sentence does, so that it may have been a row.

    >>> holds_numbers("tpc 0 0 192.0.2.1:22"), holds_numbers("see 2 lines above")
    (True, False)
    """
    words = line.split()
    return len(words) >= _PROSE and _count(_DIGIT, words) * _PROSE > len(words)
