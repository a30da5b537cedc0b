"""SL2: contracts, and whether what a producer promises implies what a consumer needs."""

from __future__ import annotations

from stagelang_compiler.checks import (
    contract_declarations,
    contract_edges,
    made_of,
    row_relations,
    split_columns,
)
from stagelang_compiler.checks.contract_edges import left_open
from stagelang_compiler.checks.row_relations import giver_of

RULES = (
    *contract_edges.RULES,
    *contract_declarations.RULES,
    *split_columns.RULES,
    *row_relations.RULES,
    *made_of.RULES,
)

CHECKS = (
    *contract_edges.CHECKS,
    *contract_declarations.CHECKS,
    *split_columns.CHECKS,
    *row_relations.CHECKS,
    *made_of.CHECKS,
)

__all__ = ["CHECKS", "RULES", "giver_of", "left_open"]
