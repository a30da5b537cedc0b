"""All rules and all checks, in the order in which they are listed and run."""

from __future__ import annotations

from stagelang_compiler import revision_rules
from stagelang_compiler.checks import (
    calls,
    contracts,
    experiments,
    governance,
    hidden,
    leakage,
    metrics,
    names,
    populations,
    reproducibility,
    structure,
    targets,
)
from stagelang_compiler.diagnostics import INTERNAL_ERROR

RULES = (
    INTERNAL_ERROR,
    *structure.RULES,
    *contracts.RULES,
    *revision_rules.RULES,
    *reproducibility.RULES,
    *hidden.RULES,
    *governance.RULES,
    *metrics.RULES,
    *leakage.RULES,
    *populations.RULES,
    *experiments.RULES,
    *targets.RULES,
)

CHECKS = (
    *structure.CHECKS,
    *names.CHECKS,
    *calls.CHECKS,
    *contracts.CHECKS,
    *governance.CHECKS,
    *metrics.CHECKS,
    *leakage.CHECKS,
    *populations.CHECKS,
    *experiments.CHECKS,
    *targets.CHECKS,
)
"""Judge the graph."""

CODE_CHECKS = (hidden.check_bodies,)
"""Judge the graph with what its code says."""

PLAN_CHECKS = reproducibility.PLAN_CHECKS
"""Judge the Plan of a graph without errors."""

PROJECT_CHECKS = governance.PROJECT_CHECKS
"""Judge the graph by the project's settings."""

PROJECT_PLAN_CHECKS = governance.PROJECT_PLAN_CHECKS
"""Judge the Plan by the project's settings."""

__all__ = ["CHECKS", "CODE_CHECKS", "PLAN_CHECKS", "PROJECT_CHECKS", "PROJECT_PLAN_CHECKS", "RULES"]
