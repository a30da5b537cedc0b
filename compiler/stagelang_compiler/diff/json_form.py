"""Writes a difference as plain data, for other programs: names and texts whole, nothing left out."""

from __future__ import annotations

from typing import Any

import attrs

from stagelang_compiler.diff.model import PlanDiff

SCHEMA = 1
"""Raised when a reader of before can't read it any more."""
_GROUPS = (
    "settings",
    "libraries",
    "contracts",
    "stages",
    "nodes",
    "edges",
    "metrics",
    "gates",
    "outputs",
    "experiments",
    "waivers",
)


def to_json(diff: PlanDiff) -> dict[str, Any]:
    """Give a difference as JSON values."""
    return {
        "schema": SCHEMA,
        "base": {"pipeline": diff.base.name, "nodes": len(diff.base.nodes)},
        "head": {"pipeline": diff.head.name, "nodes": len(diff.head.nodes)},
        "empty": diff.is_empty,
        **{name: [attrs.asdict(each) for each in getattr(diff, name)] for name in _GROUPS},
        "affected": list(diff.affected),
        "upstream": list(diff.upstream),
        "moved": list(diff.moved),
        "renamed": dict(diff.renamed),
        "metrics_reached": list(diff.metrics_reached),
        "gates_reached": list(diff.gates_reached),
        "graded": [attrs.asdict(each) for each in diff.graded],
    }
