"""Puts the lowered parts together: experiments, waivers, budget and the pipeline's own settings become the Plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stagelang.contract import Contract
from stagelang.experiment import Ablate, Perturb, Seeds, Swap, Sweep
from stagelang_compiler import plan
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.column_lineage import Columns, columns_made
from stagelang_compiler.fingerprint import Fingerprinter
from stagelang_compiler.graph import Edge, Graph, GraphNode
from stagelang_compiler.lower.contracts import contract_names, lower_contract
from stagelang_compiler.lower.metrics import lower_gates, lower_metrics
from stagelang_compiler.lower.nodes import lower_nodes
from stagelang_compiler.lower.stages import (
    file_digests,
    frame_libraries,
    lower_budget,
    lower_stage,
)
from stagelang_compiler.parsed_files import Files
from stagelang_compiler.values import encode_value


def lower(
    graph: Graph,
    *,
    spec: str,
    root: Path,
    fingerprinter: Fingerprinter,
    left_open: Callable[[Edge], tuple[str, ...]],
    giver_of: Callable[[GraphNode, str], Edge | None],
) -> plan.Plan:
    """Lower a graph without errors to a Plan.

    Args:
        graph: the checked graph.
        spec: the pipeline's file, relative to `root`, as POSIX path.
        root: the pipeline's folder.
        fingerprinter: identifies code below `root`.
        left_open: says what of an edge's need its promise doesn't imply.
        giver_of: gives the one table that an output's rows are made of.
    """
    pipeline = graph.pipeline
    names = contract_names(_contracts(graph.nodes))
    files = Files()
    contracts = {name: lower_contract(contract, name, root, files) for contract, name in names.items()}
    used = list(
        dict.fromkeys([node.stage for node in graph.nodes if node.stage] + list(_experimental(graph)))
    )
    stage_names = _stage_names(used)
    for stage in used:
        fingerprinter.fingerprint(stage.function)  # reads all files in which frames may be asked for
    frames = frame_libraries(fingerprinter.files)
    made = _columns_made(used)
    stages = {
        stage_names[stage]: lower_stage(stage, root, fingerprinter, frames, made[stage.function])
        for stage in used
    }
    return plan.Plan(
        name=pipeline.name,
        seed=pipeline.seed,
        owner=pipeline.owner,
        spec=spec,
        files=file_digests(fingerprinter.named_files),
        contracts={name: contracts[name] for name in sorted(contracts)},
        stages={name: stages[name] for name in sorted(stages)},
        nodes=lower_nodes(
            graph.nodes,
            seed=pipeline.seed,
            root=root,
            contracts=contracts,
            names=names,
            stages=stages,
            stage_names=stage_names,
            left_open=left_open,
            giver_of=giver_of,
        ),
        metrics=lower_metrics(graph, root, fingerprinter),
        gates=lower_gates(graph, root),
        outputs=tuple(
            sorted((found[0].name, found[1]) for each in pipeline.outputs if (found := graph.node_of(each)))
        ),
        experiments=tuple(_experiments(graph, stage_names, root)),
        schedule=pipeline.schedule,
        budget=lower_budget(pipeline.budget),
        waivers=tuple(_waivers(graph, root)),
        origin=pipeline.origin.relative_to(root),
    )


def _contracts(nodes: tuple[GraphNode, ...]) -> Iterator[type[Contract]]:
    for node in nodes:
        for shape in (*node.outputs.values(), *(edge.needed for edge in node.inputs)):
            if shape is not None and shape.contract is not None and shape.contract is not Contract:
                yield shape.contract


def _experimental(graph: Graph) -> Iterator[Any]:
    for experiment in graph.pipeline.experiments:
        if isinstance(experiment, Swap):
            yield experiment.other


def _stage_names(used: list[Any]) -> dict[Any, str]:
    """Name declarations; the same function under two names is two declarations."""
    return {stage: stage.name for stage in used}


def _columns_made(used: list[Any]) -> dict[Any, Columns]:
    """Give what the columns are made of that each function gives; each is read once, under however many names it is used."""
    sources, found = Sources(), dict[Any, Columns]()
    for stage in used:
        if stage.function not in found:
            found[stage.function] = columns_made(stage, sources)
    return found


def _experiments(graph: Graph, names: dict[Any, str], root: Path) -> Iterator[plan.Experiment]:
    for experiment in graph.pipeline.experiments:
        origin = experiment.origin.relative_to(root)
        match experiment:
            case Swap():
                yield plan.Experiment(
                    kind="swap", stage=_name(experiment.stage), other=names[experiment.other], origin=origin
                )
            case Ablate():
                yield plan.Experiment(kind="ablate", stage=_name(experiment.stage), origin=origin)
            case Seeds():
                yield plan.Experiment(kind="seeds", settings={"count": experiment.count}, origin=origin)
            case Sweep():
                values = {
                    name: [encode_value(value, name) for value in each]
                    for name, each in experiment.values.items()
                }
                yield plan.Experiment(
                    kind="sweep", stage=_name(experiment.stage), settings=values, origin=origin
                )
            case Perturb():
                found = graph.node_of(experiment.table)
                what = experiment.perturbation
                settings = {
                    "kind": what.kind,
                    "column": str(what.column),
                    "strengths": [float(each) for each in what.strengths],
                }
                node, output = (found[0].name, found[1]) if found else ("", "")
                yield plan.Experiment(
                    kind="perturb", node=node, output=output, settings=settings, origin=origin
                )
            case _:
                raise AssertionError(experiment)


def _name(stage: Any) -> str:
    return str(stage.name)


def _waivers(graph: Graph, root: Path) -> Iterator[plan.Waiver]:
    for waiver in graph.pipeline.waivers:
        yield plan.Waiver(
            rule=waiver.rule,
            where=waiver.where,
            owner=waiver.owner,
            reason=waiver.reason,
            expires=waiver.expires.isoformat(),
            origin=waiver.origin.relative_to(root),
        )
