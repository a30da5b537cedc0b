"""SL614: of which columns a stage computes a label."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from types import FunctionType
from typing import cast, final

from attrs import frozen

from stagelang.contract import columns_of
from stagelang.origin import Origin
from stagelang_compiler.checks.leakage import body_syntax as syntax
from stagelang_compiler.checks.leakage.body_calls import walked
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.leakage.roles import kind_of
from stagelang_compiler.checks.leakage.spelled import codes
from stagelang_compiler.fingerprint.trees import walk
from stagelang_compiler.graph import GraphNode

OUTSIDE = "*"
"""Stands for something that a label depends on and that is no column: what files say."""


@final
@frozen
class LabelRule:
    """The columns that a label is computed from, and where."""

    columns: frozenset[str]
    place: Origin


def label_rule(node: GraphNode, label: str, sources: Sources) -> LabelRule | None:
    """Give the rule by which a stage computes a label that none of its tables has; None where its body shows none."""
    if node.kind != "stage" or node.stage is None or any(kind_of(edge) == "model" for edge in node.inputs):
        return None
    known: set[str] = set()
    for edge in node.inputs:
        contract = edge.given.contract if edge.given and kind_of(edge) == "table" else None
        columns = columns_of(contract) if contract else {}
        if label in columns and columns[label].limits.role == "label":
            return None
        known |= {*columns}
    function = node.stage.function
    if not isinstance(function, FunctionType) or not _is_spelled(label, function):
        return None
    tree = sources.tree(function)
    if tree is None:
        return None
    outside = {edge.argument for edge in node.inputs if kind_of(edge) == "files"}
    return _Reader(function, sources, known - {label}, outside).rule(tree.body, label)


def _is_spelled(word: str, function: FunctionType) -> bool:
    """Tell whether a word stands in a function's code, as a name or in a text."""
    return any(
        word in code.co_names or any(word in text for text in _texts(code.co_consts))
        for code in codes(function.__code__)
    )


def _texts(constants: Sequence[object]) -> Iterator[str]:
    for each in constants:
        if isinstance(each, str):
            yield each
        elif isinstance(each, tuple | frozenset):
            yield from _texts([*cast("Collection[object]", each)])


@final
class _Reader:
    """Follows which columns each variable of a function depends on."""

    def __init__(
        self, function: FunctionType, sources: Sources, known: Collection[str], outside: Collection[str]
    ) -> None:
        self.function = function
        self.sources = sources
        self.known = known
        self.names: dict[str, frozenset[str]] = {name: frozenset([OUTSIDE]) for name in outside}

    def rule(self, body: Sequence[ast.stmt], label: str) -> LabelRule | None:
        found: LabelRule | None = None
        for statement in _flat(body):
            for place, expression in _computed(statement, label):
                columns = self.read(expression)
                if columns:
                    origin = Origin(self.function.__code__.co_filename, place.lineno)
                    found = LabelRule(columns, origin)
            self.note(statement)
        return found

    def note(self, statement: ast.stmt) -> None:
        """Remember what a statement's variables depend on."""
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self.bind(target, self.read(value))
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.AugAssign(target=target, value=value)
            ):
                self.bind(target, self.read(value) | self.read(target))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name))) as value):
                self.names[name] = self.names.get(name, frozenset()) | self.read(value)
            case _:
                pass

    def bind(self, target: ast.expr, columns: frozenset[str]) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = columns
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self.bind(each, columns)

    def read(self, expression: ast.expr) -> frozenset[str]:
        """Give the columns that an expression names, itself or through variables and functions."""
        found: set[str] = set()
        for each in walk(expression):
            match each:
                case ast.Constant(value=str(text)):
                    found |= {text} if text in self.known else _named(text, self.known)
                case ast.Attribute(attr=name) if name in self.known:
                    found.add(name)
                case ast.Name(id=name):
                    found |= self.names.get(name) or self.called(name)
                case _:
                    pass
        return frozenset(found)

    def called(self, name: str) -> frozenset[str]:
        """Give the columns that a first-party function names."""
        function = self.function.__globals__.get(name)
        found: set[str] = set()
        for _, each in walked(function, self.sources):
            match each:
                case ast.Constant(value=str(text)) | ast.Attribute(attr=text) if text in self.known:
                    found.add(text)
                case _:
                    pass
        return frozenset(found)


def _named(text: str, known: Collection[str]) -> set[str]:
    """Give the columns in a text that computes, as in `frame.eval("label = income > 3")`; in any other there are none."""
    return {*re.findall(r"\b[A-Za-z_]\w*\b", text)} & {*known} if re.search(r"[<>=+*/&|-]", text) else set()


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Give statements in their order, those in loops and branches too."""
    for statement in body:
        yield statement
        for field in ("body", "orelse", "finalbody"):
            yield from _flat(getattr(statement, field, []))


def _computed(statement: ast.stmt, label: str) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Give the expressions by which a statement computes a column, each with where it is."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Subscript) and _is(target.slice, label):
                yield target, statement.value
    if isinstance(statement, ast.For | ast.If | ast.While):
        return  # the statements in it come by themselves
    for each in walk(statement):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            yield from ((each, value) for value in _by_call(each, each.func, label))
        elif isinstance(each, ast.Dict):
            yield from ((value, value) for value in _by_dictionary(each, label))


def _by_call(call: ast.Call, method: ast.Attribute, label: str) -> Iterator[ast.expr]:
    match method.attr, call.args:
        case "alias", [name] if _is(name, label):
            yield method.value
        case "insert", [_, name, value] if _is(name, label):
            yield value
        case "eval", [ast.Constant(value=str(text)) as said]:
            if re.match(rf"\s*{re.escape(label)}\s*=[^=]", text):
                yield said
        case "assign" | "with_columns" | "DataFrame", _:
            yield from (given.value for given in call.keywords if given.arg == label)
        case _:
            pass


def _by_dictionary(given: ast.Dict, label: str) -> Iterator[ast.expr]:
    for key, value in zip(given.keys, given.values, strict=True):
        if key is not None and _is(key, label):
            yield value
        elif key is not None and _is(value, label):  # renamed
            yield key


def _is(node: ast.expr, label: str) -> bool:
    """Tell whether an expression names a column: by its text, by its reference, or in `.loc[:, "label"]`."""
    match node:
        case ast.Tuple(elts=[_, last]):
            return _is(last, label)
        case ast.Attribute(attr=name):
            return name == label
        case _:
            return syntax.constant(node) == label
