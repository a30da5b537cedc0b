"""Gives what a call's value is made of, and notes what the call does."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from attrs import evolve

from stagelang_compiler.checks.hidden import expressions
from stagelang_compiler.checks.hidden.expressions import FLOWS, last, text
from stagelang_compiler.checks.hidden.known import (
    ITERATING,
    METHODS,
    OWN_PLACE_METHODS,
    SORTING,
    Reach,
    reach_of,
)
from stagelang_compiler.checks.hidden.order import in_order, settled, taken
from stagelang_compiler.checks.hidden.rules import (
    GLOBAL_RANDOM,
    LISTING_ORDER_IN_RESULT,
    UNDECLARED_FILE,
    UNDECLARED_NETWORK,
    UNDECLARED_PROGRAM,
    UNDECLARED_VARIABLE,
    UNDECLARED_WRITE,
    UNIMPORTABLE_RESULT,
    UNSEEDED_RANDOM,
)
from stagelang_compiler.checks.hidden.sources import Outcome
from stagelang_compiler.checks.hidden.value import FIXED, GIVEN, NONE, Hidden, Made, together
from stagelang_compiler.diagnostics import Rule
from stagelang_compiler.fingerprint import Unit
from stagelang_compiler.fingerprint.trees import parameters, root_name

if TYPE_CHECKING:
    from stagelang_compiler.checks.hidden.body import Body, Function

_PLACES = frozenset(
    {
        "path",
        "file",
        "filename",
        "filepath_or_buffer",
        "path_or_buf",
        "io",
        "source",
        "where",
        "database",
        "fp",
    }
)
_URLS = (
    "http://",
    "https://",
    "ftp://",
    "s3://",
    "gs://",
    "gcs://",
    "abfs://",
    "az://",
    "hdfs://",
    "sftp://",
)
_SETS = frozenset(
    {"union", "intersection", "difference", "symmetric_difference", "copy", "keys", "items", "values"}
)
_AMOUNTS = frozenset({"n", "frac", "fraction"})
_ITERATING_METHODS = ITERATING - {"map", "filter", "next", "iter", "table", "product", "concat"}
_SEEDS = frozenset({"random_state", "seed", "rng", "generator"})


def call(body: Body, node: ast.Call) -> Made:
    """Give what a call's value is made of."""
    arguments = [body.value(each) for each in node.args]
    named = {each.arg or "": body.value(each.value) for each in node.keywords}
    found = body.resolve(node.func)
    if found is None:
        return _of_variable(body, node, arguments, named)
    path, resolution = found
    made = NONE
    for dotted in (*resolution.externals, *([".".join(path)] if resolution.builtin else [])):
        made |= _outside(body, node, dotted, arguments, named)
    for unit in resolution.units:
        tree = body.sources.definition(unit)
        if tree is not None:
            made |= _first_party(body, node, unit, tree, arguments, named)
        elif body.sources.constant(unit) is not None:
            made |= _method(body, node, constant(body, unit), arguments, named)
    if not (resolution.externals or resolution.builtin or resolution.units):
        made |= together([*arguments, *named.values()]).of() | GIVEN
    return made


def constant(body: Body, unit: Unit) -> Made:
    """Give what an object of a module is made of; a file that is read while the module is loaded counts as well."""
    if unit not in body.sources.constants:
        body.sources.constants[unit] = (NONE, ())  # the answer inside a cycle
        expression = body.sources.constant(unit)
        if expression is not None and not body.sources.is_wiring(unit):
            beside = body.beside(unit.module, unit.name)
            made = beside.value(expression)
            body.sources.constants[unit] = (made, tuple(beside.found))
    made, found = body.sources.constants[unit]
    body.found.update(dict.fromkeys(found))
    return evolve(made, roots=frozenset(), local=False)


# functions that were written here


def _first_party(
    body: Body,
    node: ast.Call,
    unit: Unit,
    tree: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda,
    arguments: list[Made],
    named: dict[str, Made],
) -> Made:
    if not isinstance(tree, ast.ClassDef):
        outcome = body.helper(unit.module, tree, _bound(tree, arguments, named), unit.name)
        return _after(body, node, tree, outcome)
    made = together([*arguments, *named.values()]).of() | GIVEN
    for each in tree.body:
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if each.name in {"__init__", "__post_init__"}:
            outcome = body.helper(unit.module, each, _bound(each, [GIVEN, *arguments], named), unit.name)
            made |= together(more for _, more in outcome.changed)
        else:
            given = {inner.arg: GIVEN for inner in parameters(each.args)}
            body.helper(unit.module, each, given, f"{unit.name}.{each.name}")
    return made


def _after(body: Body, node: ast.Call, tree: Function, outcome: Outcome) -> Made:
    """Carry back what a call did to the variables that it was given."""
    if outcome.changed:
        names = [each.arg for each in (*tree.args.posonlyargs, *tree.args.args)]
        places: dict[str, ast.expr] = dict(zip(names, node.args, strict=False))
        places |= {each.arg: each.value for each in node.keywords if each.arg}
        for name, more in outcome.changed:
            if name in places:
                body.taint(root_name(places[name]), more)
    return outcome.given.of() | Made(unordered=outcome.given.unordered)


def _bound(tree: Function, arguments: list[Made], named: dict[str, Made]) -> dict[str, Made]:
    """Give the parameters of a function their arguments; one with a default may be anything that the code says."""
    names = [each.arg for each in (*tree.args.posonlyargs, *tree.args.args)]
    bound = {each.arg: FIXED for each in parameters(tree.args)}
    bound |= dict(zip(names, (_passed(each) for each in arguments), strict=False))
    bound |= {name: _passed(made) for name, made in named.items() if name in bound}
    if tree.args.vararg:
        bound[tree.args.vararg.arg] = together(arguments[len(names) :]).of()
    if "" in named:  # `**more` may be any of them
        bound = {name: made | named[""].of() for name, made in bound.items()}
    return bound


def _passed(made: Made) -> Made:
    return evolve(made, roots=frozenset())


# functions of libraries


def _outside(body: Body, node: ast.Call, dotted: str, arguments: list[Made], named: dict[str, Made]) -> Made:
    """Give what a call of a builtin or of something installed gives."""
    reach = reach_of(dotted)
    parts = together([*arguments, *named.values()])
    first = arguments[0] if arguments else FIXED
    match reach:
        case None:
            return _library(body, node, dotted, arguments, named)
        case Reach.OPEN | Reach.READ | Reach.WRITE:
            place = next((made for key, made in named.items() if key in _PLACES), NONE)
            return _file(body, node, reach, arguments[0] if arguments else place, node.args[1:])
        case Reach.NETWORK | Reach.PROGRAM | Reach.VARIABLE | Reach.OWN:
            _beyond(body, node, reach)
            return Made(parts.depends if reach is Reach.PROGRAM else frozenset(), given=True)
        case Reach.LISTING:
            return _listing(body, node, first)
        case Reach.WALK:
            return _walked(body, node, first)
        case Reach.PATH:
            return evolve(together(arguments or [FIXED]), unordered=frozenset(), local=False)
        case _:
            return _varying(body, node, reach, parts)


def _beyond(body: Body, node: ast.Call, reach: Reach) -> None:
    """Note what counts whatever comes of it."""
    if reach is Reach.NETWORK:
        body.find(UNDECLARED_NETWORK, node)
    elif reach is Reach.PROGRAM:
        body.find(UNDECLARED_PROGRAM, node)
    elif reach is Reach.VARIABLE and node.args and (variable := text(body, node.args[0])):
        body.find(UNDECLARED_VARIABLE, node, variable)


def _varying(body: Body, node: ast.Call, reach: Reach, parts: Made) -> Made:
    """Give what comes out otherwise each time, unless it is seeded."""
    stated = {each.arg for each in node.keywords}
    rule: Rule | None = None
    match reach:
        case Reach.SEEDS:
            body.seeded = True
        case Reach.GLOBAL:
            rule = _shared_random(body, node)
        case Reach.SEEDABLE:
            values = [*node.args, *(each.value for each in node.keywords)]
            rule = None if any(not _is_none(each) for each in values) else UNSEEDED_RANDOM
        case Reach.STATED:
            rule = None if stated & _SEEDS else GLOBAL_RANDOM
        case _:
            rule = FLOWS.get(reach)
    hidden = frozenset[Hidden]() if rule is None else frozenset([body.hidden(rule, node)])
    return parts.of() | Made(hidden, given=True)


def _library(body: Body, node: ast.Call, dotted: str, arguments: list[Made], named: dict[str, Made]) -> Made:
    if dotted in {"set", "frozenset"}:
        inner = settled(together(arguments)).of()
        return inner | expressions.unordered(body, node)
    if dotted in {"dict", "dict.fromkeys", "collections.Counter", "collections.OrderedDict"} and arguments:
        made = together([*arguments, *named.values()])
        return settled(made).of() | Made(unordered=in_order(arguments[0]), given=made.given)
    if dotted == "stagelang.Model.of" and any(each.local for each in arguments):
        body.find(UNIMPORTABLE_RESULT, node)
    made = _combined(node, dotted.rpartition(".")[2], ITERATING, [*arguments, *named.values()])
    if dotted == "functools.partial" and any(each.local for each in arguments):
        made = evolve(made, local=True)
    return made | GIVEN


def _combined(node: ast.Call, name: str, iterating: frozenset[str], parts: list[Made]) -> Made:
    """Give what a call that isn't seen through gives: it may depend on all that it is given."""
    if name in SORTING:
        return settled(together(parts)).of()
    if name in iterating and not _sorts(node):
        return together(map(taken, parts)).of()
    return together(parts).of()


def _sorts(node: ast.Call) -> bool:
    """Say whether `json.dumps` and the like are told to sort."""
    return any(
        each.arg in {"sort_keys", "sort"}
        and isinstance(each.value, ast.Constant)
        and each.value.value is True
        for each in node.keywords
    )


def _shared_random(body: Body, node: ast.Call) -> Rule | None:
    found = body.resolve(node.func)
    if found is None or not any(each.startswith("torch.") for each in found[1].externals):
        return GLOBAL_RANDOM
    seeded = body.seeded or any(each.arg == "generator" for each in node.keywords)
    return None if seeded else UNSEEDED_RANDOM


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


# files


def _file(body: Body, node: ast.Call, reach: Reach, place: Made, rest: list[ast.expr]) -> Made:
    named = text(body, node.args[0] if node.args else node)
    if (
        isinstance(node.func, ast.Attribute)
        and last(node.func) in OWN_PLACE_METHODS
        and reach is not Reach.OPEN
    ):
        named = text(body, node.func.value) if body.resolve(node.func) is None else named
    writes = reach is Reach.WRITE or (reach is Reach.OPEN and _writes(node, rest))
    if named.startswith(_URLS) and place.fixed:
        body.find(UNDECLARED_NETWORK, node, named)
    elif named == ":memory:":
        return GIVEN
    elif place.is_outside:
        body.find(UNDECLARED_WRITE if writes else UNDECLARED_FILE, node, named)
    elif writes and place.inputs:
        body.changes_input(node, place)
    return Made(
        frozenset() if writes else place.depends, given=True, roots=place.roots if writes else frozenset()
    )


def _writes(node: ast.Call, rest: list[ast.expr]) -> bool:
    modes = [*rest[:1], *(each.value for each in node.keywords if each.arg in {"mode", "flags"})]
    return any(
        isinstance(each, ast.Constant)
        and isinstance(each.value, str)
        and not {*"wax+"}.isdisjoint(each.value)
        for each in modes
    )


def _listing(body: Body, node: ast.Call, place: Made) -> Made:
    if place.is_outside:
        body.find(UNDECLARED_FILE, node, text(body, node))
    hidden = body.hidden(LISTING_ORDER_IN_RESULT, node)
    return evolve(place, depends=place.depends | {hidden}, given=True)


def _walked(body: Body, node: ast.Call, place: Made) -> Made:
    if place.is_outside:
        body.find(UNDECLARED_FILE, node, text(body, node))
    return evolve(place, given=True)


def bind_walk(body: Body, node: ast.For | ast.AsyncFor) -> None:
    """Bind what `os.walk` gives: names in no order, unless the folders are sorted on the way."""
    found = body.resolve(node.iter.func) if isinstance(node.iter, ast.Call) else None
    if found is None or not any(reach_of(each) is Reach.WALK for each in found[1].externals):
        return
    if isinstance(node.target, ast.Tuple):
        hidden = frozenset([body.hidden(LISTING_ORDER_IN_RESULT, node.iter)])
        for each in node.target.elts[1:3]:
            body.bind(each, Made(hidden, given=True))


# calls of what a variable holds


def _of_variable(body: Body, node: ast.Call, arguments: list[Made], named: dict[str, Made]) -> Made:
    if isinstance(node.func, ast.Name):
        tree = body.local.get(node.func.id)
        if tree is not None:
            outcome = body.inner(tree, _bound(tree, arguments, named))
            return _after(body, node, tree, outcome)
        if node.func.id in body.classes:
            return Made(given=True, local=True)
    if not isinstance(node.func, ast.Attribute):
        return together([body.value(node.func), *arguments, *named.values()]).of() | GIVEN
    return _method(body, node, body.value(node.func.value), arguments, named)


def _method(
    body: Body, node: ast.Call, receiver: Made, arguments: list[Made], named: dict[str, Made]
) -> Made:
    """Give what a method of something gives; some are known by their names."""
    name = last(node.func)
    stated = {each.arg for each in node.keywords}
    if name in METHODS:
        return _method_of_place(body, node, receiver, arguments, named)
    if name in {"pop", "popitem"} and receiver.unordered and not arguments:
        return Made(receiver.unordered, given=True)
    if name in _SETS and receiver.unordered:
        held = receiver.unordered.union(*(each.unordered for each in arguments))
        return together([receiver, *arguments]).of() | Made(unordered=held)
    if name == "sample" and stated & _AMOUNTS and not stated & _SEEDS:
        return receiver.of() | Made(frozenset([body.hidden(GLOBAL_RANDOM, node)]))
    made = _combined(node, name, _ITERATING_METHODS, [receiver, *arguments, *named.values()])
    return made if receiver.is_outside else made | GIVEN


def _method_of_place(
    body: Body, node: ast.Call, receiver: Made, arguments: list[Made], named: dict[str, Made]
) -> Made:
    """Give what a method of a path gives, or one that takes a path."""
    name = last(node.func)
    reach, own = METHODS[name], name in OWN_PLACE_METHODS
    place = receiver if own else arguments[0] if arguments else NONE
    if reach is Reach.LISTING:
        return _listing(body, node, place)
    made = _file(body, node, reach, place, node.args[:1] if own else [])
    if own and reach is Reach.WRITE:
        body.taint(root_name(node.func), together([*arguments, *named.values()]).of())
    return made | Made(receiver.depends)
