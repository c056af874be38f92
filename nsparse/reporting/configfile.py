"""The config file: `nsparse.toml`, or the table `tool.nsparse` of a `pyproject.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from nsparse.errors import ConfigError

PYPROJECT = "pyproject.toml"


def load(path: Path) -> dict[str, Any]:
    """What a config file says; its ids and numbers are checked by `nsparse.judging.settings`.

    Raises:
        ConfigError: It cannot be read, or is no TOML.
    """
    try:
        held = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are of this kind
        raise ConfigError(f"{path}: this is no TOML: {error}") from error
    if path.name == PYPROJECT:
        held = held.get("tool", {}).get("nsparse", {})
    return held
