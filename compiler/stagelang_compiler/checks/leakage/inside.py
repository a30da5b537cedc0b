"""SL612, by bodies: rows that are scored in folds by a model whose settings were chosen in folds of the same rows."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from stagelang.origin import Origin
from stagelang_compiler.checks.leakage import body_syntax as syntax
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.leakage.rules import CHOSEN_IN_REPORTED_FOLDS
from stagelang_compiler.checks.leakage.spelled import codes
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.fingerprint.trees import walk
from stagelang_compiler.graph import Graph, GraphNode

_SCORING: Final = frozenset(["cross_val_predict", "cross_val_score", "cross_validate"])
_CHOSEN: Final = frozenset(["best_estimator_", "best_params_"])


def check_chosen_inside(graph: Graph) -> Iterator[Diagnostic]:
    """Check of bodies that choose and score in folds that the rows scored had no part in the choice."""
    sources, told = Sources(), set[object]()
    for node in graph.nodes:
        stage = node.stage
        if stage is None or stage.function in told or not _names_both(stage.function):
            continue
        told.add(stage.function)
        tree = sources.tree(stage.function)
        for searched, scored in _chosen(tree.body) if tree is not None else ():
            yield _told(node, searched, scored)
            break


def _names_both(function: object) -> bool:
    """Tell by a function's code whether it may do both, which is faster than to read its tree."""
    code = getattr(function, "__code__", None)
    names = {name for each in codes(code) for name in each.co_names} if code is not None else set[str]()
    return bool(names & _CHOSEN)


def _chosen(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.Call, ast.Call]]:
    """Give pairs of calls: one that fits a search to rows, one that scores the same rows by what it has chosen."""
    fitted: dict[str, tuple[ast.Call, str]] = {}
    chosen: dict[str, str] = {}
    for statement in body:
        target = _bound(statement)
        for each in walk(statement):
            if not isinstance(each, ast.Call) or not each.args:
                continue
            if syntax.last(each.func) in _SCORING and len(each.args) > 1:
                found = [fitted[name] for name in _searches(each.args[0], chosen) if name in fitted]
                yield from ((search, each) for search, rows in found if rows == ast.dump(each.args[1]))
            elif syntax.last(each.func) == "fit":
                fitted[target or syntax.root(each.func)] = each, ast.dump(each.args[0])
        fitted = {name: of for name, of in fitted.items() if not target or f"id={target!r}" not in of[1]}
        if target and isinstance(statement, ast.Assign):
            chosen |= dict.fromkeys([target], next(_searches(statement.value, chosen), ""))


def _bound(statement: ast.stmt) -> str:
    """Give the variable that a statement binds anew, if it is one."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return ""


def _searches(node: ast.expr, chosen: dict[str, str]) -> Iterator[str]:
    """Give the searches whose choice an expression uses."""
    for each in walk(node):
        if isinstance(each, ast.Attribute) and each.attr in _CHOSEN:
            yield syntax.root(each)
        elif isinstance(each, ast.Name) and each.id in chosen:
            yield chosen[each.id]


def _told(node: GraphNode, searched: ast.Call, scored: ast.Call) -> Diagnostic:
    file = node.stage.origin.file if node.stage is not None else node.origin.file
    return Diagnostic(
        rule=CHOSEN_IN_REPORTED_FOLDS,
        message=f"{node.base!r} scores rows in folds by settings that it has chosen in folds of the same rows",
        places=(
            Place(node.origin, "scored here"),
            Place(Origin(file, scored.lineno), "scored in folds here"),
            Place(Origin(file, searched.lineno), "chosen here"),
        ),
        subject=node.name,
        expected="each fold's choice made within its train part",
        help=f"hand the search itself to {syntax.last(scored.func)}(), so that each fold chooses anew",
    )


CHECKS = (check_chosen_inside,)
