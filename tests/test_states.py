"""The state machine against RFC 9293, the words against what tools print."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from nsparse.states import (
    MACHINE,
    PLATFORMS,
    STATES,
    TRANSLATIONS,
    can_face,
    can_follow,
    canonical,
    is_known,
)

# --- words ------------------------------------------------------------------------------------

# Canonical name, then what prints each word: net-tools and BusyBox, ss, macOS and BSD, illumos,
# Windows, ReactOS, NetBSD -A -n. `-` is "never printed", `/` separates two words of one tool.
PRINTED = """
LISTEN       LISTEN      LISTEN     LISTEN      LISTEN      LISTENING    LISTENING   LISTEN
SYN_SENT     SYN_SENT    SYN-SENT   SYN_SENT    SYN_SENT    SYN_SENT     SYN_SENT    SYNSEN
SYN_RECEIVED SYN_RECV    SYN-RECV   SYN_RCVD    SYN_RCVD    SYN_RECEIVED SYN_RCVD    SYSRCV
ESTABLISHED  ESTABLISHED ESTAB      ESTABLISHED ESTABLISHED ESTABLISHED  ESTABLISHED ESTABL
FIN_WAIT_1   FIN_WAIT1   FIN-WAIT-1 FIN_WAIT_1  FIN_WAIT_1  FIN_WAIT_1   FIN_WAIT1   FWAIT1
FIN_WAIT_2   FIN_WAIT2   FIN-WAIT-2 FIN_WAIT_2  FIN_WAIT_2  FIN_WAIT_2   FIN_WAIT2   FWAIT2
CLOSE_WAIT   CLOSE_WAIT  CLOSE-WAIT CLOSE_WAIT  CLOSE_WAIT  CLOSE_WAIT   CLOSE_WAIT  CLWAIT
CLOSING      CLOSING     CLOSING    CLOSING     CLOSING     CLOSING      CLOSING     CLOSNG
LAST_ACK     LAST_ACK    LAST-ACK   LAST_ACK    LAST_ACK    LAST_ACK     LAST_ACK    LASTAK
TIME_WAIT    TIME_WAIT   TIME-WAIT  TIME_WAIT   TIME_WAIT   TIME_WAIT    TIME_WAIT   TMWAIT
CLOSED       CLOSE       UNCONN     CLOSED      CLOSED/IDLE CLOSED       CLOSED      CLOSED
BOUND        -           -          -           BOUND       BOUND        -           -
DELETE_TCB   -           -          -           -           -            DELETE_TCB  -
UNKNOWN      UNKNOWN     UNKNOWN/UNDEF -        UnknownState -           ???         -
"""
ROWS = [line.split() for line in PRINTED.strip().splitlines()]

NETSTAT_8 = [
    *["ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE"],
    *["CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "UNKNOWN"],
]

# Real output or net-tools po/*.po; one list for each language.
TRANSLATED = {
    "Windows in German": {
        "ABHÖREN": "LISTEN",
        "HERGESTELLT": "ESTABLISHED",
        "WARTEND": "TIME_WAIT",
        "SCHLIESSEN_WARTEN": "CLOSE_WAIT",
        "FIN_WARTEN_2": "FIN_WAIT_2",
        "SYN_GESENDET": "SYN_SENT",
    },
    "net-tools in German": {"VERBUNDEN": "ESTABLISHED", "UNBEKANNT": "UNKNOWN"},
    "net-tools in Spanish": {"ESCUCHAR": "LISTEN", "ESTABLECIDO": "ESTABLISHED"},
    "net-tools in Brazilian Portuguese": {
        "ESTABELECIDA": "ESTABLISHED",
        "OUÇA": "LISTEN",
        "SYN_ENVIADO": "SYN_SENT",
        "SYN_RECEBIDO": "SYN_RECEIVED",
        "ESPERA_FIN1": "FIN_WAIT_1",
        "ESPERA_FIN2": "FIN_WAIT_2",
        "FECHAR": "CLOSED",
        "ESPERANDO_FECHAR": "CLOSE_WAIT",
        "ÚLTIMO_ACK": "LAST_ACK",
        "FECHANDO": "CLOSING",
        "DESCONHECIDA": "UNKNOWN",
    },
    "net-tools in Czech": {
        "SPOJENO": "ESTABLISHED",
        "NASLOUCHÁ": "LISTEN",
        "ZAVŘEN": "CLOSED",
        "POSLEDNÍ ACK": "LAST_ACK",
        "ZAVÍRÁ": "CLOSING",
        "NEZNÁM": "UNKNOWN",
    },
    "net-tools in Swedish": {
        "ETABLERAD": "ESTABLISHED",
        "LYSSNAR": "LISTEN",
        "STÄNG": "CLOSED",
        "STÄNG_VÄNTA": "CLOSE_WAIT",
        "STÄNGER": "CLOSING",
        "OKÄND": "UNKNOWN",
    },
    "net-tools in Catalan": {
        "ESTABLERT": "ESTABLISHED",
        "ESCOLTA": "LISTEN",
        "SYNSENT": "SYN_SENT",
        "SYNRECV": "SYN_RECEIVED",
        "FINWAIT1": "FIN_WAIT_1",
        "FINWAIT2": "FIN_WAIT_2",
        "TEMPS": "TIME_WAIT",
        "TANCA": "CLOSED",
        "CLOSEWAIT": "CLOSE_WAIT",
        "LASTACK": "LAST_ACK",
        "TANCAMENT": "CLOSING",
        "DESCONEGUT": "UNKNOWN",
    },
    "net-tools in French": {"INCONNU": "UNKNOWN"},
    "net-tools in Estonian": {"TUNDMATU": "UNKNOWN"},
    "net-tools in Japanese": {"不明": "UNKNOWN"},
    "net-tools in Georgian": {"უცნობი": "UNKNOWN"},
}

VARIANTS = {
    # Microsoft's netstat page has these; its tool prints others.
    "SYN_SEND": "SYN_SENT",
    "TIMED_WAIT": "TIME_WAIT",
    "bound-inactive": "BOUND",  # a filter of ss(8)
    # FreeBSD's mark of hidden T/TCP states; illumos' marks of multilevel ports.
    "SYN_SENT*": "SYN_SENT",
    "ESTABLISHED*": "ESTABLISHED",
    "ESTABLISHED P": "ESTABLISHED",
    "LISTEN S": "LISTEN",
    "LISTEN P S": "LISTEN",
    # Numbers where a tool has no name.
    "7": "UNKNOWN",
    "-1": "UNKNOWN",
    "UNKNOWN(9)": "UNKNOWN",
    "UnknownState(12)": "UNKNOWN",
    "UNKNOWN STATE(12)": "UNKNOWN",
    # How people write them.
    "close-wait": "CLOSE_WAIT",
    "Fin_Wait1": "FIN_WAIT_1",
    "fin-wait1": "FIN_WAIT_1",
    "FWAIT-1": "FIN_WAIT_1",
    "  LISTEN  ": "LISTEN",
    "ABHO\u0308REN": "LISTEN",
}

DAMAGED = {
    "ABH™REN": "LISTEN",  # cp850 read as cp1252
    "ABH\x99REN": "LISTEN",
    "ABH\ufffdREN": "LISTEN",
    "ABHÃ–REN": "LISTEN",  # UTF-8 read as cp1252
    "ABH├ûREN": "LISTEN",
    "ABH?REN": "LISTEN",
    "ABHOREN": "LISTEN",
    "ABHOEREN": "LISTEN",
    "ABH_REN": "LISTEN",
    "OU\ufffdA": "LISTEN",
    "OUÃ‡A": "LISTEN",
    "STÃ„NG_VÃ„NTA": "CLOSE_WAIT",
    "ST\ufffdNG": "CLOSED",
    "ST\ufffdNGER": "CLOSING",
    "ZAV\ufffdR\ufffd": "CLOSING",
    "ZAV?EN": "CLOSED",
    "\ufffdLTIMO_ACK": "LAST_ACK",
    "POSLEDN\ufffd ACK": "LAST_ACK",
}

FOREIGN = [
    *["COOKIE_WAIT", "COOKIE_ECHOED", "SHUTDOWN_PENDING", "SHUTDOWN_SENT", "SHUTDOWN_RECEIVED"],
    *["ACK_SENT", "SHUTDOWN_ACK_SENT", "TERMINATE"],
]

# Near misses, words of UNIX sockets, header words, words known from tests of other programs only.
STRANGERS = [
    *["", " ", "-", "--", "**", "*", "::", "??", "????", "\ufffd\ufffd", "LIS", "LISTENS"],
    *["CLOSET_WAIT", "WAIT", "ESTABLISH", "FIN_WAIT", "FIN_WAIT_3", "FIN_WAIT_11", "TIMEWAITS"],
    *["L-ISTEN", "LISTEN S P", "LISTEN**", "P", "S", "ABHREN", "ABHXXXREN", "ABH\nREN\n\n\n"],
    *[
        "OUXA",
        "STANG",
        "OU1A",
        "OU-A",
        "ZAVEN",
        "(7)",
        "7a",
        "0x0A",
        "٧",
        "UNKNOWN()",
        "UNKNOWN(x)",
    ],
    *["CONNECTED", "CONNECTING", "HÖRT", "FREI", "Idle2", "Unbound", "State", "SABM SENT"],
    *["ESCUCHANDO", "SYN_EMPFANGEN", "SCHLIESSEND", "DİNLENİYOR", "À L'ÉCOUTE", "LUISTEREN"],
]


def printed() -> Iterator[tuple[str, str, str]]:
    """Platform, word and state of each cell of the table."""
    for name, *cells in ROWS:
        for platform, cell in zip(PLATFORMS, cells, strict=True):
            for word in cell.split("/") if cell != "-" else ():
                yield platform, word, name


def translated() -> Iterator[tuple[str, str, str]]:
    for where, words in TRANSLATED.items():
        for word, name in words.items():
            yield where, word, name


@pytest.mark.parametrize(("platform", "word", "name"), [*printed(), *translated()])
def test_every_printed_word_is_known(platform: str, word: str, name: str) -> None:
    assert canonical(word) == name
    assert word in MACHINE[name].spellings[platform]


def test_the_tables_hold_no_word_without_evidence() -> None:
    ours = {
        (platform, word, name)
        for name, state in MACHINE.items()
        for platform, words in state.spellings.items()
        for word in words
    }
    assert ours == {*printed(), *translated()}
    assert all(translation.source for translation in TRANSLATIONS)


@pytest.mark.parametrize("word", NETSTAT_8)
def test_every_word_of_the_manual_is_known(word: str) -> None:
    assert canonical(word) in STATES
    assert (canonical(word) == "UNKNOWN") == (word == "UNKNOWN")


@pytest.mark.parametrize(("word", "name"), [*VARIANTS.items(), *DAMAGED.items()])
def test_variants_and_damage(word: str, name: str) -> None:
    assert canonical(word) == name
    assert is_known(word)


@pytest.mark.parametrize("word", FOREIGN)
def test_words_of_other_protocols_are_known_without_a_state(word: str) -> None:
    assert canonical(word) == canonical(word.lower().replace("_", "-")) == "UNKNOWN"
    assert is_known(word)


@pytest.mark.parametrize("word", STRANGERS)
def test_nothing_is_guessed(word: str) -> None:
    assert canonical(word) is None
    assert not is_known(word)


@pytest.mark.parametrize("name", STATES)
def test_canonical_names_stand_for_themselves(name: str) -> None:
    assert canonical(name) == canonical(name.lower()) == canonical(name.replace("_", "-")) == name


# --- the machine ------------------------------------------------------------------------------

# RFC 9293 figure 5 with its notes, and 3.10.7.4 for a FIN in SYN-RECEIVED. Every state can also
# be left for CLOSED: reset, abort, timeout.
RFC_SUCCESSORS = {
    "CLOSED": {"LISTEN", "SYN_SENT"},
    "LISTEN": {"SYN_RECEIVED", "SYN_SENT"},
    "SYN_SENT": {"SYN_RECEIVED", "ESTABLISHED"},
    "SYN_RECEIVED": {"ESTABLISHED", "FIN_WAIT_1", "CLOSE_WAIT", "LISTEN"},
    "ESTABLISHED": {"FIN_WAIT_1", "CLOSE_WAIT"},
    "FIN_WAIT_1": {"FIN_WAIT_2", "CLOSING", "TIME_WAIT"},
    "FIN_WAIT_2": {"TIME_WAIT"},
    "CLOSE_WAIT": {"LAST_ACK"},
    "CLOSING": {"TIME_WAIT"},
    "LAST_ACK": set(),
    "TIME_WAIT": set(),
}
EXTENSIONS = {"BOUND", "DELETE_TCB", "UNKNOWN"}

# What each end shows, moment by moment.
HANDSHAKE = [
    ("SYN_SENT", "LISTEN"),
    ("SYN_SENT", "SYN_RECEIVED"),
    ("ESTABLISHED", "SYN_RECEIVED"),
    ("ESTABLISHED", "ESTABLISHED"),
]
CALLING_EACH_OTHER = [
    ("SYN_SENT", "SYN_SENT"),
    ("SYN_RECEIVED", "SYN_RECEIVED"),
    ("ESTABLISHED", "SYN_RECEIVED"),
    ("ESTABLISHED", "ESTABLISHED"),
]
ONE_CLOSES_FIRST = [
    ("ESTABLISHED", "ESTABLISHED"),
    ("FIN_WAIT_1", "ESTABLISHED"),
    ("FIN_WAIT_1", "CLOSE_WAIT"),
    ("FIN_WAIT_2", "CLOSE_WAIT"),
    ("FIN_WAIT_2", "LAST_ACK"),
    ("TIME_WAIT", "LAST_ACK"),
    ("TIME_WAIT", "CLOSED"),
]
BOTH_CLOSE = [
    ("ESTABLISHED", "ESTABLISHED"),
    ("FIN_WAIT_1", "ESTABLISHED"),
    ("FIN_WAIT_1", "FIN_WAIT_1"),
    ("CLOSING", "FIN_WAIT_1"),
    ("CLOSING", "CLOSING"),
    ("TIME_WAIT", "CLOSING"),
    ("TIME_WAIT", "TIME_WAIT"),
]
FIN_AND_ACK_TOGETHER = [
    ("ESTABLISHED", "ESTABLISHED"),
    ("FIN_WAIT_1", "ESTABLISHED"),
    ("FIN_WAIT_1", "CLOSE_WAIT"),
    ("FIN_WAIT_1", "LAST_ACK"),
    ("TIME_WAIT", "LAST_ACK"),
    ("TIME_WAIT", "CLOSED"),
]
WALKS = [HANDSHAKE, CALLING_EACH_OTHER, ONE_CLOSES_FIRST, BOTH_CLOSE, FIN_AND_ACK_TOGETHER]


def test_every_state_is_described_in_order() -> None:
    assert tuple(MACHINE) == STATES
    assert set(STATES) == {*RFC_SUCCESSORS, *EXTENSIONS}
    assert len(STATES) == len(RFC_SUCCESSORS) + len(EXTENSIONS)
    assert all(name == state.name for name, state in MACHINE.items())


@pytest.mark.parametrize("name", RFC_SUCCESSORS)
def test_successors_are_those_of_the_rfc(name: str) -> None:
    after = set(MACHINE[name].successors) - EXTENSIONS
    assert after - {"CLOSED"} == RFC_SUCCESSORS[name]
    assert ("CLOSED" in after) == (name != "CLOSED")


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATES, STATES)))
def test_predecessors_and_successors_agree(before: str, after: str) -> None:
    forward = after in MACHINE[before].successors
    assert forward == (before in MACHINE[after].predecessors)
    assert len(set(MACHINE[before].successors)) == len(MACHINE[before].successors)


@pytest.mark.parametrize(("here", "there"), list(itertools.product(STATES, STATES)))
def test_opposites_are_symmetric(here: str, there: str) -> None:
    state, other = MACHINE[here], MACHINE[there]
    assert (there in state.opposite) == (here in other.opposite)
    assert (there in state.usual) == (here in other.usual)
    assert can_face(here, there) == can_face(there, here)
    assert state.opposite[: len(state.usual)] == state.usual


@pytest.mark.parametrize("walk", WALKS)
def test_walks(walk: list[tuple[str, str]]) -> None:
    for here, there in walk:
        assert there in MACHINE[here].opposite
        assert can_face(here, there)
    for before, after in itertools.pairwise(walk):
        for old, new in zip(before, after, strict=True):
            assert old == new or new in MACHINE[old].successors


@dataclass(frozen=True)
class End:
    """One end of a connection: how far (1 is SYN, 2 is FIN) it has sent, is confirmed, has got."""

    server: bool = False
    sent: int = 0
    confirmed: int = 0
    got: int = 0
    first: bool = False
    waited: bool = False

    @property
    def state(self) -> str:
        """The name by RFC 9293 3.3.2; "" before the connection."""
        if self.sent == 0:
            return "LISTEN" if self.server else ""
        if self.sent == 1:
            opening = "SYN_RECEIVED" if self.got else "SYN_SENT"
            return ("", "ESTABLISHED", "CLOSE_WAIT")[self.got] if self.confirmed else opening
        done = self.confirmed == 2
        if self.got < 2:
            return "FIN_WAIT_2" if done else "FIN_WAIT_1"
        if not self.first or self.waited:
            return "CLOSED" if done else "LAST_ACK"
        return "TIME_WAIT" if done else "CLOSING"

    def acts(self) -> Iterator[End]:
        """What its program, or its clock, may do now."""
        if self.state == "":
            yield replace(self, sent=1)
        if self.state in ("SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT"):
            yield replace(self, sent=2, first=self.got < 2)
        if self.state == "TIME_WAIT":
            yield replace(self, waited=True)

    def says(self) -> frozenset[tuple[int, int]]:
        """The packets it may send now: what is not confirmed, or nothing new; with its own ACK."""
        if self.sent == 0:
            return frozenset()
        return frozenset(
            (part, self.got) for part in (0, *range(self.confirmed + 1, self.sent + 1))
        )

    def hears(self, part: int, confirms: int) -> End:
        """The end after a packet; one that does not fit yet changes nothing."""
        if self.sent == 0:
            return replace(self, sent=1, got=1) if self.server and part == 1 else self
        if part > self.got + 1 or (self.got == 0 and part != 1):
            return self
        return replace(
            self,
            confirmed=max(self.confirmed, min(confirms, self.sent)),
            got=max(self.got, part),
        )


Packets = frozenset[tuple[int, int]]
World = tuple[End, End, Packets, Packets]


def steps(world: World) -> Iterator[World]:
    """What may happen next: an end acts, or hears a packet; any may be late, lost or repeated."""
    here, there, ours, theirs = world
    for new in (*here.acts(), *(here.hears(*packet) for packet in theirs)):
        yield new, there, ours | new.says(), theirs
    for new in (*there.acts(), *(there.hears(*packet) for packet in ours)):
        yield here, new, ours, theirs | new.says()


def explore(there: End) -> set[World]:
    start: World = (End(), there, frozenset(), frozenset())
    seen, todo = {start}, [start]
    while todo:
        fresh = set(steps(todo.pop())) - seen
        seen |= fresh
        todo += fresh
    return seen


@pytest.fixture(scope="module")
def worlds() -> set[World]:
    """Everything that two ends without a fault can come to."""
    return explore(End(server=True)) | explore(End())


def test_opposites_are_what_two_ends_can_come_to(worlds: set[World]) -> None:
    met = {frozenset((here.state, there.state)) for here, there, *_ in worlds}
    told = {frozenset((name, other)) for name in STATES for other in MACHINE[name].opposite}
    before_and_after = {pair for pair in met if "" in pair or pair == {"CLOSED"}}
    assert met - before_and_after == told


def test_moves_are_what_an_end_can_do(worlds: set[World]) -> None:
    made = {
        (world[0].state, after[0].state)
        for world in worlds
        for after in steps(world)
        if world[0].state and after[0].state != world[0].state
    }
    assert made
    assert all(after in MACHINE[before].successors for before, after in made)
    # By moves that no fault and no listener makes, all of the RFC's machine is walked.
    wanted = {(b, a) for b, later in RFC_SUCCESSORS.items() for a in later}
    assert {pair for pair in wanted if "LISTEN" not in pair and "CLOSED" not in pair} <= made


# --- two snapshots ----------------------------------------------------------------------------

FORWARD = """
SYN_SENT      SYN_RECEIVED ESTABLISHED FIN_WAIT_1 CLOSE_WAIT LAST_ACK TIME_WAIT CLOSED
SYN_RECEIVED  ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT CLOSED
ESTABLISHED   FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT CLOSED
FIN_WAIT_1    FIN_WAIT_2 CLOSING TIME_WAIT CLOSED
FIN_WAIT_2    TIME_WAIT CLOSED
CLOSE_WAIT    LAST_ACK CLOSED
CLOSING       TIME_WAIT CLOSED
LAST_ACK      CLOSED DELETE_TCB
TIME_WAIT     CLOSED DELETE_TCB
DELETE_TCB    CLOSED
LISTEN        CLOSED
BOUND         LISTEN SYN_SENT ESTABLISHED TIME_WAIT CLOSED
CLOSED        BOUND LISTEN SYN_SENT ESTABLISHED
"""
BACKWARD = """
SYN_SENT      LISTEN BOUND
SYN_RECEIVED  LISTEN SYN_SENT
ESTABLISHED   LISTEN SYN_SENT SYN_RECEIVED BOUND
FIN_WAIT_1    LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK
FIN_WAIT_2    LISTEN SYN_SENT ESTABLISHED FIN_WAIT_1 CLOSING CLOSE_WAIT LAST_ACK
CLOSE_WAIT    LISTEN SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSING TIME_WAIT
CLOSING       LISTEN ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT LAST_ACK
LAST_ACK      LISTEN ESTABLISHED CLOSE_WAIT FIN_WAIT_1 TIME_WAIT
TIME_WAIT     LISTEN SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSING CLOSE_WAIT LAST_ACK
LISTEN        SYN_SENT SYN_RECEIVED ESTABLISHED CLOSE_WAIT TIME_WAIT BOUND
DELETE_TCB    TIME_WAIT ESTABLISHED LISTEN
"""


def pairs(text: str) -> list[tuple[str, str]]:
    lines = (line.split() for line in text.strip().splitlines())
    return [(before, after) for before, *later in lines for after in later]


@pytest.mark.parametrize(("before", "after"), pairs(FORWARD))
def test_forward_moves(before: str, after: str) -> None:
    assert can_follow(before, after)


@pytest.mark.parametrize(("before", "after"), pairs(BACKWARD))
def test_backward_moves(before: str, after: str) -> None:
    assert not can_follow(before, after)


@pytest.mark.parametrize("name", STATES)
def test_any_socket_may_stay_go_or_be_unknown(name: str) -> None:
    assert can_follow(name, name)
    assert can_follow(name, "CLOSED")
    assert can_follow(name, "UNKNOWN")
    assert can_follow("UNKNOWN", name)
    assert can_face(name, "CLOSED")
    assert can_face(name, "UNKNOWN")


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_goes_one_way(walk: list[tuple[str, str]]) -> None:
    for end in zip(*walk, strict=True):
        moves = [state for state, _ in itertools.groupby(end) if state not in ("LISTEN", "CLOSED")]
        for earlier, later in itertools.combinations(moves, 2):
            assert can_follow(earlier, later)
            assert not can_follow(later, earlier)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("SYN_SENT", "ESTABLISHED"),
        ("LISTEN", "ESTABLISHED"),
        ("LISTEN", "LISTEN"),
        ("ESTABLISHED", "FIN_WAIT_2"),
        ("ESTABLISHED", "CLOSE_WAIT"),
        ("CLOSE_WAIT", "CLOSE_WAIT"),
        ("CLOSE_WAIT", "TIME_WAIT"),
        ("LAST_ACK", "CLOSING"),
        ("FIN_WAIT_2", "FIN_WAIT_2"),
        ("TIME_WAIT", "FIN_WAIT_1"),
        ("BOUND", "ESTABLISHED"),
    ],
)
def test_ends_that_cannot_belong_together(here: str, there: str) -> None:
    assert not can_face(here, there)
