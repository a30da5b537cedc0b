"""Compares what each feature tells of the label among the rows that were learnt from and among those that judge.

A feature that was computed with the labels of its own rows, such as a category's mean label without cross-fitting, tells the label of the
rows to learn from, and far less of others. What is compared is the area under the ROC curve; a jump counts where it is more than a tenth
beyond three standard errors (Hanley and McNeil 1982).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.audit.features import Target, asked_of, best_area, features_of, sampled
from stagelang_runtime.audit.judged import Judged, behind, givers, output_of
from stagelang_runtime.audit.learnt import Learnt, Tables, learnt_tables
from stagelang_runtime.audit.measured import Measured

TOLERATED = 0.1
_ERRORS = 3.0


def feature_jumps(plan: Plan, judged: Judged, states: Sequence[Node], tables: Tables) -> Iterator[Measured]:
    """Compare each table that something before a metric was fitted to with the judged rows of the same contract."""
    made = judged_tables(plan, judged)
    seen: set[tuple[str, str]] = set()
    for state in states:
        if state.name not in behind(plan, judged):
            continue
        for learnt in learnt_tables(plan, state):
            beside = made.get(learnt.contract.name if learnt.contract else "")
            if (
                beside is None
                or (learnt.node, learnt.output) in seen
                or (learnt.node, learnt.output) == beside
            ):
                continue
            seen.add((learnt.node, learnt.output))
            yield from _compared(judged, learnt, tables[learnt.node, learnt.output], tables[beside])


def judged_tables(plan: Plan, judged: Judged) -> Mapping[str, tuple[str, str]]:
    """Give, by the name of its contract, a table between judged rows and their metrics: the last one that has it."""
    found: dict[str, tuple[str, str]] = {}
    ways = [[read] for node in plan.nodes if node.kind == "metric" for read in node.inputs]
    while ways:
        way = ways.pop()
        node, output = plan.node(way[-1].node), way[-1].output
        if output_of(plan, way[-1]).kind != "table":
            continue
        if node.name == judged.node and output == judged.output:
            for read in reversed(way):
                found[read.promised or output_of(plan, read).contract] = (read.node, read.output)
        elif node.kind not in ("split", "source"):
            ways += [[*way, read] for read in givers(plan, node, output)]
    return found


def _compared(judged: Judged, learnt: Learnt, seen: pa.Table, unseen: pa.Table) -> Iterator[Measured]:
    contract = learnt.contract
    assert contract is not None
    seen, unseen = sampled(seen), sampled(unseen)
    for label in (each.name for each in contract.columns if each.role == "label"):
        asked = asked_of(seen.column(label)) if label in seen.column_names else None
        if asked is None or label not in unseen.column_names:
            continue
        targets = asked.target(seen.column(label)), asked.target(unseen.column(label))
        names = [name for name in features_of(contract, seen) if name in unseen.column_names]
        if not names or not all(map(_has_both, targets)):
            continue
        yield _told(judged, learnt, label, _jumps(names, (seen, unseen), targets))


def _jumps(
    names: Sequence[str], tables: tuple[pa.Table, pa.Table], targets: tuple[Target, Target]
) -> dict[str, tuple[float, float, bool]]:
    found: dict[str, tuple[float, float, bool]] = {}
    for name in names:
        seen, unseen = (
            best_area(table.column(name), target) for table, target in zip(tables, targets, strict=True)
        )
        noise = math.hypot(_error(seen, targets[0]), _error(unseen, targets[1]))
        found[name] = (seen, unseen, seen - unseen > TOLERATED + _ERRORS * noise)
    return found


def _told(
    judged: Judged, learnt: Learnt, label: str, areas: Mapping[str, tuple[float, float, bool]]
) -> Measured:
    jumped = [
        f"{name!r} ({seen:.3f} and {unseen:.3f})" for name, (seen, unseen, jumps) in areas.items() if jumps
    ]
    if jumped:
        said = (
            f"features of {learnt.node!r} tell {label!r} far better among the rows that were learnt from than among "
            f"{judged}: {', '.join(jumped)}"
        )
        return Measured(what="feature jumps", verdict="fail", said=said)
    name, (seen, unseen, _) = max(areas.items(), key=lambda each: each[1][0] - each[1][1])
    said = f"features of {learnt.node!r} tell {label!r} as well among {judged}: most lost {name!r} ({seen:.3f} and {unseen:.3f})"
    return Measured(what="feature jumps", verdict="pass", said=said)


def _has_both(target: Target) -> bool:
    return all(0 < int(there[target.known].sum()) < int(target.known.sum()) for there in target.there)


def _error(area: float, target: Target) -> float:
    """Give the standard error of an area, for the rarest value that is asked about."""
    known = int(target.known.sum())
    rarest = min(int(there[target.known].sum()) for there in target.there)
    yes, no = rarest, known - rarest
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (yes - 1) * (one - area**2) + (no - 1) * (two - area**2)
    return math.sqrt(max(spread, 0.0) / (yes * no))
