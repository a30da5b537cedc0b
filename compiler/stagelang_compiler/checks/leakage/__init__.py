"""SL6: leakage as information flow: which rows had a part in what a metric judges (`docs/explanations/leakage.md`)."""

from __future__ import annotations

from stagelang_compiler.checks.leakage import columns, declared, external, fed, inside, judged
from stagelang_compiler.checks.leakage.rules import RULES

CHECKS = (*judged.CHECKS, *columns.CHECKS, *fed.CHECKS, *inside.CHECKS, *declared.CHECKS, *external.CHECKS)

__all__ = ["CHECKS", "RULES"]
