"""What `nsparse explain` says of a state."""

from __future__ import annotations

import itertools

import pytest

from nsparse.registry import diagnoses
from nsparse.reporting.explain import (
    CLEARING,
    CLOSING,
    CROSSING,
    OPENING,
    Sequence,
    diagram,
    explain_state,
    explain_states,
    related_to,
)
from nsparse.states import MACHINE, STATES, can_face

SEQUENCES = [OPENING, CLOSING, CROSSING, CLEARING]
WORDS = sorted({word for s in MACHINE.values() for words in s.spellings.values() for word in words})

CLOSE_WAIT_DIAGRAM = """\
   closes first              closes second
   ESTABLISHED   <- data ->  ESTABLISHED    both may send
   FIN_WAIT_1    -- FIN -->  ESTABLISHED    the left program closes
>  FIN_WAIT_1    <-- ACK -- [CLOSE_WAIT]    the FIN arrives: confirm
>  FIN_WAIT_2               [CLOSE_WAIT]    the confirmation arrives
   FIN_WAIT_2    <-- FIN --  LAST_ACK       the right program closes
   TIME_WAIT     -- ACK -->  LAST_ACK       the FIN arrives: confirm
   TIME_WAIT                 CLOSED         the confirmation arrives
   CLOSED                    CLOSED         the waiting time is over
"""

# The question a newcomer brings, and what must be found in the answer.
ANSWERS = {
    "LISTENING": ["waiting for callers", "So spelled by: Windows, ReactOS", "[LISTEN]"],
    "TIME_WAIT": ["Who must act next: this host's kernel", "60 seconds", "[TIME_WAIT]"],
    "CLOSE_WAIT": ["Who must act next: this host's program", "explain close-wait-leak"],
    "FIN_WAIT1": ["Who must act next: the other end", "[FIN_WAIT_1]"],
    "FIN_WAIT2": ["explain fin-wait2-stuck", "[FIN_WAIT_2]"],
    "ESTABLISHED": ["both ends may send", "how a connection opens", "how a connection closes"],
    "CLOSING": ["when both ends close at once", "[CLOSING]"],
    "DELETE_TCB": ["how Windows clears", "[DELETE_TCB]"],
    "BOUND": ["[BOUND]"],
    "COOKIE_WAIT": ["belongs to SCTP"],
    "WARTEND": ["TIME_WAIT: ", "So spelled by: Windows in German"],
    "ABH™REN": ["LISTEN: "],
    "CloseWait": ["CLOSE_WAIT: "],
    "SYN_RECV": ["SYN_RECEIVED: ", "explain syn-recv-pile"],
}


@pytest.mark.parametrize("word", [*STATES, *WORDS, *ANSWERS])
def test_every_state_is_explained_in_any_spelling(word: str) -> None:
    text = explain_state(word)
    assert text is not None
    assert text.isascii()
    assert text.endswith("\n")
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines == [line.rstrip() for line in lines]
    assert lines[0].split(":")[0] in STATES


@pytest.mark.parametrize(("word", "parts"), list(ANSWERS.items()))
def test_the_answer_is_in_it(word: str, parts: list[str]) -> None:
    text = explain_state(word) or ""
    assert [part for part in parts if part not in " ".join(text.split())] == []


@pytest.mark.parametrize("name", STATES)
def test_neighbours_and_spellings_are_in_it(name: str) -> None:
    text = explain_state(name) or ""
    state = MACHINE[name]
    named = {*state.predecessors, *state.successors, *state.opposite}
    named |= {word for words in state.spellings.values() for word in words if word.isascii()}
    flat = " ".join(text.split())
    assert [word for word in named if word not in flat] == []
    assert all(f"nsparse explain {id_}\n" in text for id_ in related_to(name))


@pytest.mark.parametrize("word", ["", "close-wait-leak", "state", "ss_linux", "HALF_OPEN", "--"])
def test_other_words_are_left_to_others(word: str) -> None:
    assert explain_state(word) is None


@pytest.mark.parametrize("sequence", SEQUENCES, ids=lambda sequence: sequence.title)
def test_diagrams_follow_the_machine(sequence: Sequence) -> None:
    for moment in sequence.moments:
        assert can_face(moment.left, moment.right)
    for before, after in itertools.pairwise(sequence.moments):
        assert (before.left, before.right) != (after.left, after.right)
        for old, new in ((before.left, after.left), (before.right, after.right)):
            assert old == new or new in MACHINE[old].successors


def test_each_state_stands_in_a_diagram() -> None:
    drawn = {end for s in SEQUENCES for m in s.moments for end in (m.left, m.right)}
    assert drawn == set(STATES) - {"UNKNOWN"}


def test_the_diagram_marks_its_state() -> None:
    assert "\n".join(diagram(CLOSING, "CLOSE_WAIT")) + "\n" == CLOSE_WAIT_DIAGRAM
    assert CLOSE_WAIT_DIAGRAM in (explain_state("CLOSE_WAIT") or "")


def test_all_states_at_a_glance() -> None:
    text = explain_states()
    assert text.isascii()
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    heads = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert heads == list(STATES)


def test_a_state_leads_to_the_diagnoses_that_are_about_it_and_exist() -> None:
    named = {state: related_to(state) for state in STATES}
    assert "fin-wait2-stuck" in named["FIN_WAIT_2"]
    assert len([id_ for id_ in named["CLOSE_WAIT"] if id_.startswith("close-wait-")]) >= 4
    for id_, diagnosis in diagnoses().items():
        assert set(diagnosis.states) <= set(STATES), id_
        assert {state for state in STATES if id_ in named[state]} == set(diagnosis.states)


@pytest.mark.parametrize("name", STATES)
def test_no_page_leads_nowhere(name: str) -> None:
    words = (explain_state(name) or "").split("nsparse explain ")[1:]
    assert {word.split()[0] for word in words} <= set(diagnoses())
