"""Expressions that are compiled when they are first asked.

Most texts ask few of those that look for damage and for what wrote a text once more, and to compile
them all takes longer than to read a small dump.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Later:
    """Stands for a compiled expression; its methods are that one's, once they are asked for."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern, self.flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(re.compile(self.pattern, self.flags), name)
        setattr(self, name, method)
        return method


def later(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, but what it gives is compiled by the first call of one of its methods.

    >>> later("tcp6?").fullmatch("tcp6")
    <re.Match object; span=(0, 4), match='tcp6'>
    """
    return cast("re.Pattern[AnyStr]", _Later(pattern, flags))
