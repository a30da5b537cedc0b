"""SL4: who answers for what, and what it may cost. Waivers themselves are applied in `waivers.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stagelang.origin import Origin
from stagelang.stage import Stage
from stagelang_compiler.checks import budgets, licences, required, settings_problems, waivers
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity
from stagelang_compiler.graph import Graph
from stagelang_compiler.quantities import seconds, size

BAD_QUANTITY = Rule(
    code="SL404",
    name="bad-quantity",
    severity=Severity.ERROR,
    summary="a duration or size that can't be read",
    waivable=False,
)

RULES = (
    *waivers.RULES,
    BAD_QUANTITY,
    *settings_problems.RULES,
    *required.RULES,
    *licences.RULES,
    *budgets.RULES,
)


def check_quantities(graph: Graph) -> Iterator[Diagnostic]:
    """Check that budgets and resources can be read."""
    budget = graph.pipeline.budget
    if budget is not None:
        yield from _quantity(
            "the pipeline's budget", graph.pipeline.name, budget.origin, "wall", budget.wall, seconds
        )
        yield from _quantity(
            "the pipeline's budget", graph.pipeline.name, budget.origin, "memory", budget.memory, size
        )
    for stage in dict.fromkeys(node.stage for node in graph.nodes if isinstance(node.stage, Stage)):
        yield from _of_stage(stage)


def _of_stage(stage: Stage[Any, Any]) -> Iterator[Diagnostic]:
    budget, resources = stage.settings.budget, stage.settings.resources
    if budget is not None:
        yield from _quantity(
            f"the budget of {stage.name!r}", stage.name, budget.origin, "wall", budget.wall, seconds
        )
        yield from _quantity(
            f"the budget of {stage.name!r}", stage.name, budget.origin, "memory", budget.memory, size
        )
    if resources is not None:
        what = f"the resources of {stage.name!r}"
        yield from _quantity(what, stage.name, resources.origin, "time", resources.time, seconds)
        yield from _quantity(what, stage.name, resources.origin, "memory", resources.memory, size)
        if resources.cpus < 1 or resources.gpus < 0:
            yield Diagnostic(
                rule=BAD_QUANTITY,
                message=f"{what} ask for {resources.cpus} cpus and {resources.gpus} gpus",
                subject=stage.name,
                places=(Place(resources.origin),),
                expected="at least 1 cpu and at least 0 gpus",
                help="write what the stage needs",
            )
        if resources.attempts < 1:
            yield Diagnostic(
                rule=BAD_QUANTITY,
                message=f"{what} allow {resources.attempts} attempts",
                subject=stage.name,
                places=(Place(resources.origin),),
                expected="at least 1 attempt",
                help="write how often the stage may be tried",
            )


def _quantity(
    what: str, subject: str, origin: Origin, field: str, text: str, read: Callable[[str], object]
) -> Iterator[Diagnostic]:
    if not text:
        return
    try:
        read(text)
    except ValueError as error:
        expected = str(error).partition("expected ")[2].partition(", got")[0]
        yield Diagnostic(
            rule=BAD_QUANTITY,
            message=f"{field} in {what} can't be read",
            places=(Place(origin),),
            subject=subject,
            expected=expected,
            found=repr(text),
            help=f"write {field} as a number and a unit",
        )


CHECKS = (check_quantities,)

PROJECT_CHECKS = (*required.CHECKS, *budgets.CHECKS)
"""Judge the graph by what the project asks for."""

PROJECT_PLAN_CHECKS = licences.PLAN_CHECKS
"""Judge the Plan by what the project asks for."""
