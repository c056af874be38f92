"""Columns of texts as Arrow holds them: told apart, pooled, tested, each different one once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nsparse.judging.arrays.codes import Bools, Ints
from nsparse.schema import BY_NAME, pandas_dtype

TEXT = pandas_dtype(BY_NAME["path"])
"""The dtype of every column of texts."""
FEW = 1024
"""So many texts may as well be made Python's."""
SINGLE = 16
"""So few texts are sooner taken out one by one."""


def arrow(texts: Any) -> Any:
    """What holds the texts of an array of pandas."""
    held = getattr(texts, "_pa_array", None)
    return pa.chunked_array([pa.array(texts, pa.large_string())]) if held is None else held


def numbered(texts: Any) -> tuple[Ints, Any]:
    """The number of each text by first appearance, -1 for none, and the different texts.

    >>> import pandas as pd
    >>> number, different = numbered(pd.array(["b", None, "a", "b"], dtype="str"))
    >>> number.tolist(), different.tolist()
    ([0, -1, 1, 0], ['b', 'a'])
    """
    held = arrow(texts)
    found = held.dictionary_encode().combine_chunks()
    told = found.indices.fill_null(-1) if held.null_count else found.indices
    return told.to_numpy().astype(np.int64), TEXT.__from_arrow__(found.dictionary)


def only(texts: Any) -> str | None:
    """The one text of a column of texts; None where there are several, or a row has none.

    Reading gives a text that all rows say as parts that share their memory: each is looked at once.

    >>> import pandas as pd
    >>> only(pd.array(["a", "a"], dtype="str")), only(pd.array(["a", None, "a"], dtype="str"))
    ('a', None)
    """
    held = getattr(texts, "_pa_array", None)
    if held is None or not len(held) or held.null_count:
        return None
    first, last = held[0], held[-1]
    if first != last:
        return None
    parts = {_place(part): part for part in held.chunks if len(part)}
    alike = all(pc.all(pc.equal(part, first)).as_py() for part in parts.values())
    return str(first) if alike else None


def _place(part: Any) -> tuple[int, int, int]:
    """Where in memory texts are, and how many."""
    return part.buffers()[1].address, part.offset, len(part)


def one(array: Any, at: int) -> Any:
    """One value of an array of pandas, which takes four times as long to give a text."""
    held = getattr(array, "_pa_array", None)
    if held is None:
        return array[at]
    told = held[int(at)].as_py()
    return array.dtype.na_value if told is None else told


def some(values: Any, which: Ints) -> list[Any]:
    """Some of the different values of a column, as Python's."""
    held = getattr(values, "_pa_array", None)
    if held is None:
        found: list[Any] = values.take(which).tolist()
        return found
    if len(which) <= SINGLE:
        return [held[at].as_py() for at in which.tolist()]
    words: list[Any] = held.take(pa.array(which)).to_numpy().tolist()
    return words


def spelled(values: Any, which: Ints) -> Any:
    """Some of the different texts of a column as an array of pandas; -1 stands for none.

    >>> spelled(np.array(["a", "b"], dtype=object), np.array([1, -1])).tolist()
    ['b', nan]
    """
    return pd.array(values, dtype=TEXT, copy=False).take(which, allow_fill=True)


def sought(values: Any, words: Collection[object]) -> list[int]:
    """Where some words stand among different values; of a long list Arrow looks for each.

    >>> import pandas as pd
    >>> sought(pd.array(["b", "a", "c"], dtype="str"), ["c", "d", "b"])
    [2, 0]
    """
    held = getattr(values, "_pa_array", None)
    if held is None:
        place = {value: n for n, value in enumerate(values)}
        return [place[word] for word in words if word in place]
    found = (pc.index(held, pa.scalar(word, held.type)).as_py() for word in words)
    return [at for at in found if at >= 0]


def at_hand(texts: Any) -> Any:
    """Texts of which single ones are looked at: few of them as Python's, in an array of numpy.

    To take one out of Arrow costs fifty times as much.
    """
    return texts if len(texts) > FEW else texts.to_numpy(dtype=object)


def pooled(first: Any, second: Any) -> tuple[Any, tuple[Ints, Ints]]:
    """The different ones of two lists of different texts, and "", which stands for none.

    Returns:
        The texts; and for each list the place of each of its texts among them, and that of "".

    >>> import pandas as pd
    >>> texts, places = pooled(*(pd.array(list(part), dtype="str") for part in ("ab", "cb")))
    >>> texts.tolist(), [part.tolist() for part in places]
    (['a', 'b', 'c', ''], [[0, 1, 3], [2, 1, 3]])
    """
    here, there = arrow(first).combine_chunks(), arrow(second).combine_chunks()
    known = pc.index_in(there, value_set=here)
    more = there.filter(known.is_null())
    place = known.fill_null(-1).to_numpy().astype(np.int64)
    place[place < 0] = np.arange(len(here), len(here) + len(more))
    both = pa.concat_arrays([here, more])
    none = pc.index(both, "").as_py()
    if none < 0:
        none = len(both)
        both = pa.concat_arrays([both, pa.array([""], both.type)])
    return TEXT.__from_arrow__(both), (
        np.append(np.arange(len(here)), none),
        np.append(place, none),
    )


def are_any_of(texts: Any, words: Collection[str]) -> Bools:
    """Which texts are one of some words."""
    held = arrow(texts)
    return _truths(pc.is_in(held, value_set=pa.array([*words], held.type)))


def begin_with(texts: Any, word: str) -> Bools:
    """Which texts begin with a word."""
    return _truths(pc.starts_with(arrow(texts), word))


def match(texts: Any, expression: str) -> Bools:
    """Which texts an expression is found in."""
    return _truths(pc.match_substring_regex(arrow(texts), expression))


def have_twice(texts: Any, char: str) -> Bools:
    """Which texts have a character more than once."""
    return _truths(pc.greater(pc.count_substring(arrow(texts), char), 1))


def _truths(found: Any) -> Bools:
    return np.asarray(found.to_numpy(), dtype=np.bool_)
