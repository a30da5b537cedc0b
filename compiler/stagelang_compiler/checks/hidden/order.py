"""Says where the order of a set, or of a folder's listing, shows."""

from __future__ import annotations

import ast

from attrs import evolve

from stagelang_compiler.checks.hidden.rules import LISTING_ORDER_IN_RESULT, SET_ORDER_IN_RESULT
from stagelang_compiler.checks.hidden.value import Hidden, Made

_ORDERS = (SET_ORDER_IN_RESULT, LISTING_ORDER_IN_RESULT)
_NUMBERING = frozenset({"enumerate", "zip"})


def in_order(made: Made) -> frozenset[Hidden]:
    """Give what depends on the order in which items are taken out of a value."""
    return made.unordered | {each for each in made.depends if each.rule in _ORDERS}


def settled(made: Made) -> Made:
    """Give what is left of a value's dependencies when no order matters any more."""
    if not made.unordered and not made.depends:
        return made
    kept = frozenset(each for each in made.depends if each.rule not in _ORDERS)
    return evolve(made, depends=kept, unordered=frozenset())


def elements(iterated: ast.expr, made: Made) -> Made:
    """Give what one item depends on: not on the order of all, unless it holds its number."""
    numbered = isinstance(iterated, ast.Call) and getattr(iterated.func, "id", "") in _NUMBERING
    return evolve(made, unordered=frozenset()) if numbered else settled(made)


def taken(made: Made) -> Made:
    """Give what a list of a value's items, in their order, depends on."""
    return evolve(made, depends=made.depends | made.unordered, unordered=frozenset())
