"""What the user set: other thresholds and levels, what to leave out, what is known of the hosts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from types import MappingProxyType
from typing import Any, Literal

from nsparse.diagnosis import SEVERITIES, Diagnosis, Limits, Severity
from nsparse.errors import ConfigError, UnknownName
from nsparse.registry import diagnoses

Level = Severity | Literal["off"]
LEVELS: tuple[Level, ...] = (*SEVERITIES, "off")
LEVEL = "level"
"""The key beside the numbers of a diagnosis that holds its level; no number is named so."""
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Settings:
    """Everything a config file may say.

    Attributes:
        limits: Numbers by id and key, in place of the defaults.
        levels: Levels by id, in place of what a diagnosis gives; "off" is not reported.
        select: If not empty, only these diagnoses.
        ignore: All but these: they are not judged, and explain no others.
        ignore_ports: Findings on sockets of these service ports alone are left out; so are those
            of the next two, and of all three together, and those about an ignored program.
        ignore_addresses: Networks of other ends, or of own addresses where nobody is connected.
        ignore_processes: Names of programs, in lower case; `*` and `?` stand for others.
        constants: What holds on every host, by the names of
            `nsparse.judging.scene.constants.Constants`.
        source: Where it is from, as a person says it.
        unasked: How many diagnoses that leaves out.
    """

    limits: Mapping[str, Limits] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    ignore_ports: frozenset[int] = frozenset()
    ignore_addresses: tuple[IPv4Network | IPv6Network, ...] = ()
    ignore_processes: tuple[str, ...] = ()
    constants: Mapping[str, object] = field(default_factory=dict)
    source: str = "the config file"
    unasked: int = 0

    def chosen(self) -> list[Diagnosis]:
        """The diagnoses to judge by."""
        known = diagnoses()
        wanted = self.select or frozenset(known)
        return [known[id_] for id_ in known if id_ in wanted and id_ not in self.ignore]

    def limits_of(self, diagnosis: Diagnosis) -> Limits:
        """The numbers in force for a diagnosis."""
        return {**diagnosis.defaults, **self.limits.get(diagnosis.id, {})}

    def all_limits(self) -> dict[str, Limits]:
        """The numbers in force for every diagnosis, by id."""
        return {id_: self.limits_of(diagnosis) for id_, diagnosis in diagnoses().items()}


def settings(
    config: Settings | Mapping[str, Any] | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    *,
    source: str = Settings.source,
) -> Settings:
    """Check what the user set, and join both ways of setting it.

    Args:
        config: As a config file gives it: a table for each id with its numbers and its `level`,
            and the keys of `KEYS`.
        select: More ids to select.
        ignore: More ids to ignore.
        source: Where the config is from.

    Raises:
        UnknownName: No diagnosis, number, level or setting has this name.
        ConfigError: A value that is none.

    >>> settings({"ignore-ports": [8080]}).ignore_ports
    frozenset({8080})
    >>> settings({"idle-established": {"level": "off"}}).levels
    {'idle-established': 'off'}
    """
    given = config if isinstance(config, Settings) else _checked(config or {}, source)
    return replace(
        given,
        select=given.select | _ids("select", list(select)),
        ignore=given.ignore | _ids("ignore", list(ignore)),
    )


def _checked(config: Mapping[str, Any], source: str) -> Settings:
    known = diagnoses()
    for name in config:
        if name not in known and name not in KEYS:
            kind = "diagnosis" if isinstance(config[name], Mapping) else "setting"
            whose = [id_ for id_, each in known.items() if name in each.defaults]
            if whose and kind == "setting":
                table = f"it stands in the table of its diagnosis, such as [{whose[0]}]"
                raise ConfigError(f"{name} is a number of a diagnosis: {table}")
            raise UnknownName(kind, str(name), (*known, *KEYS))
    tables = {id_: _table(known[id_], config[id_]) for id_ in config if id_ in known}
    values = {name: KEYS[name](name, value) for name, value in config.items() if name in KEYS}
    made = Settings(
        limits={id_: limits for id_, (limits, _) in tables.items()},
        levels={id_: level for id_, (_, level) in tables.items() if level is not None},
        constants={k: v for name in CONSTANTS for k, v in values.pop(name, NOTHING).items()},
        source=source,
        **{name.replace("-", "_"): value for name, value in values.items()},
    )
    return replace(made, unasked=len(known) - len(made.chosen()))


def _table(diagnosis: Diagnosis, table: object) -> tuple[Limits, Level | None]:
    """The numbers and the level that a table gives to a diagnosis."""
    if not isinstance(table, Mapping):
        raise ConfigError(f"{diagnosis.id} must be a table of numbers, not {table!r}")
    known = diagnosis.defaults
    numbers = {key: value for key, value in table.items() if key != LEVEL}
    for key, value in numbers.items():
        if key not in known:
            raise UnknownName(f"number of {diagnosis.id}", str(key), (*known, LEVEL))
        if not _is_number(value):
            raise ConfigError(f"{diagnosis.id}: {key} must be a number, 0 or more, not {value!r}")
        if 0 < known[key] < 1 < value:
            raise ConfigError(f"{diagnosis.id}: {key} must be a part, from 0 to 1, not {value!r}")
    level = table.get(LEVEL)
    if level is not None and level not in LEVELS:
        raise UnknownName(f"level of {diagnosis.id}", str(level), LEVELS)
    return numbers, level


def _is_number(value: object) -> bool:
    """Whether it can be held against a count. A bool, to Python a number, is a slip."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and value >= 0


# ---- the keys that stand beside the tables -------------------------------------------------------


def _list(name: str, value: object) -> list[Any]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise ConfigError(f"{name} must be a list, not {value!r}")
    return list(value)


def _ids(name: str, value: object) -> frozenset[str]:
    found = frozenset(_list(name, value))
    for id_ in sorted(found, key=str):
        if id_ not in diagnoses():
            raise UnknownName("diagnosis", str(id_), tuple(diagnoses()))
    return found


def _ports(name: str, value: object) -> frozenset[int]:
    return frozenset(_port(name, port) for port in _list(name, value))


def _port(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise ConfigError(f"{name} must hold numbers from 0 to 65535, not {value!r}")
    return value


def _networks(name: str, value: object) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(_network(name, text) for text in _list(name, value))


def _network(name: str, value: object) -> IPv4Network | IPv6Network:
    try:
        # A host part that is not 0 is meant as its network: 192.0.2.7/24.
        return ip_network(value if isinstance(value, str) else "", strict=False)
    except ValueError:
        message = f"{name} must hold addresses or networks such as '192.0.2.0/24', not {value!r}"
        raise ConfigError(message) from None


def _programs(name: str, value: object) -> tuple[str, ...]:
    names = _list(name, value)
    for each in names:
        if not isinstance(each, str) or not each:
            raise ConfigError(f"{name} must hold names of programs, not {each!r}")
    return tuple(each.lower() for each in names)


def _port_range(name: str, value: object) -> Mapping[str, object]:
    ports = [_port(name, port) for port in _list(name, value)]
    if len(ports) != 2 or ports[0] > ports[1]:
        raise ConfigError(f"{name} must hold its first and its last port, not {value!r}")
    return {"ephemeral_low": ports[0], "ephemeral_high": ports[1]}


def _descriptors(name: str, value: object) -> Mapping[str, object]:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{name} must be a number, 1 or more, not {value!r}")
    return {"fd_limit": value}


KEYS: Mapping[str, Callable[[str, object], Any]] = {
    "select": _ids,
    "ignore": _ids,
    "ignore-ports": _ports,
    "ignore-addresses": _networks,
    "ignore-processes": _programs,
    "ephemeral-range": _port_range,
    "fd-limit": _descriptors,
}
"""What a config file may hold beside a table for each diagnosis, and what reads it."""
CONSTANTS = ("ephemeral-range", "fd-limit")
"""Those of them that say what the hosts are like."""
