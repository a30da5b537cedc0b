"""Plans that were kept in files, as one side of a comparison."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import UsageError

if TYPE_CHECKING:
    from stagelang_compiler.plan import Plan


def is_plan_file(name: str) -> bool:
    """Tell whether a side is named by a file that is there, and not by a revision."""
    return name.endswith(".json") and Path(name).is_file()


def no_such_file(name: str) -> UsageError:
    """Say that a plan's file isn't there."""
    return UsageError(f"there is no file {name!r}\n  help: 'stagelang plan --format json' writes a plan")


def read_plan(path: Path) -> Plan:
    """Read a plan; raise UsageError where the file holds none."""
    from stagelang_compiler.plan_codec import PlanError, loads

    help_ = "write it anew with 'stagelang plan --format json'"
    try:
        plan = loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"can't read {str(path)!r}: {error}\n  help: {help_}") from None
    except PlanError as error:
        raise UsageError(f"{str(path)!r} is no plan: {error}\n  help: {help_}") from None
    broken = _broken(plan)
    if broken:
        raise UsageError(f"{str(path)!r} is no plan: {broken}\n  help: {help_}")
    return plan


def _broken(plan: Plan) -> str:
    """Say what a plan mentions and doesn't hold: one that was written by hand, or for another program."""
    from stagelang_compiler.raising import raised

    for contract in plan.contracts.values():
        try:
            raised(contract)
        except (KeyError, ValueError) as error:
            return f"contract {contract.name!r} can't be read: {error}"
    seen: set[str] = set()
    for node in plan.nodes:
        for each in node.inputs:
            if each.node not in seen:
                return f"node {node.name!r} reads {each.node!r}, which doesn't stand before it"
        if node.stage and node.stage not in plan.stages:
            return f"node {node.name!r} is of stage {node.stage!r}, which isn't there"
        seen.add(node.name)
    metrics: set[str] = set()
    for metric in plan.metrics:
        operands = metric.expression.operands if metric.expression else ()
        missing = [each for each in operands if isinstance(each, str) and each not in metrics]
        if (metric.node and metric.node not in seen) or missing:
            return f"metric {metric.name!r} is made of {(missing or [metric.node])[0]!r}, which doesn't stand before it"
        metrics.add(metric.name)
    return ""
