"""SL222 and SL223: the column by which a split divides a table."""

from __future__ import annotations

from collections.abc import Iterator

from stagelang.contract import Column, Contract, column_types, columns_of, logical_type
from stagelang.split import Split
from stagelang_compiler.checks.column_places import column_place
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity, did_you_mean
from stagelang_compiler.graph import Graph, GraphNode

SPLIT_BY_UNKNOWN_COLUMN = Rule(
    code="SL222",
    name="split-by-unknown-column",
    severity=Severity.ERROR,
    waivable=False,
    summary="a split divides by a column that the table's contract doesn't have",
)
SPLIT_BY_PLAIN_COLUMN = Rule(
    code="SL223",
    name="split-by-plain-column",
    severity=Severity.ERROR,
    summary="a split divides by a column that isn't declared as key, group or time",
)

RULES = (SPLIT_BY_UNKNOWN_COLUMN, SPLIT_BY_PLAIN_COLUMN)


def check_splits(graph: Graph) -> Iterator[Diagnostic]:
    """Check that each split divides by a column that can divide."""
    for node in graph.nodes:
        given = node.inputs[0].given if isinstance(node.declared, Split) and node.inputs else None
        if given is None or given.contract is None or not isinstance(node.declared, Split):
            continue
        columns, by = columns_of(given.contract), str(node.declared.by)
        grouped = any(column.limits.group for column in columns.values())
        parts_group = (
            node.declared.method != "time" and grouped
        )  # that is leakage, which another rule reports
        if by not in columns:
            yield _unknown(node, by, given.contract)
        elif not parts_group:
            yield from _plain(node, node.declared, given.contract, columns[by])


def _unknown(node: GraphNode, by: str, contract: type[Contract]) -> Diagnostic:
    columns = columns_of(contract)
    meant = did_you_mean(by, columns)
    dividing = [name for name, column in columns.items() if column.limits.group or column.limits.key]
    other = (dividing or list(columns) or ["a key"])[0]
    return Diagnostic(
        rule=SPLIT_BY_UNKNOWN_COLUMN,
        message=f"split {node.base!r} divides by {by!r}, which {contract.__name__!r} doesn't have",
        places=(Place(node.origin), Place(contract.__origin__, "the table's contract")),
        subject=node.name,
        expected=f"a column of {contract.__name__!r}: {', '.join(columns)}",
        found=by,
        help=f"did you mean {meant!r}?" if meant else f"divide by one of its columns, such as {other!r}",
    )


def _plain(
    node: GraphNode, split: Split, contract: type[Contract], column: Column[object]
) -> Iterator[Diagnostic]:
    type_name = logical_type(column_types(contract).get(column.name))
    limits = column.limits
    if split.method == "time":
        divides, wanted, keyword = limits.time, "the rows' time", "time=True"
    else:
        divides, wanted, keyword = limits.unique or limits.group, "a key or a group", "group=True"
    found = f"a column without {keyword}"
    action = f"declare {keyword} where the column is that, or divide by one that is"
    if divides and split.method == "time" and type_name not in ("date", "datetime", None):
        divides, wanted, found = False, "a date or a datetime", f"a column of {type_name}"
        action = "divide by a column of dates or datetimes"
    if not divides:
        yield Diagnostic(
            rule=SPLIT_BY_PLAIN_COLUMN,
            message=f"split {node.base!r} divides by {column.name!r}, which isn't declared for it",
            places=(
                Place(node.origin),
                Place(column_place(contract, column.name) or contract.__origin__, "declared here"),
            ),
            subject=node.name,
            expected=wanted,
            found=found,
            help=action,
        )


CHECKS = (check_splits,)
