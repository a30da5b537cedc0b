"""SL613: something fitted elsewhere, such as pretrained weights, of which nothing says what it was fitted to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from stagelang.contract import columns_of
from stagelang.metric import MetricDefinition
from stagelang.origin import Origin
from stagelang.source import Source
from stagelang.stage import Stage
from stagelang_compiler.checks.leakage import body_syntax as syntax
from stagelang_compiler.checks.leakage import operations as op
from stagelang_compiler.checks.leakage.body_calls import walked
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.leakage.roles import STATES, declared_role, kind_of
from stagelang_compiler.checks.leakage.rules import UNKNOWN_ORIGIN
from stagelang_compiler.checks.leakage.spelled import Spelling
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.graph import Edge, Graph, GraphNode

COMPUTED: Final = ("embedding", "prediction", "score")
"""Roles of columns that only something fitted computes; the last two are what a pipeline measures, unless it learns from them."""
_SAY = "say what it was fitted to: learnt_from='...' in words where that is none of these rows, else learnt_from=[table]"


def check_external(graph: Graph) -> Iterator[Diagnostic]:
    """Check that what comes from outside and was fitted there says to what, where a metric depends on it."""
    metrics = [node for node in graph.nodes if node.kind == "metric"]
    behind, sources, spelling = _behind(graph, metrics), Sources(), Spelling()
    learnt = _behind(graph, [node for node in graph.nodes if id(node) in behind and _is_fitted(node)])
    unsaid: dict[tuple[int, str], GraphNode] = {}
    told: set[object] = set()
    for node in graph.nodes:
        declared = node.declared
        if isinstance(declared, Source):
            if not declared.learnt_from and declared.contract is None:
                unsaid[id(node), "out"] = node
            elif not declared.learnt_from and id(node) in behind:
                yield from _computed_columns(node, COMPUTED if id(node) in learnt else COMPUTED[:1])
            continue
        if not isinstance(node.stage, Stage) or node.stage.settings.learnt_from:
            continue
        outside = [edge for edge in node.inputs if (id(edge.producer), edge.port) in unsaid]
        if outside:
            loads = _loads(node, sources)
            if loads and id(node) in behind:
                yield _loaded(node, unsaid[id(outside[0].producer), outside[0].port])
            unsaid.update(_passed_on(node, unsaid, outside))
        if id(node) in behind and node.stage.function not in told:
            told.add(node.stage.function)
            if spelling.of(node.stage.function).names & _TELLING:
                yield from _pretrained(node, sources)


def _behind(graph: Graph, nodes: Sequence[GraphNode]) -> set[int]:
    """Give what these nodes depend on, by identity."""
    found: set[int] = {id(node) for node in nodes}
    for node in reversed(graph.nodes):  # each before those it reads
        if id(node) in found:
            found.update(id(edge.producer) for edge in node.inputs)
    return found


def _is_fitted(node: GraphNode) -> bool:
    return node.kind in ("stage", "command") and any(shape.kind in STATES for shape in node.outputs.values())


def _loads(node: GraphNode, sources: Sources) -> bool:
    """Tell whether a stage turns files into something fitted without fitting it: by its role, else by its types and body."""
    role, kinds = declared_role(node), [kind_of(edge) for edge in node.inputs]
    if role is not None:
        return role == "apply" and not {"model", "value"} & {*kinds}
    to_model = any(shape.kind == "model" for shape in node.outputs.values())
    return to_model and "table" not in kinds and node.kind == "stage" and not _computes(node, sources)


def _computes(node: GraphNode, sources: Sources) -> bool:
    """Tell whether a body, or what it calls, fits something or computes over many values: then the files are data."""
    function = node.stage.function if node.stage else None
    fitting = op.ESTIMATORS | op.REDUCTIONS | op.WITHOUT_AXIS | op.TRAINING
    calls = (each.func for _, each in walked(function, sources) if isinstance(each, ast.Call))
    return any(syntax.last(called) in fitting for called in calls)


def _passed_on(
    node: GraphNode, unsaid: dict[tuple[int, str], GraphNode], outside: list[Edge]
) -> dict[tuple[int, str], GraphNode]:
    """Say of files that are made of files alone, as by unpacking them, that they come from the same source."""
    if any(kind_of(edge) != "files" for edge in node.inputs):
        return {}
    origin = unsaid[id(outside[0].producer), outside[0].port]
    return {(id(node), port): origin for port, shape in node.outputs.items() if shape.kind == "files"}


def _loaded(node: GraphNode, source: GraphNode) -> Diagnostic:
    return Diagnostic(
        rule=UNKNOWN_ORIGIN,
        message=f"{node.base!r} loads what {source.base!r} holds, and nothing says what that was fitted to",
        places=(Place(source.origin, "from outside here"), Place(node.origin, "loaded here")),
        subject=node.name,
        help=_SAY,
    )


def _computed_columns(node: GraphNode, roles: Sequence[str]) -> Iterator[Diagnostic]:
    contract = node.outputs["out"].contract
    for name, column in (columns_of(contract) if contract else {}).items():
        if column.limits.role in roles:
            yield Diagnostic(
                rule=UNKNOWN_ORIGIN,
                message=f"{node.base!r} comes with {name!r}, which something fitted has computed, and nothing says what that was fitted to",
                places=(
                    Place(node.origin),
                    Place(column.origin or node.origin, f"role={column.limits.role!r} here"),
                ),
                subject=node.name,
                help=_SAY,
            )
            return


_TELLING: Final = frozenset(
    [*op.PRETRAINED, "pretrained", "weights"]
    + [path.partition(".")[2] for path in (*op.PRETRAINED_PATHS, *op.UNPICKLING)]
)
"""Words without which a body fetches nothing."""


def _pretrained(node: GraphNode, sources: Sources) -> Iterator[Diagnostic]:
    """Find a call in a body that fetches a pretrained model."""
    assert node.stage is not None and not isinstance(node.stage, MetricDefinition)
    has_files = any(kind_of(edge) == "files" for edge in node.inputs)
    for function, each in walked(node.stage.function, sources):
        if isinstance(each, ast.Call) and _fetches(each, has_files):
            word = syntax.path(each.func) or syntax.last(each.func)
            place = Origin(function.__code__.co_filename, each.lineno)
            yield Diagnostic(
                rule=UNKNOWN_ORIGIN,
                message=f"{node.base!r} uses something pretrained, and nothing says what it was fitted to",
                places=(Place(node.origin, "used here"), Place(place, "fetched here")),
                subject=node.name,
                found=f"{word}()",
                help="say it with @stage(learnt_from='...'), or declare its files as a source that says it",
            )
            return


def _fetches(call: ast.Call, has_files: bool) -> bool:
    name, path = syntax.last(call.func), syntax.path(call.func)
    if name in op.PRETRAINED or path in op.PRETRAINED_PATHS:
        return True
    if path in op.UNPICKLING and not has_files:
        return True
    pretrained = syntax.keyword(call, "pretrained")
    weights = syntax.keyword(call, "weights")
    return pretrained is True or weights in ("imagenet", "DEFAULT")


CHECKS = (check_external,)
