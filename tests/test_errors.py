"""Errors are data first: they survive a process pool; what they show is harmless and in place."""

from __future__ import annotations

import inspect
import io
import pickle
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nsparse
from nsparse import errors
from nsparse.errors import (
    BundleError,
    ConfigError,
    DumpError,
    GrammarError,
    NotASocketTable,
    NotRegular,
    NsparseError,
    UnknownName,
    harmless,
)

EXAMPLES = (
    NsparseError("no such file"),
    NotASocketTable("dump.txt", "a routing table (`netstat -r`)", "run `ss -tanp`"),
    DumpError("dump.txt", 2, 13, "ESTAB       x       0", ("a number",)),
    BundleError("sosreport.tar.xz", "cut: its end is missing"),
    ConfigError("--engine=fast: choose one of auto, lark"),
    UnknownName("dialect", "ss_linus", ("ss_linux", "netstat_linux")),
    GrammarError("ss_linux", "rule `row` is missing"),
    NotRegular("ss_linux", "rule `row` refers to itself"),
)


def test_every_error_has_an_example() -> None:
    tree = {
        found
        for _, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, NsparseError)
    }
    assert tree == {type(example) for example in EXAMPLES}


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_errors_survive_a_process_pool(error: NsparseError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (again.args, vars(again), str(again)) == (error.args, vars(error), str(error))


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_the_tree_is_drawn(error: NsparseError) -> None:
    assert isinstance(error, ValueError)
    assert f"{type(error).__name__} " in (errors.__doc__ or "")


def test_a_damaged_line_is_shown_with_a_caret() -> None:
    line = "ESTAB       x       0      192.0.2.1:22"
    assert str(DumpError("dump.txt", 2, 13, line, ("a number",))) == (
        "dump.txt:2:13: expected a number\n"
        "  ESTAB       x       0      192.0.2.1:22\n"
        "              ^"
    )


def test_a_line_that_ends_too_early_has_its_caret_behind_it() -> None:
    shown = str(DumpError("d", 7, 6, "ESTAB", ("a blank", "a number", "an address")))
    assert shown == "d:7:6: expected a blank, a number or an address\n  ESTAB\n       ^"


def test_without_expectations_the_line_is_still_named() -> None:
    assert str(DumpError("d", 1, 1, "x")) == "d:1:1: does not follow its table\n  x\n  ^"


def test_many_alternatives_are_cut() -> None:
    words = tuple("abcdefgh")
    assert "expected a, b, c, d, e, f, …" in str(DumpError("d", 1, 1, "", words))


@given(
    before=st.text(max_size=150),
    mark=st.sampled_from("xX7"),
    after=st.text(max_size=150),
)
def test_the_caret_stands_under_its_character(before: str, mark: str, after: str) -> None:
    error = DumpError("d", 1, len(before) + 1, before + mark + after, ("a word",))
    _, line, caret = str(error).split("\n")
    assert caret.strip() == "^"
    assert line.isprintable() or line.replace("\xa0", "").strip()
    if line.isascii():
        assert line[len(caret) - 1] == mark


def test_wide_characters_take_two_columns() -> None:
    assert str(DumpError("d", 1, 3, "状態x", ("a word",))).endswith("\n  状態x\n      ^")


def test_long_lines_are_cut_around_the_caret() -> None:
    text = "a" * 500 + "!" + "b" * 500
    _, line, caret = str(DumpError("d", 1, 501, text, ())).split("\n")
    assert len(line) <= errors.SHOWN_WIDTH + 4
    assert line[len(caret) - 1] == "!"
    assert line.startswith("  …a")
    assert line.endswith("b…")


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("\x1b[2Jpwned", r"\x1b[2Jpwned"),
        ("a\tb", "a b"),
        ("a\nb\rc", r"a\x0ab\x0dc"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\u2028\ud800\U000e0041", r"\u2028\ud800\U000e0041"),
        ("Ö 状態 [bold]", "Ö 状態 [bold]"),
    ],
)
def test_harmless(dirty: str, clean: str) -> None:
    assert harmless(dirty) == clean


@given(st.text())
def test_whatever_an_error_shows_is_harmless(text: str) -> None:
    for error in (
        NotASocketTable(text, text, text),
        DumpError(text, 1, 1, text, (text,)),
        ConfigError(text),
        UnknownName(text, text, (text,)),
        GrammarError(text, text),
        NsparseError(text),
    ):
        shown = str(error)
        assert not any(bad in shown for bad in "\x1b\r\x9b\u202e\u2028\x00\x07")
        shown.encode()


def test_a_refusal_names_the_file_the_kind_and_the_way_out() -> None:
    assert str(EXAMPLES[1]) == (
        "dump.txt: this is a routing table (`netstat -r`), not a socket table; run `ss -tanp`"
    )
    prose = NotASocketTable("notes.md", "text without a socket table")
    assert str(prose) == "notes.md: this is text without a socket table"


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("close_wait_leek", "did you mean close-wait-leak?"),
        ("CLOSE-WAIT-LEAK", "did you mean close-wait-leak?"),
        ("q", "known: close-wait-leak, fd-pressure"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(name: str, ending: str) -> None:
    error = UnknownName("diagnosis", name, ("fd-pressure", "close-wait-leak"))
    assert str(error).endswith(ending)


def test_an_unknown_name_without_any_known() -> None:
    assert str(UnknownName("dialect", "x")) == "no dialect is named 'x'"


HEADING = "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"


@pytest.mark.parametrize(
    ("source", "options", "says"),
    [
        (HEADING, {}, "give io.BytesIO(text.encode())"),
        (HEADING * 500, {}, "give io.BytesIO(text.encode())"),
        ("x" * 5000, {}, "give io.BytesIO(text.encode())"),
        ("a\0b", {}, "give io.BytesIO(text.encode())"),
        (HEADING.encode(), {}, "give io.BytesIO(data)"),
        (None, {}, "a path or a binary file, not from NoneType"),
        (io.StringIO(HEADING), {}, "open the file in binary mode"),
        (".", {}, "nsparse.open_bundle reads folders"),
        ("no such file", {}, "no such file: no such file or directory"),
        (io.BytesIO(), {"columns": ["pid"]}, "columns=['pid']: choose one of used, all"),
        (
            io.BytesIO(),
            {"on_bad_lines": "no"},
            "on_bad_lines='no': choose one of warn, error, skip",
        ),
        (io.BytesIO(), {"engine": "fast"}, "engine='fast': choose one of auto, lark"),
    ],
)
def test_what_is_given_wrongly_is_refused(source: Any, options: dict[str, Any], says: str) -> None:
    """However it is read, in one sentence that says what to give instead."""
    for reads in (nsparse.read, nsparse.parse, lambda *a, **k: list(nsparse.read_chunks(*a, **k))):
        with pytest.raises(NsparseError) as refused:
            reads(source, **options)
        assert says in str(refused.value)
        assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (None, "a path or a binary file, not from NoneType"),
        (HEADING.encode(), "give io.BytesIO(data)"),
        (io.StringIO(HEADING), "open the file in binary mode"),
    ],
)
def test_a_bundle_is_read_from_a_path_or_from_bytes(source: Any, says: str) -> None:
    with pytest.raises(NsparseError, match=re.escape(says)):
        nsparse.open_bundle(source)
