"""The order of things: bytes to a `Dump`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from nsparse.errors import NotASocketTable, NsparseError
from nsparse.prose import plural
from nsparse.reading.assemble import assemble
from nsparse.reading.damage.tail import WHOLE
from nsparse.reading.dump import Dump
from nsparse.reading.foreign.outputs import refusal
from nsparse.reading.grammar.grammar import load
from nsparse.reading.tables.rows import Unproved
from nsparse.reading.tables.sections import read_sections
from nsparse.reading.tables.table import Voice
from nsparse.reading.texts.prepare import Prepared, prepared
from nsparse.reading.texts.source import Source, name_of, only_bytes, opened
from nsparse.reading.texts.text import is_packed, looks_binary
from nsparse.registry import dialects

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.reading.tables.table import Sections
    from nsparse.reading.texts.controls import Steering

Engine = Literal["auto", "lark", "regex", "columns"]
OnBadLines = Literal["warn", "error", "skip"]
Columns = Literal["used", "all"]

CHOICES: dict[str, tuple[str, ...]] = {
    "engine": get_args(Engine),
    "on_bad_lines": get_args(OnBadLines),
    "columns": get_args(Columns),
}
"""The arguments that take one of some words, and these."""

BINARY = (
    "give a text that netstat or ss printed, or a folder or an archive (tar, zip, gz, bz2, xz, zst)"
    " with such"
)
PACKED = "give the text that netstat or ss printed; nsparse.open_bundle reads what is packed"
"""The way out for whoever has an archive, or a file packed by gzip and its like: the command line
never does, as it reads those as bundles."""

LARGE = 1 << 17
"""From so many bytes on `auto` reads by columns: the plan is made in the time of 1 400 rows."""


def parse(
    source: Source,
    *,
    engine: Engine = "auto",
    encoding: str | None = None,
    host: str | None = None,
    on_bad_lines: OnBadLines = "warn",
    columns: Columns = "used",
    name: str | None = None,
) -> Dump:
    """Read one dump: a path, `-` for standard input, or a binary file object.

    Args:
        source: Where the bytes are.
        engine: Which executor reads the rows; it never changes the result.
        encoding: Overrides the detection.
        host: Overrides the host name found in the text.
        on_bad_lines: As pandas spells it; the result lists problems whichever, `error` raises one.
        columns: `all` gives also the columns without a value.
        name: The file name to report, where `source` has none.

    Raises:
        NotASocketTable: There is no socket table in it; says what it is instead.
        DumpError: A damaged line, with `on_bad_lines="error"`.
        NsparseError: The file cannot be read, or an argument is not one of those above.
    """
    how = How(engine, encoding, host, on_bad_lines, columns)
    with opened(source) as stream:
        data = only_bytes(stream.read())
    return how.read(data, name or name_of(source))[0]


@dataclass(frozen=True)
class How:
    """How to read: the arguments of `parse`, and what is known of the text beyond the bytes.

    Attributes:
        steering: What steers a terminal in every line of it, where that was looked for.
        ends: Whether it ends where the bytes do.
    """

    engine: Engine = "auto"
    encoding: str | None = None
    host: str | None = None
    on_bad_lines: OnBadLines = "warn"
    columns: Columns = "used"
    steering: Steering | None = None
    ends: bool = True

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            value = getattr(self, name)
            if value not in known:
                raise NsparseError(f"{name}={value!r}: choose one of {', '.join(known)}")

    def read(self, data: bytes, file: str) -> tuple[Dump, Sections, Prepared]:
        """What the bytes of a file say, and the tables and lines it was read from.

        Raises:
            NotASocketTable: There is no socket table in it.
            DumpError: A damaged line, with `on_bad_lines="error"`.
        """
        if looks_binary(data):
            hint = PACKED if is_packed(data) else BINARY
            raise NotASocketTable(file, "a binary file", hint)
        engine = self.engine
        if engine == "auto":
            engine = "columns" if len(data) >= LARGE else "regex"
        text = prepared(data, self.encoding, self.steering, many=engine == "columns")
        try:
            dump, found = self._dump(text, file, engine)
        except Unproved:
            dump, found = self._dump(text, file, "regex")
        if self.on_bad_lines == "error" and dump.problems:
            raise dump.problems[0].error()
        return dump, found, text

    def _dump(self, text: Prepared, file: str, engine: Engine) -> tuple[Dump, Sections]:
        voices = _voices("lark" if engine == "lark" else "regex")
        runs = text.runs if engine == "columns" else None
        plain = text.plain
        tail = text.tail if self.ends else WHOLE
        found = read_sections(plain.lines, voices, runs, tail, plain.idle, plain.hosts)
        found.mended.update(plain.mended)
        if not found.tables:
            raise refusal(file, text.lines)
        full, numbers = self.columns == "all", plain.numbers
        dump = assemble(file, text.lines, found, host=self.host, full=full, numbers=numbers)
        dump.encoding = text.decoded.encoding
        dump.notes[:0] = text.decoded.notes
        return dump, found


def read(source: Source, **options: Any) -> pd.DataFrame:
    r"""The frame of one dump: one row a socket, in the order of the file.

    Args:
        source: A path, `-` for standard input, or a file object that gives bytes; what is held in
            memory goes into an `io.BytesIO`. Folders and archives: `nsparse.open_bundle`.
        options: As of `parse`. Damaged lines become a warning; with `on_bad_lines="error"` the
            first is raised, with "skip" nothing is said.

    Returns:
        The columns of `nsparse.COLUMNS`; a missing value is NA. Those that only some tools print
        are there when a row has a value, or all with `columns="all"`.

    Raises:
        NsparseError: As `parse`.

    >>> import io
    >>> dump = b"Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n" \
    ...     b"tcp   LISTEN 0      128    192.0.2.10:22      0.0.0.0:*\n"
    >>> read(io.BytesIO(dump))[["state", "local_addr", "local_port"]].values.tolist()
    [['LISTEN', '192.0.2.10', 22]]
    """
    import warnings

    dump = parse(source, **options)
    if dump.problems and options.get("on_bad_lines", "warn") == "warn":
        first = dump.problems[0]
        count = plural(len(dump.problems), "line")
        warnings.warn(f"{count} not read, the first: {first}", stacklevel=2)
    return dump.frame


@cache
def _voices(engine: str) -> tuple[Voice, ...]:
    voices = []
    for name, dialect in dialects().items():
        grammar = load(name)
        kinds = grammar.exact if engine == "lark" else grammar.patterns
        voices.append(Voice(dialect, grammar, kinds))
    return tuple(voices)
