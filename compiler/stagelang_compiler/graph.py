"""The graph of a pipeline as it was written: nodes with bound arguments and resolved populations, in a stable order.

It refers to the language's own objects; checks read it, and `lower` turns it into a Plan. Building it judges nothing: what can't be
bound is kept on the node for the checks to report.
"""

from __future__ import annotations

import heapq
import inspect
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from types import FunctionType
from typing import Any, Literal, TypeAlias, final

from attrs import define, evolve, field, frozen

from stagelang.contract import Contract
from stagelang.handle import Bound, Handle
from stagelang.metric import Expression, MetricCall, MetricDefinition
from stagelang.origin import Origin
from stagelang.pipeline import Pipeline
from stagelang.population import Population, Test, Train, Validation
from stagelang.recording import Recording
from stagelang.signature import Argument, Shape
from stagelang.source import Source
from stagelang.split import Split
from stagelang.stage import Call, Stage, handles_in

Declared: TypeAlias = Source | Split | Call | MetricCall
Kind = Literal["source", "split", "stage", "command", "metric"]
_PARTS: Mapping[str, type[Population]] = {"train": Train, "validation": Validation, "test": Test}
_CALLS = (Call, MetricCall)


@final
@frozen(eq=False, kw_only=True)
class Edge:
    """One handle that a node reads: into `argument`, at `index` if it takes several."""

    argument: str
    index: int | None
    producer: GraphNode
    port: str
    views: tuple[tuple[type[Contract], Origin], ...]
    needed: Shape | None
    origin: Origin

    @property
    def given(self) -> Shape | None:
        """What the producer gives at that port, under the last contract it was viewed as."""
        shape = self.producer.outputs.get(self.port)
        if shape is None or not self.views:
            return shape
        return evolve(shape, contract=self.views[-1][0])


@final
@define(eq=False, kw_only=True)
class GraphNode:
    """A declaration with its arguments bound. `misbound` says why its call doesn't fit its signature."""

    declared: Declared
    kind: Kind
    base: str
    name: str = ""
    inputs: list[Edge] = field(factory=list[Edge])
    params: dict[str, Any] = field(factory=dict[str, Any])
    misplaced: dict[str, Any] = field(factory=dict[str, Any])
    outputs: dict[str, Shape] = field(factory=dict[str, Shape])
    misbound: str = ""
    stage: Stage[Any, Any] | MetricDefinition[Any, Any] | None = field(init=False)
    """The stage or metric that it calls; None for a source or a split."""

    def __attrs_post_init__(self) -> None:
        self.stage = self.declared.stage if isinstance(self.declared, _CALLS) else None

    @property
    def origin(self) -> Origin:
        """Where it was written."""
        return self.declared.origin

    @property
    def population(self) -> type[Population]:
        """The population by which it is told apart from its siblings: its first table's, going out or coming in."""
        for shape in (*self.outputs.values(), *(edge.given for edge in self.inputs)):
            if shape is not None and shape.kind == "table" and isinstance(shape.population, type):
                return shape.population
        return Population


@final
@frozen(eq=False, kw_only=True)
class Graph:
    """A pipeline's nodes, each after those it reads, and the expressions over metrics with their names."""

    pipeline: Pipeline
    recording: Recording
    nodes: tuple[GraphNode, ...]
    expressions: tuple[Expression, ...]
    unused: tuple[Declared, ...]
    metrics: Mapping[str, GraphNode | Expression]
    names: Mapping[int, str]
    made_by: Mapping[Any, GraphNode]

    def metric_name(self, metric: object) -> str:
        """Give the name of the metric that a handle stands for; empty if it stands for none."""
        bound = bound_of(metric)
        return self.names.get(id(bound.by), "") if bound else ""

    def node_of(self, handle: Handle) -> tuple[GraphNode, str] | None:
        """Give the node and port that a handle stands for, if the pipeline reaches it."""
        bound = bound_of(handle)
        node = self.made_by.get(bound.by) if bound else None
        return (node, bound.port) if node and bound else None


def bound_of(handle: Any) -> Bound | None:
    """Give a lazy handle's inside; None for anything else."""
    return handle._bound if isinstance(handle, Handle) else None  # pyright: ignore[reportPrivateUsage]


def build(pipeline: Pipeline, recording: Recording, encode: Callable[[Any], str]) -> Graph:
    """Build the graph of all that the pipeline's metrics, gates, outputs and experiments reach.

    Args:
        pipeline: the pipeline.
        recording: all that its spec declared.
        encode: gives equal texts for equal parameter values; values that can't be encoded must give a text of their own.
    """
    builder = _Builder(encode)
    expressions: dict[Expression, None] = {}
    for root in _roots(pipeline):
        builder.reach(root, expressions)
    nodes = _in_order(builder.unique)
    _give_names(nodes)
    names = {id(declared): node.name for declared, node in builder.nodes.items()}
    metrics: dict[str, GraphNode | Expression] = {node.name: node for node in nodes if node.kind == "metric"}
    for expression in expressions:
        name = expression.scope + (expression.name or _spelled(expression, names))
        names[id(expression)] = name
        metrics.setdefault(name, expression)
    others = [each for each in recording.pipelines if each is not pipeline]
    used = builder.nodes.keys() | _declared(root for other in others for root in _roots(other))
    unused = tuple(declared for declared in recording.calls if declared not in used)
    return Graph(
        pipeline=pipeline,
        recording=recording,
        nodes=tuple(nodes),
        expressions=tuple(expressions),
        unused=unused,
        metrics=metrics,
        names=names,
        made_by=builder.nodes,
    )


def _roots(pipeline: Pipeline) -> Iterator[Handle]:
    yield from (handle for handle in (*pipeline.metrics, *pipeline.outputs) if bound_of(handle))
    yield from (gate.metric for gate in pipeline.gates if bound_of(getattr(gate, "metric", None)))
    for experiment in pipeline.experiments:
        table = getattr(experiment, "table", None)
        if isinstance(table, Handle) and bound_of(table):
            yield table


def _declared(roots: Iterable[Handle]) -> set[Any]:
    """Give all that these handles are made of, however well it fits together."""
    found: set[Any] = set()
    stack = [bound.by for root in roots if (bound := bound_of(root))]
    while stack:
        declared = stack.pop()
        if declared not in found:
            found.add(declared)
            stack += [bound.by for handle in _handles_of(declared) if (bound := bound_of(handle))]
    return found


def _spelled(expression: Expression, names: Mapping[int, str]) -> str:
    def word(operand: Any) -> str:
        bound = bound_of(operand)
        if bound:
            return names.get(id(bound.by), bound.by.label)
        return f"{operand:g}" if isinstance(operand, int | float) else str(operand)

    words = [word(operand) for operand in expression.operands]
    operation = {
        "+": "plus",
        "-": "minus",
        "*": "times",
        "/": "per",
        "neg": "negative",
        "convert": "converted",
    }[expression.operation]
    return f"{words[0]}-{operation}" + "".join(f"-{each}" for each in words[1:])


class _Builder:
    """Walks from handles to what makes them, without recursion; merges declarations that compute the same."""

    def __init__(self, encode: Callable[[Any], str]) -> None:
        self.encode = encode
        self.nodes: dict[Any, GraphNode] = {}
        self.unique: dict[Any, GraphNode] = {}
        self._signatures: dict[Any, inspect.Signature] = {}

    def reach(self, root: Handle, expressions: dict[Expression, None]) -> None:
        bound = bound_of(root)
        stack: list[Any] = [bound.by] if bound else []
        while stack:
            declared = stack[-1]
            if declared in self.nodes or declared in expressions:
                stack.pop()
                continue
            needed = [inner.by for handle in _handles_of(declared) if (inner := bound_of(handle))]
            waiting = [each for each in needed if each not in self.nodes and each not in expressions]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            if isinstance(declared, Expression):
                expressions[declared] = None
            else:
                self._add(declared)

    def _add(self, declared: Declared) -> None:
        node = self._node(declared)
        edges = tuple(
            (edge.argument, edge.index, edge.producer, edge.port, edge.views) for edge in node.inputs
        )
        params = tuple((name, self.encode(value)) for name, value in sorted(node.params.items()))
        what: Any = id(node.stage.function) if node.stage else declared_key(declared)
        same = self.unique.setdefault(
            (node.base, what, edges, params, node.misbound, id(declared) if node.misbound else 0), node
        )
        self.nodes[declared] = same

    def _node(self, declared: Declared) -> GraphNode:
        match declared:
            case Source():
                return _source_node(declared)
            case Split():
                return self._split_node(declared)
            case Call():
                kind: Kind = "command" if declared.stage.command else "stage"
                return self._call_node(declared, kind)
            case MetricCall():
                return self._call_node(declared, "metric")

    def _split_node(self, declared: Split) -> GraphNode:
        is_lazy = bound_of(declared.table) is not None
        edges = [self._edge("table", None, declared.table, None, declared.origin)] if is_lazy else []
        of = [PurePosixPath(edge.producer.base).name for edge in edges]
        words = ["folds", *of, str(declared.fold)] if declared.method == "fold" else ["split", *of]
        base = declared.scope + (declared.name or "_".join(words))
        given = edges[0].given if edges else None
        contract = given.contract if given else None
        outputs = {
            part: Shape(kind="table", contract=contract, population=_PARTS[part]) for part in declared.parts
        }
        misplaced = {} if edges else {"table": declared.table}
        return GraphNode(
            declared=declared, kind="split", base=base, inputs=edges, outputs=outputs, misplaced=misplaced
        )

    def _edge(
        self, argument: str, index: int | None, handle: Handle, needed: Shape | None, origin: Origin
    ) -> Edge:
        bound = bound_of(handle)
        assert bound is not None
        producer = self.nodes[bound.by]
        return Edge(
            argument=argument,
            index=index,
            producer=producer,
            port=bound.port,
            views=bound.views,
            needed=needed,
            origin=origin,
        )

    def _call_node(self, declared: Call | MetricCall, kind: Kind) -> GraphNode:
        stage = declared.stage
        node = GraphNode(declared=declared, kind=kind, base=declared.scope + stage.name)
        bound, node.misbound = self._bind(declared)
        for name, value in bound.items():
            self._take_argument(node, name, value)
        for port, shape in stage.signature.outputs.items():
            node.outputs[port] = _resolved(shape, node)
        if kind == "metric":
            node.outputs = {"out": Shape(kind="metric", population=node.population)}
        return node

    def _take_argument(self, node: GraphNode, name: str, value: Any) -> None:
        argument = node.stage.signature.arguments[name] if node.stage else None
        needed = argument.shape if argument else None
        if bound_of(value):
            node.inputs.append(self._edge(name, None, value, needed, node.origin))
        elif items := _items(value):
            for index, item in enumerate(items):
                if bound_of(item):
                    node.inputs.append(self._edge(name, index, item, needed, node.origin))
                else:
                    node.misplaced[f"{name}[{index}]"] = item
        elif argument is None or needed is None:
            node.params[name] = value
        elif not (_may_be_none(argument) if value is None else argument.many and _is_empty(value)):
            node.misplaced[name] = value

    def _bind(self, declared: Call | MetricCall) -> tuple[dict[str, Any], str]:
        """Bind a call's arguments; what doesn't fit is said, and what does is kept, so that its edges are seen."""
        function = declared.stage.function
        quick = _bound_quickly(function, declared.args, declared.kwargs)
        if quick is not None:
            return quick, ""
        signature = self._signatures.get(function) or self._signatures.setdefault(
            function, inspect.signature(function)
        )
        try:
            arguments = signature.bind(*declared.args, **declared.kwargs)
        except TypeError as error:
            known = {name: value for name, value in declared.kwargs.items() if name in signature.parameters}
            positional = [
                name for name, each in signature.parameters.items() if each.kind is each.POSITIONAL_OR_KEYWORD
            ]
            return {**dict(zip(positional, declared.args, strict=False)), **known}, str(error)
        arguments.apply_defaults()
        return dict(arguments.arguments), ""


def _bound_quickly(function: Any, given: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any] | None:
    """Bind a call's arguments to a function as most are written, as `inspect` does; None for any other, and where it doesn't fit."""
    code = function.__code__ if type(function) is FunctionType and not vars(function) else None
    if code is None or code.co_posonlyargcount or code.co_flags & _GATHERING or len(given) > code.co_argcount:
        return None
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults: tuple[Any, ...] = function.__defaults__ or ()
    bound: dict[str, Any] = dict(zip(names[code.co_argcount - len(defaults) :], defaults, strict=False))
    bound |= function.__kwdefaults__ or {}
    bound |= named
    bound |= zip(names, given, strict=False)
    if bound.keys() != {*names} or not named.keys().isdisjoint(names[: len(given)]):
        return None
    return {name: bound[name] for name in names}


_GATHERING = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


def _may_be_none(argument: Argument) -> bool:
    """Tell whether an argument may be left out as None: a union with None, or None as its default."""
    return type(None) in typing.get_args(argument.annotation) or not (argument.required or argument.many)


def _is_empty(value: Any) -> bool:
    return type(value) in (list, tuple) and not value


def _items(value: Any) -> list[Any]:
    """Give what a list or tuple holds, if it holds a handle; else nothing."""
    return [*value] if type(value) in (list, tuple) and handles_in((value,)) else []


def declared_key(declared: Declared) -> Any:
    """Give what makes two sources, or two splits, the same computation."""
    match declared:
        case Source():
            learnt_from = declared.learnt_from
            stated = learnt_from if isinstance(learnt_from, str) else tuple(map(_spot, learnt_from))
            return (declared.location, declared.format, declared.contract, stated)
        case Split():
            return (
                declared.method,
                str(declared.by),
                declared.test,
                declared.validation,
                declared.fold,
                declared.folds,
                declared.embargo,
            )
        case _:
            return id(declared)


def _spot(handle: Any) -> Any:
    """Give what makes two handles one artifact."""
    bound = bound_of(handle)
    return (id(bound.by), bound.port) if bound else id(handle)


def _handles_of(declared: Any) -> list[Handle]:
    match declared:
        case Source():
            return []
        case Split():
            return [declared.table]
        case Expression():
            return [operand for operand in declared.operands if isinstance(operand, Handle)]
        case Call() | MetricCall():
            return handles_in((*declared.args, *declared.kwargs.values()))
        case _:
            raise AssertionError(declared)


def _source_node(declared: Source) -> GraphNode:
    shape = (
        Shape(kind="files") if declared.contract is None else Shape(kind="table", contract=declared.contract)
    )
    stem = (
        PurePosixPath(declared.location.split("://")[-1]).name.partition(".")[0].replace("*", "all")
        or "files"
    )
    return GraphNode(
        declared=declared,
        kind="source",
        base=declared.scope + (declared.name or stem),
        outputs={"out": shape},
    )


def _resolved(shape: Shape, node: GraphNode) -> Shape:
    """Replace a population variable by the population of the input that binds it."""
    if not isinstance(shape.population, str):
        return shape
    for edge in node.inputs:
        given = edge.given
        if (
            edge.needed
            and edge.needed.population == shape.population
            and given
            and isinstance(given.population, type)
        ):
            return evolve(shape, population=given.population)
    return evolve(shape, population=Population)


def _in_order(unique: Mapping[Any, GraphNode]) -> list[GraphNode]:
    """Order nodes topologically, and by name among those that are ready: the order of definition leaves no trace."""
    nodes = list(unique.values())
    producers = {node: {edge.producer for edge in node.inputs} for node in nodes}
    waiting = {node: len(each) for node, each in producers.items()}
    readers: dict[GraphNode, list[GraphNode]] = {}
    for node, each in producers.items():
        for producer in each:
            readers.setdefault(producer, []).append(node)
    keys: dict[GraphNode, tuple[str, str]] = {}

    def entry(node: GraphNode) -> tuple[tuple[str, str], int, int, GraphNode]:
        first = min((keys[edge.producer] for edge in node.inputs), default=("", ""))
        keys[node] = (node.base, f"{node.population.__name__} {first[0]} {first[1]}"[:200])
        return (keys[node], node.origin.line, len(keys), node)

    ready = [entry(node) for node in nodes if not waiting[node]]
    heapq.heapify(ready)
    ordered: list[GraphNode] = []
    while ready:
        *_, node = heapq.heappop(ready)
        ordered.append(node)
        for reader in readers.get(node, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heapq.heappush(ready, entry(reader))
    return ordered


def _give_names(nodes: list[GraphNode]) -> None:
    """Name each node after its declaration, told apart by population where a declaration is used several times."""
    siblings: dict[str, list[GraphNode]] = {}
    for node in nodes:
        siblings.setdefault(node.base, []).append(node)
    for base, group in siblings.items():
        told_apart = [_with_population(base, node) for node in group]
        unique = len(set(told_apart)) == len(group)
        for position, node in enumerate(group):
            node.name = (
                base if len(group) == 1 else told_apart[position] if unique else f"{base}.{position + 1}"
            )


def _with_population(base: str, node: GraphNode) -> str:
    return base if node.population is Population else f"{base}.{node.population.__name__.lower()}"
