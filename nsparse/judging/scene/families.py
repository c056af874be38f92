"""Programs with a process for each connection: their processes are one owner.

A server that forks for each caller (PostgreSQL, httpd, sshd), and a pool of workers, have a process
for every few rows. None of these can be a pile by itself, nor does it help to name one of them.
"""

from __future__ import annotations

import numpy as np

from nsparse.judging.arrays.codes import Bools, Codes, Ints, compact, firsts, tuples
from nsparse.judging.arrays.columns import Words
from nsparse.judging.arrays.view import View
from nsparse.judging.scene.processes import program_of
from nsparse.judging.scene.roles import ROLES, Small

FEW = 5
"""So many connections of one process to one service may be a pile (diagnoses: few); so many
processes of one name are those of one program. Where a dump has no names (`netstat -ano` of
Windows) those without one are nobody's: to know a PID must hide no more than to know none."""


def families(view: View, group: Ints, role: Small, bound: Words) -> tuple[Bools, Codes, list[str]]:
    """Rows that are their program's rather than their process's, and whose they are.

    They are those of processes with fewer than `FEW` connections of a kind (the same role towards
    the same service), of which there are at least `FEW` of one name.

    Args:
        view: The rows.
        group: The group of each row, -1 for those in none.
        role: The role of each.
        bound: The service of each.

    Returns:
        The rows, the number of each row's program, and the programs by number.
    """
    told, whose = np.zeros(len(view), dtype=np.bool_), np.zeros(len(view), dtype=np.int64)
    nobody = told, Codes(whose, 1), [""]
    small = (group >= 0) & view.known("pid")
    if not small.any():
        return nobody
    sizes = np.bincount(group[small])
    small[small] = sizes[group[small]] < FEW
    at = np.flatnonzero(small)
    each = compact(group[at])
    if each.size < FEW:
        return nobody
    program, names = _programs(view, at)
    kinds = (view.codes("netns").at(at), program, Codes(role[at], len(ROLES)))
    kind = compact(tuples(*kinds, Codes(bound.of[at], bound.size)).of)
    # A group is one process: so many groups of a kind, so many processes.
    processes = np.bincount(kind.of[firsts(each)], minlength=kind.size)
    many = processes[kind.of] >= FEW
    told[at[many]] = True
    whose[at] = program.of
    return told, Codes(whose, program.size), names


def _programs(view: View, at: Ints) -> tuple[Codes, list[str]]:
    """The number of the program of each of some rows, and the programs by number."""
    process = view.codes("process").of[at]
    used, place = np.unique(process, return_inverse=True)
    words = view.words_of("process", used[used > 0] - 1)
    called = ["" for code in used if not code] + [program_of(word) or str(word) for word in words]
    number = {name: n for n, name in enumerate(dict.fromkeys(called))}
    of = np.array([number[name] for name in called], dtype=np.int64)
    return Codes(of[place], len(number)), [*number]
