"""Lowering: from the checked graph to the Plan, one pass a file."""

from stagelang_compiler.lower.plans import lower

__all__ = ["lower"]
