"""Reads what expressions do with the places of rows: turn them round, draw them, move them by one, set each beside each."""

from __future__ import annotations

import ast
from collections.abc import Callable

from stagelang_compiler.checks.leakage import body_syntax as syntax
from stagelang_compiler.checks.leakage import operations as op
from stagelang_compiler.checks.leakage.body_value import Made
from stagelang_compiler.fingerprint.trees import walk


def is_backwards(picked: ast.expr) -> bool:
    """Tell whether a subscript turns rows round: `[::-1]`."""
    return isinstance(picked, ast.Slice) and picked.step is not None and is_negative(picked.step)


def is_negative(node: ast.expr) -> bool:
    """Tell whether an expression is a negative number, or several of which one is."""
    several = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    values = [syntax.constant(each) for each in several]
    return any(isinstance(each, int | float) and each < 0 for each in values)


def sorts_backwards(node: ast.Call) -> bool:
    """Tell whether a call sorts from the largest to the smallest."""
    ascending, descending = syntax.keyword(node, "ascending"), syntax.keyword(node, "descending")
    return ascending in (False, (False,)) or descending in (True, (True,))


def draws(node: ast.expr) -> bool:
    """Tell whether an expression draws numbers of which one may come several times."""
    return (
        isinstance(node, ast.Call)
        and syntax.last(node.func) in op.DRAWS
        and syntax.keyword(node, "replace") is not False
    )


def neighbour(picked: ast.expr) -> int:
    """Give by how much an index goes beyond a variable: `[i + 1]`; 0 where it isn't of that form."""
    match picked:
        case ast.BinOp(left=ast.Name(), op=ast.Add() | ast.Sub() as sign, right=ast.Constant(value=int(by))):
            return by if isinstance(sign, ast.Add) else -by
        case _:
            return 0


def is_turned_aside(left: ast.expr, right: ast.expr) -> bool:
    """Tell whether one of two operands has its rows along the other's columns: `x[None, :]`."""
    return any(_is_aside(each) for each in (left, right))


def _is_aside(node: ast.expr) -> bool:
    match node:
        case ast.Subscript(slice=ast.Tuple(elts=[ast.Constant(value=None), _])):
            return True
        case ast.Subscript(slice=ast.Tuple(elts=[ast.Attribute(attr="newaxis"), _])):
            return True
        case _:
            return False


def matches_itself(node: ast.Call, name: str, receiver: Made, arguments: Made) -> bool:
    """Tell whether rows are looked up among rows of their own table."""
    if not receiver.columns & arguments.columns:
        return False
    if name == "merge":
        return bool(matched_by(node, name))
    return (
        name in ("map", "replace") and syntax.picked(node) != "" and not isinstance(node.args[0], ast.Lambda)
    )


def matched_by(node: ast.Call, name: str) -> frozenset[str]:
    """Give the columns in which rows have to be equal to be looked up."""
    if name != "merge":
        return frozenset([syntax.picked(node)])
    named = [each.value for each in node.keywords if each.arg in ("on", "left_on")]
    found: set[str] = set()
    for given in named:
        for item in given.elts if isinstance(given, ast.List | ast.Tuple) else [given]:
            value = syntax.constant(item)
            if isinstance(value, str):
                found.add(value)
            elif isinstance(item, ast.Attribute):
                found.add(item.attr)
    return frozenset(found)


def is_reduced_column(node: ast.Call) -> bool:
    """Tell whether `reduce` is given a column, and not a list of tables."""
    return syntax.last(node.func) == "reduce" and any(
        isinstance(each, ast.Subscript) and syntax.is_text(each.slice) for each in node.args[1:2]
    )


def is_across(node: ast.Call, name: str, holds_rows: Callable[[ast.expr], bool]) -> bool:
    """Tell whether a call computes across rows by what its arguments are."""
    own = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    operands = [each for each in (*own, *node.args) if not isinstance(each, ast.Starred)]
    match name:
        case "cut":
            bins = node.args[1] if len(node.args) > 1 else _keyword(node, "bins")
            return bins is not None and isinstance(syntax.constant(bins), int)
        case "fillna":
            return syntax.keyword(node, "method") in op.FILLS
        case "searchsorted":
            ordered = operands[1:2] if own and not holds_rows(own[0]) else operands[:1]
            return any(map(holds_rows, ordered))
        case "apply":
            word = syntax.constant(node.args[0]) if node.args else None
            return word in op.REDUCTIONS | op.WITHOUT_AXIS and syntax.axis_of(node) in (None, 0)
        case "einsum":
            return sum(map(holds_rows, operands)) > 1 and _crosses(syntax.constant(node.args[0]))
        case _ if name in op.PRODUCTS:
            return sum(map(holds_rows, operands)) > 1
        case _ if name in op.CHAINS:
            return any(_is_cut_off(each, holds_rows) for given in node.args for each in walk(given))
        case _:
            return False


def _crosses(formula: object) -> bool:
    """Tell whether a formula of `einsum` brings rows together: one of which each operand and the result begin alike doesn't."""
    if not isinstance(formula, str):
        return False
    read, arrow, made = formula.replace(" ", "").partition("->")
    return not arrow or len({each[:1] for each in (*read.split(","), made)}) > 1


def _is_cut_off(node: ast.AST, holds_rows: Callable[[ast.expr], bool]) -> bool:
    """Tell whether rows are cut off at one end: `x[1:]`."""
    match node:
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=None)):
            ends = [syntax.constant(each) for each in (lower, upper) if each is not None]
            return len(ends) == 1 and isinstance(ends[0], int) and ends[0] != 0 and holds_rows(value)
        case _:
            return False


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in node.keywords if each.arg == name), None)
