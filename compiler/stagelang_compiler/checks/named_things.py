"""What a pipeline declares that has an owner, a name or a description: each once, whatever uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias, final

from attrs import frozen

from stagelang.contract import Contract, columns_of
from stagelang.experiment import Swap
from stagelang.metric import MetricDefinition
from stagelang.origin import Origin
from stagelang.source import Source
from stagelang.stage import Stage
from stagelang_compiler.graph import Graph

Kind: TypeAlias = Literal["pipelines", "sources", "stages", "metrics", "contracts", "columns"]
SINGULAR: dict[Kind, str] = {
    "pipelines": "pipeline",
    "sources": "source",
    "stages": "stage",
    "metrics": "metric",
    "contracts": "contract",
    "columns": "column",
}
_STAGE: Any = Stage


@final
@frozen(eq=False, kw_only=True)
class Thing:
    """One declaration: `what` is how it is called in a message, `subject` what a waiver names it by, `declared` itself."""

    kind: Kind
    name: str
    what: str
    subject: str
    owner: str
    declared: Any
    origin: Origin


def things(graph: Graph) -> Iterator[Thing]:
    """Give all that a pipeline declares and uses, in a stable order."""
    pipeline = graph.pipeline
    yield _thing("pipelines", pipeline.name, pipeline.owner, pipeline, pipeline.origin)
    seen: set[int] = set()
    for node in graph.nodes:
        if isinstance(node.declared, Source):
            name = node.base.rpartition("/")[2]
            yield _thing("sources", name, node.declared.owner, node.declared, node.origin, subject=node.name)
        elif node.stage is not None and id(node.stage) not in seen:
            seen.add(id(node.stage))
            yield _called(node.stage)
    for experiment in pipeline.experiments:
        other: Any = experiment.other if isinstance(experiment, Swap) else None
        if isinstance(other, _STAGE) and id(other) not in seen:
            seen.add(id(other))
            yield _called(other)
    for contract in _contracts(graph):
        yield _thing("contracts", contract.__name__, contract.__owner__, contract, contract.__origin__)
        for column in columns_of(contract).values():
            if contract.__dict__.get(column.name) is column:
                yield Thing(
                    kind="columns",
                    name=column.name,
                    what=f"column {column.name!r} of {contract.__name__!r}",
                    subject=contract.__name__,
                    owner=contract.__owner__,
                    declared=(contract, column),
                    origin=column.origin or contract.__origin__,
                )


def _thing(kind: Kind, name: str, owner: str, declared: Any, origin: Origin, subject: str = "") -> Thing:
    return Thing(
        kind=kind,
        name=name,
        what=f"{SINGULAR[kind]} {name!r}",
        subject=subject or name,
        owner=owner,
        declared=declared,
        origin=origin,
    )


def _called(stage: Stage[Any, Any] | MetricDefinition[Any, Any]) -> Thing:
    if isinstance(stage, MetricDefinition):
        return _thing("metrics", stage.name, stage.meaning.owner, stage, stage.origin)
    return _thing("stages", stage.name, stage.settings.owner, stage, stage.origin)


def _contracts(graph: Graph) -> list[type[Contract]]:
    """Give the contracts that tables are declared or viewed under, and those that they refine."""
    found: dict[type[Contract], None] = {}
    for node in graph.nodes:
        shapes = [*node.outputs.values(), *(edge.needed for edge in node.inputs)]
        views = [contract for edge in node.inputs for contract, _ in edge.views]
        for contract in (*(shape.contract for shape in shapes if shape is not None), *views):
            if contract is not None:
                bases = (each for each in contract.__mro__ if each is not Contract)
                found.update(dict.fromkeys(each for each in bases if issubclass(each, Contract)))
    return sorted(found, key=lambda each: (each.__origin__.file, each.__origin__.line, each.__name__))
