"""SL201 to SL214, SL224, SL225: each table that a stage reads, against the contract under which it reads it, view by view."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import final

from attrs import frozen

from stagelang.contract import Contract, columns_of
from stagelang.origin import Origin
from stagelang_compiler.checks.column_places import column_place
from stagelang_compiler.checks.made_of import is_read_as
from stagelang_compiler.checks.promise_texts import Aspect, limits_text, span_source
from stagelang_compiler.checks.promises import conversion, promises, rows_of
from stagelang_compiler.checks.row_relations import both_hold, related_rows
from stagelang_compiler.checks.subsumption import Failure, implies, unproved_rows
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity, did_you_mean
from stagelang_compiler.graph import Edge, Graph, GraphNode, bound_of


def _rule(code: str, name: str, summary: str, *, waivable: bool = False) -> Rule:
    return Rule(code=code, name=name, severity=Severity.ERROR, summary=summary, waivable=waivable)


# What the entry gate judges again from the data can be waived; what no data shows can't.
MISSING_COLUMN = _rule("SL201", "missing-column", "a column is needed that the table's contract doesn't have")
INCOMPATIBLE_TYPE = _rule("SL202", "incompatible-type", "a column is of another type than is needed")
NULLABLE_INTO_REQUIRED = _rule(
    "SL203", "nullable-into-required", "values may be missing where each is needed", waivable=True
)
RANGE_NOT_IMPLIED = _rule(
    "SL204", "range-not-implied", "values may lie outside the range that is needed", waivable=True
)
CATEGORIES_NOT_IMPLIED = _rule(
    "SL205", "categories-not-implied", "values may be others than those that are needed", waivable=True
)
PATTERN_NOT_IMPLIED = _rule(
    "SL206", "pattern-not-implied", "texts may not match the pattern that is needed", waivable=True
)
LENGTH_NOT_IMPLIED = _rule(
    "SL207", "length-not-implied", "lists may be of another length than is needed", waivable=True
)
COLUMN_UNIT_MISMATCH = _rule("SL208", "column-unit-mismatch", "values are in another unit than is needed")
KEY_NOT_PROMISED = _rule(
    "SL209", "key-not-promised", "values may repeat where a key or unique values are needed", waivable=True
)
GROUP_NOT_PROMISED = _rule(
    "SL210", "group-not-promised", "a column is needed as the group and isn't promised as it"
)
TIME_NOT_PROMISED = _rule(
    "SL211", "time-not-promised", "a column is needed as the time and isn't promised as it"
)
ROLE_MISMATCH = _rule("SL212", "role-mismatch", "a column is needed in another role than it has")
UNEXPECTED_COLUMN = _rule(
    "SL213", "unexpected-column", "a closed contract is given a column that it doesn't name", waivable=True
)
ROWS_NOT_IMPLIED = _rule(
    "SL214", "rows-not-implied", "a table may have fewer or more rows than are needed", waivable=True
)
ORDER_NOT_PROMISED = _rule(
    "SL224", "order-not-promised", "rows may stand in another order than is needed", waivable=True
)
LINEAGE_NOT_PROMISED = _rule("SL232", "lineage-not-promised", "a column may be made of others than is needed")
KNOWN_LATER_THAN_NEEDED = _rule(
    "SL233", "known-later-than-needed", "values may become known later than is needed"
)
OLDER_THAN_NEEDED = _rule("SL225", "older-than-needed", "a table may be older than is needed")

RULES = (
    MISSING_COLUMN,
    INCOMPATIBLE_TYPE,
    NULLABLE_INTO_REQUIRED,
    RANGE_NOT_IMPLIED,
    CATEGORIES_NOT_IMPLIED,
    PATTERN_NOT_IMPLIED,
    LENGTH_NOT_IMPLIED,
    COLUMN_UNIT_MISMATCH,
    KEY_NOT_PROMISED,
    GROUP_NOT_PROMISED,
    TIME_NOT_PROMISED,
    ROLE_MISMATCH,
    UNEXPECTED_COLUMN,
    ROWS_NOT_IMPLIED,
    ORDER_NOT_PROMISED,
    OLDER_THAN_NEEDED,
    LINEAGE_NOT_PROMISED,
    KNOWN_LATER_THAN_NEEDED,
)

_SAID: dict[Aspect, tuple[Rule, str]] = {
    "column": (MISSING_COLUMN, "needs column {column!r}, which {giver!r} doesn't promise"),
    "type": (INCOMPATIBLE_TYPE, "needs column {column!r} in another type than {giver!r} gives it"),
    "nullable": (
        NULLABLE_INTO_REQUIRED,
        "needs every value of column {column!r}, and {giver!r} lets some be missing",
    ),
    "range": (RANGE_NOT_IMPLIED, "needs column {column!r} within a range that {giver!r} doesn't promise"),
    "values": (
        CATEGORIES_NOT_IMPLIED,
        "needs column {column!r} to hold named values, and {giver!r} allows others",
    ),
    "pattern": (
        PATTERN_NOT_IMPLIED,
        "needs column {column!r} to match a pattern that {giver!r} doesn't promise",
    ),
    "length": (
        LENGTH_NOT_IMPLIED,
        "needs lists of one length in column {column!r}, which {giver!r} doesn't promise",
    ),
    "unit": (COLUMN_UNIT_MISMATCH, "needs column {column!r} in another unit than {giver!r} gives it"),
    "unique": (
        KEY_NOT_PROMISED,
        "needs column {column!r} without repeats, which {giver!r} doesn't promise",
    ),
    "group": (GROUP_NOT_PROMISED, "needs column {column!r} as the group, which {giver!r} doesn't promise"),
    "time": (TIME_NOT_PROMISED, "needs column {column!r} as the time, which {giver!r} doesn't promise"),
    "role": (ROLE_MISMATCH, "needs column {column!r} in another role than {giver!r} gives it"),
    "known": (KNOWN_LATER_THAN_NEEDED, "needs column {column!r} known earlier than {giver!r} promises"),
    "lineage": (
        LINEAGE_NOT_PROMISED,
        "needs column {column!r} made of no more than {giver!r} promises",
    ),
    "extra": (UNEXPECTED_COLUMN, "takes no column {column!r}, which {giver!r} has"),
    "rows": (ROWS_NOT_IMPLIED, "needs a number of rows that {giver!r} doesn't promise"),
    "order": (ORDER_NOT_PROMISED, "needs rows in an order that {giver!r} doesn't promise"),
    "age": (OLDER_THAN_NEEDED, "needs newer rows than {giver!r} promises"),
}
"""The rule of each aspect, and what its reader does."""


@final
@frozen(kw_only=True)
class _Step:
    """A table under one contract, taken as another: by a view, or by the stage that reads it."""

    given: type[Contract]
    needed: type[Contract]
    reader: str
    origin: Origin


def proved(edge: Edge) -> bool:
    """Tell whether what is promised of a table implies all that its reader needs, so that no gate has to look again."""
    return not left_open(edge)


def left_open(edge: Edge) -> tuple[str, ...]:
    """Say what of a reader's need isn't proved, so that its entry gate judges it; nothing where all is proved."""
    contracts = _contracts(edge)
    if edge.needed is None:
        return ()
    if None in contracts:
        return ("all of it, since nothing is promised",)
    steps = [
        (given, needed) for given, needed in pairwise(contracts) if given is not None and needed is not None
    ]
    failures = [failure for given, needed in steps for failure in _unproved(edge, given, needed)]
    return tuple(dict.fromkeys(_open(failure) for failure in failures))


def _unproved(edge: Edge, given: type[Contract], needed: type[Contract]) -> Iterator[Failure]:
    """Give what one contract doesn't prove of another, nor the body that gives the table, nor how its rows relate to others."""
    for failure in implies(given, needed):
        if failure.aspect == "rows" and failure.needed:
            yield from _unproved_rows(edge, given, needed)
            continue
        names = promises(needed)[failure.column].limits.made_of if failure.aspect == "lineage" else None
        if names is None or not is_read_as(edge, failure.column, tuple(map(str, names))):
            yield failure


def _unproved_rows(edge: Edge, given: type[Contract], needed: type[Contract]) -> Iterator[Failure]:
    allowed, wanted = rows_of(given), rows_of(needed)
    assert allowed is not None and wanted is not None
    return unproved_rows(both_hold(allowed, related_rows(edge.producer, edge.port)), wanted)


def _open(failure: Failure) -> str:
    of = f"{failure.column}: " if failure.column else ""
    if not failure.needed:
        return f"{of}the {failure.aspect}, which can't be compared"
    return f"{of}{failure.needed}" + (f", promised {failure.promised}" if failure.promised else "")


def check_edges(graph: Graph) -> Iterator[Diagnostic]:
    """Compare promise and need wherever a table is read or given out; say the same of the same line once."""
    seen: set[tuple[object, ...]] = set()
    for node, edge in (*_read(graph), *_given_out(graph)):
        for step in _steps(node, edge):
            for failure in _unproved(edge, step.given, step.needed):
                told = (step.origin, step.reader, step.given, step.needed, failure)
                # that a gate tells, or the rule of what makes no sense
                is_told_elsewhere = failure.answer == "unknown" and (edge.argument or not failure.needed)
                if told not in seen and not is_told_elsewhere:
                    seen.add(told)
                    yield _finding(node, step, failure)


def _read(graph: Graph) -> Iterator[tuple[GraphNode, Edge]]:
    return ((node, edge) for node in graph.nodes for edge in node.inputs)


def _given_out(graph: Graph) -> Iterator[tuple[GraphNode, Edge]]:
    """Give the pipeline's outputs, which are read under the last contract that they are viewed as, and by no gate."""
    for handle in graph.pipeline.outputs:
        bound, found = bound_of(handle), graph.node_of(handle)
        if bound is not None and found is not None and bound.views:
            node, port = found
            yield (
                node,
                Edge(
                    argument="",
                    index=None,
                    producer=node,
                    port=port,
                    views=bound.views,
                    needed=None,
                    origin=bound.views[-1][1],
                ),
            )


def _contracts(edge: Edge) -> list[type[Contract] | None]:
    own = edge.producer.outputs.get(edge.port)
    reads = [edge.needed.contract] if edge.needed is not None else []
    return [own.contract if own else None, *(contract for contract, _ in edge.views), *reads]


def _steps(node: GraphNode, edge: Edge) -> Iterator[_Step]:
    # Without its scope: a loop that calls the stage anew in each scope is one call in the source.
    reads = f"argument {edge.argument!r} of {(node.stage.name if node.stage else node.base)!r}"
    ends = [(f"the view as {view.__name__!r}", origin) for view, origin in edge.views] + [
        (reads, node.origin)
    ]
    contracts = _contracts(edge)
    for given, needed, (reader, origin) in zip(contracts, contracts[1:], ends, strict=False):
        # A refined contract keeps its base's promises, or is reported where it is declared.
        if given is not None and needed is not None and not issubclass(given, needed):
            yield _Step(given=given, needed=needed, reader=reader, origin=origin)


def _finding(node: GraphNode, step: _Step, failure: Failure) -> Diagnostic:
    rule, said = _SAID[failure.aspect]
    return Diagnostic(
        rule=rule,
        message=f"{step.reader} " + said.format(giver=step.given.__name__, column=failure.column),
        places=(Place(step.origin), *_ends(step, failure.column)),
        subject=node.name,
        expected=failure.needed,
        found=failure.promised,
        help=_help(step, failure),
    )


def _ends(step: _Step, column: str) -> Iterator[Place]:
    """Give the lines that promise and need a column, or the contracts where a contract doesn't have it."""
    for contract, word in ((step.given, "promised here"), (step.needed, "needed here")):
        origin = column_place(contract, column)
        if origin is not None:
            yield Place(origin, word)
        elif contract is not Contract:
            yield Place(contract.__origin__, f"{contract.__name__!r} is declared here" if column else word)


def _help(step: _Step, failure: Failure) -> str:
    column, giver, reader = failure.column, repr(step.given.__name__), repr(step.needed.__name__)
    match failure.aspect:
        case "column" if step.given is Contract:
            return "annotate the table with the contract that it keeps, where it is made"
        case "column":
            others = set(columns_of(step.given)) - set(columns_of(step.needed))
            meant = did_you_mean(column, others)
            return (
                f"did you mean {meant!r}?"
                if meant
                else f"add {column!r} to {giver}, or pass a table that has it"
            )
        case "type":
            return f"convert it in the stage that gives {giver}, and declare it there as {failure.needed}"
        case "nullable":
            return f"fill or drop missing values in the stage that gives {giver}, and declare nullable=False there"
        case "unit":
            return _unit_help(step, column)
        case "extra":
            return f"drop the column in a stage before, or don't close {reader}"
        case "role":
            role = promises(step.needed)[column].limits.role
            return f"pass the column that is for it, or declare role={role!r} in {giver}"
        case "rows" | "order" | "age":
            return _table_help(step, failure.aspect, giver)
        case _:
            return f"declare {_said_in_need(step, failure)} in {giver}, if it holds"


def _table_help(step: _Step, aspect: Aspect, giver: str) -> str:
    match aspect:
        case "order":
            order = step.needed.__sorted_by__
            said = repr(order[0] if len(order) == 1 else order)
            return f"sort the rows in the stage that gives {giver}, and declare sorted_by={said} there"
        case "age":
            wanted = span_source(step.needed.__max_age__)
            return f"declare max_age={wanted} on {giver}, so that its gate judges it"
        case _:
            return f"declare rows={step.needed.__rows__!r} on {giver}, if it holds"


def _said_in_need(step: _Step, failure: Failure) -> str:
    limits = promises(step.needed)[failure.column].limits
    if failure.aspect == "known":
        return f"known_after={span_source(limits.known_after)}"
    if failure.aspect == "lineage":
        return f"made_of=[{', '.join(repr(str(each)) for each in limits.made_of or ())}]"
    return limits_text(failure.aspect, limits)


def _unit_help(step: _Step, column: str) -> str:
    giver = repr(step.given.__name__)
    promise, need = promises(step.given)[column], promises(step.needed)[column]
    if promise.limits.unit is None:
        return f"declare {limits_text('unit', need.limits)} in {giver}, if the values are in it"
    factor = conversion(promise, need)
    if factor is None:
        return "pass a column that measures the same thing"
    wanted = limits_text("unit", need.limits)
    convert = f"multiply by {factor:.12g}" if factor > 1 else f"divide by {1 / factor:.12g}"
    return f"{convert} in the stage that gives {giver}, and declare {wanted} there"


CHECKS = (check_edges,)
