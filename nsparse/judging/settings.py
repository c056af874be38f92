"""What the user set: other thresholds, diagnoses and ports to leave out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nsparse.diagnosis import Diagnosis, Limits
from nsparse.errors import ConfigError, UnknownName
from nsparse.registry import diagnoses

LISTS = ("select", "ignore")
PORTS = "ignore-ports"


@dataclass(frozen=True)
class Settings:
    """Everything a config file may say about diagnoses.

    Attributes:
        limits: Numbers by id and key, in place of the defaults.
        select: If not empty, only these diagnoses.
        ignore: All but these.
        ignore_ports: Findings that stand on these service ports alone are left out.
    """

    limits: Mapping[str, Limits] = field(default_factory=dict)
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    ignore_ports: frozenset[int] = frozenset()

    def chosen(self) -> list[Diagnosis]:
        """The diagnoses to judge by."""
        known = diagnoses()
        wanted = self.select or frozenset(known)
        return [known[id_] for id_ in known if id_ in wanted and id_ not in self.ignore]

    def limits_of(self, diagnosis: Diagnosis) -> Limits:
        """The numbers in force for a diagnosis."""
        return {**diagnosis.defaults, **self.limits.get(diagnosis.id, {})}


def settings(
    config: Settings | Mapping[str, Any] | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
) -> Settings:
    """Check what the user set, and join both ways of setting it.

    Args:
        config: As a config file gives it: tables of numbers by id, and the lists `select`, `ignore`
            and `ignore-ports`.
        select: More ids to select.
        ignore: More ids to ignore.

    Raises:
        UnknownName: No diagnosis has this id, or this number.
        ConfigError: A value that is none.

    >>> settings({"ignore-ports": [8080]}).ignore_ports
    frozenset({8080})
    """
    given = config if isinstance(config, Settings) else _checked(config or {})
    return Settings(
        limits=given.limits,
        select=given.select | _ids(select),
        ignore=given.ignore | _ids(ignore),
        ignore_ports=given.ignore_ports,
    )


def _checked(config: Mapping[str, Any]) -> Settings:
    tables = {name: value for name, value in config.items() if name not in (*LISTS, PORTS)}
    _ids(tables)
    return Settings(
        limits={id_: _numbers(diagnoses()[id_], table) for id_, table in tables.items()},
        select=_ids(_list(config, "select")),
        ignore=_ids(_list(config, "ignore")),
        ignore_ports=frozenset(_port(port) for port in _list(config, PORTS)),
    )


def _list(config: Mapping[str, Any], name: str) -> list[Any]:
    value = config.get(name, [])
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ConfigError(f"{name} must be a list, not {value!r}")
    return list(value)


def _ids(names: Iterable[str]) -> frozenset[str]:
    found = frozenset(names)
    for name in sorted(found, key=str):
        if name not in diagnoses():
            raise UnknownName("diagnosis", str(name), tuple(diagnoses()))
    return found


def _numbers(diagnosis: Diagnosis, table: object) -> Limits:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{diagnosis.id} must be a table of numbers, not {table!r}")
    known = tuple(diagnosis.defaults)
    for key, value in table.items():
        if key not in known:
            raise UnknownName(f"number of {diagnosis.id}", str(key), known)
        if not _is_number(value):
            raise ConfigError(f"{diagnosis.id}: {key} must be a number, 0 or more, not {value!r}")
    return dict(table)


def _is_number(value: object) -> bool:
    """Whether it can be held against a count. A bool, to Python a number, is a slip."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and value >= 0


def _port(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise ConfigError(f"{PORTS} must hold numbers from 0 to 65535, not {value!r}")
    return value
