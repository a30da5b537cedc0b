"""SL2: contracts, and whether what a producer promises implies what a consumer needs."""

from __future__ import annotations

from stagelang_compiler.checks import contract_declarations, contract_edges, split_columns
from stagelang_compiler.checks.contract_edges import proved

RULES = (*contract_edges.RULES, *contract_declarations.RULES, *split_columns.RULES)

CHECKS = (*contract_edges.CHECKS, *contract_declarations.CHECKS, *split_columns.CHECKS)

__all__ = ["CHECKS", "RULES", "proved"]
