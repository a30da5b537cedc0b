"""What the last runs of a plan did, by node name: beside the store, derived, and safe to delete.

.stagelang/state/<plan>/last.json    the key and reason of each node's last receipt, and the last run's failures
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from attrs import field, frozen

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.execute.reasons import GONE, NEVER_RUN, code_of, naming_code, reason_to_run
from stagelang_runtime.execute.results import NodeResult, Reason, Receipt, RunResult
from stagelang_runtime.execute.state import read_object, state_folder, write_whole
from stagelang_runtime.store import Store

SCHEMA = 1


@final
@frozen
class History:
    """The last key and reason of each node, by name."""

    store: Store
    folder: Path
    nodes: Mapping[str, Any] = field(factory=dict[str, Any])
    failures: Mapping[str, Any] = field(factory=dict[str, Any])

    def last(self, node: str) -> Receipt | None:
        """Give the last receipt of the node of this name, if it is still there."""
        entry = self.nodes.get(node)
        return self.store.get_receipt(entry["key"]) if entry else None

    def reason_to_run(self, plan: Plan, node: Node, components: Mapping[str, str]) -> Reason:
        """Say why a node whose result isn't there has to run."""
        if node.name not in self.nodes:
            return NEVER_RUN
        last = self.last(node.name)
        return (
            GONE if last is None else naming_code(reason_to_run(components, last), code_of(plan, node), last)
        )

    def last_reason(self, node: str) -> Reason | None:
        """Give the reason for which the node of this name ran last."""
        entry = self.nodes.get(node)
        return Reason(**entry["reason"]) if entry and entry["reason"] else None


def read_history(store: Store, plan_name: str) -> History:
    """Read what is remembered; nothing, where that can't be read."""
    folder = state_folder(store.root, plan_name)
    data = read_object(folder / "last.json", "schema", "nodes", "failures")
    if data is None or data["schema"] != SCHEMA:
        return History(store, folder)
    return History(store, folder, data["nodes"], data["failures"])


def write_history(before: History, result: RunResult) -> None:
    """Remember a run's receipts and failures; nodes that it didn't reach keep what was remembered. Raises OSError."""
    nodes = dict(before.nodes)
    for name, node in result.nodes.items():
        if node.receipt is not None:
            nodes[name] = {"key": node.key, "reason": _reason(before.nodes.get(name), node)}
    failures = {name: node.failure.to_json() for name, node in result.nodes.items() if node.failure}
    if nodes != before.nodes or failures != before.failures:
        write_whole(before.folder / "last.json", {"schema": SCHEMA, "nodes": nodes, "failures": failures})


def _reason(earlier: Mapping[str, Any] | None, node: NodeResult) -> Any:
    if node.reason is not None:
        reason = node.reason
        return {"component": reason.component, "old": reason.old, "new": reason.new, "text": reason.text}
    return earlier["reason"] if earlier and earlier["key"] == node.key else None
