"""What goes to a worker and what comes back: an order for all bundles, an outcome for each."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, fields
from typing import Any

from nsparse import __version__
from nsparse.batch.limits import MEMORY_LIMIT, TIME_LIMIT
from nsparse.batch.places import printable
from nsparse.errors import harmless
from nsparse.judging.settings import Settings


@dataclass(frozen=True)
class Order:
    """How every bundle of a run is read and judged.

    Attributes:
        engine: As in `nsparse.parse`.
        encoding: As in `nsparse.parse`.
        settings: Which diagnoses judge, and by which numbers.
        time_limit: Seconds that one bundle may take.
        memory_limit: Megabytes that a worker may take.
    """

    engine: str = "auto"
    encoding: str | None = None
    settings: Settings = field(default_factory=Settings)
    time_limit: float = TIME_LIMIT
    memory_limit: int = MEMORY_LIMIT

    def decisive(self) -> dict[str, Any]:
        """What decides over the content of the dataset, as JSON has it.

        The limits do not: they only decide what is worth its price. Nor does the engine.
        """
        chosen = {one.name: _plain(getattr(self.settings, one.name)) for one in fields(Settings)}
        chosen.pop("source", None)  # where the settings are from
        return {"encoding": self.encoding, **chosen}


def _plain(value: Any) -> Any:
    """A setting as JSON has it, the same for equal settings."""
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, Set | tuple):
        return sorted(map(str, value))
    return value if value is None or isinstance(value, int | float) else str(value)


@dataclass(frozen=True)
class Outcome:
    """What became of one bundle.

    Attributes:
        record: Its row of the table `bundles`.
        tables: Its rows of the other tables, by name, as Arrow streams.
    """

    record: Mapping[str, Any]
    tables: Mapping[str, bytes] = field(default_factory=dict)


def failed(bundle: str, status: str, error: str, **more: Any) -> Outcome:
    r"""A bundle that gave nothing, under a name that can be written.

    >>> failed("\udcff.tar", "crashed", "killed").record["bundle"]
    '\\udcff.tar'
    """
    record = {"bundle": printable(bundle), "status": status, "error": harmless(error)}
    return Outcome({**record, "nsparse": __version__, **more})
