"""The column engine: what it proves, what it leaves to others, and reading in parts."""

from __future__ import annotations

import gc
import random
import re
import weakref
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nsparse
import nsparse.schema
from nsparse.dialect import Cell
from nsparse.errors import NotRegular
from nsparse.reading.cells.common import Ends, local, remote
from nsparse.reading.chunks import dumps
from nsparse.reading.columns import phrases
from nsparse.reading.columns.agree import Agreement
from nsparse.reading.columns.block import read_block
from nsparse.reading.columns.cohorts import read_words
from nsparse.reading.columns.delegates import read_rows
from nsparse.reading.columns.details import Details
from nsparse.reading.columns.items import Reader, Unknown
from nsparse.reading.columns.kinds import Kinds
from nsparse.reading.columns.lines import STEP, lines_of, lines_of_text
from nsparse.reading.columns.part import Parts
from nsparse.reading.columns.plan import plan_of
from nsparse.reading.columns.said import Number
from nsparse.reading.columns.tails import Tails
from nsparse.reading.columns.terminals import Terminal
from nsparse.reading.columns.texts import without_texts
from nsparse.reading.columns.words import PAD, codes, digits, digits_within, edges, text_of
from nsparse.reading.grammar.automaton import State
from nsparse.reading.grammar.derive import BULK_KINDS
from nsparse.reading.grammar.grammar import ROWS, load
from nsparse.reading.grammar.walk import Walk
from nsparse.reading.pipeline import How
from nsparse.reading.texts.text import decode
from nsparse.reading.texts.text import lines as split_lines
from nsparse.registry import dialects
from nsparse.reporting.render import parquet, parquet_parts
from tests.frames import assert_frame_equal

SAMPLES = Path(__file__).parent.parent / "samples"
HEADER = "State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process"


def dump(*rows: str, times: int = 1) -> bytes:
    return "".join(f"{line}\n" for line in (HEADER, *rows * times)).encode()


# ---- terminals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "uniform", "lead", "begins_blank"),
    [
        ("[^ \t]+:[0-9]+", True, None, False),
        ("(?:tcp|udp)6?", False, None, False),
        ("[0-9]{1,2}:[^ \t:]+(?![^ \t])", True, None, False),
        (r"a(?: b)?c", True, "a ", False),
        (r"\[NONE SET\]|[^ \t]+", True, r"\[NONE ", False),
        (r"users:\(\([^)]*\)", True, r"users:\(\([^)]* ", False),
        (r"x(?:,\([^)]*\))*y", True, r"x(?:,\([^ )]*\))*,\([^ )]* ", False),
        (r"(?:Ex|In a)(?![^ \t])(?: b)*", True, r"(?:In|Ex) ", False),
        (r"[0-9]+(?![ \t])", True, "[0-9]+", False),
        (r"[ \t]+", True, " ", True),
    ],
)
def test_what_a_terminal_can_match(
    source: str, uniform: bool, lead: str | None, begins_blank: bool
) -> None:
    terminal = Terminal("T", source)
    assert terminal.uniform is uniform
    assert terminal.begins_blank is begins_blank
    assert (terminal.lead is None) is (lead is None)
    texts = ("a", "ac", "users:((x", "users:((x)", "users:(", "[NONE", "12", "tcp6", "Ex", "Exx")
    for text in (*texts, "In", "x,(a),(b", "x,(a),(b)", "x,(a,(b)"):
        if lead is not None and terminal.lead is not None:
            # Of a word one knows that a blank stands behind it, and nothing of what is further on.
            word = f"{text} "
            assert bool(re.match(terminal.lead, word)) == bool(re.match(lead, word)), text
        # A widened terminal matches whatever digits stand for others where the terminal matched.
        found = terminal.compiled.match(text)
        other = re.sub("[0-9]", "7", text)
        if found:
            assert re.match(terminal.widened, other[: found.end()])


@pytest.mark.parametrize("source", [r"\d+", r"(?<=a)b", r"a$", r"(a)\1", "(?i:a)"])
def test_what_is_not_known_is_refused(source: str) -> None:
    with pytest.raises(NotRegular):
        _ = (Terminal("T", source).uniform, Terminal("T", source).widened)


@pytest.mark.parametrize(
    ("source", "stretches"),
    [
        ("[^ \t]+", True),
        ("(?!users:)[^ \t]+", True),
        (r"a\([^)]*\)(?:,\([^)]*\))*", True),
        ("[0-9]{1,2}", False),  # three digits are too many
        ("[1-9][0-9]*", False),
        ("[0-9]+[0-9a-f]+", False),  # one digit is too few
        ("(?:[0-9]+)+", False),
        ("icmp6?", False),
        ("[0-9]", False),
        ("a(?![0-9])[a-z]*", False),
    ],
)
def test_what_cannot_tell_numbers_apart(source: str, stretches: bool) -> None:
    terminal = Terminal("T", source)
    assert terminal.stretches is stretches
    whole, loosened = re.compile(source), re.compile(terminal.loosened)
    for parts in product(["", "a", "f", "users:", "icmp", "a(", ")", "x"], repeat=2):
        for numbers in product([1, 23, 456], repeat=2):
            text = parts[0] + str(numbers[0]) + parts[1] + (str(numbers[1]) if parts[1] else "")
            masked = re.sub("[0-9]+", "0", text)
            if stretches:
                assert bool(whole.fullmatch(text)) == bool(whole.fullmatch(masked)), text
            if whole.match(text):
                assert loosened.match(masked), text


# ---- lines, state by state -----------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(dialects()))
def test_a_line_reads_the_same_before_its_expression_is_compiled(name: str) -> None:
    dice = random.Random(8)
    paths = [p for p in sorted(SAMPLES.glob(f"{name}--*.txt")) if ".expected" not in p.name]
    texts = [decode(path.read_bytes()).text for path in paths]
    lines = {line.strip(" \t"): None for text in texts for line in split_lines(text)}
    some = dice.sample(sorted(lines), min(100, len(lines)))
    for line in some[:]:
        at = dice.randrange(len(line) + 1)
        some.append(line[:at] + dice.choice("0x:.*( ") + line[at + dice.randint(0, 2) :])
    for kind, walk in load(name).patterns.items():
        if not isinstance(walk, Walk):
            assert kind not in BULK_KINDS
            continue
        for line in some:
            assert walk.read(line) == walk.pattern.match(line), (kind, line)


# ---- bytes -------------------------------------------------------------------------------------


def test_digits_and_codes_of_words() -> None:
    numbers = ["", "0", "7", "65535", "00080", "12345678", "123456789012345", "1234567890123456"]
    stems = ["", "x", "10.0.0.1:", "[2001:db8::1]:", "a" * 20, "é", "\x07", "/", ":", "9é"]
    words = [stem + number for stem, number in product(stems, numbers) if stem + number] * 2
    text = text_of(memoryview("\n".join(words).encode()))
    starts, ends = edges(text, len(words))
    assert text.lines(starts, ends) == words
    counts, values = digits(text, ends)
    for word, count, value in zip(words, counts, values, strict=True):
        number = re.search(r"[0-9]*$", word)
        assert number is not None
        assert min(count, 16) == min(len(number[0]), 16)
        assert count > 15 or value == int(number[0] or 0)
    found, first = codes(text, starts, (ends - starts).astype(np.int64), np.zeros_like(counts))
    by_code = [words[at] for at in first]
    assert [by_code[code] for code in found] == words
    assert len(set(by_code)) == len(by_code) == len(set(words))


def test_the_digits_of_words() -> None:
    words = ["12/a", "a", "FIN-WAIT-1", "tcp6", "a1b23c", "pid=8,", "x", "2001:db8::1", "/:", "7"]
    text = text_of(memoryview(" ".join(words).encode()))
    starts, ends = edges(text, 1)
    said = text.lines(*digits_within(text, starts, ends))
    assert said == ["12", "", "1", "6", "1b23", "8", "", "2001:db8::1", "", "7"]
    assert text.lines(*digits_within(text, starts[1:2], ends[1:2])) == [""]
    assert text.lines(*digits_within(text, starts[:0], ends[:0])) == []


@pytest.mark.parametrize(
    "data", ["a b\n", "a b", "", "\n", "a\tb \n\n c\r", "x\x0by\x1cz\n", "\n\n"]
)
def test_lines_and_words_are_those_of_the_text(data: str) -> None:
    lines = lines_of(data.encode())
    assert list(lines) == split_lines(data)
    assert lines[-1:] == split_lines(data)[-1:]
    text = text_of(memoryview(lines.data))
    starts, ends = edges(text, len(lines))
    words = text.lines(starts, ends)
    assert words == re.findall(r"[^ \t\n]+", data.replace("\r", "\n"))
    assert not len(starts) or starts[0] >= PAD


# ---- addresses that are kept as printed -----------------------------------------------------


GROUPS = ("0", "1", "ab", "db8", "ffff", "0db8", "00", "AB")


@pytest.mark.parametrize(
    "ends", [Ends(), Ends(token_width=23), Ends(separator=".", host_width=16)], ids=str
)
def test_plain_addresses_are_kept_as_they_are_read(ends: Ends) -> None:
    """Nothing else is said of them but that they were cut, where one kind of text says that."""
    cell = remote(ends)
    assert cell.digits is not None
    dice = np.random.default_rng(8)
    texts = {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:1:2", "1.2.3.4", "999.1.1.1", "0.0.0.0"}
    for _ in range(8_000):
        groups = [GROUPS[at] for at in dice.integers(0, len(GROUPS), dice.integers(1, 9))]
        cut = dice.integers(0, len(groups) + 1)
        texts |= {":".join(groups[:cut]) + "::" + ":".join(groups[cut:]), ":".join(groups)}
        texts |= {":".join(groups)[:16], f"{':'.join(groups)}:"}
    plain = dict.fromkeys(cell.digits.plain, 0)
    for text in texts:
        for one in plain:
            fits = re.fullmatch(one.like, text) and not (one.never and re.search(one.never, text))
            width = len(text) != one.not_long and one.long in (0, len(text))
            word = f"{one.front}{text}{one.back}{ends.separator}80"
            if fits and width and len(word) != one.not_wide:
                plain[one] += 1
                said = {name: value for name, value in cell.read(word).items() if value is not None}
                family = said.pop("_family")
                assert family == ("ipv4" if "." in text else "ipv6")
                assert said.pop("addr_truncated", False) == bool(one.long or one.whole)
                assert said.pop(one.whole, word) == word
                assert said == {"remote_addr": text, "remote_port": 80}
    assert all(plain.values())


# ---- blocks ---------------------------------------------------------------------------------------


def block_of(*rows: str, name: str = "ss_linux") -> Any:
    lines = lines_of_text(rows)
    plan = plan_of(load(name).derived, "row", dialects()[name].cells)
    assert plan is not None
    details = None
    if any(row.startswith("\t") for row in rows):
        reads = load(name).patterns["detail"].match
        begins = re.compile(plan.begins(0, 2))
        details = Details(reads, dialects()[name].cells, begins, lambda _: ())
    tails = Tails(plan, lambda _: ())
    return read_block(plan, Parts(lines), 0, len(lines), Kinds(), details, tails)


def test_rows_that_differ_in_numbers_and_addresses_are_one_kind() -> None:
    block = block_of(
        "ESTAB 0 0 192.0.2.1:443 198.51.100.7:51514",
        "ESTAB 17   90000  192.0.2.2:80 203.0.113.250:1024   ",
        "ESTAB 0 0 [2001:db8::1]:443 [2001:db8::2:3]:51514",
        "ESTAB 1 0 [2001:db8::1]:80 [2001:db8:1::3]:5",
        "LISTEN 0 128 0.0.0.0:22 0.0.0.0:*",
    )
    assert block.taken.all()
    assert block.kinds.tolist() == [0, 0, 1, 1, 2] or len(set(block.kinds.tolist())) == 3
    assert block.columns["recv_q"].values.tolist()[:4] == [0, 17, 0, 1]
    assert block.columns["remote_port"].has.tolist() == [True] * 4 + [False]
    assert block.columns["remote_addr"].value(3) == "2001:db8:1::3"
    assert block.columns["local_addr"].has.tolist() == [True] * 4 + [False]


@pytest.mark.parametrize(
    "row",
    [
        "ESTAB 0 0 192.0.2.1:443 198.51.100.7:99999",  # no port
        "ESTAB 0 0 192.0.2.1:443",
        "ESTAB 0 0 192.0.2.1:443 198.51.100.7",
        "ESTABLISHED 0 0 192.0.2.1:443 198.51.100.7:1",
        "ESTAB 0 x 192.0.2.1:443 198.51.100.7:1",
        "ESTAB 0 12345678901234567890 192.0.2.1:443 198.51.100.7:1",  # no 64-bit number
        f"ESTAB 0 0 192.0.2.1:443 {'x' * 300}:1",  # as long as no host is
    ],
)
def test_what_is_not_proven_is_left_to_the_pattern(row: str) -> None:
    good = "ESTAB 0 0 192.0.2.1:443 198.51.100.7:51514"
    assert block_of(good, row, good).taken.tolist() == [True, False, True]


def test_a_field_of_several_words_is_read_whole() -> None:
    """How many blanks part its words belongs to it."""
    rows = [f"tcp 0 0 192.0.2.1:{port} 198.51.100.7:1 LISTEN 12/a{gap}b" for port, gap in
            ((1, " "), (2, "  "), (3, " "))]  # fmt: skip
    block = block_of(*rows, name="netstat_linux")
    assert block.taken.all()
    assert block.kinds.tolist() in ([0, 1, 0], [1, 0, 1])


@pytest.mark.parametrize(
    ("source", "parted"),
    [
        (r"[^ \t]+\.[0-9]+[ \t]+(?:[^ \t]+\.[0-9]+|::)", True),
        (r"[^ \t]+[ \t]*[^ \t]+", False),  # one word may be both
        (r"[^ \t]+[ \t][^ \t]+", False),  # further blanks are not of it
        (r"[^ \t]+ +[^ \t]+", False),
        (r"[^.]+[ \t]+[^ \t]+", False),  # the first part may be several words
        (r"[^ \t]+[ \t]+[^ \t]+(?![ \t]+x)", False),
        (r"(?:[^ \t]+[ \t]+)+[^ \t]+", False),
        (r"[^ \t]+[ \t]+[^ \t]+[ \t]+[^ \t]+", False),  # nobody says what the third word is
    ],
)
def test_a_cell_of_two_words_is_read_word_by_word_where_blanks_part_it(
    source: str, parted: bool
) -> None:
    end = local(Ends(separator="."))
    cells = {"T": Cell("two ends", end.read, parts=(end, end))}
    states, terminals, meant = phrases.parted(
        (State((("T", 1),), final=False), State((), final=True)),
        {"T": Terminal("T", source)},
        cells,
    )
    assert (set(meant) == {"T", "T.0", "T.1"}) is parted
    assert (states[0].edges == (("T", 1),)) is not parted
    words = [terminals[f"T.{at}"].compiled for at in range(2)] if parted else []
    for text in ("a.1 b.2", "a.1\t ::", "a b.2", "a.1 b", "a.1.b c.1", "a.1"):
        each = text.split()
        matched = [word.fullmatch(one) for word, one in zip(words, each, strict=False)]
        assert not parted or (len(each) == 2 and all(matched)) == bool(re.fullmatch(source, text))


def test_both_ends_of_a_row_may_be_one_cell() -> None:
    block = block_of(
        "192.0.2.1.443 198.51.100.7.51514 64240 0 128872 0 ESTABLISHED",
        "192.0.2.20.80   203.0.113.250.1024 64240 17 128872 90000   ESTABLISHED",
        "192.0.2.20.80   203.0.113.250.99999 64240 0 128872 0 ESTABLISHED",  # no port
        "192.0.2.20.80   x 64240 0 128872 0 ESTABLISHED",
        name="netstat_illumos",
    )
    assert block.taken.tolist() == [True, True, False, False]
    assert block.kinds.tolist()[:2] == [0, 0]
    assert block.columns["remote_port"].values.tolist()[:2] == [51514, 1024]
    assert block.columns["local_addr"].value(1) == "192.0.2.20"


def test_only_numbers_that_mean_nothing_else_are_taken_out() -> None:
    """`name:80` is kept with its port in `local_name`; two owners are a list with all numbers."""
    two = 'users:(("a",pid=1,fd=%d),("b",pid=2,fd=3))'
    data = dump(
        *(f"ESTAB 0 0 host{n % 3}:{n} 198.51.100.7:{n}" for n in range(1, 40)),
        *(f"ESTAB 0 0 192.0.2.1:{n} 198.51.100.7:1 {two % n}" for n in range(1, 40)),
    )
    by_columns = nsparse.parse(BytesIO(data), engine="columns").frame
    assert by_columns["local_name"][20] == "host0:21"
    assert '"fd": 39' in by_columns["owners"].iloc[-1]
    assert_frame_equal(by_columns, nsparse.parse(BytesIO(data), engine="regex").frame)


# ---- lines that are alike but for their digits ---------------------------------------------------


def rows_with_other_digits(name: str, kind: str) -> list[str]:
    """Rows of samples, each several times with other digits: few, so that words meet again."""
    dice = random.Random(8)
    paths = [
        path for path in sorted(SAMPLES.glob(f"{name}--*.txt")) if ".expected" not in path.name
    ]
    texts = [decode(path.read_bytes()).text for path in paths]
    lines = {line for text in texts for line in split_lines(text) if line.strip(" \t")}
    rows = [line for line in sorted(lines) if load(name).patterns[kind].match(line.strip(" \t"))]
    some = dice.sample(rows, min(150, len(rows)))
    numbers = [re.sub("[0-9]", lambda _: dice.choice("0129"), line) for line in some * 4]
    return [*some, *numbers, *(f"{line[:20]}999999{line[20:]}" for line in some)] * 2


@pytest.mark.parametrize("name", sorted(dialects()))
def test_a_line_says_the_same_by_one_that_is_alike(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsparse.reading.columns.delegates.LEAST", 1)
    kind = next(kind for kind in ROWS if kind in load(name).kinds)
    lines = lines_of_text(rows_with_other_digits(name, kind))
    part = Parts(lines).of(0, len(lines))
    assert len(part.shapes[1]) < len(part) / 2
    plan, kinds = plan_of(load(name).derived, kind, dialects()[name].cells), Kinds()
    assert plan is not None
    alone, alike = read_words(plan, part, kinds), read_rows(plan, part, kinds)
    for column in alone.columns.values():
        column.close(part.text.raw)
    assert alike.taken.tolist() == alone.taken.tolist()
    assert alike.taken.sum() > 20
    assert alike.kinds[alike.taken].tolist() == alone.kinds[alone.taken].tolist()
    assert alike.indents.tolist() == alone.indents.tolist()
    for column_name, column in alone.columns.items():
        other = alike.columns[column_name]
        for row in np.flatnonzero(alone.taken).tolist():
            assert other.has[row] == column.has[row], lines[row]
            assert not column.has[row] or other.value(row) == column.value(row), lines[row]


def test_of_lines_with_words_that_tell_one_of_each_word_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nsparse.reading.columns.delegates.LEAST", 1)
    rows = [f"ESTAB 0 {n} 192.0.2.1:443 198.51.100.7:5151{n}" for n in range(10)]
    rows += [f"FIN-WAIT-{1 + n % 2} 0 0 192.0.2.1:443 198.51.100.7:{60_000 + n}" for n in range(20)]
    rows.append("FIN-WAIT-2 0 0 192.0.2.1:443 198.51.100.7:99999")  # no port
    block = block_of(*rows)
    assert block.taken.tolist() == [True] * 30 + [False]
    kinds = block.kinds.tolist()
    assert [len(set(some)) for some in (kinds[:10], kinds[10:30:2], kinds[11:30:2])] == [1, 1, 1]
    assert len(set(kinds[:30])) == 3
    assert block.columns["send_q"].values[:10].tolist() == list(range(10))
    assert block.columns["remote_port"].values[10:30].tolist() == list(range(60_000, 60_020))


# ---- rows that several dialects read -------------------------------------------------------------


@pytest.mark.parametrize(
    ("reads", "kind", "agrees", "other", "least"),
    [
        ("netstat_macos", "row", "netstat_aix", "faint", 20),
        ("netstat_freebsd", "row", "netstat_aix", "faint", 10),
        ("netstat_netbsd", "row", "netstat_openbsd", "row", 20),
        ("netstat_netbsd", "row", "netstat_aix", "bare", 10),
        ("netstat_macos", "row", "netstat_freebsd", "row", 0),
        ("netstat_linux", "row", "netstat_macos", "row", 0),
    ],
)
def test_what_is_proved_of_a_kind_another_dialect_reads_of_each_row(
    reads: str, kind: str, agrees: str, other: str, least: int
) -> None:
    lines = lines_of_text(rows_with_other_digits(reads, kind))
    plan = plan_of(load(reads).derived, kind, dialects()[reads].cells)
    second = plan_of(load(agrees).derived, other, dialects()[agrees].cells)
    assert plan is not None
    assert second is not None
    kinds = Kinds()
    found = read_words(plan, Parts(lines).of(0, len(lines)), kinds)
    agreed = found.taken & Agreement([second], plan, kinds).reads(found.kinds)
    rows = [lines[at] for at in np.flatnonzero(agreed).tolist()]
    assert len(set(rows)) >= least
    assert [row for row in rows if not load(agrees).patterns[other].match(row.strip(" \t"))] == []


# ---- lines that continue rows ------------------------------------------------------------------


ITEMS = dialects()["ss_linux"].cells["INFO"].items


@pytest.mark.parametrize(
    ("cell", "numbers", "kept"),
    [
        (
            "cubic rto:0 rtt:0.0/0 mss:0 app_limited",
            {
                "rto_ms": Number(0, 0),
                "rtt_ms": Number(0, 1, 2),
                "rttvar_ms": Number(0, 3),
                "mss": Number(0, 4),
            },
            [((0, 0), (5, 0))],
        ),
        # Words that are kept and neighbours are one part; two blanks part them.
        (
            "ato:0  pmtu:0 segs_in:0 lost:0 send 0.0Mbps",
            {"lost": Number(0, 3)},
            [((0, 0), (4, 1)), ((6, 1), (20, 3)), ((27, 4), (37, 6))],
        ),
        (
            "skmem:(r0,rb0)",
            {"skmem_r": Number(0, 0), "skmem_rb": Number(0, 1)},
            [((0, 0), (12, 2))],
        ),
        ("busy:0ms(0%)", {"busy_ms": Number(0, 0)}, []),
        # An inode of 0 is none, and a user that is not named is root.
        ("ino:0", {"inode": Number(0, 0, zero=False), "uid": Number(0)}, []),
    ],
)
def test_where_the_numbers_of_a_cell_go(
    cell: str, numbers: dict[str, Number], kept: list[tuple[tuple[int, int], tuple[int, int]]]
) -> None:
    assert ITEMS is not None
    said = Reader(ITEMS).read(cell)
    assert said.numbers == numbers
    assert list(said.details) == kept
    assert dict(said.rest) == ({"app_limited": True} if "app_limited" in cell else {})


@pytest.mark.parametrize(
    ("word", "numbers", "rest"),
    [
        ("v6only:1", {}, {"v6only": True}),  # its name has a digit, and 1 is a yes
        ("timer:(on,204ms,3)", {"timer_ms": 204, "retrans": 3}, {"timer": "retransmit"}),
        ("timer:(keepalive,1min2sec,0)", {"timer_ms": 62000, "probes": 0}, {"timer": "keepalive"}),
        ("sk:0f", {}, {"cookie": "0f"}),
    ],
)
def test_words_whose_numbers_say_more_are_read_as_they_stand(
    word: str, numbers: dict[str, float], rest: dict[str, Any]
) -> None:
    assert ITEMS is not None
    reader = Reader(ITEMS)
    said = reader.read(f"rto:0 {re.sub('[0-9]+', '0', word)}")
    assert (said.numbers, said.rest) == ({"rto_ms": Number(0, 0)}, ())
    assert len(said.words) == 1
    told = reader.told(word)
    assert told is not None
    assert (told.numbers, dict(told.rest)) == (numbers, rest)


@pytest.mark.parametrize("word", ["timer:(on,20ms,0)", "cgroup:/", "timer:(on,x,0)"])
def test_words_that_columns_have_no_place_for_are_left_to_the_pattern(word: str) -> None:
    assert ITEMS is not None
    assert Reader(ITEMS).told(word) is None


def test_of_words_alike_nobody_knows_which_counts() -> None:
    assert ITEMS is not None
    with pytest.raises(Unknown):
        Reader(ITEMS).read("rto:0 rto:0")


@pytest.mark.parametrize(
    ("cell", "uid", "inode"),
    [("rto:0 ino:0", -1, 1), ("uid:0 rto:0 ino:0", 0, 2), ("ino:0 rto:0 uid:0", 2, 0)],
)
def test_words_of_one_column_are_told_together(cell: str, uid: int, inode: int) -> None:
    """`ss` leaves a uid of 0 out, so that an inode alone says it as well."""
    assert ITEMS is not None
    numbers = Reader(ITEMS).read(cell).numbers
    assert (numbers["uid"].run, numbers["inode"].run) == (uid, inode)
    assert numbers["rto_ms"].run == cell.split().index("rto:0")


def test_what_is_kept_is_kept_as_it_is_printed() -> None:
    assert ITEMS is not None
    backwards = replace(ITEMS, together=lambda said: ITEMS.together(reversed(list(said))))
    assert Reader(backwards).read("x rto:0").details
    with pytest.raises(Unknown):
        Reader(backwards).read("x y rto:0")


def test_texts_among_numbers_are_the_same_for_all() -> None:
    raw = "sk:5f x sk:0 ask:5f sk:5g sk: sk:ff,\nsk:a0\tsk:" + "f" * 40
    masked = without_texts(text_of(memoryview(raw.encode())), {"sk:": "0123456789abcdef"})
    said = bytes(masked.raw)[PAD:-PAD].decode()
    assert said == raw.replace("sk:5f ", "sk:00 ", 1).replace("sk:a0", "sk:00")
    assert ITEMS is not None
    said_of = Reader(ITEMS).read("rto:0 sk:0")
    assert (said_of.texts, list(said_of.numbers)) == ({"cookie": 1}, ["rto_ms"])


INFO = (
    "\t cubic wscale:7,7 rto:204 rtt:0.105/0.05 mss:1448 cwnd:10 bytes_acked:123 send 10.5Mbps",
    "\t ts sack bbr wscale:7,7 rto:1000 rtt:12/6.5 cwnd:2 retrans:0/17 lost:3 app_limited busy:8ms",
    "\t skmem:(r0,rb131072,t0,tb87040,f0,w0,o0,bl0,d4) cubic rto:33 minrtt:0.01",
    "\tino:0 uid:1000 v6only:1",
    '\t users:(("a",pid=1,fd=3)) rto:3',
    "\trtt:1234567890123456.5/1 rto:1e5 mss:x",
    "\t",
    "",
    "        cubic rto:204",
    " rto:7",
    "text of its own",
    # A row that has lost its state may as well be the rest of the row above.
    'tcp 0 0 127.0.0.1:5432 127.0.0.1:59882 users:(("a",pid=7,fd=1)) ino:3',
)


@pytest.mark.parametrize(("seed", "block"), [(0, 300), (1, 2000), (2, 1 << 21), (3, 1 << 21)])
def test_details_are_read_as_line_by_line(
    seed: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands below rows: one line of details or several, none, damaged, out of place."""
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    monkeypatch.setattr("nsparse.reading.columns.runs.BLOCK", block)
    dice = random.Random(seed)
    lines = [HEADER]
    for _ in range(150):
        port = dice.randint(1, 70_000)
        lines.append(
            f"{dice.choice(['ESTAB', ' ESTAB', 'LISTEN'])} 0 {port} 192.0.2.1:443 ::1:{port}"
        )
        for _ in range(dice.choice([0, 1, 1, 1, 1, 1, 2])):
            line = dice.choice(INFO[: dice.choice([3, 3, 3, len(INFO)])])
            line = re.sub("[0-9]", lambda _: str(dice.randint(0, 9)), line)
            if dice.random() < 0.05:
                at = dice.randrange(len(line) + 1)
                line = line[:at] + dice.choice("0x:/.( \t\x0b") + line[at + dice.randint(0, 2) :]
            lines.append(line)
    data = "\n".join(lines).encode()
    by_columns = nsparse.parse(BytesIO(data), engine="columns")
    by_regex = nsparse.parse(BytesIO(data), engine="regex")
    assert by_regex.census["details"] > 50
    assert_frame_equal(by_columns.frame, by_regex.frame)
    assert replace(by_columns, frame=None) == replace(by_regex, frame=None)  # type: ignore[arg-type]


def test_rows_and_their_details_are_taken_together() -> None:
    """Lines alike but for their numbers are one kind; what only some say is missing in others."""
    rows = [f"ESTAB 0 0 192.0.2.1:443 198.51.100.7:{port}" for port in range(1, 41)]
    lines = [line for at, row in enumerate(rows) for line in (row, INFO[at % 3])]
    found = block_of(*lines)
    assert found.taken.all()
    assert found.more.all()
    assert found.lines.tolist() == list(range(0, 81, 2))
    assert len(set(found.kinds.tolist())) == 2  # with a flag and without
    assert [found.columns["rto_ms"].value(row) for row in range(3)] == [204.0, 1000.0, 33.0]
    assert [found.columns["lost"].value(row) for row in range(3)] == [None, 3, None]
    assert [found.columns["rtt_ms"].value(row) for row in range(3)] == [0.105, 12.0, None]
    assert found.columns["details"].value(1) == "ts sack bbr wscale:7,7"


# ---- words at the ends of rows -----------------------------------------------------------------


TAILS = (
    "timer:(keepalive,1min2sec,0) uid:48 ino:1234 sk:5f <->",
    "timer:(on,204ms,3) ino:77 sk:a cgroup:/system.slice/a.service <->",
    "sk:9e cubic rto:204 rtt:0.105/0.05 send 10.5Mbps",
    "uid:7 v6only:1",
    "ino:0 timer:(on,20ms,0)",
    "rto:1 rto:2",
    "fwmark:0x1",
    "timer:(timewait,9sec,0) timer:(on,204ms,0)",
    'uid:1 users:(("b",pid=3,fd=4))',
    "users:((",
)
OWNERS = ("", ' users:(("a",pid=1,fd=3))', ' users:(("a b",pid=1,fd=3))')


def tail_rows(dice: random.Random, count: int) -> Iterator[str]:
    """Rows with owners and words behind them, as often with none, here and there damaged."""
    for _ in range(count):
        port = dice.randint(1, 70_000)
        end = dice.choice(["", *(f" {tail}" for tail in TAILS[: dice.choice([2, 3, len(TAILS)])])])
        end = re.sub("[0-9]", lambda _: str(dice.randint(0, 9)), end)
        row = f"ESTAB 0 {port} 192.0.2.1:443 ::1:{port}{dice.choice(OWNERS)}{end}"
        if dice.random() < 0.1:
            at = dice.randrange(len(row) + 1)
            row = row[:at] + dice.choice("0x:/.( \t\x0b") + row[at + dice.randint(0, 2) :]
        yield row


@pytest.mark.parametrize("below", [0, 0.7])
def test_words_at_the_ends_of_rows_are_read_as_line_by_line(
    below: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With lines of details below or without: what both say adds up, or the pattern has its say."""
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    monkeypatch.setattr("nsparse.reading.columns.runs.BLOCK", 9000)
    dice = random.Random(3)
    lines = [HEADER]
    for row in tail_rows(dice, 400):
        lines.append(row)
        lines += [dice.choice(INFO[:4])] if dice.random() < below else []
    data = "\n".join(lines).encode()
    by_columns = nsparse.parse(BytesIO(data), engine="columns")
    by_regex = nsparse.parse(BytesIO(data), engine="regex")
    assert_frame_equal(by_columns.frame, by_regex.frame)
    assert replace(by_columns, frame=None) == replace(by_regex, frame=None)  # type: ignore[arg-type]


def test_rows_that_differ_in_words_at_their_ends_are_of_few_kinds() -> None:
    head = "ESTAB 0 0 192.0.2.1:443 198.51.100.7"
    rows = [
        f"{head}:{n}{OWNERS[n % 2]} timer:(keepalive,{n}sec,0) ino:{n * 7} sk:{n:x} cgroup:/{n} <->"
        for n in range(1, 60)
    ]
    found = block_of(*rows, f"{head}:1", f"{head}:2 ino:5 ino:6")
    assert found.taken.tolist() == [True] * 60 + [False]
    assert len(set(found.kinds[:59].tolist())) == 2
    assert [
        found.columns[name].value(9) for name in ("timer_ms", "inode", "cookie", "details")
    ] == [*(10_000, 70, "a", "cgroup:/10 <->")]
    assert not found.columns["inode"].has[59]


def test_what_may_be_the_rest_of_a_name_is_no_tail() -> None:
    """A name may hold blanks, and owners end at their brackets."""
    row = 'ESTAB 0 0 192.0.2.1:443 198.51.100.7:5 users:(("a%s",pid=1,fd=2)) uid:5 ino:6'
    found = block_of(*(row % name for name in ("", " b", ")) (", ")")), *[row % ""] * 20)
    assert found.taken[0]
    assert not found.taken[1:4].any()


# ---- whole dumps -------------------------------------------------------------------------------


def test_auto_reads_large_dumps_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    row = "ESTAB 0 0 192.0.2.1:443 198.51.100.7:51514"
    data = dump(row, "what is this", times=30) + f"{row}\n".encode()
    seen: list[int] = []

    def watched(plan: Any, parts: Parts, first: int, count: int, *more: Any, **how: Any) -> Any:
        seen.append(count)
        return read_block(plan, parts, first, count, *more, **how)

    monkeypatch.setattr("nsparse.reading.columns.runs.read_block", watched)
    small = nsparse.parse(BytesIO(data))
    assert not seen
    monkeypatch.setattr("nsparse.reading.pipeline.LARGE", 1)
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    large = nsparse.parse(BytesIO(data))
    assert seen
    assert_frame_equal(small.frame, large.frame)
    assert small.problems == large.problems
    assert len(small.problems) == 30


def test_no_block_is_read_for_the_last_line_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little stands behind it to be read where it is, and by itself it costs far less."""
    monkeypatch.setattr("nsparse.reading.columns.runs.LARGE", 1)
    rows = [f"ESTAB 0 0 192.0.2.1:443 198.51.100.7:{port}" for port in range(1, 60)]
    seen: list[int] = []

    def watched(plan: Any, parts: Parts, first: int, count: int, *more: Any, **how: Any) -> Any:
        seen.append(count)
        return read_block(plan, parts, first, count, *more, **how)

    monkeypatch.setattr("nsparse.reading.columns.runs.read_block", watched)
    by_columns, by_regex = (
        nsparse.parse(BytesIO(dump(*rows)), engine=e) for e in ("columns", "regex")
    )
    assert seen
    assert min(seen) > 50
    assert by_columns.frame["remote_port"].tolist() == list(range(1, 60))
    assert_frame_equal(by_columns.frame, by_regex.frame)


def test_a_kind_that_does_not_stand_for_its_rows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a block were wrong, the dump is read again without it."""

    def wrong(*what: Any, **how: Any) -> Any:
        block = read_block(*what, **how)
        block.columns["local_port"].values[:] = 1
        return block

    monkeypatch.setattr("nsparse.reading.columns.runs.read_block", wrong)
    data = dump("ESTAB 0 0 192.0.2.1:443 198.51.100.7:51514", times=50)
    assert set(nsparse.parse(BytesIO(data), engine="columns").frame["local_port"]) == {443}


def test_a_cell_that_cannot_be_costs_its_row_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others of its run are not read again."""
    good = [f"ESTAB 0 0 192.0.2.1:443 198.51.100.7:{port}" for port in range(1, 60)]
    bad = [
        "ESTAB 0 0 192.0.2.1:443 198.51.100.7:99999",
        "ESTAB 0 0 192.0.2.1:443 198.51.100.7:70000",
    ]
    data = dump(*good, bad[0], *good, bad[1], *good)
    by_regex = nsparse.parse(BytesIO(data), engine="regex")
    engines: list[str] = []

    def watched(how: Any, text: Any, file: str, engine: Any) -> Any:
        engines.append(engine)
        return read(how, text, file, engine)

    read = How._dump
    monkeypatch.setattr(How, "_dump", watched)
    by_columns = nsparse.parse(BytesIO(data), engine="columns")
    assert engines == ["columns"]
    assert [problem.line for problem in by_columns.problems] == [61, 121]
    assert by_columns.problems == by_regex.problems
    assert by_columns.census == by_regex.census
    assert_frame_equal(by_columns.frame, by_regex.frame)


@pytest.mark.parametrize("port", [65_536, 2**32 + 443, 443_000_000_000_000])
def test_a_number_too_large_is_one_however_few_bits_keep_the_others(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that is like others but for its digits, and which stands behind them at the end."""
    monkeypatch.setattr("nsparse.reading.columns.delegates.LEAST", 1)
    monkeypatch.setattr("nsparse.reading.columns.runs.LARGE", 1)
    least = 10 ** (len(str(port)) - 1)
    rows = [f"ESTAB 0 0 192.0.2.1:443 198.51.100.7:{number}" for number in (port, least, port)]
    good = [f"ESTAB 0 {2**40 + at} 192.0.2.1:443 198.51.100.7:{at}" for at in range(10_000, 10_060)]
    data = dump(*good, *rows, good[0])
    by_columns, by_regex = (nsparse.parse(BytesIO(data), engine=e) for e in ("columns", "regex"))
    assert by_columns.problems == by_regex.problems
    bad = [62, 64] if least < 2**16 else [62, 63, 64]
    assert [problem.line for problem in by_columns.problems] == bad
    assert_frame_equal(by_columns.frame, by_regex.frame)
    assert by_columns.frame["send_q"].iloc[-1] == 2**40 + 10_000


def concatenated(parts: list[nsparse.Dump], like: pd.DataFrame) -> pd.DataFrame:
    whole = pd.concat([part.frame for part in parts if len(part.frame)], ignore_index=True)
    return whole.reindex(columns=like.columns).astype(like.dtypes)


@pytest.mark.parametrize(
    "name",
    ["ss_linux--details", "netstat_windows--anob", "netstat_linux--healthy", "ss_linux--troubled"],
)
def test_parts_add_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = SAMPLES / f"{name}.txt"
    whole = nsparse.parse(path)
    monkeypatch.setattr("nsparse.reading.chunks.PIECE", 1500)
    parts = list(dumps(path))
    assert len(parts) > 1
    columns = [column for column in whole.frame.columns if column != "view"]
    assert_frame_equal(concatenated(parts, whole.frame)[columns], whole.frame[columns])
    assert sum(part.lines for part in parts) == whole.lines
    assert [p for part in parts for p in part.problems] == whole.problems
    for kind, count in whole.census.items():
        assert sum(part.census.get(kind, 0) for part in parts) == count


def test_parts_of_utf_16(monkeypatch: pytest.MonkeyPatch) -> None:
    row = "ESTAB 0 0 192.0.2.1:443 198.51.100.7:51514"
    data = dump(row, times=100).decode().encode("utf-16")
    monkeypatch.setattr("nsparse.reading.chunks.PIECE", 1001)
    assert sum(map(len, nsparse.read_chunks(BytesIO(data)))) == 100


def test_what_was_read_is_given_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In circles of references a part would stay until the collector comes by, and others pile up."""
    blocks: list[weakref.ref[Any]] = []

    def watched(*what: Any, **how: Any) -> Any:
        block = read_block(*what, **how)
        blocks.append(weakref.ref(block))
        return block

    monkeypatch.setattr("nsparse.reading.columns.runs.read_block", watched)
    data = dump("ESTAB 0 0 192.0.2.1:443 198.51.100.7:51514", INFO[0], times=40)
    gc.disable()
    try:
        assert len(nsparse.parse(BytesIO(data), engine="columns").frame) == 40
        assert blocks
        assert all(block() is None for block in blocks)
    finally:
        gc.enable()


def test_what_is_no_dump_is_refused_in_parts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nsparse.reading.chunks.PIECE", 100)
    with pytest.raises(nsparse.NotASocketTable):
        list(nsparse.read_chunks(BytesIO(b"Dear all,\nthe server is slow.\n" * 50)))


def test_text_is_decoded_as_ever() -> None:
    text = (
        f"{HEADER}\n"
        + 'ESTAB 0 0 192.0.2.1:443 198.51.100.7:51514 users:(("café",pid=1,fd=2))\n' * 40
    )
    for data in (
        text.encode(),
        text.encode("utf-16"),
        text.encode("cp1252"),
        text.encode("utf-8-sig"),
    ):
        by_regex = nsparse.parse(BytesIO(data), engine="regex")
        by_columns = nsparse.parse(BytesIO(data), engine="columns")
        assert by_regex.encoding == by_columns.encoding
        assert by_regex.notes == by_columns.notes
        assert_frame_equal(by_regex.frame, by_columns.frame)
        assert decode(data).notes == tuple(by_columns.notes)


def test_parquet_of_parts_is_one_file() -> None:
    frames = [nsparse.read(BytesIO(dump("ESTAB 0 0 192.0.2.1:443 198.51.100.7:1"))) for _ in "abc"]
    whole = pd.read_parquet(BytesIO(b"".join(parquet_parts(iter(frames)))))
    # pandas 2 reads strings of a file as another dtype of its own.
    shown = whole[list(frames[0])].astype(frames[0].dtypes)
    assert_frame_equal(shown, pd.concat(frames, ignore_index=True))
    assert list(whole) == list(nsparse.schema.BY_NAME)
    assert b"".join(parquet_parts(iter(frames[:1]))) == b"".join(parquet(frames[0]))


@pytest.mark.parametrize("detail", ["", "\t cubic rto:204 mss:1448 bytes_acked:12345\n"])
def test_a_block_may_end_where_a_part_does_that_is_looked_at(detail: str) -> None:
    """Words and numbers end there, too, whether they are those of rows or of lines below them."""
    row = "ESTAB 0 0 192.0.2.1:22 198.51.100.7:40001\n"
    part = detail or row
    count, left = divmod(STEP + 1, len(part))
    longer = part.replace(" ", " " * (left + 1), 1)
    below = [part] * (count - 1) + [longer]
    text = "".join(row + line for line in below) if detail else "".join(below)
    assert sum(map(len, below)) - 1 == STEP
    # The row below the heading is read by itself.
    found = nsparse.parse(BytesIO(dump(row.strip()) + text.encode()), engine="columns")
    assert len(found.frame) == count + 1
    assert found.frame["remote_port"].eq(40001).all()
    assert not found.problems
