"""Finds dialects and diagnoses by file name.

A file `parsers/NAME.py` is the dialect NAME and ends with `DIALECT`; a file
`analysis/NAME.py` is a family of diagnoses and ends with `DIAGNOSES`. There is no
list to edit. Importing them is cheap: neither pandas nor lark is loaded.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from nsparse.diagnosis import Diagnosis
    from nsparse.dialect import Dialect

PARSERS = "nsparse.parsers"
ANALYSIS = "nsparse.analysis"


@cache
def dialects() -> Mapping[str, Dialect]:
    """Every dialect by name, sorted.

    >>> "ss_linux" in dialects()
    True
    """
    return {name: module.DIALECT for name, module in _modules(PARSERS)}


def dialect_named(name: str) -> Dialect | None:
    """The dialect of this name, without loading the others; None if there is none.

    >>> dialect_named("ss_linux").tool, dialect_named("ss_windows")
    ('ss', None)
    """
    known = (info.name for info in pkgutil.iter_modules(import_module(PARSERS).__path__))
    return import_module(f"{PARSERS}.{name}").DIALECT if name in known else None


@cache
def diagnoses() -> Mapping[str, Diagnosis]:
    """Every diagnosis by id, sorted.

    >>> "close-wait-leak" in diagnoses()
    True
    """
    found = {
        diagnosis.id: diagnosis
        for _, module in _modules(ANALYSIS)
        for diagnosis in module.DIAGNOSES
    }
    return dict(sorted(found.items()))


def _modules(package: str) -> Iterator[tuple[str, ModuleType]]:
    for info in sorted(pkgutil.iter_modules(import_module(package).__path__), key=_name):
        yield info.name, import_module(f"{package}.{info.name}")


def _name(info: pkgutil.ModuleInfo) -> str:
    return info.name
