"""`netstat.exe` of Windows, in any language: rows are known by shape, not by words."""

from __future__ import annotations

import re

from nsparse.dialect import Cell, Dialect, Values
from nsparse.reading.cells.common import Ends, details, local, number, remote, word

# A listener's other end is printed with port 0.
ENDS = Ends(zero_is_none=True)

PID_WORDS = "a number (PID)"

_GAP = re.compile("\t| {2,}")
"""What stands between columns; states of several words have one blank between them."""


def _state(cell: str) -> Values:
    """The word for the state; a word in the column behind it is none of a process."""
    state_raw, *other = _GAP.split(cell, maxsplit=1)
    odd = {"_odd": (other[0].strip(), PID_WORDS)} if other else {}
    return {"state_raw": state_raw, **odd}


PLACEHOLDERS = {"pid", "process", "name", "program", "xxx"}
"""What people write where a program stood."""


def _exe(cell: str) -> Values:
    name = cell[1:-1]
    return {} if name.lower() in PLACEHOLDERS else {"process": name}


def _component(cell: str) -> Values:
    """One word is a component; several are a message that no owner is known, or a stack of DLLs.

    A component is a service's name, which is ASCII; in Chinese the message has no blank.
    """
    return {"component": cell} if cell.isascii() and " " not in cell else {"details": cell}


DIALECT = Dialect(
    name="netstat_windows",
    title="netstat on Windows",
    os="windows",
    tool="netstat",
    proved_on={
        "Windows XP": ("-an", "-ano", "-anob"),
        "Windows 7 to 11": ("-a", "-an", "-ano", "-anb", "-anob", "-anoq", "-ant", "-nato"),
        **{
            f"Windows in {language}": ("-ano", "-anob")
            for language in (
                *("Chinese", "French", "German", "Japanese"),
                *("Korean", "Portuguese", "Russian", "Spanish"),
            )
        },
    },
    cells={
        "TCP": word("TCP or UDP", section="inet", proto="tcp"),
        "UDP": word("TCP or UDP", section="inet", proto="udp"),
        "LOCAL": local(ENDS),
        "REMOTE": remote(ENDS),
        "STATE": Cell("a state such as LISTENING", _state),
        "PID": number("pid", PID_WORDS, zero=False),
        "OFFLOAD": details("an offload state such as InHost", "offload"),
        "EXE": Cell("a program in brackets", _exe),
        "COMPONENT": Cell("a component", _component),
        "MODULE": details("a module"),
    },
)
