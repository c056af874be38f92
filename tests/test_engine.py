"""The executors: derived from the same grammar, equal on every line."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lark import Lark

import nsparse
from nsparse.errors import GrammarError, NotRegular
from nsparse.reading.columns.block import read_block
from nsparse.reading.columns.kinds import Kinds
from nsparse.reading.columns.lines import lines_of_text
from nsparse.reading.columns.part import Parts
from nsparse.reading.columns.plan import plan_of
from nsparse.reading.grammar.automaton import explore, lexer_order, minimal
from nsparse.reading.grammar.derive import derive
from nsparse.reading.grammar.grammar import ROWS, Grammar, Match, Refusal, compile_grammar, load
from nsparse.reading.texts.text import decode
from nsparse.reading.texts.text import lines as split_lines
from nsparse.registry import dialects
from tests.frames import assert_frame_equal

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = sorted(dialects())

MUTATED_LINES = int(os.environ.get("NSPARSE_MUTATED_LINES", "1000"))
"""Lines a dialect; in full: `NSPARSE_MUTATED_LINES=20000 pytest tests/test_engine.py`."""

# What damage is made of: digits, the characters addresses and names turn on, blanks, other scripts.
ALPHABET = "0179aftx:.*[]%()/\\-_,=\"'`@ \t\x1b\x00éя活٣  "


def sample_lines(name: str) -> list[str]:
    """Every line of a dialect's samples, and of one sample of each other dialect."""
    own = sorted(SAMPLES.glob(f"{name}--*.txt"))
    others = [
        next(iter(sorted(SAMPLES.glob(f"{other}--*.txt")))) for other in NAMES if other != name
    ]
    paths = [path for path in [*own, *others] if ".expected" not in path.name]
    found: dict[str, None] = {}
    for path in paths:
        for line in split_lines(decode(path.read_bytes()).text):
            found[line.strip(" \t")] = None
    return [line for line in found if line]


def mutated(lines: list[str], count: int, seed: int) -> Iterator[str]:
    """Lines as they stand, at most half of all, then damaged in up to three ways."""
    dice = random.Random(seed)
    whole = lines if len(lines) <= count // 2 else dice.sample(lines, count // 2)
    yield from whole
    for _ in range(count - len(whole)):
        line = dice.choice(lines)
        for _ in range(dice.randint(1, 3)):
            line = damage(line, lines, dice)
        yield line.strip(" \t")


def damage(line: str, lines: list[str], dice: random.Random) -> str:
    """One accident: a character more, less or other, a cut, a lost or doubled or foreign cell."""
    cells = line.split(" ")
    at = dice.randrange(len(line) + 1)
    match dice.randrange(7):
        case 0:
            return line[:at] + dice.choice(ALPHABET) + line[at:]
        case 1:
            return line[:at] + line[at + 1 :]
        case 2:
            return line[:at] + dice.choice(ALPHABET) + line[at + 1 :]
        case 3:
            return line[:at]
        case 4:
            del cells[dice.randrange(len(cells))]
        case 5:
            cells.insert(dice.randrange(len(cells) + 1), dice.choice(cells))
        case _:
            cells.insert(dice.randrange(len(cells) + 1), dice.choice(dice.choice(lines).split(" ")))
    return " ".join(cells)


def row_kinds(grammar: Grammar) -> list[str]:
    """The kinds of row of a dialect; not every one has rows that their shape alone gives away."""
    return [kind for kind in ROWS if kind in grammar.kinds]


@pytest.mark.parametrize("name", NAMES)
def test_the_executors_agree_on_every_line(name: str) -> None:
    grammar = load(name)
    lines = list(mutated(sample_lines(name), MUTATED_LINES, seed=8))
    kinds = row_kinds(grammar)
    rows = [line for line in lines if any(grammar.patterns[kind].match(line) for kind in kinds)]
    # Both sides must be there, or the comparison says nothing.
    assert len(rows) > 100
    assert len(lines) - len(rows) > 100
    for kind in grammar.kinds:
        # Rows are where the engines could part; the other kinds are a few words each.
        for line in lines if kind in kinds else lines[: MUTATED_LINES // 5]:
            assert grammar.patterns[kind].match(line) == grammar.exact[kind].match(line), (
                kind,
                line,
            )


@pytest.mark.parametrize("name", NAMES)
def test_what_the_pattern_refuses_lark_explains(name: str) -> None:
    grammar = load(name)
    kinds = row_kinds(grammar)
    for number, line in enumerate(mutated(sample_lines(name), 500, seed=9)):
        outcome = grammar.explain(kinds[number % len(kinds)], line)
        if isinstance(outcome, Refusal):
            assert 0 <= outcome.offset <= len(line)
            assert outcome.expected
            assert all(dialects()[name].words(terminal) for terminal in outcome.expected)


@pytest.mark.parametrize("name", NAMES)
def test_lark_tries_terminals_in_the_order_the_patterns_were_derived_from(name: str) -> None:
    """Pins lark.lexer: when Lark changes its order, this says so before a pattern goes wrong."""
    lark = load(name).lark
    terminals = {terminal.name: terminal for terminal in lark.terminals}
    lexers = lark.parser.lexer.lexers
    table = lark.parser.parser._parse_table
    for state, lexer in lexers.items():
        tried = [str(terminal.name) for terminal in lexer.terminals]
        assert tried == lexer_order(table.states[state], terminals), f"state {state}"


@pytest.mark.parametrize("name", NAMES)
def test_every_field_has_a_meaning_and_every_meaning_a_field(name: str) -> None:
    assert load(name).fields() == set(dialects()[name].cells)


def said(name: str, line: str) -> dict[str, Any]:
    """What the cells of a row say, without what only its neighbours tell."""
    match = load(name).patterns[row_kinds(load(name))[0]].match(line)
    assert match is not None, line
    columns: dict[str, Any] = dict.fromkeys(match.fields)
    for field, text in zip(match.fields, match.texts, strict=True):
        cell = dialects()[name].cells[field]
        # What only rows with another field give a meaning to, and this row has no such field.
        moot = cell.digits.moot if cell.digits and cell.digits.not_with not in columns else ()
        for column, value in cell.read(text).items():
            if column not in moot:
                columns.setdefault(column, value)
    return columns


@pytest.mark.parametrize("name", NAMES)
def test_columns_take_no_line_that_they_would_read_otherwise(name: str) -> None:
    """Each taken line says what the first of its kind says, but for what its own bytes say."""
    plan = plan_of(load(name).derived, row_kinds(load(name))[0], dialects()[name].cells)
    assert plan is not None
    mixed = [line for line in mutated(sample_lines(name), MUTATED_LINES, seed=10) if line]
    lines = lines_of_text(mixed * 2)
    block = read_block(plan, Parts(lines), 0, len(lines), Kinds())
    taken = np.flatnonzero(block.taken).tolist()
    read = sum(
        load(name).patterns[row_kinds(load(name))[0]].match(line) is not None for line in lines
    )
    # The others hold rare words and are read one by one: the more mutations, the more of these.
    assert len(taken) > read / 8
    first: dict[int, dict[str, Any]] = {}
    for at in taken:
        own = said(name, mixed[at % len(mixed)])
        for column in [column for column, values in block.columns.items() if values.has[at]]:
            assert own.pop(column) == block.columns[column].value(at), mixed[at % len(mixed)]
        assert first.setdefault(int(block.kinds[at]), own) == own, mixed[at % len(mixed)]


@pytest.mark.parametrize("name", NAMES)
def test_the_engines_give_equal_dumps(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    monkeypatch.setattr("nsparse.reading.columns.runs.BLOCK", 2000)
    header = next(iter(sorted(SAMPLES.glob(f"{name}--*.txt")))).read_bytes()
    count = MUTATED_LINES // 10  # nearly all of them are explained by Lark, line by line
    text = decode(header).text + "\n".join(mutated(sample_lines(name), count, seed=11))
    data = text.encode()
    by_regex = nsparse.parse(BytesIO(data), engine="regex")
    by_columns = nsparse.parse(BytesIO(data), engine="columns")
    assert_frame_equal(by_regex.frame, by_columns.frame)
    assert replace(by_regex, frame=None) == replace(by_columns, frame=None)  # type: ignore[arg-type]


def compiled(rules: str) -> Grammar:
    return compile_grammar("made", rules + "\n_S: / +/\nA: /a+/\nB: /b+/\nN: /[0-9]+/\n")


def test_one_free_text_is_one_field() -> None:
    pattern = compiled("row: N (_S A)+ _S B").patterns["row"]
    assert pattern.match("1 a aa  aaa b") == Match(("N", "A", "B"), ("1", "a aa  aaa", "b"))
    assert pattern.match("1 b") is None


def test_a_free_text_goes_on_under_another_terminal() -> None:
    pattern = compiled("row: A (_S A__MORE)* (_S N)?\nA__MORE: /[ab]+/").patterns["row"]
    assert pattern.match("a b ab 7") == Match(("A", "N"), ("a b ab", "7"))


def test_a_choice_is_never_taken_back() -> None:
    """The lexer takes the wider terminal for good, so the line is refused; so must the pattern."""
    grammar = compiled("row: A B | WIDE\nWIDE: /a+b+c?/")
    for line in ("ab", "abc", "aab", "a"):
        assert grammar.patterns["row"].match(line) == grammar.exact["row"].match(line)
    assert grammar.patterns["row"].match("ab") == Match(("WIDE",), ("ab",))


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ("row: A row B | N", "recursive"),
        ("row: N (_S A _S B)+", "not one free text"),
        ("row: A _S N _S A", "twice"),
    ],
)
def test_derivation_refuses_what_it_cannot_prove(rules: str, reason: str) -> None:
    with pytest.raises(NotRegular, match=reason):
        _ = compiled(rules).patterns


def test_a_grammar_lark_cannot_use_is_an_error_of_ours() -> None:
    with pytest.raises(GrammarError, match="made"):
        compiled("row: A | A A? | nothing")


def test_states_that_lead_to_the_same_rests_are_one() -> None:
    lark: Lark = compiled("row: A _S N | B _S N").lark
    terminals = {terminal.name: terminal for terminal in lark.terminals}
    assert len(minimal(explore(lark, "row", terminals))) == 4
    assert len(derive(lark, "row").shapes) == 2
