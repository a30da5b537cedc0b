"""SL303 to SL329: what a stage's body depends on beyond what it declares (`docs/explanations/hidden-dependencies.md`)."""

from __future__ import annotations

from stagelang_compiler.checks.hidden.check import check_bodies
from stagelang_compiler.checks.hidden.rules import RULES

__all__ = ["RULES", "check_bodies"]
