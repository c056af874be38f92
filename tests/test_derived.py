"""The patterns that lie beside the grammars are those that the grammars give now.

`pytest tests/test_derived.py --update-samples` writes them anew.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import lark.lexer
import pytest

from nsparse.errors import GrammarError
from nsparse.reading.grammar.grammar import Grammar, load
from nsparse.reading.grammar.shipped import SHARED, shipped, to_json
from nsparse.registry import dialects

PARSERS = Path(__file__).parent.parent / "parsers"


@cache
def compiled(name: str) -> Grammar:
    """A grammar in which no two terminals collide: Lark would refuse it (it needs interegular)."""
    source = PARSERS / f"{name}.lark"
    grammar = Grammar(name, source.read_text("utf-8"), str(source), strict=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lark.lexer, "has_interegular", True)
        _ = grammar.lark
    return grammar


@pytest.mark.parametrize("name", sorted(dialects()))
def test_the_shipped_patterns_are_derived_from_the_grammar(name: str, update_samples: bool) -> None:
    grammar, shared = compiled(name), (PARSERS / SHARED).read_text("utf-8")
    text = to_json(grammar.derived, grammar.text, shared)
    beside = PARSERS / f"{name}.json"
    if update_samples:
        beside.write_text(text, "utf-8")
    assert beside.read_text("utf-8") == text
    if not update_samples:
        assert load(name).shipped == grammar.derived


def test_terminals_that_collide_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lark.lexer, "has_interegular", True)
    collide = Grammar("made", "row: A | B\nA: /[ab]/\nB: /[bc]/\n", strict=True)
    with pytest.raises(GrammarError, match="Collision"):
        _ = collide.lark


def test_a_changed_grammar_is_never_read_with_old_patterns() -> None:
    grammar = load("ss_linux")
    assert shipped("ss_linux", grammar.text, "nsparse.parsers") is not None
    assert shipped("ss_linux", grammar.text + "\n// changed", "nsparse.parsers") is None
    assert shipped("no_such_dialect", "", "nsparse.parsers") is None
