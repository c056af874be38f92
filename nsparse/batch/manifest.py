"""The manifest of a dataset: which parts count, how they were made, and who may write there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nsparse import __version__
from nsparse.batch.tables import SCHEMA, TABLES, arrow_schema
from nsparse.errors import NsparseError

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "manifest.json"
LOCK = ".lock"


@dataclass(frozen=True)
class Manifest:
    """What a dataset holds, and how it was made.

    Attributes:
        settings: What decides over its content, and which shard of the bundles it is.
        folder: Where the driver ran, which relative names of bundles begin at.
        parts: Rows by table of each part, by file name.
        finished: Whether every bundle that was listed is in it.
        schema: The layout.
        nsparse: The version that began it.
    """

    settings: Mapping[str, Any]
    folder: str
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    finished: bool = False
    schema: str = SCHEMA
    nsparse: str = __version__


def load(out: Path) -> Manifest:
    """The manifest of a dataset.

    Raises:
        NsparseError: There is none, or it is that of another layout.
    """
    path = out / MANIFEST
    try:
        held = json.loads(path.read_text("utf-8"))
        manifest = Manifest(**held)
    except FileNotFoundError:
        raise NsparseError(f"{out}: no dataset of nsparse batch (no {MANIFEST})") from None
    except (OSError, ValueError, TypeError) as error:
        raise NsparseError(f"{path}: cannot be read: {error}") from error
    if manifest.schema != SCHEMA:
        raise NsparseError(f"{out}: has the layout {manifest.schema}; this nsparse knows {SCHEMA}")
    return manifest


def files(out: Path, manifest: Manifest, table: str) -> list[Path]:
    """The files of one table that count."""
    return [out / table / name for name in manifest.parts]


def read(paths: Sequence[Path], table: str, columns: Iterable[str] | None = None) -> pa.Table:
    """The rows of some files of one table below one another; its columns also where there are none.

    Args:
        paths: As `files` gives them.
        table: Which of the four.
        columns: The only ones that are read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = list(columns or arrow_schema(table).names)
    empty = arrow_schema(table).empty_table().select(names)
    return pa.concat_tables([empty, *(pq.read_table(path, columns=names) for path in paths)])


def save(out: Path, manifest: Manifest) -> None:
    """Replace the manifest at one stroke."""
    temporary = out / f".{MANIFEST}.tmp"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, indent=1)
        file.flush()
        to_disk(file)
    temporary.replace(out / MANIFEST)
    folder_to_disk(out)


# ---- beginning -------------------------------------------------------------------------------


def examine(out: Path, wanted: Manifest, *, resume: bool) -> Manifest:
    """Whether a dataset may be written to a folder; touches nothing.

    Returns:
        The manifest to go on from: that of the folder, where one is resumed.

    Raises:
        NsparseError: The folder holds something else, or was begun with other settings.
    """
    if (out / MANIFEST).is_file() and resume:
        found = load(out)
        _compare(out, found.settings, wanted.settings)
        return replace(found, finished=False)
    if out.exists() and any(True for _ in _strangers(out)):
        hint = f"it has no {MANIFEST}" if resume else "go on with --resume, or choose another"
        raise NsparseError(f"{out}: this folder is not empty; {hint}")
    return wanted


def begin(out: Path, wanted: Manifest, *, resume: bool) -> Manifest:
    """Make the folder ready to be written to; the caller holds its lock.

    Raises:
        NsparseError: As `examine`: another driver may have come first.
    """
    manifest = examine(out, wanted, resume=resume)
    for table in TABLES:
        (out / table).mkdir(exist_ok=True)
    _sweep(out, manifest)
    save(out, manifest)
    return manifest


def _strangers(out: Path) -> Iterator[Path]:
    """What a folder holds that is no trace of a driver which was stopped as it began."""
    if not out.is_dir():
        raise NsparseError(f"{out}: this is no folder")
    traces = {LOCK, f".{MANIFEST}.tmp", *TABLES}
    for entry in out.iterdir():
        if entry.name not in traces or (entry.name in TABLES and any(entry.iterdir())):
            yield entry


def _compare(out: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    told = json.loads(json.dumps(new))
    other = [name for name in told if told[name] != old.get(name)]
    if other:
        raise NsparseError(
            f"{out}: was begun with another {', '.join(other)}; choose another folder"
        )


def _sweep(out: Path, manifest: Manifest) -> None:
    """Remove what an interrupted run left behind; nothing that has another name than its parts."""
    for folder in (out / table for table in TABLES):
        for path in [*folder.glob("part-*.parquet"), *folder.glob(".part-*.tmp")]:
            if path.name not in manifest.parts:
                path.unlink()
    (out / f".{MANIFEST}.tmp").unlink(missing_ok=True)


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keep a second driver out of the folder; the lock goes with its process, however it ends.

    Raises:
        NsparseError: Another process writes there.
    """
    out.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows: two drivers on one folder are the user's to avoid
        yield
        return
    with (out / LOCK).open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NsparseError(f"{out}: another nsparse batch writes there") from None
        except OSError:  # a network file system without locks
            pass
        yield


def to_disk(file: IO[Any]) -> None:
    """Wait until what was written to a file survives a power failure."""
    file.flush()
    os.fsync(file.fileno())


def folder_to_disk(folder: Path) -> None:
    """Make a new name survive a power failure; not every system can, or needs to."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
