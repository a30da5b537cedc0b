"""Says why a node runs: the first component of its key that differs from the last time, old and new."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from stagelang_compiler.plan import Component, Node, Plan
from stagelang_runtime.execute.results import Reason, Receipt

ABSENT = "absent"


def reason_to_run(components: Mapping[str, str], last: Receipt) -> Reason:
    """Compare a node's components with those of its last receipt, in the order in which they are listed."""
    old: dict[str, str] = dict(last["components"])
    for name in [*components, *(name for name in old if name not in components)]:
        before, now = old.get(name, ABSENT), components.get(name, ABSENT)
        if before != now and name != "run":
            return Reason(
                component=name, old=before, new=now, text=f"{name} changed: {shown(before)} -> {shown(now)}"
            )
    if "run" in components:
        return Reason(component="run", text="it is always run")
    return GONE


def naming_code(reason: Reason, pieces: Sequence[Component], last: Receipt) -> Reason:
    """Say which piece of code differs, where the code does and the last receipt lists its pieces."""
    if reason.component != "code":
        return reason
    before: dict[str, str] = dict(last.get("code", []))
    now = {piece.name: piece.digest for piece in pieces}
    said = [f"{name} changed" for name in now if name in before and before[name] != now[name]]
    said += [f"{name} is reached now" for name in now if name not in before]
    said += [f"{name} is reached no more" for name in before if name not in now]
    if not said:
        return reason
    more = f", and {len(said) - 1} more" if len(said) > 1 else ""
    return evolve(reason, text=f"{said[0]}{more}: code {shown(reason.old)} -> {shown(reason.new)}")


def code_of(plan: Plan, node: Node) -> tuple[Component, ...]:
    """Give the pieces of code that a node's stage reaches."""
    return plan.stages[node.stage].code.components if node.stage else ()


NEVER_RUN = Reason(component="", text="it had never run")
GONE = Reason(component="", text="its result is not in the store")
FORCED = Reason(component="", text="it was asked for with --force")


def healing(node: str) -> Reason:
    """Say that a node runs again since its output, which `node` reads, was lost."""
    return Reason(component="", text=f"its output, which {node} reads, is gone from the store or damaged")


def shown(value: str) -> str:
    """Write a component as a person would: a digest by its first digits, a number without its kind."""
    if value.startswith("sha256:"):
        return value[:19]
    try:
        encoded: Any = json.loads(value)
    except ValueError:
        return value
    if isinstance(encoded, dict) and len(encoded) == 1:  # pyright: ignore[reportUnknownArgumentType]
        (content,) = encoded.values()  # pyright: ignore[reportUnknownVariableType]
        return content if isinstance(content, str) else value
    return value
