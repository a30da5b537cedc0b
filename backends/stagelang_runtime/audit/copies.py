"""Counts judged rows that are copies of rows learnt from, and those that almost are.

Two rows are copies if they are equal in all columns but those that only tell rows apart: keys, groups and times. They are near copies if
numbers differ by less than a hundredth of their column's standard deviation, long texts share four of five of their runs of three words
(found by MinHash, Broder 1997, then counted exactly), and everything else is equal. Where there are so few different rows that copies are
to be expected, nothing is said.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, cast, final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as pat
from attrs import frozen

from stagelang_compiler.plan import Contract
from stagelang_runtime.audit.judged import Judged
from stagelang_runtime.audit.measured import Measured, What

Numbers: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.int64]

TOLERATED = 0.01
"""The share of judged rows that may be copies: real rows do repeat now and then."""
_CLOSE = 0.01
_SIMILAR = 0.8
_LOOKED_AT = 2000
_LONG = 8
_BANDS, _WIDTH = 16, 4


def copies(judged: Judged, learnt: pa.Table, rows: pa.Table, contract: Contract | None) -> Iterator[Measured]:
    """Count copies and near copies among the judged rows.

    Args:
        judged: which rows these are.
        learnt: the rows to learn from, of the same columns.
        rows: the judged rows.
        contract: says which columns tell rows apart.
    """
    columns = contract.columns if contract else ()
    telling = {each.name for each in columns if each.key or each.group or each.time or each.unique}
    names = [name for name in rows.column_names if name not in telling and name in learnt.column_names]
    both = [_Column.of(learnt.column(name), rows.column(name)) for name in names]
    why = _why_not(both, learnt.num_rows, rows.num_rows)
    if why:
        yield Measured(what="copies", verdict="not measured", said=f"{judged}: {why}")
        yield Measured(what="near copies", verdict="not measured", said=f"{judged}: {why}")
        return
    exact = _exact(both, learnt.num_rows)
    yield _told(
        "copies", judged, int(exact.sum()), rows.num_rows, "equal a row to learn from in all but keys"
    )
    looked_at = _sample(rows.num_rows)
    near = _near(both, learnt.num_rows, looked_at) | exact[looked_at]
    yield _told("near copies", judged, int(near.sum()), len(looked_at), "almost equal a row to learn from")


def _why_not(both: Sequence[_Column], learnt: int, judged: int) -> str:
    if not both:
        return "no column says more than which row it is"
    if not learnt or not judged:
        return "a part has no rows"
    if not _tells(both, learnt + judged):
        return "there are so few different values that equal rows are to be expected"
    return ""


def _told(what: What, judged: Judged, count: int, of: int, do: str) -> Measured:
    said = f"{count} of {of} of {judged} ({100 * count / of:.3g} %) {do}"
    return Measured(what=what, verdict="fail" if count > TOLERATED * of else "pass", said=said)


def _sample(rows: int) -> Codes:
    if rows <= _LOOKED_AT:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, _LOOKED_AT, replace=False))


@final
@frozen(eq=False)
class _Column:
    """One column of both tables: what is equal has equal codes; numbers besides, scaled by their deviation; texts where they are long."""

    codes: Codes
    numbers: Numbers | None
    texts: tuple[str, ...] | None

    @staticmethod
    def of(learnt: pa.ChunkedArray, judged: pa.ChunkedArray) -> _Column:
        """Put the column's values of both tables below each other."""
        kind = learnt.type.value_type if pat.is_dictionary(learnt.type) else learnt.type
        values = [*learnt.cast(kind).to_pylist(), *judged.cast(kind).to_pylist()]
        places: dict[Any, int] = {}
        codes = np.array([places.setdefault(_hashable(each), len(places)) for each in values], dtype=np.int64)
        numbers = _numbers(values, kind)
        if numbers is not None and len(places) <= 20:
            numbers = None  # a category
        texts = None
        if pat.is_string(kind) or pat.is_large_string(kind):
            words = [each or "" for each in values]
            texts = tuple(words) if np.median([len(each.split()) for each in words]) >= _LONG else None
        return _Column(codes, numbers, texts)


def _hashable(value: Any) -> Any:
    """Give something that is equal where the values are: lists as tuples, all that is no number as one."""
    match value:
        case list():
            return tuple(map(_hashable, cast("list[object]", value)))
        case float() if math.isnan(value):
            return "nan"
        case _:
            return value


def _numbers(values: Sequence[Any], kind: pa.DataType) -> Numbers | None:
    """Give numbers, of shape (rows, items), in units of their standard deviation; None where they aren't numbers of one length."""
    is_list = pat.is_list(kind) or pat.is_large_list(kind) or pat.is_fixed_size_list(kind)
    item = kind.value_type if is_list else kind
    if not (pat.is_floating(item) or pat.is_integer(item)):
        return None
    if is_list and (None in values or len({len(each) for each in values}) != 1):
        return None
    found: Numbers = np.array(values, dtype=np.float64).reshape(len(values), -1)
    deviation = np.nanstd(found, axis=0)
    scaled: Numbers = np.nan_to_num(found / np.where(deviation > 0, deviation, 1.0), nan=1e9)
    return scaled


def _tells(columns: Sequence[_Column], rows: int) -> bool:
    """Tell whether the columns could tell a hundred times as many rows apart, so that a coincidence is rare.

    A column whose values hardly repeat could, and a long text; of others the product counts.
    """
    kinds = 1.0
    for each in columns:
        different = float(each.codes.max()) + 1
        kinds *= 100.0 * rows if each.texts is not None or 2 * different > rows else different
    return kinds >= 100 * rows


def _exact(columns: Sequence[_Column], learnt: int) -> npt.NDArray[np.bool_]:
    kinds = _combined([each.codes for each in columns])
    found: npt.NDArray[np.bool_] = np.isin(kinds[learnt:], kinds[:learnt])
    return found


def _combined(codes: Sequence[Codes]) -> Codes:
    """Give rows that are equal in all codes one number."""
    found: Codes = np.zeros(len(codes[0]), dtype=np.int64) if codes else np.zeros(0, dtype=np.int64)
    for each in codes:
        _, found = np.unique(found * (int(each.max()) + 1) + each, return_inverse=True)
    return found


def _near(columns: Sequence[_Column], learnt: int, looked_at: Codes) -> npt.NDArray[np.bool_]:
    same = [each.codes for each in columns if each.numbers is None and each.texts is None]
    numbers = [each.numbers for each in columns if each.numbers is not None]
    texts = [each.texts for each in columns if each.texts is not None]
    rows = len(columns[0].codes)
    kinds = _combined(same) if same else np.zeros(rows, dtype=np.int64)
    block = np.hstack(numbers) if numbers else np.zeros((rows, 0))
    candidates = (
        _by_text(texts[0], learnt, looked_at) if texts else _by_number(block, kinds, learnt, looked_at)
    )
    found = np.zeros(len(looked_at), dtype=np.bool_)
    for position, near in candidates:
        row = learnt + int(looked_at[position])
        alike = near[kinds[near] == kinds[row]]
        others = alike[np.all(np.abs(block[alike] - block[row]) <= _CLOSE, axis=1)]
        found[position] = any(
            all(_similar(text[row], text[other]) >= _SIMILAR for text in texts) for other in map(int, others)
        )
    return found


def _by_number(block: Numbers, kinds: Codes, learnt: int, looked_at: Codes) -> Iterator[tuple[int, Codes]]:
    """Give, for each row, those to learn from that are nearest in a few directions: a near copy is near in each of them."""
    from scipy.spatial import cKDTree

    if not block.shape[1]:
        of_kind = {
            int(kind): np.flatnonzero(kinds[:learnt] == kind) for kind in np.unique(kinds[learnt + looked_at])
        }
        yield from ((position, of_kind[int(kinds[learnt + row])]) for position, row in enumerate(looked_at))
        return
    directions = np.random.default_rng(0).standard_normal((block.shape[1], min(block.shape[1], 8)))
    directions /= np.linalg.norm(directions, axis=0)
    seen = block @ directions
    radius = _CLOSE * np.sqrt(block.shape[1] * seen.shape[1])
    tree = cKDTree(seen[:learnt])
    count = min(10, learnt)
    _, places = tree.query(seen[learnt + looked_at], k=count, distance_upper_bound=radius)
    for position, near in enumerate(np.asarray(places).reshape(len(looked_at), count)):
        yield position, near[near < learnt]


def _by_text(texts: Sequence[str], learnt: int, looked_at: Codes) -> Iterator[tuple[int, Codes]]:
    """Give, for each row, those to learn from whose texts agree with its in a band of their MinHash signature."""
    chance = np.random.default_rng(0)
    factors = chance.integers(1, 2**31 - 1, size=(_BANDS * _WIDTH, 2), dtype=np.uint64)
    bands: dict[tuple[int, bytes], list[int]] = {}
    for row in range(learnt):
        for key in _signature(texts[row], factors):
            bands.setdefault(key, []).append(row)
    for position, row in enumerate(map(int, looked_at)):
        found = {other for key in _signature(texts[learnt + row], factors) for other in bands.get(key, ())}
        yield position, np.array(sorted(found), dtype=np.int64)


def _signature(text: str, factors: npt.NDArray[np.uint64]) -> Iterator[tuple[int, bytes]]:
    runs = np.array([zlib.crc32(run.encode()) for run in _runs(text)], dtype=np.uint64)
    if not len(runs):
        return
    least = ((runs[:, None] * factors[:, 0] + factors[:, 1]) % np.uint64(2**61 - 1)).min(axis=0)
    for band in range(_BANDS):
        yield band, least[band * _WIDTH : (band + 1) * _WIDTH].tobytes()


def _runs(text: str) -> set[str]:
    """Give all runs of three words, without case and marks."""
    words = re.findall(r"\w+", text.casefold())
    return {" ".join(words[start : start + 3]) for start in range(max(1, len(words) - 2))} if words else set()


def _similar(one: str, other: str) -> float:
    """Give the share of runs that two texts have in common (Jaccard)."""
    mine, theirs = _runs(one), _runs(other)
    return len(mine & theirs) / len(mine | theirs) if mine or theirs else 1.0
