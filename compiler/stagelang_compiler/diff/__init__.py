"""Two plans side by side: what was added, removed, changed or renamed, why, and which metrics that can reach."""

from stagelang_compiler.diff.compare import diff, nothing
from stagelang_compiler.diff.model import (
    Cause,
    Change,
    Edge,
    EdgeChange,
    Kind,
    NodeState,
    PlanDiff,
    Reason,
    Subject,
)

__all__ = [
    "Cause",
    "Change",
    "Edge",
    "EdgeChange",
    "Kind",
    "NodeState",
    "PlanDiff",
    "Reason",
    "Subject",
    "diff",
    "nothing",
]
