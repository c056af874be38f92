"""One bundle, from its name to its outcome. Runs in a worker process."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from nsparse import __version__
from nsparse.batch.order import Order, Outcome, failed
from nsparse.batch.places import about, name_of, opened, printable
from nsparse.batch.tables import packed, rows
from nsparse.errors import NotASocketTable, NsparseError
from nsparse.judging.judge import judge

if TYPE_CHECKING:
    import pyarrow as pa

    from nsparse.bundles.bundle import Bundle
    from nsparse.judging.report import Report

PROBLEMS_LISTED = 1000
"""Of one bundle. More say nothing new, and a file of rubbish has millions; all are counted."""
TEXT_SHOWN = 500
"""Characters of a damaged line in the dataset."""


def warm_up(order: Order) -> None:
    """Load everything that the first bundle would else wait for."""
    import nsparse

    dump = nsparse.parse(BytesIO(b"State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"))
    judge(dump, order.settings)


def read_one(bundle: str, order: Order) -> Outcome:
    """Read and judge a bundle; whatever it does short of ending the process is its outcome."""
    started = perf_counter()
    known = about(bundle)
    name = printable(bundle)
    try:
        outcome = _read(bundle, name, order)
    except NotASocketTable as error:
        outcome = failed(name, "no sockets", _why(error, name))
    except (NsparseError, OSError) as error:
        outcome = failed(name, "refused", _why(error, name))
    except MemoryError:
        wanted = f"it wants more than {order.memory_limit} megabytes of memory"
        outcome = failed(name, "memory", wanted)
    except Exception as error:
        outcome = failed(name, "internal", _blame(error))
    seconds = round(perf_counter() - started, 4)
    return Outcome({**outcome.record, **known, "seconds": seconds}, outcome.tables)


def _why(error: Exception, name: str) -> str:
    """What an error says of a bundle whose name stands beside it."""
    return str(error).removeprefix(f"{name}: ").removeprefix(f"{name}/")


def _blame(error: Exception) -> str:
    """A mistake of ours and its place, in one line."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"


def _read(bundle: str, name: str, order: Order) -> Outcome:
    with opened(bundle, order) as found:
        problems = list(_problems(found))
        if not found.dumps:
            return _without_dumps(name, found, problems)
        report = judge(found, order.settings)
    hosts = list(dict.fromkeys(scene.host or name_of(name) for scene in report.scenes))
    tables = {
        "sockets": _sockets(found.dumps, report, name),
        "findings": _findings(report, name),
        "problems": rows("problems", problems[:PROBLEMS_LISTED]),
    }
    record = {
        "bundle": name,
        **_status(found),
        "layout": found.layout,
        "host": hosts[0] if len(hosts) == 1 else None,
        "hosts": len(hosts),
        "dumps": len(found.dumps),
        "rows": int(report.summary["rows"]),
        **report.summary["by_severity"],
        "problems": len(problems),
        "nsparse": __version__,
    }
    return Outcome(record, {key: _stream(held) for key, held in tables.items() if len(held)})


def _status(found: Bundle) -> dict[str, str]:
    """Whether all of a bundle was read; if not, the first thing that was not, and why."""
    if not found.problems:
        return {"status": "read"}
    first = found.problems[0]
    return {"status": "in part", "error": f"{first.path}: {first.why}" if first.path else first.why}


def _without_dumps(name: str, found: Bundle, problems: list[dict[str, Any]]) -> Outcome:
    """Nothing in it: by nature, as its layout may explain, or because of what was not read."""
    more = {"layout": found.layout, "problems": len(problems)}
    if not problems:
        why = "; ".join(("it holds no socket table", *found.notes))
        return failed(name, "no sockets", why, **more)
    table = rows("problems", problems[:PROBLEMS_LISTED])
    nothing = failed(name, "refused", problems[0]["expected"], **more)
    return Outcome(nothing.record, {"problems": _stream(table)})


# ---- the tables ------------------------------------------------------------------------------


def _sockets(dumps: Iterable[Any], report: Report, name: str) -> pa.Table:
    """The rows of all dumps; each has a host, as the report names it."""
    import pyarrow as pa

    named = {source.file: source.host or name_of(name) for source in report.sources}
    tables = [_dump(dump, named.get(dump.file) or name_of(name), name) for dump in dumps]
    return pa.concat_tables(tables, promote_options="default")


def _dump(dump: Any, host: str, name: str) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    held = packed("sockets", dump.frame)
    columns = dict(zip(held.column_names, held.columns, strict=True))
    columns["bundle"] = pa.repeat(name, len(dump.frame))
    own = columns.get("host")
    columns["host"] = pa.repeat(host, len(dump.frame)) if own is None else pc.fill_null(own, host)
    return pa.table(columns)


def _findings(report: Report, name: str) -> pa.Table:
    records = ({**record, "bundle": name} for record in report.records())
    return rows("findings", [{**one, "host": one["host"] or name_of(name)} for one in records])


def _problems(found: Bundle) -> Iterator[dict[str, Any]]:
    """What could not be read: lines of dumps, and whole members."""
    for dump in found.dumps:
        for problem in dump.problems:
            yield {
                "bundle": found.name,
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "text": problem.text[:TEXT_SHOWN],
                "expected": "\n".join(problem.expected),
            }
    for member in found.problems:
        yield {"bundle": found.name, "file": member.path or found.name, "expected": member.why}


def _stream(held: pa.Table) -> bytes:
    """A table as an Arrow stream, compressed: it may travel through a network."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, held.schema, options=options) as writer:
        writer.write_table(held)
    return bytes(sink.getvalue())
