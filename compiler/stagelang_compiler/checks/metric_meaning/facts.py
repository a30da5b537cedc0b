"""What is known of every metric before anything runs: what it aggregates, over which rows, of which shape, in which class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final
from weakref import WeakKeyDictionary

from attrs import field, frozen

from stagelang.contract import Column, Contract, columns_of
from stagelang.metric import Expression, MetricDefinition
from stagelang.units import unit_text
from stagelang_compiler.aggregation import AggregationClass, class_of, combined_class
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.metric_meaning.measured_rows import Way, first_table, measured_rows
from stagelang_compiler.checks.metric_meaning.returned import Returned, read_returned
from stagelang_compiler.graph import Graph, GraphNode, bound_of
from stagelang_compiler.plan_codec import canonical
from stagelang_compiler.values import UnhashableValue, encode_value


@final
@frozen(eq=False, kw_only=True)
class Measured:
    """One measured metric."""

    node: GraphNode
    definition: MetricDefinition[Any, Any]
    contract: type[Contract] | None
    columns: Mapping[str, Column[Any]]
    returned: Returned
    way: Way | None

    def column(self, name: str) -> Column[Any]:
        """Give a column of the metric's tables."""
        return self.columns[name]

    def named_as(self, role: str) -> frozenset[str]:
        """Give the columns with this role that the metric's function names."""
        return frozenset(name for name in self.returned.named if self.columns[name].limits.role == role)


@final
@frozen(eq=False, kw_only=True)
class Facts:
    """What is known of one metric or expression.

    `leaves` are the metrics it is measured by, in order, each once; `shape` is equal for one formula over one definition with equal
    parameters, whatever rows it is measured on.
    """

    name: str
    declared: GraphNode | Expression
    leaves: tuple[Measured, ...]
    aggregation: AggregationClass
    shape: int
    operands: tuple[Facts, ...] = field(default=())

    @property
    def leaf(self) -> Measured | None:
        """The metric itself, where it is measured."""
        return self.leaves[0] if isinstance(self.declared, GraphNode) else None

    @property
    def scaled(self) -> Facts:
        """What this is a multiple, a negative or a conversion of; itself where it is none."""
        return self.operands[0].scaled if len(self.operands) == 1 else self


_KNOWN: WeakKeyDictionary[Graph, Mapping[str, Facts]] = WeakKeyDictionary()


def facts_of(graph: Graph) -> Mapping[str, Facts]:
    """Gather what is known of every metric, expressions after what they are made of; each graph is gathered once."""
    known = _KNOWN.get(graph)
    if known is None:
        known = _KNOWN[graph] = _gathered(graph)
    return known


def _gathered(graph: Graph) -> Mapping[str, Facts]:
    ways, sources = measured_rows(graph), Sources()
    read: dict[Any, tuple[Mapping[str, Column[Any]], Returned]] = {}
    shapes: dict[Any, int] = {}
    found: dict[str, Facts] = {}
    for name, metric in graph.metrics.items():
        if isinstance(metric, GraphNode):
            found[name] = _measured(name, metric, ways, read, shapes, sources)
        else:
            found[name] = _expression(name, metric, graph, found, shapes)
    return found


def _measured(
    name: str,
    node: GraphNode,
    ways: Mapping[str, Way],
    read: dict[Any, tuple[Mapping[str, Column[Any]], Returned]],
    shapes: dict[Any, int],
    sources: Sources,
) -> Facts:
    definition = node.stage
    assert isinstance(definition, MetricDefinition)
    if definition not in read:
        read[definition] = _read(definition, sources)
    columns, returned = read[definition]
    table = first_table(node)
    measured = Measured(
        node=node,
        definition=definition,
        contract=table.needed.contract if table is not None and table.needed is not None else None,
        columns=columns,
        returned=returned,
        way=ways.get(name),
    )
    shape = (id(definition.function), *((key, _encoded(value)) for key, value in sorted(node.params.items())))
    return Facts(
        name=name,
        declared=node,
        leaves=(measured,),
        aggregation=class_of(definition.meaning.aggregate.kind),
        shape=shapes.setdefault(shape, len(shapes)),
    )


def _encoded(value: object) -> str:
    """Give equal texts for equal values; what has no content to compare is told apart by its identity."""
    try:
        return canonical(encode_value(value, "parameter"))
    except UnhashableValue:
        return f"at {id(value)}"


def _read(
    definition: MetricDefinition[Any, Any], sources: Sources
) -> tuple[Mapping[str, Column[Any]], Returned]:
    """Read a definition's function; columns that two of its tables share are taken from the first."""
    tables = {
        name: argument.shape.contract
        for name, argument in definition.signature.arguments.items()
        if argument.shape is not None
        and argument.shape.kind == "table"
        and argument.shape.contract is not None
    }
    columns: dict[str, Column[Any]] = {}
    for contract in tables.values():
        for name, column in columns_of(contract).items():
            columns.setdefault(name, column)
    params = {name for name, argument in definition.signature.arguments.items() if argument.shape is None}
    return columns, read_returned(sources.tree(definition.function), tables, columns, params)


def _expression(
    name: str, expression: Expression, graph: Graph, known: Mapping[str, Facts], shapes: dict[Any, int]
) -> Facts:
    operands = tuple(known[graph.metric_name(each)] for each in expression.operands if bound_of(each))
    numbers = tuple(each for each in expression.operands if not bound_of(each))
    unit = unit_text(expression.unit) if expression.unit is not None else ""
    shape = (expression.operation, numbers, unit, *(each.shape for each in operands))
    return Facts(
        name=name,
        declared=expression,
        leaves=tuple(dict.fromkeys(leaf for each in operands for leaf in each.leaves)),
        aggregation=combined_class(
            expression.operation, [each.aggregation for each in operands], len(numbers)
        ),
        shape=shapes.setdefault(shape, len(shapes)),
        operands=operands,
    )
