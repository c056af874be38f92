"""Patterns derived beforehand: `parsers/NAME.json` beside `NAME.lark`.

Deriving them needs Lark, which takes longer than reading a small dump. The file names the
grammar it was made from by a fingerprint; when the grammar has changed since, the patterns
are derived anew, so that nobody who works on a grammar can read with an old one. A test
derives every file again and compares.
"""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.resources import files
from typing import Any

from nsparse.reading.grammar.derive import Derived, Pattern, Shape

SHARED = "common.lark"


def shipped(name: str, text: str, package: str) -> Derived | None:
    """The patterns that were made from this very grammar, if they lie beside it."""
    folder = files(package)
    beside = folder.joinpath(f"{name}.json")
    if not beside.is_file():
        return None
    data = json.loads(beside.read_text("utf-8"))
    if data["grammar"] != fingerprint(text, folder.joinpath(SHARED).read_text("utf-8")):
        return None
    return _from_json(data)


def fingerprint(text: str, shared: str) -> str:
    """What tells one state of a grammar from another."""
    return sha256(f"{text}\0{shared}".encode()).hexdigest()


def to_json(derived: Derived, text: str, shared: str) -> str:
    """The file's content, a line a kind, so that a change shows in a diff."""
    data: dict[str, Any] = {
        "grammar": fingerprint(text, shared),
        "opening": derived.opening,
        "kinds": {
            kind: {
                "begins": pattern.begins,
                "first": pattern.first,
                "pattern": pattern.source,
                "shapes": {
                    str(number): [" ".join(shape.fields), list(shape.groups)]
                    for number, shape in pattern.shapes.items()
                },
            }
            for kind, pattern in derived.patterns.items()
        },
        "automata": {kind: list(states) for kind, states in derived.automata.items()},
        "terminals": dict(derived.terminals),
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _from_json(data: Any) -> Derived:
    patterns = {
        kind: Pattern(
            stored["pattern"],
            {
                int(number): Shape(tuple(fields.split()), tuple(groups))
                for number, (fields, groups) in stored["shapes"].items()
            },
            stored["begins"],
            stored.get("first"),
        )
        for kind, stored in data["kinds"].items()
    }
    automata = {kind: tuple(states) for kind, states in data["automata"].items()}
    return Derived(patterns, data["opening"], automata, data["terminals"])
