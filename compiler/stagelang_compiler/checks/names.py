"""SL1: names, which must be safe everywhere, and each name one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stagelang.experiment import Swap
from stagelang.metric import Expression
from stagelang.origin import Origin
from stagelang.stage import Stage
from stagelang_compiler.checks.structure import DUPLICATE_NAME, INDISTINCT_CALLS, UNSAFE_NAME
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.graph import Graph, GraphNode, bound_of

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)
}


def check_names(graph: Graph) -> Iterator[Diagnostic]:
    """Check that names are safe everywhere, and that each names one thing."""
    groups: dict[str, list[GraphNode]] = {}
    for node in graph.nodes:
        groups.setdefault(node.base, []).append(node)
        yield from _unsafe(node.base, node.origin)
    if not _NAME.fullmatch(graph.pipeline.name) or "/" in graph.pipeline.name:
        yield from _unsafe(graph.pipeline.name, graph.pipeline.origin, slash=False)
    for base, group in groups.items():
        yield from _ambiguous(base, group)
    yield from _differ_in_case(graph)
    yield from _stages_of_one_name(graph)
    yield from _expressions(graph)


def _unsafe(name: str, origin: Origin, slash: bool = True) -> Iterator[Diagnostic]:
    if not _NAME.fullmatch(name) or (not slash and "/" in name):
        slug = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("._-") or "stage"
        why, action = (
            "it may hold only letters, digits, '_', '.', '-'",
            f"call it {slug!r}, with .named(...) or name=...",
        )
    elif reserved := [part for part in name.split("/") if part.partition(".")[0].lower() in _RESERVED]:
        why, action = (
            f"{reserved[0]!r} is reserved on Windows",
            f"call it {reserved[0] + '_'!r}, with .named(...) or name=...",
        )
    elif name.endswith("."):
        why, action = "a name that ends in a dot is lost on Windows", f"call it {name.rstrip('.')!r}"
    else:
        return
    yield Diagnostic(
        rule=UNSAFE_NAME,
        message=f"name {name!r} isn't safe in files, Make and YAML: {why}",
        places=(Place(origin),),
        subject=name,
        help=action,
    )


def _ambiguous(base: str, group: list[GraphNode]) -> Iterator[Diagnostic]:
    functions = {id(node.stage.function) if node.stage else id(node) for node in group}
    if len(group) < 2 or (len(functions) == 1 and len({node.population for node in group}) == len(group)):
        return
    places = tuple(
        Place(node.origin, "" if position == 0 else "and here") for position, node in enumerate(group)
    )
    if len(functions) > 1:
        yield Diagnostic(
            rule=DUPLICATE_NAME,
            message=f"{len(group)} different nodes are called {base!r}",
            places=places,
            subject=base,
            help="give one of them another name, with .named(...), name=... or inside 'with scope(...):'",
        )
        return
    yield Diagnostic(
        rule=INDISTINCT_CALLS,
        message=f"{base!r} is called {len(group)} times, and the populations of its rows don't tell the calls apart",
        places=places,
        subject=base,
        help=f"name each call, such as {base.rpartition('/')[2]}.named(\"...\")(...), or put each into its own 'with scope(...):'",
    )


def _differ_in_case(graph: Graph) -> Iterator[Diagnostic]:
    seen: dict[str, GraphNode] = {}
    for node in graph.nodes:
        other = seen.setdefault(node.name.lower(), node)
        if other.base != node.base:
            same = other.name == node.name
            yield Diagnostic(
                rule=DUPLICATE_NAME,
                message=f"2 different nodes are called {node.name!r}"
                if same
                else f"names {other.name!r} and {node.name!r} differ only in case",
                subject=node.name,
                places=(Place(node.origin), Place(other.origin, "the other")),
                help="give one of them another name"
                if same
                else "rename one: some file systems take them for one",
            )


def _stages_of_one_name(graph: Graph) -> Iterator[Diagnostic]:
    """Two functions may share a name in two scopes as nodes, but as declarations they must be told apart."""
    seen: dict[str, tuple[Any, str, Origin]] = {}
    used = [(node.stage, node.base, node.origin) for node in graph.nodes if node.stage]
    for stage, base, origin in (*used, *_stand_ins(graph)):
        other, other_base, other_origin = seen.setdefault(stage.name, (stage, base, origin))
        if other.function is not stage.function and other_base != base:
            yield Diagnostic(
                rule=DUPLICATE_NAME,
                message=f"two different stages are called {stage.name!r}",
                subject=stage.name,
                places=(Place(stage.origin), Place(other.origin, "the other")),
                help="rename one of the functions, or give it another name with name=...",
            )
        elif other.function is stage.function and other is not stage and _said(other) != _said(stage):
            seen[stage.name] = (stage, base, origin)  # said once of each two that differ
            yield Diagnostic(
                rule=DUPLICATE_NAME,
                message=f"stage {stage.name!r} is used with different options under one name",
                subject=stage.name,
                places=(Place(origin), Place(other_origin, "the other")),
                help=f'name one of them, such as {stage.name}.named("...").options(...)',
            )


def _stand_ins(graph: Graph) -> Iterator[tuple[Any, str, Origin]]:
    """Give the stages that experiments put in place of others; no node's base is theirs."""
    for experiment in graph.pipeline.experiments:
        if isinstance(experiment, Swap) and isinstance(experiment.other, _STAGE):
            yield experiment.other, "", experiment.origin


_STAGE: Any = Stage


def _said(stage: Any) -> Any:
    return stage.settings if isinstance(stage, Stage) else stage.meaning


def _expressions(graph: Graph) -> Iterator[Diagnostic]:
    """Check the names of expressions, which stand beside those of metrics; two of one meaning may share theirs."""
    for expression in graph.expressions:
        name = graph.names[id(expression)]
        yield from _unsafe(name, expression.origin)
        other = graph.metrics[name]
        if not (isinstance(other, Expression) and _computed(other, graph) == _computed(expression, graph)):
            yield Diagnostic(
                rule=DUPLICATE_NAME,
                message=f"2 different metrics are called {name!r}",
                subject=name,
                places=(Place(expression.origin), Place(other.origin, "the other")),
                help="give one of them another name, with .named(...)",
            )


def _computed(expression: Expression, graph: Graph) -> tuple[Any, ...]:
    operands = (graph.metric_name(each) if bound_of(each) else each for each in expression.operands)
    return (expression.operation, *operands, expression.unit)


CHECKS = (check_names,)
