"""From what the cells of a table say to what the common frame holds.

Everything here looks at one row's values together, never at other rows: the protocol
decides whether a word is a state, the ends decide the family.
"""

from __future__ import annotations

from typing import Any

from nsparse.dialect import Columns
from nsparse.schema import STATEFUL
from nsparse.states import canonical

WILDCARDS = ("*", "0.0.0.0", "::")
PSEUDO = ("_family", "_proto_family", "_text")
"""What cells say for this module's ears only, and the rows as printed, for their dialect's."""


def normalise(columns: Columns, length: int) -> None:
    """Complete one table's columns in place: `state` and `family`, without the pseudo columns."""
    columns["state"] = _states(columns, length)
    columns["family"] = _families(columns, length)
    for name in PSEUDO:
        columns.pop(name, None)


def _states(columns: Columns, length: int) -> list[Any]:
    none = [None] * length
    told = columns.get("state", none)
    protos = columns.get("proto", none)
    words = columns.get("state_raw", none)
    remotes = columns.get("remote_addr", none)
    ports = columns.get("remote_port", none)
    known = {word: canonical(word) for word in set(words) if word is not None}
    return [
        (said or _state(word, known.get(word), remote, port)) if proto in STATEFUL else None
        for said, proto, word, remote, port in zip(told, protos, words, remotes, ports, strict=True)
    ]


def _state(word: str | None, known: str | None, remote: str | None, port: int | None) -> str | None:
    """The one rule for words no table knows: a wildcard remote end shows a listener."""
    if word is None or known is not None:
        return known
    return "LISTEN" if remote in WILDCARDS and port is None else "UNKNOWN"


def _families(columns: Columns, length: int) -> list[Any]:
    none = [None] * length
    told = columns.get("family", none)
    by_proto = columns.get("_proto_family", none)
    by_address = columns.get("_family", none)
    return [a or b or c for a, b, c in zip(told, by_proto, by_address, strict=True)]
