"""Reads which columns each column is made of for certain: where the reader of bodies takes in all that may be, this one keeps what must be.

A value is surely made of a column where the code computes it from that column in every case, by arithmetic, comparisons, or the usual
methods of a column and functions of numpy. Nothing is claimed of what a condition, a loop, a lookup or an unknown function has a say in,
nor of what may cancel out, so that a contradiction that is found is one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Final, final

from stagelang_compiler.checks.leakage import body_syntax as syntax
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.leakage.operations import EXPRESSIONS
from stagelang_compiler.column_lineage import operations as op
from stagelang_compiler.column_lineage.body import Body, Unread
from stagelang_compiler.column_lineage.frames import NONE, Frame, Origins, Other, Ports, Text, Texts, Value

_COLUMN_METHODS: Final = op.words(
    "abs astype cast clip round fillna fill_null ffill bfill rank shift diff cumsum cummax cummin mean sum max min std var "
    "median to_numpy to_list tolist copy rename log log10 log1p exp sqrt sort_values reset_index"
)
"""Methods whose result is made of the column that they are called on."""
_ARITHMETIC_METHODS: Final = op.words("add sub mul div truediv radd rsub rmul rdiv gt ge lt le eq ne")
"""Methods whose result is made of the column and of what they are given."""
_OF_EACH_VALUE: Final = frozenset(["str", "dt", "cat"])
_COLUMN_ATTRIBUTES: Final = frozenset(["values", *_OF_EACH_VALUE])


def surely_made(function: FunctionType, arguments: Mapping[str, Value], sources: Sources) -> Value | None:
    """Give what a function returns for these arguments, with no column's origins but sure ones; None where it isn't followed."""
    tree = sources.tree(function)
    if tree is None:
        return None
    try:
        return _Surely(function, sources, 0).run(tree, arguments)
    except (Unread, RecursionError):
        return None


@final
class _Surely(Body):
    """Follows one call of one function, and drops each origin that isn't sure."""

    def origins(self, value: Value) -> Origins:
        """Give what a single value is made of; a whole frame taken as one may be used in any part."""
        match value:
            case Other():
                return value.made
            case Frame() | Ports() | Text() | Texts():
                return NONE

    def joined(self, one: Value, other: Value) -> Value:
        """Give what is sure of a value that is one of two."""
        if isinstance(one, Frame) and isinstance(other, Frame):
            names = {**one.columns, **other.columns}
            columns = {name: one.column(name) & other.column(name) for name in names}
            return Frame(columns=columns, others=one.others & other.others)
        if isinstance(one, Ports) and isinstance(other, Ports):
            both = [name for name in one.ports if name in other.ports]
            return Ports(ports={name: self.joined(one.ports[name], other.ports[name]) for name in both})
        return one if one == other else Other(self.origins(one) & self.origins(other))

    def touched(self, value: Value, by: Origins) -> Value:
        """Leave it: whether something has a say isn't sure."""
        return value

    def decided_by(self, test: ast.expr) -> Origins:
        """Leave conditions out."""
        return NONE

    def statement(self, node: ast.stmt) -> None:
        """Follow `x += y` as `x = x + y`."""
        if isinstance(node, ast.AugAssign):
            made = self.arithmetic(node.op, self.value(node.target), self.value(node.value), node.value)
            self.bind(node.target, node.value, made)
        else:
            super().statement(node)

    def set_column(self, name: str, key: ast.expr, made: Value) -> None:
        """Follow a column that is set; of anything else, such as a dict, nothing is kept."""
        held = self.names.get(name)
        if isinstance(held, Frame):
            super().set_column(name, key, made)
            return
        for other, value in [*self.names.items()]:
            if other == name or value is held:
                self.names[other] = Other()

    def evaluated(self, node: ast.expr) -> Value:
        """Follow names, columns, calls, arithmetic and comparisons."""
        match node:
            case ast.BinOp(left=left, op=operator, right=right):
                return self.arithmetic(operator, self.value(left), self.value(right), right, left)
            case ast.UnaryOp(op=ast.USub() | ast.Invert() | ast.Not(), operand=operand):
                return Other(self.origins(self.value(operand)))
            case ast.Compare(left=left, comparators=[right]):
                return self.apart(self.value(left), self.value(right))
            case (
                ast.Name()
                | ast.Constant()
                | ast.List()
                | ast.Tuple()
                | ast.Subscript()
                | ast.Attribute()
                | ast.Call()
                | ast.IfExp()
            ):
                return super().evaluated(node)
            case ast.NamedExpr() | ast.Await() | ast.Yield() | ast.YieldFrom():
                raise Unread(type(node).__name__)
            case _:
                return Other()

    def arithmetic(self, operator: ast.operator, left: Value, right: Value, *written: ast.expr) -> Value:
        """Follow sums, differences, products and quotients, but for what is multiplied by nothing."""
        match operator:
            case ast.Add():
                return Other(self.together([left, right]))
            case ast.Sub() | ast.Div():
                return self.apart(left, right)
            case ast.Mult() if not any(isinstance(each, ast.Constant) and not each.value for each in written):
                return Other(self.together([left, right]))
            case _:
                return Other()

    def apart(self, left: Value, right: Value) -> Value:
        """Give what two values that are held against each other don't share: of what both are made, nothing may be left."""
        return Other(self.origins(left) ^ self.origins(right))

    def listed(self, items: Iterable[ast.expr]) -> Value:
        """Keep names of columns; which of several values is used isn't sure."""
        values = [self.value(each) for each in items]
        texts = [each.text for each in values if isinstance(each, Text)]
        return Texts(tuple(texts)) if values and len(texts) == len(values) else Other()

    def item(self, of: Value, key: ast.expr) -> Value:
        """Follow a column of a frame, and rows of a column."""
        return super().item(of, key) if isinstance(of, Frame) else Other(self.origins(of))

    def attribute(self, node: ast.Attribute) -> Value:
        """Follow a column of a frame, and what holds each value of a column."""
        found = super().attribute(node)
        if isinstance(found, Frame | Text):
            return found
        of = self.value(node.value)
        is_column = node.attr in of.columns if isinstance(of, Frame) else node.attr in _COLUMN_ATTRIBUTES
        return found if is_column else Other()

    def call(self, node: ast.Call) -> Value:
        """Follow calls that surely use what they are given."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in op.DYNAMIC:
            raise Unread(name)
        if syntax.path(node.func) in EXPRESSIONS:
            return Other()
        if isinstance(node.func, ast.Attribute):
            found = self.called_on(node.func, name, node)
            if found is not None:
                return found
        if name in op.MERGES and len(node.args) == 2:
            return self.merged(self.value(node.args[0]), self.value(node.args[1]), node)
        if name in op.FRAMES:
            return self.framed(node)
        return self.inlined(node) or Other()

    def called_on(self, func: ast.Attribute, name: str, node: ast.Call) -> Value | None:
        """Follow a method of a table, a frame or a column, and a function of numpy that computes value by value."""
        if name in op.MAKES_TABLE and len(node.args) == op.MAKES_TABLE[name]:
            return self.value(node.args[1])
        if type(self.live(func)).__name__ == "ufunc":
            return Other(self.together(map(self.value, node.args[:1])))
        of = self.value(func.value)
        if isinstance(of, Frame):
            return self.method(of, name, node)
        if not isinstance(of, Other) or not of.made:
            return None
        if name in _ARITHMETIC_METHODS and len(node.args) == 1:
            return self.apart(of, self.value(node.args[0]))
        inner = func.value.attr if isinstance(func.value, ast.Attribute) else ""
        return of if name in _COLUMN_METHODS or inner in _OF_EACH_VALUE else Other()

    def by_its_name(self, of: Frame, name: str, node: ast.Call) -> Value:
        """Keep columns that keep their values, or are computed each from itself."""
        if name in op.MERGES and len(node.args) == 1:
            return self.merged(of, self.value(node.args[0]), node)
        known = (op.SAME_FRAME, op.SAME_ROWS, op.OTHER_ROWS, op.EACH_BY_ITSELF)
        return of if any(name in names for names in known) else Other()

    def merged(self, left: Value, right: Value, node: ast.Call) -> Value:
        """Keep the columns that only one side has."""
        if not (isinstance(left, Frame) and isinstance(right, Frame)):
            return Other()
        both = left.columns.keys() & right.columns.keys()
        columns = {**left.columns, **right.columns}
        return Frame(columns={name: made for name, made in columns.items() if name not in both})

    def given_to(self, node: ast.Call) -> Origins:
        """Leave out what is given to what isn't known."""
        return NONE

    def reached(self, node: ast.AST) -> Origins:
        """Leave out what is gathered."""
        return NONE
