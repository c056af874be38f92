"""The patterns that lie beside the grammars are those that the grammars give now.

`pytest tests/test_derived.py --update-samples` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from nsparse.reading.grammar import Grammar, load
from nsparse.reading.shipped import SHARED, shipped, to_json
from nsparse.registry import dialects

PARSERS = Path(__file__).parent.parent / "parsers"


@pytest.mark.parametrize("name", sorted(dialects()))
def test_the_shipped_patterns_are_derived_from_the_grammar(name: str, update_samples: bool) -> None:
    source = PARSERS / f"{name}.lark"
    text, shared = source.read_text("utf-8"), (PARSERS / SHARED).read_text("utf-8")
    derived = Grammar(name, text, str(source)).derived
    beside = PARSERS / f"{name}.json"
    if update_samples:
        beside.write_text(to_json(derived, text, shared), "utf-8")
    assert beside.read_text("utf-8") == to_json(derived, text, shared)


def test_what_was_shipped_reads_as_what_is_derived() -> None:
    grammar = load("ss_linux")
    assert grammar.shipped is not None
    assert grammar.shipped == Grammar("ss_linux", grammar.text, grammar.path).derived


def test_a_changed_grammar_is_never_read_with_old_patterns() -> None:
    grammar = load("ss_linux")
    assert shipped("ss_linux", grammar.text, "nsparse.parsers") is not None
    assert shipped("ss_linux", grammar.text + "\n// changed", "nsparse.parsers") is None
    assert shipped("no_such_dialect", "", "nsparse.parsers") is None
