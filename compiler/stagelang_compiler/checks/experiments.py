"""SL7: experiments, checked for shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stagelang.contract import Contract, columns_of
from stagelang.experiment import Ablate, Experiment, Perturb, Seeds, Swap, Sweep
from stagelang.metric import MetricDefinition
from stagelang.stage import Stage
from stagelang_compiler.checks.matching import matches_value, written
from stagelang_compiler.checks.words import shape_text
from stagelang_compiler.cron import cron_problem
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity, did_you_mean
from stagelang_compiler.graph import Graph, bound_of
from stagelang_compiler.values import UnhashableValue, encode_value


def _rule(code: str, name: str, summary: str, severity: Severity = Severity.ERROR) -> Rule:
    return Rule(code=code, name=name, severity=severity, summary=summary)


NOT_CARRIED_OUT = _rule(
    "SL700",
    "not-carried-out",
    "experiments and schedules are checked and planned, but not carried out yet",
    Severity.NOTE,
)
ANOTHER_SIGNATURE = _rule(
    "SL701", "swap-of-another-signature", "a stage is swapped for one that takes or gives something else"
)
NO_PASSAGE = _rule(
    "SL702", "ablation-without-passage", "a stage is left out though its input can't take its output's place"
)
ABSENT_STAGE = _rule(
    "SL703", "experiment-on-absent-stage", "an experiment on a stage or table that the pipeline doesn't use"
)
BAD_STRENGTH = _rule("SL704", "bad-strength", "a perturbation, sweep or number of seeds that can't be")
UNKNOWN_SWEEP = _rule(
    "SL705", "unknown-sweep-parameter", "a sweep over a parameter that the stage doesn't have"
)

RULES = (NOT_CARRIED_OUT, ANOTHER_SIGNATURE, NO_PASSAGE, ABSENT_STAGE, BAD_STRENGTH, UNKNOWN_SWEEP)


def check_experiments(graph: Graph) -> Iterator[Diagnostic]:
    """Check the shape of every experiment."""
    experiments = graph.pipeline.experiments
    schedule = graph.pipeline.schedule if not cron_problem(graph.pipeline.schedule) else ""
    if experiments or schedule:
        count = len(experiments)
        parts = [f"{count} experiment{'s' if count > 1 else ''}"] if count else []
        parts += ["the schedule"] if schedule else []
        said = " and ".join(parts)
        are = "are" if count > 1 or (count and schedule) else "is"
        origin = experiments[0].origin if experiments else graph.pipeline.origin
        yield Diagnostic(
            rule=NOT_CARRIED_OUT,
            message=f"{said} {are} checked and planned, but not carried out by a local run",
            places=(Place(origin),),
            subject=graph.pipeline.name,
            help="keep them: they are in the plan, for the engines that will carry them out",
        )
    for experiment in experiments:
        yield from _experiment(experiment, graph)


def _experiment(experiment: Experiment, graph: Graph) -> Iterator[Diagnostic]:
    stage, other = _stage(experiment, "stage"), _stage(experiment, "other")
    if stage is not None:
        yield from _absent(experiment, stage, graph)
    match experiment:
        case Swap() if stage is not None and other is not None:
            yield from _swap(experiment, stage, other)
        case Swap() | Ablate() | Sweep() if stage is None or isinstance(experiment, Swap):
            what = type(experiment).__name__
            yield _diagnostic(
                experiment,
                ANOTHER_SIGNATURE,
                f"{what}(...) is given something that isn't a stage",
                "pass functions that are declared with @stage",
            )
        case Ablate() if stage is not None:
            yield from _ablate(experiment, stage)
        case Sweep() if stage is not None:
            yield from _sweep(experiment, stage)
        case Seeds(count=count) if type(count) is not int or count < 2:
            yield _diagnostic(
                experiment,
                BAD_STRENGTH,
                f"Seeds({count}) compares nothing",
                "ask for two seeds or more; five allow claims about the procedure",
            )
        case Perturb():
            yield from _perturb(experiment, graph)
        case _:
            return


_STAGE: Any = Stage


def _stage(experiment: Experiment, field: str) -> Stage[Any, Any] | None:
    declared: Any = getattr(experiment, field, None)
    return declared if isinstance(declared, _STAGE) else None


def _diagnostic(experiment: Experiment, rule: Rule, message: str, help_: str, *more: Place) -> Diagnostic:
    name = str(getattr(getattr(experiment, "stage", None), "name", ""))
    return Diagnostic(
        rule=rule, message=message, places=(Place(experiment.origin), *more), subject=name, help=help_
    )


def _absent(experiment: Experiment, stage: Any, graph: Graph) -> Iterator[Diagnostic]:
    used = {node.stage.function: node.stage.name for node in graph.nodes if node.stage}
    if getattr(stage, "function", stage) not in used and isinstance(stage, Stage | MetricDefinition):
        meant = did_you_mean(stage.name, used.values())
        action = (
            f"did you mean {meant!r}?"
            if meant
            else f"name a stage that the pipeline uses: {', '.join(sorted(set(used.values())))}"
        )
        yield _diagnostic(
            experiment,
            ABSENT_STAGE,
            f"the pipeline doesn't use {stage.name!r}",
            action,
            Place(stage.origin, "declared here"),
        )


def _swap(experiment: Experiment, one: Stage[Any, Any], other: Stage[Any, Any]) -> Iterator[Diagnostic]:
    ours, theirs = _spelled(one), _spelled(other)
    if ours != theirs:
        yield Diagnostic(
            rule=ANOTHER_SIGNATURE,
            message=f"{other.name!r} can't stand in for {one.name!r}: their signatures differ",
            places=(
                Place(experiment.origin),
                Place(one.origin, "swapped out"),
                Place(other.origin, "swapped in"),
            ),
            subject=one.name,
            expected=ours,
            found=theirs,
            help="give both the same arguments and outputs",
        )


def _spelled(stage: Stage[Any, Any]) -> str:
    signature = stage.signature
    arguments = [
        f"{name}: {shape_text(each.shape) if each.shape else written(each.annotation)}"
        for name, each in signature.arguments.items()
    ]
    outputs = [f"{port}: {shape_text(shape)}" for port, shape in signature.outputs.items()]
    return f"({', '.join(arguments)}) -> {', '.join(outputs)}"


def _ablate(experiment: Experiment, stage: Stage[Any, Any]) -> Iterator[Diagnostic]:
    inputs = [argument.shape for argument in stage.signature.arguments.values() if argument.shape]
    outputs = list(stage.signature.outputs.values())
    passes = (
        inputs
        and len(outputs) == 1
        and inputs[0].kind == outputs[0].kind
        and inputs[0].population == outputs[0].population
        and (
            inputs[0].kind != "table"
            or bool(
                inputs[0].contract
                and outputs[0].contract
                and issubclass(inputs[0].contract, outputs[0].contract)
            )
        )
    )
    if not passes:
        message = f"{stage.name!r} can't be left out: what it reads can't take the place of what it gives"
        yield _diagnostic(
            experiment,
            NO_PASSAGE,
            message,
            "swap it for a simpler stage instead, with Swap(...)",
            Place(stage.origin, "declared here"),
        )


def _sweep(experiment: Sweep, stage: Stage[Any, Any]) -> Iterator[Diagnostic]:
    parameters = {name: each for name, each in stage.signature.arguments.items() if each.shape is None}
    if not experiment.values:
        yield _diagnostic(
            experiment,
            BAD_STRENGTH,
            f"the sweep of {stage.name!r} names no parameter",
            "name one with its values, such as c=[0.1, 1.0]",
        )
    for name, values in experiment.values.items():
        if name not in parameters:
            meant = did_you_mean(name, parameters)
            action = (
                f"did you mean {meant!r}?"
                if meant
                else f"name one of its parameters: {', '.join(parameters) or 'it has none'}"
            )
            yield _diagnostic(
                experiment,
                UNKNOWN_SWEEP,
                f"{stage.name!r} has no parameter {name!r}",
                action,
                Place(stage.origin, "declared here"),
            )
            continue
        annotation = parameters[name].annotation
        for value in values:
            if not _encodable(value) or (annotation is not None and not matches_value(value, annotation)):
                message = (
                    f"the sweep of {stage.name!r} gives {name}={value!r}, expected {written(annotation)}"
                )
                yield _diagnostic(
                    experiment,
                    BAD_STRENGTH,
                    message,
                    "give values of the parameter's type",
                    Place(stage.origin, "declared here"),
                )


def _encodable(value: Any) -> bool:
    try:
        encode_value(value, "value")
    except UnhashableValue:
        return False
    return True


def _contract(experiment: Perturb[Any], graph: Graph) -> type[Contract] | None:
    """Give the contract under which the perturbed table was named."""
    bound = bound_of(experiment.table)
    if bound is not None and bound.views:
        return bound.views[-1][0]
    found = graph.node_of(experiment.table)
    return found[0].outputs[found[1]].contract if found else None


def _perturb(experiment: Perturb[Any], graph: Graph) -> Iterator[Diagnostic]:
    what = experiment.perturbation
    if graph.node_of(experiment.table) is None:
        yield _diagnostic(
            experiment,
            ABSENT_STAGE,
            "the perturbed table isn't part of the pipeline",
            "perturb a table that the pipeline uses",
        )
    contract = _contract(experiment, graph)
    if contract is not None and str(what.column) not in columns_of(contract):
        meant = did_you_mean(str(what.column), columns_of(contract))
        yield _diagnostic(
            experiment,
            ABSENT_STAGE,
            f"the perturbed table has no column {str(what.column)!r}",
            f"did you mean {meant!r}?" if meant else f"name a column of {contract.__name__!r}",
            Place(contract.__origin__, "declared here"),
        )
    if not what.strengths:
        yield _diagnostic(
            experiment,
            BAD_STRENGTH,
            f"the perturbation '{what.kind}' of {str(what.column)!r} has no strengths",
            "give at least one",
        )
    rates = what.kind in ("missing", "shuffled")
    for strength in what.strengths:
        if (rates and not 0 < strength <= 1) or (what.kind == "noisy" and not strength > 0):
            expected = "a rate above 0 and at most 1" if rates else "a standard deviation above 0"
            message = f"the perturbation '{what.kind}' of {str(what.column)!r} has strength {strength:g}"
            yield _diagnostic(experiment, BAD_STRENGTH, message, f"give {expected}")


CHECKS = (check_experiments,)
