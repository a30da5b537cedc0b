"""Lowers graph nodes: bound calls become `nodes`, each with the hash of what it computes.

before  embed(halves.train, components=24)
after   Node(name="embed.train", id="sha256:...", kind="stage", stage="embed", inputs=(Input(node="split_scans", output="train", ...)))
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stagelang.contract import Contract
from stagelang.signature import Shape
from stagelang.source import Source
from stagelang.split import Split
from stagelang.stage import Stage
from stagelang_compiler import plan
from stagelang_compiler.codec_names import codec_name, type_name
from stagelang_compiler.graph import Edge, GraphNode
from stagelang_compiler.plan_codec import canonical
from stagelang_compiler.source_format import source_format
from stagelang_compiler.values import encode_value


def lower_nodes(
    nodes: tuple[GraphNode, ...],
    *,
    seed: int,
    root: Path,
    contracts: Mapping[str, plan.Contract],
    names: Mapping[type[Contract], str],
    stages: Mapping[str, plan.Stage],
    stage_names: Mapping[Any, str],
    left_open: Callable[[Edge], tuple[str, ...]],
    giver_of: Callable[[GraphNode, str], Edge | None],
) -> tuple[plan.Node, ...]:
    """Lower all nodes, producers first."""
    lowered: dict[GraphNode, plan.Node] = {}
    depths: dict[GraphNode, int] = {}
    for node in nodes:
        depth = max((depths[edge.producer] for edge in node.inputs), default=0)
        depths[node] = depth + (node.kind == "split")
        stage = stages[stage_names[node.stage]] if node.stage else None
        inputs = tuple(
            sorted(
                (_input(edge, names, left_open) for edge in node.inputs),
                key=lambda each: (each.argument, each.index or 0),
            )
        )
        outputs = tuple(_output(port, shape, node, names, giver_of) for port, shape in node.outputs.items())
        params = {name: encode_value(value, name) for name, value in sorted(node.params.items())}
        node_seed = _seed(seed, node)
        source = _source(node) if node.kind == "source" else None
        split = _split(node, depth) if node.kind == "split" else None
        ids = {edge.producer.name: lowered[edge.producer].id for edge in node.inputs}
        identity = _identity(stage, node, inputs, outputs, params, node_seed, source, split, ids, contracts)
        lowered[node] = plan.Node(
            name=node.name,
            id=identity,
            kind=node.kind,
            stage=stage.name if stage else "",
            scope=node.declared.scope.rstrip("/"),
            owner=stage.owner if stage else getattr(node.declared, "owner", ""),
            inputs=inputs,
            outputs=outputs,
            params=params,
            seed=node_seed,
            source=source,
            split=split,
            origin=node.origin.relative_to(root),
        )
    return tuple(lowered.values())


def _seed(seed: int, node: GraphNode) -> int:
    """Give a node its seed: all splits of a pipeline share one, and a source, which draws nothing, has none."""
    if node.kind == "source":
        return 0
    return stage_seed(seed, "split" if node.kind == "split" else node.base, 0)


def stage_seed(seed: int, stage: str, replicate: int) -> int:
    """Derive a stage's seed, 0 ≤ seed < 2**32, from the pipeline's seed, the stage's name and the replicate alone."""
    text = canonical(["seed", seed, stage, replicate])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _identity(
    stage: plan.Stage | None,
    node: GraphNode,
    inputs: tuple[plan.Input, ...],
    outputs: tuple[plan.Output, ...],
    params: Mapping[str, Any],
    seed: int,
    source: plan.Source | None,
    split: plan.Split | None,
    ids: Mapping[str, str],
    contracts: Mapping[str, plan.Contract],
) -> str:
    def promise(name: str) -> str:
        return contracts[name].digest if name else ""

    what = {
        "kind": node.kind,
        "code": stage.code.digest if stage else "",
        "command": [list(stage.command.argv), dict(stage.command.files)] if stage and stage.command else None,
        "env": list(stage.env) if stage else [],
        "params": dict(params),
        "seed": seed,
        "source": [source.location, source.format] if source else None,
        "split": split.settings if split else None,
        "inputs": [
            [each.argument, each.index, ids[each.node], each.output, promise(each.contract)]
            for each in inputs
        ],
        "outputs": [
            [each.name, each.kind, promise(each.contract), each.codec, *([each.rows] if each.rows else ())]
            for each in outputs
        ],
    }
    return "sha256:" + hashlib.sha256(canonical(what).encode()).hexdigest()


def _input(
    edge: Edge, names: Mapping[type[Contract], str], left_open: Callable[[Edge], tuple[str, ...]]
) -> plan.Input:
    needed = edge.needed.contract if edge.needed else None
    given = edge.producer.outputs.get(edge.port)
    promised = given.contract if given else None
    unknown = () if needed is None or needed is promised else left_open(edge)
    return plan.Input(
        argument=edge.argument,
        index=edge.index,
        node=edge.producer.name,
        output=edge.port,
        contract=_contract_name(needed, names),
        promised=_contract_name(promised, names),
        proved=not unknown,
        unknown=unknown,
        population=_population(given),
    )


def _contract_name(contract: type[Contract] | None, names: Mapping[type[Contract], str]) -> str:
    return "" if contract is None or contract is Contract else names[contract]


def _population(shape: Shape | None) -> str:
    if shape is None or shape.kind not in ("table", "metric"):
        return ""
    return shape.population if isinstance(shape.population, str) else shape.population.__name__


def _output(
    port: str,
    shape: Shape,
    node: GraphNode,
    names: Mapping[type[Contract], str],
    giver_of: Callable[[GraphNode, str], Edge | None],
) -> plan.Output:
    explicit = node.stage.settings.codec if isinstance(node.stage, Stage) else ""
    rows = node.stage.settings.rows if isinstance(node.stage, Stage) and shape.kind == "table" else None
    giver = giver_of(node, port) if rows else None
    return plan.Output(
        name=port,
        kind=shape.kind,
        contract=_contract_name(shape.contract, names),
        population=_population(shape),
        type=type_name(shape.inner) if shape.kind in ("model", "value") else "",
        codec=(codec_name(shape.kind, shape.inner, explicit) or "")
        if shape.kind in ("model", "value")
        else "",
        rows=rows if rows and giver else "",
        rows_of=_label(giver) if giver else "",
    )


def _label(edge: Edge) -> str:
    return edge.argument if edge.index is None else f"{edge.argument}[{edge.index}]"


def _source(node: GraphNode) -> plan.Source:
    declared = node.declared
    assert isinstance(declared, Source)
    return plan.Source(
        location=declared.location, format=source_format(declared.location, declared.format) or "parquet"
    )


def _split(node: GraphNode, depth: int) -> plan.Split:
    """Lower a split; one below another draws anew, or it would take its shares from what the other has left."""
    declared = node.declared
    assert isinstance(declared, Split)
    return plan.Split(
        method=declared.method,
        by=str(declared.by),
        test=_moment(declared.test),
        validation=_moment(declared.validation),
        fold=declared.fold,
        folds=declared.folds,
        depth=0 if declared.method == "time" else depth,
        embargo=declared.embargo.total_seconds() if declared.embargo else 0.0,
    )


def _moment(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
