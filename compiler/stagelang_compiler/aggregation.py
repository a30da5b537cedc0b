"""How numbers of parts become the number of the whole: the classes of Gray et al. 1997 (Data Cube), inferred for expressions.

Only a distributive number of a whole is made of its parts' numbers, by adding them; of every other, the states are merged instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

AggregationClass: TypeAlias = Literal["distributive", "algebraic", "holistic"]

_OF_KIND: Mapping[str, AggregationClass] = {
    "total": "distributive",
    "mean": "algebraic",
    "ratio": "algebraic",
    "rmse": "algebraic",
    "f1": "algebraic",
    "calibration_error": "algebraic",
    "smooth": "algebraic",
    "quantile": "holistic",
}
_ORDER: Sequence[AggregationClass] = ("distributive", "algebraic", "holistic")
_LINEAR = frozenset({"+", "-", "neg", "convert"})


def class_of(kind: str) -> AggregationClass:
    """Give the class of a built-in aggregation."""
    return _OF_KIND[kind]


def combined_class(operation: str, parts: Sequence[AggregationClass], factors: int = 0) -> AggregationClass:
    """Infer the class of an operation over metrics of these classes, and over `factors` plain numbers.

    Sums, differences and multiples of distributive numbers are distributive; products and quotients of them have a bounded state
    but no longer add up; nothing is of a better class than its worst part.
    """
    worst = max(parts, key=_ORDER.index)
    linear = operation in _LINEAR or (operation == "*" and factors == 1 and len(parts) == 1)
    return worst if linear or worst != "distributive" else "algebraic"
