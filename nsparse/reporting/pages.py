"""What `nsparse explain` and `nsparse list` print: the static facts, without a dump at hand."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis
from nsparse.errors import UnknownName
from nsparse.judging.wanted import listed
from nsparse.layout import block, wrap
from nsparse.registry import diagnoses, dialect_named, dialects
from nsparse.schema import BY_NAME, Column
from nsparse.states import STATES

if TYPE_CHECKING:
    from nsparse.dialect import Dialect
    from nsparse.judging.settings import Settings

LABEL = 14
"""As wide as `False alarms`, the longest heading of a diagnosis, and a gap."""

_HEADING = re.compile(r"^(Means|Do|False alarms):\s*(.*)$")

JOINS = {
    "rows": "on the same rows",
    "mirror": "on the other ends of its connections",
    "port": "on the same port",
    "service": "of the same service",
    "owner": "of the same owner",
}


def explain(name: str, width: int, chosen: Settings) -> list[str]:
    """The page of a diagnosis, a state, a column or a dialect; all of them where names coincide.

    Raises:
        UnknownName: Nothing has the name.
    """
    found = [page for page in _pages(name, width, chosen) if page]
    if not found:
        raise UnknownName("diagnosis, state, column or dialect", name, names())
    return [line for number, page in enumerate(found) for line in ([""] if number else []) + page]


def names() -> list[str]:
    """Every name that `explain` knows, states in their canonical spelling."""
    return [*diagnoses(), *STATES, *BY_NAME, *dialects()]


def _pages(name: str, width: int, chosen: Settings) -> Iterator[list[str]]:
    from nsparse.reporting.explain import explain_state, explain_states

    key = name.strip().lower()
    if diagnosis := diagnoses().get(key.replace("_", "-")):
        yield _diagnosis(diagnosis, width, chosen)
    if state := explain_states() if key == "states" else explain_state(name):
        yield state.rstrip("\n").split("\n")
    if column := BY_NAME.get(key.replace("-", "_")):
        yield _column(column, width)
    if found := dialect_named(key.replace("-", "_")):
        yield _dialect(found, width)


def _diagnosis(diagnosis: Diagnosis, width: int, chosen: Settings) -> list[str]:
    lines = [f"{diagnosis.id}: a diagnosis", *wrap(diagnosis.asks, width, "  "), ""]
    for label, text in _sections(inspect.getdoc(diagnosis.check) or ""):
        if label:
            lines += block(label, [text], width, gap=LABEL)
        elif text != diagnosis.asks:
            lines += [*wrap(text, width, "  "), ""]
    needs = listed(diagnosis.needs) if diagnosis.needs else "nothing but the rows"
    lines += ["", *block("Needs", [needs], width, gap=LABEL)]
    if diagnosis.numbers:
        where = f"  Numbers in force, set under [{diagnosis.id}] of a config file"
        lines += ["", where, *_numbers(diagnosis, width, chosen)]
    lines += block("Level", _level(diagnosis, chosen), width, gap=LABEL)
    absorbs = [f"{rule.id} {JOINS[rule.by]}" for rule in diagnosis.absorbs]
    lines += block("Takes over", absorbs, width, gap=LABEL)
    return lines + block("References", _joined(diagnosis.refs), width, gap=LABEL)


def _joined(texts: Sequence[str]) -> list[str]:
    return ["; ".join(texts)] if texts else []


def _level(diagnosis: Diagnosis, chosen: Settings) -> Iterator[str]:
    """What a config file says of the findings as a whole."""
    level = chosen.levels.get(diagnosis.id)
    if level is not None:
        said = "not reported" if level == "off" else f"always {level}"
        yield f"{said}: set by {chosen.source}"
    if diagnosis not in chosen.chosen():
        yield f"not judged: set by {chosen.source}"


def _numbers(diagnosis: Diagnosis, width: int, chosen: Settings) -> Iterator[str]:
    """The numbers with their reasons, and who set those that are not the defaults."""
    limits, set_ = chosen.limits_of(diagnosis), chosen.limits.get(diagnosis.id, {})
    keys = max(len(number.key) for number in diagnosis.numbers)
    values = max(len(f"{limits[number.key]:g}") for number in diagnosis.numbers)
    for number in diagnosis.numbers:
        head = f"    {number.key:<{keys}}  {limits[number.key]:>{values}g}  "
        why = number.why
        if number.key in set_:
            why = f"set by {chosen.source}; the default is {number.default:g}: {number.why}"
        yield from wrap(why, width, head, " " * len(head))


def _sections(doc: str) -> Iterator[tuple[str, str]]:
    """The headings of a docstring with their texts, each as one paragraph."""
    label, words = "", list[str]()
    for line in [*doc.split("\n"), ""]:
        heading = _HEADING.match(line.strip())
        if words and (heading or not line.strip()):
            yield label, " ".join(words)
            label, words = "", []
        if heading:
            label, words = heading[1], [heading[2]] if heading[2] else []
        elif line.strip():
            words.append(line.strip())


def _column(column: Column, width: int) -> list[str]:
    lines = [
        f"{column.name}: a column of the frame, {column.dtype}",
        *wrap(column.doc, width, "  "),
    ]
    there = "always" if column.always else "when some row has a value, or with columns='all'"
    lines += block("There", [there], width, gap=LABEL)
    return lines + block(
        "Values", [", ".join(column.values)] if column.values else [], width, gap=LABEL
    )


def _dialect(dialect: Dialect, width: int) -> list[str]:
    lines = [f"{dialect.name}: a dialect", *wrap(dialect.title, width, "  ")]
    lines += block("Tool", [dialect.tool], width, gap=LABEL)
    lines += block("System", [dialect.os or "several"], width, gap=LABEL)
    return lines + block("Proved on", dialect.proofs, width, gap=LABEL)


def catalogue(width: int) -> list[str]:
    """The dialects with what they were proved on, the diagnoses, and what else has a page."""
    lines = [f"{len(dialects())} dialects, and what each was proved on"]
    for dialect in dialects().values():
        lines += ["", f"  {dialect.name}  {dialect.title}"]
        lines += [line for proof in dialect.proofs for line in wrap(proof, width, "    ", "      ")]
    lines += ["", f"{len(diagnoses())} diagnoses"]
    longest = max([0, *map(len, diagnoses())])
    for diagnosis in diagnoses().values():
        head = f"  {diagnosis.id:<{longest}}  "
        lines += wrap(diagnosis.asks, width, head, " " * len(head))
    for kind, known in (("TCP states", STATES), ("columns", BY_NAME)):
        lines += ["", f"{len(known)} {kind}", *wrap(", ".join(known), width, "  ")]
    return [*lines, "", "More: nsparse explain NAME"]


def facts() -> dict[str, Any]:
    """The same for programs."""
    return {
        "dialects": [
            {
                "name": d.name,
                "title": d.title,
                "tool": d.tool,
                "os": d.os,
                "proved_on": {name: list(options) for name, options in d.proved_on.items()},
            }
            for d in dialects().values()
        ],
        "diagnoses": [
            {
                "id": d.id,
                "asks": d.asks,
                "needs": list(d.needs),
                "numbers": {number.key: number.default for number in d.numbers},
                "absorbs": [rule.id for rule in d.absorbs],
                "refs": list(d.refs),
                "states": list(d.states),
            }
            for d in diagnoses().values()
        ],
        "states": list(STATES),
        "columns": list(BY_NAME),
    }
