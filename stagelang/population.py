"""Populations: which rows a table holds, as a type parameter that the type checkers follow."""

from __future__ import annotations

from typing_extensions import TypeVar


class Population:
    """Rows that no split has divided yet; every other population is a part of it."""


class Train(Population):
    """Rows that a model may learn from."""


class Validation(Population):
    """Rows to choose between models with."""


class Test(Population):
    """Rows to judge the chosen model with, and nothing else."""

    __test__ = False  # not a pytest class


S = TypeVar("S", bound=Population, default=Population)
"""Any population: a stage from `Table[A, S]` to `Table[B, S]` keeps its rows' population."""
