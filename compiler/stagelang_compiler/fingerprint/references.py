"""Finds what a piece of code refers to beyond itself: global names with their attributes, and imports made inside it.

Scopes are Python's: a parameter, a local variable, a comprehension's variable or a name bound in a class body hides
the global one; `global` uncovers it. The source alone decides, so the answer is the same on every Python.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple, cast, final

from attrs import Factory, define, frozen

from stagelang_compiler.fingerprint.trees import (
    Target,
    children,
    dotted_path,
    import_targets,
    parameters,
    quoted,
    walk,
)

ANY = "*"  # in a path: an attribute whose name is chosen at run time
_ACCESSORS = frozenset({"getattr", "hasattr", "setattr", "delattr"})
_FRAME_READERS = frozenset(
    {"query", "eval", "sql", "execute", "evaluate"}
)  # they may look up names of the caller
_OPENINGS = frozenset(
    {"__subclasses__", "__globals__", "__builtins__", "f_globals", "f_locals", "f_back", "f_builtins"}
)
_DOCS = frozenset({"__doc__", "getdoc"})
_NOTICED = _OPENINGS | _DOCS
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


@final
class Mode(Enum):
    """How a reference counts."""

    __hash__ = object.__hash__  # an enum's own is slow, and references are looked up often

    VALUE = "value"  # a module used as a value gives access to everything in it
    TEXT = "text"  # a name in a string: counts if it is a definition
    DECLARED = "declared"  # in the decorator of a stage: functions and classes count, constants are metadata
    ANNOTATED = (
        "annotated"  # in the signature of a stage: contracts don't count, they are checked for themselves
    )


class Reference(NamedTuple):
    """A use of a name: `path` starts at a global name, or goes on from what `target` imported."""

    path: tuple[str, ...]
    target: Target | None
    mode: Mode
    line: int


@final
@frozen(kw_only=True)
class Facts:
    """What the source of some code says about what it needs."""

    references: tuple[Reference, ...]
    imports: tuple[Target, ...]
    """Imports that the code carries out itself, used or not."""
    openings: tuple[tuple[str, int], ...]
    """Attributes that give access to unnamed code, such as `__subclasses__`, with their lines."""
    omitted: frozenset[ast.AST]
    """Subtrees that change nothing that runs: the language's decorators, annotations of locals and of stages."""
    reads_docs: bool


def facts(nodes: Sequence[ast.AST], is_language: Callable[[tuple[str, ...]], bool]) -> Facts:
    """Read top-level code; `is_language` says whether a global dotted name is the pipeline language's."""
    reader = _Reader(is_language)
    reader.visit(nodes)
    return reader.facts()


@final
@define(eq=False)
class _Scope:
    kind: str  # "module", "function", "comprehension" or "class"
    parent: _Scope | None = None
    bound: dict[str, list[Target]] = Factory(dict[str, list[Target]])
    loads: list[Reference] = Factory(list[Reference])
    elsewhere: set[str] = Factory(set[str])  # names declared global or nonlocal
    conditional: bool = False  # inside an `if` and the like of a class body, where a name may stay unbound


@final
class _Reader:
    def __init__(self, is_language: Callable[[tuple[str, ...]], bool]) -> None:
        self.is_language = is_language
        self.scope = _Scope("module")
        self.mode = Mode.VALUE
        self.references: dict[Reference, None] = {}
        self.imports: dict[Target, None] = {}
        self.openings: dict[tuple[str, int], None] = {}
        self.omitted: set[ast.AST] = set()
        self.reads_docs = False
        self.texts: list[ast.Constant] | None = None
        """The constants of the annotation that is being read."""

    def facts(self) -> Facts:
        self.references |= dict.fromkeys(self.scope.loads)
        return Facts(
            references=tuple(self.references),
            imports=tuple(self.imports),
            openings=tuple(self.openings),
            omitted=frozenset(self.omitted),
            reads_docs=self.reads_docs,
        )

    def visit(self, nodes: Iterable[ast.AST]) -> None:
        """Read nodes in order, without recursion except into scopes: long chains must not overflow the stack."""
        pending = [*nodes]
        pending.reverse()
        while pending:
            node = pending.pop()
            kind = type(node)
            if kind is ast.Name:  # most are
                self.name(cast(ast.Name, node))
            elif kind is ast.Subscript:
                item = cast(ast.Subscript, node)
                pending += (item.slice, item.value)
            else:
                handler = _HANDLERS.get(kind)
                inner = children(node) if handler is None else handler(self, node)
                if inner:
                    pending += inner[::-1]

    # names

    def load(self, path: tuple[str, ...], line: int, mode: Mode | None = None) -> None:
        load = Reference(path, None, mode or self.mode, line)
        scope = self.scope
        if scope.kind == "class":
            if path[0] in scope.bound:
                self.imported(scope.bound[path[0]], load)
                return
            scope = _visible_from(scope)
        scope.loads.append(load)

    def imported(self, targets: list[Target], load: Reference) -> None:
        for target in targets:
            self.references.setdefault(Reference(load.path[1:], target, load.mode, load.line))

    def bind(self, name: str, target: Target | None = None, scope: _Scope | None = None) -> None:
        scope = scope or self.scope
        if scope.kind == "module" or name in scope.elsewhere or scope.conditional:
            return
        targets = scope.bound.setdefault(name, [])
        if target is not None:
            targets.append(target)

    def close(self) -> None:
        scope = self.scope
        assert scope.parent is not None
        outer = _visible_from(scope)
        for load in scope.loads:
            name = load.path[0]
            if name in scope.bound and name not in scope.elsewhere:
                self.imported(scope.bound[name], load)
            else:
                outer.loads.append(load)
        self.scope = scope.parent

    def open(self, kind: str) -> None:
        self.scope = _Scope(kind, self.scope)

    # expressions

    def name(self, node: ast.Name) -> None:
        if type(node.ctx) is not ast.Load:
            self.bind(node.id)
            return
        self.load((node.id,), node.lineno)
        if node.id in _NOTICED:
            self.noticed(node.id, node.lineno)

    def attribute(self, node: ast.Attribute) -> Sequence[ast.AST]:
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute):
            if inner.attr in _NOTICED:
                self.noticed(inner.attr, inner.lineno)
            inner = inner.value
        path = dotted_path(node)
        if path is None:
            return (inner,)
        self.load(path, node.lineno)
        return ()

    def noticed(self, attribute: str, line: int) -> None:
        if attribute in _OPENINGS:
            self.openings.setdefault((attribute, line))
        self.reads_docs = self.reads_docs or attribute in _DOCS

    def call(self, node: ast.Call) -> Sequence[ast.AST]:
        if isinstance(node.func, ast.Attribute) and node.func.attr in _FRAME_READERS:
            self.names_in_strings(node)
        if not (isinstance(node.func, ast.Name) and node.func.id in _ACCESSORS and len(node.args) >= 2):
            return children(node)
        path, key = dotted_path(node.args[0]), node.args[1]
        attribute = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ANY
        self.noticed(attribute, node.lineno)
        if path is None:
            return children(node)
        self.load((*path, attribute), node.lineno)
        return (node.func, *node.args[1:], *node.keywords)

    def names_in_strings(self, call: ast.Call) -> None:
        for inner in walk(call):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                for name in _IDENTIFIER.findall(inner.value):
                    self.load((name,), inner.lineno, Mode.TEXT)

    def walrus(self, node: ast.NamedExpr) -> Sequence[ast.AST]:
        scope = self.scope
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        self.bind(node.target.id, scope=scope)
        return (node.value,)

    def comprehension(self, node: ast.AST) -> Sequence[ast.AST]:
        assert isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
        first = node.generators[0]
        self.visit((first.iter,))
        self.open("comprehension")
        self.visit((first.target, *first.ifs, *node.generators[1:]))
        self.visit((node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,))
        self.close()
        return ()

    # definitions

    def function(self, node: ast.AST) -> Sequence[ast.AST]:
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        declared = self.decorators(node.decorator_list)
        annotations = [each.annotation for each in parameters(node.args) if each.annotation]
        annotations += [node.returns] if node.returns else []
        if declared and len(declared) == len(node.decorator_list):
            self.omitted.update(annotations)
            self.mode = Mode.ANNOTATED
        self.visit_annotations(annotations)
        self.mode = Mode.VALUE
        self.defaults(node.args)
        self.bind(node.name)
        self.body(node.args, [*getattr(node, "type_params", ()), *node.body])
        return ()

    def lambda_(self, node: ast.Lambda) -> Sequence[ast.AST]:
        self.defaults(node.args)
        self.body(node.args, [node.body])
        return ()

    def defaults(self, arguments: ast.arguments) -> None:
        self.visit([*arguments.defaults, *(each for each in arguments.kw_defaults if each is not None)])

    def body(self, arguments: ast.arguments, nodes: Sequence[ast.AST]) -> None:
        mode, self.mode = self.mode, Mode.VALUE
        self.open("function")
        for each in parameters(arguments):
            self.bind(each.arg)
        self.visit(nodes)
        self.close()
        self.mode = mode

    def class_(self, node: ast.ClassDef) -> Sequence[ast.AST]:
        self.decorators(node.decorator_list)
        if any(map(self.is_declaration, node.bases)):
            self.omitted.update(_only_said(node))
        self.visit([*node.bases, *(each for each in node.keywords if each not in self.omitted)])
        self.bind(node.name)
        self.open("class")
        self.visit(getattr(node, "type_params", ()))
        for statement in node.body:
            self.scope.conditional = isinstance(
                statement, (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Match)
            )
            self.visit((statement,))
        self.close()
        return ()

    def decorators(self, decorators: list[ast.expr]) -> list[ast.expr]:
        """Read decorators; leave out and give those of the language, of which only the functions named count."""
        declared = [each for each in decorators if self.is_declaration(each)]
        self.omitted.update(declared)
        for each in decorators:
            self.mode = Mode.DECLARED if each in declared else Mode.VALUE
            self.visit((each,))
        self.mode = Mode.VALUE
        return declared

    def is_declaration(self, decorator: ast.expr) -> bool:
        path = dotted_path(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if path is None:
            return False
        scope: _Scope | None = self.scope
        while scope is not None:
            if path[0] in scope.bound:
                targets = scope.bound[path[0]]
                return bool(targets) and all(is_language_target(each) for each in targets)
            scope = scope.parent
        return self.is_language(path)

    def type_parameter(self, node: ast.AST) -> Sequence[ast.AST]:
        self.bind(str(getattr(node, "name", "")))
        return children(node)

    # statements

    def import_(self, node: ast.AST) -> Sequence[ast.AST]:
        assert isinstance(node, (ast.Import, ast.ImportFrom))
        for name, target, loaded in import_targets(node):
            self.bind(name, target)
            self.imports.setdefault(loaded)
        return ()

    def elsewhere(self, node: ast.AST) -> Sequence[ast.AST]:
        assert isinstance(node, (ast.Global, ast.Nonlocal))
        self.scope.elsewhere.update(node.names)
        if isinstance(node, ast.Global):
            root = self.scope
            while root.parent is not None:
                root = root.parent
            root.loads.extend(Reference((name,), None, Mode.TEXT, node.lineno) for name in node.names)
        return ()

    def annotated(self, node: ast.AnnAssign) -> Sequence[ast.AST]:
        if self.scope.kind in {"function", "comprehension"}:
            self.omitted.add(node.annotation)  # never evaluated there
        else:
            self.visit_annotations([node.annotation])
            if node.value is None and isinstance(node.target, ast.Name):
                return ()
        return (node.value, node.target) if node.value else (node.target,)

    def assigned(self, node: ast.Assign) -> Sequence[ast.AST]:
        return (node.value, *node.targets)  # in a class body, `x = x` reads the global one

    def visit_annotations(self, annotations: Sequence[ast.AST]) -> None:
        before, self.texts = self.texts, []
        self.visit(annotations)
        mode, texts, self.texts = self.mode, self.texts, before
        if texts:
            self.mode = Mode.TEXT if mode is Mode.VALUE else mode
            self.visit(quoted(texts))
            self.mode = mode

    def augmented(self, node: ast.AugAssign) -> Sequence[ast.AST]:
        if isinstance(node.target, ast.Name):
            self.load((node.target.id,), node.lineno)
        return (node.target, node.value)

    def binding(self, node: ast.AST) -> Sequence[ast.AST]:
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if name:
            self.bind(str(name))
        return children(node)

    def constant(self, node: ast.Constant) -> Sequence[ast.AST]:
        if self.texts is not None:
            self.texts.append(node)
        return ()


def _only_said(contract: ast.ClassDef) -> Iterator[ast.keyword]:
    """Give what a contract says to people only: who answers for it, and how its columns are described."""
    yield from (each for each in contract.keywords if each.arg == "owner")
    for statement in contract.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.value, ast.Call):
            yield from (each for each in statement.value.keywords if each.arg == "description")


def is_language_target(target: Target) -> bool:
    """Say whether an import is one of the pipeline language's own."""
    return target.level == 0 and target.module.partition(".")[0] == "stagelang"


def is_builtin(name: str) -> bool:
    """Say whether a name is one that every module has."""
    return hasattr(builtins, name)


def _visible_from(scope: _Scope) -> _Scope:
    """Give the scope where names are looked up next; class bodies are not seen from inside functions."""
    outer = scope.parent
    while outer is not None and outer.kind == "class":
        outer = outer.parent
    assert outer is not None
    return outer


_HANDLERS: dict[type[ast.AST], Callable[..., Sequence[ast.AST]]] = {
    ast.Attribute: _Reader.attribute,
    ast.Call: _Reader.call,
    ast.NamedExpr: _Reader.walrus,
    ast.ListComp: _Reader.comprehension,
    ast.SetComp: _Reader.comprehension,
    ast.DictComp: _Reader.comprehension,
    ast.GeneratorExp: _Reader.comprehension,
    ast.FunctionDef: _Reader.function,
    ast.AsyncFunctionDef: _Reader.function,
    ast.Lambda: _Reader.lambda_,
    ast.ClassDef: _Reader.class_,
    ast.Import: _Reader.import_,
    ast.ImportFrom: _Reader.import_,
    ast.Global: _Reader.elsewhere,
    ast.Nonlocal: _Reader.elsewhere,
    ast.AnnAssign: _Reader.annotated,
    ast.Assign: _Reader.assigned,
    ast.AugAssign: _Reader.augmented,
    ast.ExceptHandler: _Reader.binding,
    ast.MatchAs: _Reader.binding,
    ast.MatchStar: _Reader.binding,
    ast.MatchMapping: _Reader.binding,
    ast.Constant: _Reader.constant,
}
_HANDLERS.update(
    {
        getattr(ast, name): _Reader.type_parameter
        for name in ("TypeVar", "ParamSpec", "TypeVarTuple")
        if hasattr(ast, name)
    }
)
