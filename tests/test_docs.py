"""The generated parts of the docs, and everything that must be documented.

`pytest tests/test_docs.py --update-samples` writes them anew.
"""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from nsparse.batch.tables import STATUSES, TABLES
from nsparse.bundles.layouts import kinds, layouts
from nsparse.bundles.limits import Limits
from nsparse.cli import cli
from nsparse.diagnosis import Diagnosis, Finding
from nsparse.dialect import Dialect
from nsparse.judging.wanted import NAMES, listed
from nsparse.reading.cells import common as cells
from nsparse.reading.grammar import grammar
from nsparse.registry import diagnoses, dialects
from nsparse.schema import COLUMNS

ROOT = Path(__file__).parent.parent
HEADINGS = ("Means:", "Do:", "False alarms:")


def columns() -> Iterator[str]:
    yield "| column | dtype | always | what it holds | values |"
    yield "|---|---|---|---|---|"
    for column in COLUMNS:
        values = ", ".join(f"`{value}`" for value in column.values)
        always = "yes" if column.always else ""
        yield f"| `{column.name}` | {column.dtype} | {always} | {column.doc} | {values} |"


def spoken() -> Iterator[str]:
    yield "| dialect | what it is | proved on |"
    yield "|---|---|---|"
    for dialect in dialects().values():
        yield f"| `{dialect.name}` | {dialect.title} | {'; '.join(dialect.proofs)} |"


def pages() -> Iterator[str]:
    for diagnosis in diagnoses().values():
        yield f"## {diagnosis.id}"
        yield ""
        yield diagnosis.asks
        yield ""
        yield from page(diagnosis)


def page(diagnosis: Diagnosis) -> Iterator[str]:
    yield "```text"
    yield inspect.getdoc(diagnosis.check) or ""
    yield "```"
    yield ""
    if diagnosis.needs:
        yield f"Needs: {listed(diagnosis.needs)}."
        yield ""
    yield "| number | default | why |"
    yield "|---|---|---|"
    for number in diagnosis.numbers:
        yield f"| `{number.key}` | {number.default:g} | {number.why} |"
    yield ""
    if diagnosis.absorbs:
        ids = ", ".join(dict.fromkeys(f"`{rule.id}`" for rule in diagnosis.absorbs))
        yield f"Takes over: {ids}."
        yield ""
    if diagnosis.refs:
        yield f"Sources: {'; '.join(diagnosis.refs)}."
        yield ""


def laid_out() -> Iterator[str]:
    yield "| layout | collector | known by | holds | written down in |"
    yield "|---|---|---|---|---|"
    for layout in layouts().values():
        marks = "<br>".join(f"`{mark}`" for mark in layout.marks)
        held = [f"`{place.path}`: {place.holds}, {place.command}" for place in layout.places]
        note = [f"note: {layout.note}"] if layout.note else []
        holds = "<br>".join([*held, *note])
        yield f"| `{layout.key}` | {layout.title} | {marks} | {holds} | {layout.evidence} |"


def known_facts() -> Iterator[str]:
    yield "| kind | what it tells | from |"
    yield "|---|---|---|"
    for kind in kinds():
        commands = ", ".join(f"`{command}`" for command in kind.run.split("; "))
        yield f"| `{kind.key}` | {kind.tells} | {commands} |"


def attributes(kind: type) -> dict[str, str]:
    """What the docstring of a class says of each of its fields."""
    said = inspect.getdoc(kind) or ""
    found = re.findall(r"(?ms)^    (\w+): (.+?)(?=^    \w+: |^\S|\Z)", said)
    return {name: " ".join(text.split()) for name, text in found}


def capped() -> Iterator[str]:
    said = attributes(Limits)
    yield "| limit | default | why |"
    yield "|---|---|---|"
    for field in fields(Limits):
        yield f"| `{field.name}` | {field.default:,} | {said[field.name]} |"


def fields_of(kind: type) -> Iterator[str]:
    yield "| field | what it is |"
    yield "|---|---|"
    for name, text in attributes(kind).items():
        yield f"| `{name}` | {text} |"


def needed() -> Iterator[str]:
    yield "| need | in words |"
    yield "|---|---|"
    for name, words in NAMES.items():
        yield f"| `{name}` | {words} |"


def run(where: str = r"diagnose samples/\S+") -> Iterator[str]:
    command = re.search(rf"nsparse ({where})", (ROOT / "README.md").read_text("utf-8"))
    assert command
    yield "```text"
    result = CliRunner().invoke(cli, command[1].split(), env={"COLUMNS": "80"})
    assert result.exit_code == 1, "the README's commands show a finding"
    yield result.stdout.rstrip()
    yield "```"


def tables() -> Iterator[str]:
    for name in ("bundles", "findings", "problems"):
        yield f"`{name}`"
        yield ""
        yield "| column | dtype | what it holds |"
        yield "|---|---|---|"
        for column in TABLES[name]:
            yield f"| `{column.name}` | {column.dtype} | {column.doc} |"
        yield ""
    yield "`sockets`: `bundle`, then the columns of the common frame, in their order: [columns.md](columns.md)."
    yield ""
    yield "| status | what became of the bundle |"
    yield "|---|---|"
    for status, meaning in STATUSES.items():
        yield f"| `{status}` | {meaning} |"


PARTS: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "columns": ("docs/columns.md", columns),
    "dialects": ("docs/dialects.md", spoken),
    "diagnoses": ("docs/diagnoses.md", pages),
    "layouts": ("docs/bundles.md", laid_out),
    "facts": ("docs/bundles.md", known_facts),
    "limits": ("docs/bundles.md", capped),
    "run": ("README.md", run),
    "bundle": ("README.md", lambda: run(r"diagnose --select \S+ samples/bundles/\S+")),
    "batch": ("docs/batch.md", tables),
    "dialect-fields": ("CONTRIBUTING.md", lambda: fields_of(Dialect)),
    "diagnosis-fields": ("CONTRIBUTING.md", lambda: fields_of(Diagnosis)),
    "finding-fields": ("CONTRIBUTING.md", lambda: fields_of(Finding)),
    "needs": ("CONTRIBUTING.md", needed),
}


@pytest.mark.parametrize("part", PARTS)
def test_the_generated_parts_are_up_to_date(
    part: str, update_samples: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    name, make = PARTS[part]
    path = ROOT / name
    text = path.read_text("utf-8")
    begin, end = f"<!-- begin: {part} -->\n", f"<!-- end: {part} -->\n"
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2]
    new = before + begin + "\n".join(make()).rstrip() + "\n" + end + after
    if update_samples:
        path.write_text(new, "utf-8")
    assert new == text or update_samples


@pytest.mark.parametrize("diagnosis", diagnoses().values(), ids=lambda d: d.id)
def test_a_diagnosis_explains_itself(diagnosis: Diagnosis) -> None:
    text = inspect.getdoc(diagnosis.check) or ""
    assert [heading for heading in HEADINGS if heading in text] == list(HEADINGS)
    assert diagnosis.asks.endswith("?")
    assert diagnosis.numbers or diagnosis.needs, "what it judges by"
    assert all(number.why for number in diagnosis.numbers)
    assert diagnosis.refs
    assert {rule.id for rule in diagnosis.absorbs} <= set(diagnoses()), (
        "what it takes over is there"
    )


def test_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False, encoding="utf-8")
    assert results.attempted > 2
    assert results.failed == 0


def test_who_contributes_finds_each_kind_of_line_and_each_cell() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert re.findall(
        r"(?m)^\| `(\w+)` \|", told.partition("| rule |")[2].partition("\n\n")[0]
    ) == [*grammar.KINDS]
    made = told.partition("| cell |")[2].partition("\n\n")[0]
    assert all(hasattr(cells, name) for name in re.findall(r"`(\w+)\(", made))
    for kind in (Dialect, Diagnosis):
        assert list(attributes(kind)) == [field.name for field in fields(kind)]
    assert set(attributes(Finding)) | {"host", "netns", "rows"} == {f.name for f in fields(Finding)}
