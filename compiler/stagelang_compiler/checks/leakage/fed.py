"""SL605, by bodies: a model that is fitted to columns among which is the label that it learns.

Which columns a variable holds is followed through the usual ways to pick and to drop them; where that isn't clear, nothing is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from types import FunctionType
from typing import Final, TypeAlias, final

from stagelang.contract import columns_of
from stagelang.origin import Origin
from stagelang_compiler.checks.leakage import body_syntax as syntax
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.leakage.roles import STATES, kind_of
from stagelang_compiler.checks.leakage.rules import LABEL_AS_FEATURE
from stagelang_compiler.checks.leakage.spelled import codes
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.fingerprint.trees import walk
from stagelang_compiler.graph import Graph, GraphNode

_Columns: TypeAlias = frozenset[str] | None
"""The columns that an expression holds; None where that isn't known."""

_FITTING: Final = frozenset(["fit", "fit_transform", "fit_predict"])
_FRAMES: Final = ("pandas", "polars", "arrow")
_SAME: Final = frozenset(
    [
        "to_numpy",
        "copy",
        "astype",
        "reset_index",
        "fillna",
        "dropna",
        "sort_values",
        "sample",
        "head",
        "tail",
        "to_pandas",
        "values",
    ]
)
"""What gives the columns that it is called on."""


def check_fed_labels(graph: Graph) -> Iterator[Diagnostic]:
    """Check of each body that fits a model to some columns and a label that the label isn't among them."""
    sources, told = Sources(), set[object]()
    for node in graph.nodes:
        learns = node.kind == "stage" and any(shape.kind in STATES for shape in node.outputs.values())
        if not learns or node.stage is None or node.stage.function in told:
            continue
        told.add(node.stage.function)
        tables, labels = _tables(node)
        tree = sources.tree(node.stage.function) if labels and _fits(node.stage.function) else None
        for call, label in _Reader(tables, {*labels}).fed(tree.body) if tree else ():
            place = Origin(node.stage.origin.file, call.lineno)
            yield _told(node, label, place, labels[label])
            break


def _fits(function: object) -> bool:
    """Tell whether a function's code names a method that fits, which is faster than to read its tree."""
    return isinstance(function, FunctionType) and any(
        not _FITTING.isdisjoint(code.co_names) for code in codes(function.__code__)
    )


def _tables(node: GraphNode) -> tuple[Mapping[str, frozenset[str]], Mapping[str, Origin]]:
    """Give the columns of each table that a stage reads, and where the labels among them are declared."""
    tables: dict[str, frozenset[str]] = {}
    labels: dict[str, Origin] = {}
    for edge in node.inputs:
        contract = edge.given.contract if edge.given and kind_of(edge) == "table" else None
        columns = columns_of(contract) if contract else {}
        tables[edge.argument] = frozenset(columns)
        labels |= {
            name: each.origin or edge.origin for name, each in columns.items() if each.limits.role == "label"
        }
    return tables, labels


@final
class _Reader:
    """Follows the columns that a body's variables hold, through statements that always run."""

    def __init__(self, tables: Mapping[str, frozenset[str]], labels: set[str]) -> None:
        self.tables = tables
        self.labels = labels
        self.names: dict[str, _Columns] = {}
        self.lists: dict[str, _Columns] = {}

    def fed(self, body: Sequence[ast.stmt]) -> Iterator[tuple[ast.Call, str]]:
        """Give the calls that fit to a label's own column, with the label."""
        for statement in body:
            for each in walk(statement):
                if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
                    yield from ((each, label) for label in self.among(each))
            self.run(statement)

    def among(self, call: ast.Call) -> Iterator[str]:
        if syntax.last(call.func) not in _FITTING:
            return
        keywords = {each.arg: each.value for each in call.keywords}
        given = [*call.args, *(keywords[name] for name in ("X", "y") if name in keywords)][:2]
        if len(given) == 2:
            features, target = self.columns(given[0]), self.columns(given[1])
            if features and target and len(target) == 1:
                yield from target & self.labels & features

    def run(self, statement: ast.stmt) -> None:
        """Bind what a statement binds; what a branch or a loop may bind isn't known after it."""
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found = self.columns(value)
                self.pop(value)
                self.names[name], self.lists[name] = found, self.named(value)
            case ast.Expr(value=value):
                self.pop(value)
            case ast.Delete(targets=[ast.Subscript(value=ast.Name(id=name), slice=picked)]):
                self.drop(name, self.named(picked))
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=picked)]):
                added, before = self.named(picked), self.names.get(name)
                self.names[name] = before | added if before is not None and added is not None else None
            case _:
                bound = (each for each in walk(statement) if isinstance(each, ast.Name))
                for each in bound:
                    if isinstance(each.ctx, ast.Store) or not isinstance(statement, ast.Return | ast.Assert):
                        self.names[each.id] = self.lists[each.id] = None

    def pop(self, value: ast.expr) -> None:
        """Leave out the column that `frame.pop("label")` takes."""
        match value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="pop"), args=[picked]):
                self.drop(name, self.named(picked))
            case _:
                pass

    def drop(self, name: str, dropped: _Columns) -> None:
        before = self.names.get(name)
        self.names[name] = before - dropped if before is not None and dropped is not None else None

    def columns(self, node: ast.expr) -> _Columns:
        """Give the columns that an expression holds."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=ast.Name(id=name), attr=frame) if frame in _FRAMES:
                return self.tables.get(name) or None
            case ast.Attribute(value=value, attr=name) if name in _SAME:
                return self.columns(value)
            case ast.Subscript(value=ast.Attribute(attr="loc"), slice=ast.Tuple(elts=[_, picked])):
                return self.named(picked)
            case ast.Subscript(value=value, slice=picked):
                return self.named(picked) if self.columns(value) is not None else None
            case ast.Call(func=ast.Attribute(value=value, attr=name)):
                return self.called(node, value, name)
            case _:
                return None

    def called(self, call: ast.Call, value: ast.expr, name: str) -> _Columns:
        before = self.columns(value)
        if before is None:
            return None
        if name in _SAME:
            return before
        if name == "pop" and call.args:
            return self.named(call.args[0])
        if name == "select" and len(call.args) == 1:
            return self.named(call.args[0])
        if name == "drop":
            keywords = {each.arg: each.value for each in call.keywords}
            given = keywords.get("columns") or (call.args[0] if call.args else None)
            is_columns = "columns" in keywords or syntax.keyword(call, "axis") in (1, "columns")
            dropped = self.named(given) if given is not None else None
            return before - dropped if dropped is not None and is_columns else None
        return None

    def named(self, node: ast.expr) -> _Columns:
        """Give the columns that an expression names: a text, a reference, or a list of them."""
        match node:
            case ast.Constant(value=str(name)):
                return frozenset([name])
            case ast.Attribute(value=ast.Name(), attr=name):
                return frozenset([name])
            case ast.Name(id=name):
                return self.lists.get(name)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                found = [self.named(each) for each in items]
                known = [each for each in found if each is not None]
                return frozenset[str]().union(*known) if len(known) == len(found) else None
            case _:
                return None


def _told(node: GraphNode, label: str, place: Origin, declared: Origin) -> Diagnostic:
    return Diagnostic(
        rule=LABEL_AS_FEATURE,
        message=f"{node.base!r} fits to the label {label!r} with that column among the features",
        places=(
            Place(node.origin, "learnt from here"),
            Place(place, "fitted here"),
            Place(declared, "the label here"),
        ),
        subject=node.name,
        help=f"leave {label!r} out of the first argument",
    )


CHECKS = (check_fed_labels,)
