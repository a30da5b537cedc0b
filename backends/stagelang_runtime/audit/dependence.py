"""Looks for groups that nobody has declared: rows that share a value and, with it, most of their label.

How alike the labels of rows are that share a value is the intraclass correlation of a one-way analysis of variance (Searle 1971); what is
compared is its lower bound at 95 %. A number or text with many values that rows share, such as a writer or a patient, whose rows are that
alike and lie among the judged rows too, makes these rows no independent test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as pat

from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.audit.features import sampled
from stagelang_runtime.audit.judged import Judged
from stagelang_runtime.audit.measured import Measured

Numbers: TypeAlias = npt.NDArray[np.float64]

TOO_ALIKE = 0.5
_FEWEST_GROUPS = 20
_FEWEST_ROWS = 2.0


def dependence(
    judged: Judged, learnt: pa.Table, rows: pa.Table, contract: Contract | None
) -> Iterator[Measured]:
    """Judge the columns of rows to learn from that could be groups, and of which nothing is declared.

    Args:
        judged: which rows are judged.
        learnt: the rows to learn from, of the same columns.
        rows: the judged rows.
        contract: says which column is the label, and of which columns something is declared.
    """
    if contract is None:
        return
    learnt = sampled(learnt)
    for label in (each.name for each in contract.columns if each.role == "label"):
        values = _numbers(learnt.column(label)) if label in learnt.column_names else None
        if values is None:
            continue
        found = [
            (alike, each.name)
            for each in contract.columns
            if _could_be_group(each, learnt, rows)
            and (alike := alike_at_least(learnt.column(each.name), values)) is not None
        ]
        if not found:
            continue
        alike, name = max(found)
        if alike > TOO_ALIKE and (shared := _shared(learnt.column(name), rows.column(name))):
            said = (
                f"rows of one {name!r} have almost one {label!r} (an intraclass correlation above {alike:.2f}), and {shared} values "
                f"of it are among {judged} too: declare group=True and split by it, or role='feature'"
            )
            yield Measured(what="dependence", verdict="fail", said=said)
        else:
            said = f"rows that share a value differ in {label!r}: those of one {name!r} are most alike ({alike:.2f})"
            yield Measured(what="dependence", verdict="pass", said=said)


def _could_be_group(column: Column, *tables: pa.Table) -> bool:
    declared = column.key or column.group or column.time or column.unique or column.role
    if declared or any(column.name not in table.column_names for table in tables):
        return False
    kind = tables[0].schema.field(column.name).type
    return bool(pat.is_integer(kind) or pat.is_string(kind) or pat.is_large_string(kind))


def _numbers(label: pa.ChunkedArray) -> Numbers | None:
    if not (pat.is_boolean(label.type) or pat.is_integer(label.type) or pat.is_floating(label.type)):
        return None
    return np.array([math.nan if each is None else float(each) for each in label.to_pylist()])


def alike_at_least(groups: pa.ChunkedArray, label: Numbers) -> float | None:
    """Give the lower bound of the intraclass correlation; None where there are too few groups or rows in them."""
    from scipy.stats import f

    known = ~np.isnan(label)
    _, codes = np.unique([str(each) for each in groups.to_pylist()], return_inverse=True)
    codes, values = np.unique(codes[known], return_inverse=True)[1], label[known]
    sizes = np.bincount(codes) if len(codes) else np.zeros(0)
    count, rows = len(sizes), len(values)
    if count < _FEWEST_GROUPS or rows <= count:
        return None
    usual = float((rows - (sizes**2).sum() / rows) / (count - 1))
    means = np.bincount(codes, weights=values) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum() / (count - 1))
    within = float(((values - means[codes]) ** 2).sum() / (rows - count))
    if usual < _FEWEST_ROWS or between <= 0:
        return None
    if within <= 0:
        return 1.0
    least = between / within / float(f.ppf(0.975, count - 1, rows - count))
    return max(0.0, (least - 1) / (least + usual - 1))


def _shared(learnt: pa.ChunkedArray, judged: pa.ChunkedArray) -> int:
    return len({*learnt.to_pylist()} & {*judged.to_pylist()} - {None})
