"""The config file: `nsparse.toml`, or the table `tool.nsparse` of a `pyproject.toml`.

The file that `--config` names; else the one in the current folder, if there is one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsparse.errors import ConfigError, NsparseError, because, harmless
from nsparse.reporting import output

if TYPE_CHECKING:
    from nsparse.judging.settings import Settings

OWN = "nsparse.toml"
PYPROJECT = "pyproject.toml"


def in_force(
    named: Path | None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    *,
    verbose: bool = False,
) -> Settings:
    """What the user set, by a config file and by options, checked before anything is read.

    Args:
        named: The config file that the user names.
        select: More ids to select.
        ignore: More ids to ignore.
        verbose: Whether to say on standard error what the config file has set.

    Raises:
        NsparseError: Something that cannot be.
    """
    from nsparse.judging.settings import settings

    own = configured(named)
    chosen = settings(own, select, ignore)
    lines = [f"  {harmless(line)}" for line in told(own)] if verbose else []
    output.say([f"set by {harmless(own.source)}", *lines] if lines else [])
    return chosen


def configured(named: Path | None, folder: Path | None = None) -> Settings:
    """What the config file says, checked; the defaults where there is none.

    Args:
        named: The file that the user names.
        folder: Where to look if none is named; None for the current folder.

    Raises:
        ConfigError: The file cannot be read, or says what cannot be; it is named in the message.
    """
    from nsparse.judging.settings import settings

    path = named or in_folder(folder or Path())
    if path is None:
        return settings()
    held = load(path)
    try:
        return settings(held, source=str(path))
    except NsparseError as error:
        raise ConfigError(f"{path}: {error}") from error


def in_folder(folder: Path) -> Path | None:
    """The config file of a folder, if it has one.

    A `pyproject.toml` is there for others too: it counts only where it speaks of nsparse.
    """
    if (folder / OWN).is_file():
        return folder / OWN
    project = folder / PYPROJECT
    try:
        return project if project.is_file() and load(project) else None
    except ConfigError:
        return None


def load(path: Path) -> dict[str, Any]:
    """What a config file says; its ids and numbers are checked by `nsparse.judging.settings`.

    Raises:
        ConfigError: It cannot be read, or is no TOML.
    """
    try:
        held = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: {because(error)}") from error
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are of this kind
        raise ConfigError(f"{path}: this is no TOML: {error}") from error
    if path.name == PYPROJECT:
        for name in ("tool", "nsparse"):
            held = held.get(name, {})
            if not isinstance(held, dict):
                raise ConfigError(f"{path}: {name} must be a table, not {held!r}")
    return held


def told(chosen: Settings) -> Iterable[str]:
    """What a config file has set, a line each: for those who ask why a report is as it is."""
    for id_ in sorted({*chosen.limits, *chosen.levels}):
        numbers: Mapping[str, object] = chosen.limits.get(id_, {})
        level = {"level": chosen.levels[id_]} if id_ in chosen.levels else {}
        said = ", ".join(f"{key} {value}" for key, value in {**numbers, **level}.items())
        if said:
            yield f"{id_}: {said}"
    lists: Mapping[str, Iterable[object]] = {
        "select": sorted(chosen.select),
        "ignore": sorted(chosen.ignore),
        "ignore-ports": sorted(chosen.ignore_ports),
        "ignore-addresses": chosen.ignore_addresses,
        "ignore-processes": chosen.ignore_processes,
    }
    for name, values in lists.items():
        if values:
            yield f"{name}: {', '.join(map(str, values))}"
    known = chosen.constants
    if "ephemeral_low" in known:
        yield f"ephemeral-range: {known['ephemeral_low']}-{known['ephemeral_high']}"
    if "fd_limit" in known:
        yield f"fd-limit: {known['fd_limit']}"
