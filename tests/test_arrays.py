"""What a view tells of its columns, held against the plain way: lists of Python's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nsparse.judging.arrays import texts
from nsparse.judging.arrays.codes import Codes, dense, frequency, joined, sought
from nsparse.judging.arrays.columns import Words, listed
from nsparse.judging.arrays.members import is_among, one_of, places
from nsparse.judging.arrays.texts import TEXT
from nsparse.judging.arrays.view import View
from nsparse.schema import frame

Table = dict[str, list[Any]]

CELLS: dict[str, list[list[Any]]] = {
    # of what the cells of a column are, one list or another
    "netns": [[None], [None, "n"], ["m", "n"]],
    "process": [[None, "a", "b", "ä"], ["a"], ["a", "b"]],
    "state": [[None, "LISTEN", "CLOSED"], ["LISTEN"]],
    "local_port": [[None, 80, 81], [0, 1, 65535, None], [443]],
    "inode": [[None, -1, 0, 7, 10**6, 10**12], [10**6, 10**6 + 1], [None]],
    "rtt_ms": [[None, 0.0, 0.5, 2.5, 3.0], [1.5], [None]],
    "v6only": [[None, True, False], [True, False], [None]],
}
BESIDE: dict[str, list[Any]] = {
    "listener": [-1, 0, 1],
    "live": [True, False],
    "share": [None, 0.0, 0.5, 2.0],
    "rtt_ms": [0.5, 2.0],
    "v6only": [True, False],
    "service": ["x", "y", "z"],
    "process": [None, "a", "c"],
}
"""Columns beside those of a frame, or in their place."""
PORT, INODE, PROCESS = "local_port", "inode", "process"
BY = [(PORT,), (PROCESS,), (PORT, INODE), (PROCESS, PORT, INODE, "state"), ("netns",), ()]


def table_of(pick: Random) -> Table:
    size = pick.randint(1, 14)
    return {name: pick.choices(pick.choice(kinds), k=size) for name, kinds in CELLS.items()}


def plain(values: Any) -> list[Any]:
    return [None if pd.isna(value) else value for value in values]


def length(table: Table) -> int:
    return len(table[PORT])


# ---- what is asked -----------------------------------------------------------------------------


def arrays(view: View, table: Table, _: Random) -> None:
    for name, cells in table.items():
        assert plain(view.array(name)) == cells


def pieces(view: View, table: Table, _: Random) -> None:
    for name, cells in table.items():
        assert plain(view.pieces(name)) == cells


def single_cells(view: View, table: Table, _: Random) -> None:
    for name, cells in table.items():
        assert plain(view.cell(name, at) for at in range(len(view))) == cells
    assert len(view) == length(table)


def what_is_known(view: View, table: Table, _: Random) -> None:
    for name, cells in table.items():
        known = [cell is not None for cell in cells]
        assert view.known(name).tolist() == known
        assert (view.full(name), view.empty(name)) == (all(known), not any(known))


def codes(view: View, table: Table, _: Random) -> None:
    for name, cells in table.items():
        words = [None, *view.words(name)]
        assert [words[code] for code in view.codes(name).of] == cells
        assert len(words) == view.codes(name).size
        assert len(set(words)) == len(words), "equal values have equal numbers"


def numbers(view: View, table: Table, _: Random) -> None:
    for name in {PORT, INODE, "rtt_ms", "listener", "share"} & {*table}:
        assert view.numbers(name).tolist() == [cell or 0 for cell in table[name]]
    assert view.true("v6only").tolist() == [cell is True for cell in table["v6only"]]


def masks(view: View, table: Table, pick: Random) -> None:
    for name, cells in table.items():
        known = [cell for kind in CELLS.get(name, []) for cell in kind] + BESIDE.get(name, [])
        known = [cell for cell in known if cell is not None]
        sought = pick.sample(known, pick.randint(0, len(known)))
        assert view.is_(name, *sought).tolist() == [cell in sought for cell in cells]
    limit = pick.choice([-0.5, 0, 0.5, 2.5, 80, 80.5, 81, float("inf")])
    for name in (PORT, INODE, "rtt_ms"):
        cells = [float("nan") if cell is None else cell for cell in table[name]]
        assert view.above(name, limit).tolist() == [cell > limit for cell in cells]
        assert view.at_least(name, limit).tolist() == [cell >= limit for cell in cells]
        assert view.below(name, limit).tolist() == [cell < limit for cell in cells]


def passed_by_a_test(view: View, table: Table, pick: Random) -> None:
    among = mask_of(pick, len(view))
    for name, cells in table.items():
        asked = list[Any]()

        def late(value: Any, asked: list[Any] = asked) -> bool:
            asked.append(value)
            return str(value) > "8"

        passed = [cell is not None and str(cell) > "8" for cell in cells]
        assert view.where(name, late).tolist() == passed
        assert Counter(asked) == Counter({*cells} - {None}), "each value is asked for once"
        some = [one and two for one, two in zip(passed, among, strict=True)]
        asked.clear()
        assert view.where(name, late, among).tolist() == some
        assert Counter(asked) == Counter({*asked} & {*cells}), "no value is asked for twice"


def how_often(view: View, table: Table, pick: Random) -> None:
    among = mask_of(pick, len(view))
    for name, cells in table.items():
        often = Counter(cell for cell in cells if cell is not None)
        assert {value: n for value, n in view.counts(name).items() if n} == often
        assert view.most(name) == max(often.values(), default=0)
        assert {*view.values(name)} == {*often}
        some = {cell for cell, one in zip(cells, among, strict=True) if one}
        assert {*view.values(name, among)} == some - {None}


def some_rows(view: View, table: Table, pick: Random) -> None:
    at = np.flatnonzero(mask_of(pick, len(view)))
    picked = view.pick(at, *table)
    for name, cells in table.items():
        assert plain(picked[name]) == [cells[n] for n in at]
        assert plain(view.taken(name, at)) == [cells[n] for n in at]
    places = np.append(at, -1)
    beside = view.beside(places, pd.RangeIndex(len(places)), PORT, PROCESS)
    for name in (PORT, PROCESS):
        assert plain(beside[name]) == [*(table[name][n] for n in at), None]


def what_is_linked(view: View, table: Table, pick: Random) -> None:
    to = table.get("listener")
    if to is None or len(view) < 2:  # they lead to the first and the second row
        return
    among = mask_of(pick, len(view))
    assert view.linked("listener").tolist() == [one >= 0 for one in to]
    met = Counter(one for one, counts in zip(to, among, strict=True) if counts)
    assert view.leading("listener", among).tolist() == [met[n] for n in range(len(view))]


def whole(view: View, table: Table, _: Random) -> None:
    rows = view.rows
    shown = [name for name in table if name in rows]
    assert {name: plain(rows[name]) for name in shown} == {name: table[name] for name in shown}
    assert not any(cell is not None for name in table if name not in rows for cell in table[name])
    assert list(rows.index) == list(range(len(view)))


def keys_of(table: Table, names: Sequence[str]) -> list[tuple[Any, ...] | None]:
    """What the rows are alike by; None where one of the columns but the namespace has no value."""
    if not names:
        return [(netns,) for netns in table["netns"]]
    each = zip(table["netns"], *(table[name] for name in names), strict=True)
    strict = [n for n, name in enumerate(("netns", *names)) if name != "netns"]
    return [None if any(key[n] is None for n in strict) else key for key in each]


def keys(view: View, table: Table, pick: Random) -> None:
    by = pick.choice(BY)
    told, found = keys_of(table, by), view.keys(*by)
    assert [key is None for key in told] == (found < 0).tolist()
    assert len({*zip(told, found.tolist(), strict=True)}) == len({*told}) == len({*found.tolist()})


def counts(view: View, table: Table, pick: Random) -> None:
    by, at = pick.choice(BY), np.flatnonzero(mask_of(pick, len(view)))
    among = mask_of(pick, len(view))
    keep = pick.random() < 0.5
    among.setflags(write=not keep)  # what nobody changes is counted once
    told = keys_of(table, by)
    met = Counter(key for key, one in zip(told, among, strict=True) if one and key)
    for _ in range(2):
        assert view.tally(at, among, *by).tolist() == [met[told[n] or ()] for n in at]
    others = np.flatnonzero(among)
    assert view.tally(at, others, *by).tolist() == [met[told[n] or ()] for n in at]
    mine = Counter(told[n] for n in at)
    sizes = [mine[told[n]] if told[n] is not None else 0 for n in at]
    assert view.sizes(at, *by).tolist() == sizes
    theirs = {told[n] for n in others}
    assert view.alike(at, others, *by).tolist() == [told[n] in theirs for n in at]
    made = view.keys_at(at, *by)
    assert made.tolist() == view.keys(*by)[at].tolist()


def together(view: View, table: Table, pick: Random) -> None:
    by, which = pick.choice(BY), mask_of(pick, len(view))
    least = pick.randint(1, 3)
    lots: dict[Any, list[int]] = {}
    for n, key in enumerate(keys_of(table, by)):
        if which[n] and key is not None:
            lots.setdefault(key, []).append(n)
    wanted = [lot for lot in lots.values() if len(lot) >= least]
    assert [lot.tolist() for lot in view.lots(which, *by, least=least)] == wanted


def mask_of(pick: Random, size: int) -> Any:
    return np.array(pick.choices([False, True], k=size))


ASKED: list[Callable[[View, Table, Random], None]] = [
    *(arrays, pieces, single_cells, what_is_known, codes, numbers, masks),
    *(passed_by_a_test, how_often, some_rows, what_is_linked, whole, keys, counts, together),
]

# ---- in whatever order -------------------------------------------------------------------------


def part(view: View, table: Table, pick: Random) -> tuple[View, Table]:
    """Some of the rows."""
    left = mask_of(pick, len(view))
    if not left.any():
        return view, table
    some = {
        name: [cell for cell, one in zip(cells, left, strict=True) if one]
        for name, cells in table.items()
    }
    return view.at(left), some


def more(view: View, table: Table, pick: Random) -> tuple[View, Table]:
    """The same rows with a column more, or another one in place of theirs."""
    name = pick.choice([*BESIDE])
    size = len(view)
    cells = pick.choices(BESIDE[name], k=size)
    if name == "service":
        column: Any = listed(np.arange(size), cells)
    else:
        kind = "float64" if name == "share" else None
        column = pd.array(cells, dtype=TEXT) if name == PROCESS else np.array(cells, dtype=kind)
    return view.beside_columns({name: column}), {**table, name: cells}


@pytest.mark.parametrize("seed", range(60))
def test_what_was_asked_before_changes_no_answer(seed: int) -> None:
    """What a view has told of its columns, parts of it know: the right answers, or none."""
    pick = Random(seed)
    table = table_of(pick)
    view = View(frame(table, length(table)))
    for step in (part, more, part, None):
        for ask in pick.sample(ASKED, pick.randint(0, 3)):
            ask(view, table, pick)
        if step and pick.random() < 0.7:
            view, table = step(view, table, pick)
    for ask in pick.sample(ASKED, len(ASKED)):
        ask(view, table, pick)


@pytest.mark.parametrize("beside", [False, True])
def test_a_column_that_is_numbered_anew_is_counted_anew(*, beside: bool) -> None:
    """Both ends of a row take their numbers from one table, whatever was counted before."""
    some = np.array([True, True, False])
    view = View(frame({"local_addr": ["a", "b", "a"]}, 3))
    told = (view.counts("local_addr"), view.tally(np.arange(3), some, "local_addr").tolist())
    if beside:
        view = view.beside_columns({"live": some})
    words = texts.at_hand(pd.array(["x", "b", "y", "a", "z"], dtype=TEXT))
    view.know("local_addr", (Codes(np.array([4, 2, 4]), 6), words))
    assert view.values("local_addr", some) == ["b", "a"]
    assert view.most("local_addr") == 2
    found = {word: n for word, n in view.counts("local_addr").items() if n}
    assert (found, view.tally(np.arange(3), some, "local_addr").tolist()) == told


# ---- numbers among others ----------------------------------------------------------------------

FAR = 10**12
numbers_far_and_near = st.lists(st.sampled_from([-1, 0, 1, 2, 3, 9, FAR, FAR + 1]), max_size=9)


@given(numbers_far_and_near, st.sets(st.sampled_from([0, 2, 9, FAR])))
def test_places_are_those_in_the_list(asked: list[int], known: set[int]) -> None:
    order = sorted(known)
    found = places(np.array(asked, dtype=np.int64), np.array(order, dtype=np.int64))
    assert found.tolist() == [order.index(n) if n in known else -1 for n in asked]


NEAR = 9
near = st.lists(st.integers(0, NEAR), max_size=9)


@given(near, near, st.sampled_from([NEAR + 1, FAR]))
def test_numbers_are_among_others(asked: list[int], others: list[int], below: int) -> None:
    mine, theirs = np.array(asked, dtype=np.int64), np.array(others, dtype=np.int64)
    assert is_among(mine, theirs, below).tolist() == [n in others for n in asked]


@given(numbers_far_and_near, numbers_far_and_near, st.sampled_from(["int64", "float64"]))
@example([-1, 9, 3], [-1, 0, 1, 2, 3], "int64")
def test_one_of_few_or_many_values(asked: list[int], values: list[int], kind: str) -> None:
    assert one_of(np.array(asked, dtype=kind), values).tolist() == [n in values for n in asked]


@pytest.mark.parametrize("times", [1, 2])
def test_a_number_of_very_many_is_found_at_its_first_place(times: int) -> None:
    """Squares: where they stand in a table of slots, some meet."""
    squares = np.arange(70_000) ** 2
    found = sought(squares, np.repeat(squares[::20], times))
    assert found[::20].tolist() == list(range(0, 3500 * times, times))
    assert np.count_nonzero(found >= 0) == 3500


@pytest.mark.parametrize("differ", [1, 300, 5_000, 90_000])
def test_numbers_of_very_many_rows_are_told_apart(differ: int) -> None:
    """Few of them by the slot that each has, of which some are shared; many by sorting them."""
    known = np.unique(np.random.default_rng(differ).integers(0, 2**40, differ))
    place = np.random.default_rng(1).integers(0, len(known), 100_000)
    used, found = dense(known[place], 2**40)
    assert np.array_equal(used, np.unique(known[place]))
    assert np.array_equal(used[found], known[place])


def test_rows_alike_in_columns_of_many_values_are_counted() -> None:
    """The table of all their pairs would be too long: each column leaves fewer rows."""
    pick = Random(3)
    cells = [(pick.choice([None, *range(900)]), pick.choice(range(800))) for _ in range(2000)]
    ports, inodes = map(list, zip(*cells, strict=True))
    inodes = [inode * 10**6 for inode in inodes]
    view = View(frame({PORT: ports, INODE: inodes}, len(cells)))
    of = np.array(pick.sample(range(2000), 40))
    for share in (1, 0.5, 0.1):
        among = np.array([pick.random() < share for _ in cells])
        told = Counter(pair for pair, yes in zip(cells, among, strict=True) if yes)
        wanted = [told[cells[at]] if cells[at][0] is not None else 0 for at in of]
        assert view.tally(of, among, PORT, INODE).tolist() == wanted


@pytest.mark.parametrize("size", [1, 2, 16, 17, 120])
def test_how_often_each_number_occurs(size: int) -> None:
    of = np.random.default_rng(size).integers(0, size, 50)
    for kind in ("int8", "int64"):
        told = frequency(Codes(of.astype(kind), size))
        assert told.tolist() == [of.tolist().count(number) for number in range(size)]


def test_numbers_that_leave_no_room_for_their_positions() -> None:
    used, place = dense(np.array([2**61, 5, 2**61]), 2**61 + 1)
    assert (used.tolist(), place.tolist()) == ([5, 2**61], [1, 0, 1])


def test_tuples_whose_product_is_too_large_are_different_numbers() -> None:
    """2**24 times 2**40 would be 0 again."""
    first, second = Codes(np.array([0, 1 << 24, 0]), 2**40), Codes(np.array([5, 5, 5]), 2**40)
    one, other, again = joined(first, second)
    assert one == again != other


def test_keys_of_many_columns_are_the_same_for_some_rows_as_for_all() -> None:
    """Eight columns of a thousand values each: more tuples than there are whole numbers."""
    size, names = 1000, ("pid", "uid", "inode", "fd", "mss", "cwnd", "lost", "unacked")
    pick = np.random.default_rng(7)
    view = View(frame({name: pick.permutation(size).tolist() for name in names}, size))
    at = np.array([3, 500, 998])
    assert view.keys_at(at, *names).tolist() == view.keys(*names)[at].tolist()
    assert len({*view.keys(*names).tolist()}) == size


def test_rows_alike_are_counted_anew_for_other_columns() -> None:
    """The first row has the same key by either: of each column its number is 1."""
    rest = range(2, 19)
    columns = {"pid": [1, 1, 1, *rest], "fd": [1, 1, 2, *rest], "mss": [1, 2, 2, *rest]}
    view = View(frame({**columns, "uid": columns["pid"]}, 20))
    first, every = np.array([0]), np.arange(20)
    assert view.tally(first, every, "pid", "uid", "fd").tolist() == [2]
    assert view.tally(first, every, "pid", "uid", "mss").tolist() == [1]
    few = np.array([1, 7])
    assert view.tally(first, few, "pid", "uid", "fd").tolist() == [1]
    assert view.tally(first, few, "pid", "uid", "mss").tolist() == [0]


def test_without_columns_rows_are_alike_by_their_namespace() -> None:
    nobody = np.array([], dtype=np.int64)
    for spaces, told in (([None, None], [True, True]), (["n", "m"], [True, False])):
        view = View(frame({"netns": spaces, "pid": [1, 2]}, 2))
        assert view.alike(np.array([0, 1]), np.array([0])).tolist() == told
        assert view.alike(np.array([0, 1]), nobody).tolist() == [False, False]


def test_a_word_of_very_many_is_spelled_once() -> None:
    spelled = list[int]()

    def spell(which: Any) -> Any:
        spelled.extend(which.tolist())
        return np.array([f"word {number}" for number in which], dtype=object)

    words = Words(np.arange(5000)[::-1], 5000, spell)
    assert [words.word(0), words.word(0), words.word(4999)] == ["word 4999"] * 2 + ["word 0"]
    assert words.words(np.array([4999])) == ["word 4999"]
    assert spelled == [4999, 0]
    assert words.take(np.array([1, 0, 1])).tolist() == ["word 4998", "word 4999", "word 4998"]


def test_a_word_is_found_among_very_many() -> None:
    size = 3000
    number = np.random.default_rng(7).permutation(size)
    view = View(frame({"path": [f"/run/{n}" for n in number]}, size))
    words = Words(number, size, lambda which: np.array([f"word {n}" for n in which], dtype=object))
    both = view.beside_columns({"service": words})
    for name, one, other in (("path", "/run/7", "/run"), ("service", "word 7", "word")):
        assert np.flatnonzero(both.is_(name, one, other)).tolist() == [number.tolist().index(7)]


def test_a_column_that_nobody_knows_is_an_error() -> None:
    view = View(frame({"path": ["/run/x"]}, 1))
    assert not view.known("rtt_ms").any()
    for ask in (view.known, view.array):
        with pytest.raises(KeyError, match="no such column"):
            ask("no such column")


@pytest.mark.parametrize("kind", [TEXT, np.dtype(object)])
def test_texts_are_told_apart_whoever_holds_them(kind: Any) -> None:
    number, different = texts.numbered(pd.array(["b", None, "a", "b"], dtype=kind))
    assert (number.tolist(), different.tolist()) == ([0, -1, 1, 0], ["b", "a"])
    held = pd.array(["b", "a", "c"], dtype=kind)
    assert texts.sought(held, ["c", "d", "b"]) == [2, 0]
    assert texts.are_any_of(held, ["c", "d"]).tolist() == [False, False, True]
