"""From the members of a bundle to dumps and facts; whose they are is found out afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from nsparse.bundles import layouts
from nsparse.bundles.facts import BIGGEST, Fact, fact
from nsparse.bundles.members import Member, Unread
from nsparse.bundles.sift import Sift, promising
from nsparse.bundles.streams import CHUNK
from nsparse.bundles.texts import JSON, Part, blanked, in_json, parts
from nsparse.errors import NotASocketTable, NsparseError
from nsparse.reading.pipeline import Engine, parse
from nsparse.reading.tables.table import Stretch
from nsparse.reading.texts.text import decode, looks_binary

if TYPE_CHECKING:
    import re

    from nsparse.reading.dump import Dump


OTHERS = "the output of other commands"


@dataclass(frozen=True)
class Options:
    """How the dumps of a bundle are read, as `parse` has it; `largest` in bytes."""

    engine: Engine = "auto"
    encoding: str | None = None
    host: str | None = None
    full: bool = False
    largest: int = 0


@dataclass
class Found:
    """A dump of a bundle: the path of its member, and when that was last changed."""

    path: str
    dump: Dump
    modified: float = 0.0


@dataclass
class Reader:
    """Takes members one by one.

    Attributes:
        name: The bundle; the files of its dumps stand behind it.
        options: How dumps are read.
        dumps: Those found.
        facts: The facts found.
        problems: Members that are too large, or whose text cannot be read.
        roots: Where bundles of a known layout begin, and of which.
        count: Members by what they are.
        alone: Whether the bundle is one file, no archive.
    """

    name: str
    options: Options
    dumps: list[Found] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    problems: list[Unread] = field(default_factory=list)
    roots: dict[str, list[str]] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)
    alone: bool = False
    _folders: set[str] = field(default_factory=set)

    def dull(self, path: str, archive: str, data: bytes) -> bool:
        """Whether a short file tells nothing, by its name or its text; then it is only counted.

        Most files of a bundle are such, so nothing else is done for them.
        """
        folder, _, name = path.rpartition("/")
        if layouts.speaks(name) or promising(data):
            return False
        if folder not in self._folders:
            self._folders.add(folder)
            self.mark(path, archive)
        self.count["files"] += 1
        self.count["others"] += 1
        return True

    def take(self, member: Member) -> None:
        """Read a member, whatever it is.

        Raises:
            Broken: It was read up to there.
        """
        self.count["files"] += 1
        if not member.path:  # a bundle that is one file is known by its own name
            member = member._replace(path=self.name.replace("\\", "/").rpartition("/")[2])
            self.alone = True
        self.mark(member.path, member.archive)
        before = len(self.dumps), len(self.facts)
        self._text(member)
        dumps, facts = len(self.dumps) > before[0], len(self.facts) > before[1]
        self.count["dumps"] += dumps
        self.count["facts"] += facts
        self.count["others"] += not (dumps or facts)
        if member.stream.broken is not None:
            raise member.stream.broken

    def mark(self, path: str, archive: str) -> None:
        """Note the bundle of a known layout that a path in an archive shows to begin there."""
        mark = layouts.marked(path.removeprefix(archive).lstrip("/"))
        if mark is not None:
            root = "/".join(part for part in (archive, mark[0]) if part)
            kinds = self.roots.setdefault(root, [])
            kinds += [mark[1]] if mark[1] not in kinds else []

    def _text(self, member: Member) -> None:
        """Read a text, if it may tell something: most do not, and logs are large."""
        kept: list[bytes] = []
        size, sift = 0, Sift()
        for block in member.stream.blocks():
            kept.append(block)
            size += len(block)
            if size == len(block) >= CHUNK and looks_binary(block):
                return
            sift.look(block)
            if size > self.options.largest:
                if sift.hopeful:
                    why = f"a text of more than {self.options.largest:,} bytes"
                    self.problems.append(Unread(member.path, why))
                return
        kind = layouts.fact_kind(member.path) if size <= BIGGEST else None
        heading = layouts.heading(member.path)
        if (sift.hopeful or kind or heading) and kept and not looks_binary(kept[0]):
            self._read(member, b"".join(kept), kind, heading, hopeful=sift.hopeful)

    def _read(
        self,
        member: Member,
        data: bytes,
        kind: str | None,
        heading: re.Pattern[str] | None,
        *,
        hopeful: bool,
    ) -> None:
        json = JSON.match(data) is not None
        text = decode(data, self.options.encoding).text if kind or heading or json else ""
        if kind is not None:
            self._fact(member.path, kind, text)
        if not hopeful and heading is None:
            return
        if json and self._json(member, text):
            return
        if heading is not None:
            plain = text.replace("\r\n", "\n")
            self._parts(member, plain, parts(plain, heading))
        else:
            self._dump(member, member.path, data)

    def _fact(self, path: str, kind: str, text: str) -> None:
        told = fact(path, kind, text, layouts.pid_of(path))
        if told is not None:
            self.facts.append(told)

    def _parts(self, member: Member, text: str, found: list[Part]) -> None:
        """A text of several commands: some tell facts, those with tables are read as one text."""
        tables = []
        for part in found:
            kind = layouts.kind_of(part.command) if part.command else None
            inside = text[part.body : part.stop]
            if kind is not None and len(inside) <= BIGGEST:
                self._fact(member.path, kind, inside)
            if promising(inside.encode("utf-8", "replace")):
                tables.append(part)
        data = blanked(text, tables).encode("utf-8", "replace") if tables else b""
        if data and self._dump(member, member.path, data):
            _account(self.dumps[-1].dump, text, tables)

    def _json(self, member: Member, text: str) -> bool:
        """Each text inside JSON, as a file below it; whether there is any."""
        found = False
        for name, inside in in_json(text):
            found = True
            path = f"{member.path}/{name or 'text'}"
            kind = layouts.kind_of(name)
            if kind is not None and len(inside) <= BIGGEST:
                self._fact(path, kind, inside)
            data = inside.encode("utf-8", "replace")
            if promising(data):
                self._dump(member, path, data)
        return found

    def _dump(self, member: Member, path: str, data: bytes) -> bool:
        options = self.options
        below = path.partition("/")[2] if self.alone else path
        file = f"{self.name}/{below}" if below else self.name
        try:
            dump = parse(
                BytesIO(data),
                engine=options.engine,
                encoding=options.encoding,
                host=options.host,
                on_bad_lines="skip",
                columns="all" if options.full else "used",
                name=file,
            )
        except NotASocketTable:
            return False
        except NsparseError as error:
            self.problems.append(Unread(path, str(error)))
            return False
        self.dumps.append(Found(path, dump, member.modified))
        return True


def _account(dump: Dump, text: str, tables: Sequence[Part]) -> None:
    """Say which lines are those of other commands: to the parser they were blank."""
    line, at = 1, 0
    for part in (*tables, Part("", *[len(text)] * 3)):
        left = text.count("\n", at, part.start)
        if left:
            dump.stretches.append(Stretch(line, line + left - 1, OTHERS))
            dump.census["blank"] -= left
            dump.census["text"] = dump.census.get("text", 0) + left
        line += left + text.count("\n", part.start, part.stop)
        at = part.stop
