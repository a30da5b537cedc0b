"""Says what a run would do and why, without running anything: it hashes sources and looks into the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, final

from attrs import frozen

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.execute.failure import Failure, NodeFailed
from stagelang_runtime.execute.history import History, read_history
from stagelang_runtime.execute.key import Artifact, static_components
from stagelang_runtime.execute.prepare import Preparation
from stagelang_runtime.execute.reasons import ABSENT, GONE, NEVER_RUN, code_of, naming_code, shown
from stagelang_runtime.execute.results import Reason, artifacts_of
from stagelang_runtime.store import Store

Action = Literal["run", "may run", "hit", "fail"]


@final
@frozen(kw_only=True)
class Expected:
    """What a run would do with one node; `last` is why it ran the last time it did."""

    node: str
    action: Action
    reason: Reason | None = None
    failure: Failure | None = None
    last: Reason | None = None

    def __str__(self) -> str:
        match self.action:
            case "hit":
                since = f"; it ran last because {self.last}" if self.last else ""
                return f"{self.node}: up to date{since}"
            case "fail":
                return f"{self.node}: would fail: {self.failure.message if self.failure else ''}"
            case _:
                return f"{self.node}: {'would' if self.action == 'run' else 'may'} run: {self.reason}"


def dry_run(plan: Plan, *, root: Path, store: Store) -> dict[str, Expected]:
    """Say of every node what a run would do, in the plan's order. Raises StoreError."""
    return _expect(plan, plan.nodes, root, store)


def why(plan: Plan, node: str, *, root: Path, store: Store) -> Expected:
    """Say of one node what a run would do. Raises KeyError where the plan has no such node, StoreError."""
    needed = {node}
    for each in reversed(plan.nodes):
        if each.name in needed:
            needed |= {bound.node for bound in each.inputs}
    plan.node(node)
    return _expect(plan, [each for each in plan.nodes if each.name in needed], root, store)[node]


def _expect(plan: Plan, nodes: Iterable[Node], root: Path, store: Store) -> dict[str, Expected]:
    history = read_history(store, plan.name)
    preparation = Preparation(plan=plan, root=root.absolute(), store=store)
    artifacts: dict[tuple[str, str], Artifact] = {}
    found: dict[str, Expected] = {}
    for node in nodes:
        found[node.name] = _expected(node, preparation, history, found, artifacts)
    return found


def _expected(
    node: Node,
    preparation: Preparation,
    history: History,
    found: Mapping[str, Expected],
    artifacts: dict[tuple[str, str], Artifact],
) -> Expected:
    unsettled = [bound.node for bound in node.inputs if found[bound.node].action != "hit"]
    if unsettled:
        return _unknown(node, preparation, history, unsettled[0])
    try:
        job = preparation.job(node, lambda name, port: artifacts[name, port], {})
    except NodeFailed as failed:
        return Expected(node=node.name, action="fail", failure=failed.failure)
    receipt = preparation.hit(job)
    if receipt is None:
        return Expected(
            node=node.name, action="run", reason=history.reason_to_run(preparation.plan, node, job.components)
        )
    for artifact in artifacts_of(node.name, receipt):
        artifacts[artifact.node, artifact.port] = artifact
    return Expected(node=node.name, action="hit", last=history.last_reason(node.name))


def _unknown(node: Node, preparation: Preparation, history: History, producer: str) -> Expected:
    """Say what is known of a node whose inputs aren't: what else has changed, or else which input may."""
    last = history.last(node.name)
    if last is None:
        return Expected(
            node=node.name, action="run", reason=GONE if node.name in history.nodes else NEVER_RUN
        )
    plan = preparation.plan
    stage = plan.stages[node.stage] if node.stage else None
    old = dict(last["components"])
    for name, now in static_components(plan, node, stage, {}):
        before = old.get(name, ABSENT)
        if before != now:
            text = f"{name} changed: {shown(before)} -> {shown(now)}"
            reason = Reason(component=name, old=before, new=now, text=text)
            return Expected(
                node=node.name, action="run", reason=naming_code(reason, code_of(plan, node), last)
            )
    text = f"its input from {producer} may change"
    return Expected(node=node.name, action="may run", reason=Reason(component="input", text=text))
