"""What a report can be made of: frames, dumps, bundles, or several of them, all as one thing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nsparse.errors import NsparseError
from nsparse.schema import COLUMNS, pandas_dtype

TIMERS = frozenset({"--options", "--timers"})
"""The option -o in long, of ss and of net-tools."""

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.judging.scene.hosts import Named


@dataclass(frozen=True)
class Given:
    """One dump, whoever read it.

    Attributes:
        frame: Its rows.
        file: Its name; None for a frame, whose rows name their files.
        problems: What could not be read of it.
        lines: How many lines it has, where known.
        encoding: How its bytes were read, where known.
        snapshots: How many moments it shows, where known.
        tables: The dialects of its tables.
        cut: Whether its end is missing.
        unfiltered: Whether a heading or a command says that it shows sockets of every state.
        timed: Whether a command asked for timers or a heading has a column of them: a socket
            without one has none.
        host_from: What named its host: its text, its bundle; None where nothing did.
        time_from: What told its time: its text, its bundle, a name; None where nothing did.
        doubts: Why its counts are not those of its host.
        facts: What its bundle says of its host beside the sockets.
    """

    frame: pd.DataFrame
    file: str | None = None
    problems: tuple[Any, ...] = ()
    lines: int | None = None
    encoding: str | None = None
    snapshots: int | None = None
    tables: tuple[str, ...] = ()
    cut: bool = False
    unfiltered: bool = False
    timed: bool = False
    host_from: str | None = None
    time_from: str | None = None
    doubts: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """One file that was read, as the report lists it; None where nothing says it."""

    file: str
    host: str | None
    host_from: str
    time_from: str | None
    os: str | None
    tool: str | None
    dialect: str | None
    encoding: str | None
    snapshots: int
    rows: int
    lines: int | None
    problems: int
    notes: tuple[str, ...] = ()


def given(data: Any) -> Iterator[Given]:
    """The single dumps in a frame, a dump, a bundle, or a sequence of these.

    Raises:
        NsparseError: It is something else; says what to give instead.
    """
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        yield Given(_common(data))
    elif hasattr(data, "dumps"):
        for dump in data.dumps:
            yield from given(dump)
    elif hasattr(data, "frame"):
        yield _dump(data)
    elif isinstance(data, str | bytes | os.PathLike):
        raise NsparseError(f"diagnose({data!r}): read it first, with parse() or open_bundle()")
    elif isinstance(data, Iterable):
        for part in data:
            yield from given(part)
    else:
        kind = type(data).__name__
        raise NsparseError(f"diagnose() takes a frame, a dump, a bundle or several, no {kind}")


def _common(frame: pd.DataFrame) -> pd.DataFrame:
    """The same frame, if it is one of ours; with the dtypes that another format has changed.

    A CSV knows no dtypes: a column of whole numbers with one missing comes back as floats.
    """
    lacking = [each.name for each in COLUMNS if each.always and each.name not in frame.columns]
    if lacking:
        raise NsparseError(f"not the common frame: it lacks the column {lacking[0]}")
    kinds = {each.name: pandas_dtype(each) for each in COLUMNS if each.name in frame.columns}
    changed = {name: kind for name, kind in kinds.items() if frame[name].dtype != kind}
    return frame.assign(**{name: _typed(frame[name], kind) for name, kind in changed.items()})


def _typed(cells: pd.Series, kind: Any) -> pd.Series:
    try:
        return cells.astype(kind)
    except (TypeError, ValueError) as error:
        kinds = f"{cells.dtype}, and no {kind}"
        raise NsparseError(f"not the common frame: the column {cells.name} is {kinds}") from error


def _dump(dump: Any) -> Given:
    problems = tuple(getattr(dump, "problems", ()))
    lines = getattr(dump, "lines", None)
    shots = getattr(dump, "snapshots", None)
    # Where every line is cut on the right, a damaged last one does not show that others follow.
    sideways = bool(getattr(dump, "cut_at", ()))
    stops = getattr(dump, "breaks_off", False)
    return Given(
        frame=dump.frame,
        file=getattr(dump, "file", None),
        problems=problems,
        lines=lines,
        encoding=getattr(dump, "encoding", None) or None,
        snapshots=None if shots is None else len(shots),
        tables=tuple(dict.fromkeys(getattr(dump, "tables", ()))),
        cut=bool(getattr(dump, "truncated", stops and not sideways)),
        unfiltered=any(part.unfiltered for part in getattr(dump, "parts", ())),
        timed=any(
            part.timed or _asks_for_timers(part.command) for part in getattr(dump, "parts", ())
        ),
        host_from=getattr(dump, "host_from", None),
        time_from=getattr(dump, "time_from", None),
        doubts=tuple(getattr(dump, "doubts", ())),
        facts=getattr(dump, "facts", {}),
    )


def _asks_for_timers(command: str | None) -> bool:
    """Whether a command has the option of Linux that prints timers.

    >>> [_asks_for_timers(it) for it in ("ss -tano", "netstat --timers -an", "ss -tan", None)]
    [True, True, False, False]
    """
    words = (command or "").split()[1:]
    short = (word[1:] for word in words if word[0] == "-" and word[1:2] != "-")
    return any("o" in letters for letters in short) or not TIMERS.isdisjoint(words)


def facts(dumps: Iterable[Given], hosts: Mapping[str, Named]) -> dict[str, Mapping[str, object]]:
    """What the bundles of the dumps say of each host; of two that say the same the later one.

    Tables of facts (settings, counters, processes) are the later bundle's as a whole: halves of
    two moments would make a third that never was.
    """
    found: dict[str, Mapping[str, object]] = {}
    for dump in dumps:
        name = hosts.get(dump.file or "")
        if name is not None and dump.facts:
            found[name.host] = {**found.get(name.host, {}), **dump.facts}
    return found


def rules(dumps: Iterable[Given]) -> dict[str, str]:
    """By file what named its host, where that was not its own text."""
    return {dump.file: dump.host_from for dump in dumps if dump.file and dump.host_from}


def joined(dumps: Sequence[Given]) -> pd.DataFrame:
    """One frame of all; empty ones would only unsettle its dtypes."""
    import pandas as pd

    from nsparse.schema import empty

    filled = [dump.frame for dump in dumps if len(dump.frame)]
    if len(filled) > 1:
        return pd.concat(filled, ignore_index=True)
    return (filled or [dump.frame for dump in dumps] or [empty()])[0]


def sources(
    dumps: Sequence[Given], frame: pd.DataFrame, hosts: Mapping[str, Named]
) -> Iterator[Source]:
    """One source for each file, in order; also for one without rows."""
    by_file = {dump.file: dump for dump in dumps if dump.file is not None}
    rows = _by_file(frame)
    for file in dict.fromkeys([*by_file, *rows]):
        part = rows[file] if file in rows else frame.iloc[:0]
        yield _source(file, by_file.get(file, Given(part)), part, hosts)


def _by_file(frame: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """The rows of each file, in order of appearance; "" for those of none."""
    from nsparse.judging.arrays.texts import only

    one = only(frame["file"].array)
    if one is not None:
        return {one: frame}
    lots = frame.groupby(frame["file"].fillna(""), sort=False)
    return {str(file): rows for file, rows in lots}


def _source(file: str, dump: Given, rows: pd.DataFrame, hosts: Mapping[str, Named]) -> Source:
    from nsparse.judging.arrays.columns import told
    from nsparse.registry import dialects

    timed = told(rows["taken_at"].array) is not False and len(rows) > 0
    known = [dialects()[name] for name in dump.tables if name in dialects()]
    named = hosts.get(file)
    return Source(
        file=file,
        host=(named.host or None) if named else None,
        host_from=named.rule if named else "file",
        time_from=dump.time_from or ("text" if timed else None),
        os=_listed(rows["os"]) or _words(dialect.os for dialect in known if dialect.os),
        tool=_listed(rows["tool"]) or _words(dialect.tool for dialect in known),
        dialect=_listed(rows["dialect"]) or _words(dump.tables),
        encoding=dump.encoding,
        snapshots=rows["snapshot"].nunique() if dump.snapshots is None else dump.snapshots,
        rows=len(rows),
        lines=dump.lines,
        problems=len(dump.problems),
        notes=dump.doubts,
    )


def _listed(values: pd.Series) -> str | None:
    """The values of a column in a word or two."""
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):  # without a copy of all of them
        codes = values.array.codes
        used = codes[:1] if (codes == codes[:1]).all() else pd.unique(codes)
        return _words(values.array.categories[used[used >= 0]])
    return _words(values.dropna().unique())


def _words(values: Any) -> str | None:
    return ", ".join(dict.fromkeys(str(value) for value in values)) or None
