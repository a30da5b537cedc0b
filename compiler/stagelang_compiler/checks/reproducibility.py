"""SL3: reproducibility and hidden dependencies; judged on the Plan, whose code identities are known."""

from __future__ import annotations

from collections.abc import Iterator

from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity
from stagelang_compiler.plan import Plan

DYNAMIC_CODE = Rule(
    code="SL301",
    name="dynamic-code",
    severity=Severity.NOTE,
    summary="a stage looks up code by name, so that any change may concern it",
)

RULES = (DYNAMIC_CODE,)


def check_dynamic_code(plan: Plan) -> Iterator[Diagnostic]:
    """Say which stages' identity had to be widened to all of the project's code."""
    for stage in plan.stages.values():
        if stage.code.conservative:
            yield Diagnostic(
                rule=DYNAMIC_CODE,
                message=f"stage {stage.name!r} looks up code by name, so a change anywhere in the project runs it again",
                places=(Place(stage.origin),),
                subject=stage.name,
                found=", ".join(stage.code.conservative),
                help="name what it calls directly, if it runs again too often",
            )


PLAN_CHECKS = (check_dynamic_code,)
