"""Finds in a stage's body where it computes across rows, and of which of its tables.

What each variable may be made of is followed through the function and the first-party functions that it calls: which parameters' rows it
holds (as whole columns, or as one row's items), and which computations across rows it depends on. Only those that what the function
returns depends on count: a mean that is printed or asserted mixes nothing. What isn't known is taken to treat each row by itself:
this finds the usual ways to mix rows, and the audit at run time finds the others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any, Literal, final

from attrs import evolve

from stagelang_compiler.checks.leakage import body_rows as rows_of
from stagelang_compiler.checks.leakage import body_syntax as syntax
from stagelang_compiler.checks.leakage import operations as op
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.leakage.body_value import ANY, NONE, Made, Mixing, together
from stagelang_compiler.checks.leakage.spelled import Spelling
from stagelang_compiler.fingerprint.trees import children, walk

_DEPTH = 12
_Local = ast.FunctionDef | ast.Lambda


def mixings(
    function: object, parameters: Iterable[str], sources: Sources, spelling: Spelling
) -> tuple[Mixing, ...]:
    """List where a function computes across rows of these parameters, in the order of file and line."""
    spelled = spelling.of(function)
    if not (spelled.has_loop or spelled.has_import or spelled.has_product or spelled.names & op.TELLING):
        return ()
    tree = sources.tree(function)
    if tree is None or not isinstance(function, FunctionType):
        return ()
    tables = frozenset(parameters)
    environment = {name: Made(frozenset([name])) for name in tables}
    found = _Body(function, sources, ()).run(tree, environment).mixed
    bound = (
        evolve(each, parameters=tables if ANY in each.parameters else each.parameters & tables)
        for each in found
    )
    return tuple(
        sorted(
            (each for each in bound if each.parameters), key=lambda each: (each.file, each.line, each.word)
        )
    )


@final
class _Body:
    """Follows one call of one function."""

    def __init__(self, function: FunctionType, sources: Sources, callers: tuple[FunctionType, ...]) -> None:
        self.function = function
        self.sources = sources
        self.callers = (*callers, function)
        self.file = function.__code__.co_filename
        self.names: dict[str, Made] = {}
        self.local: dict[str, _Local] = {}
        self.imported: dict[str, str] = {}
        self.given = NONE
        self.under: Made = NONE
        self.branches = 0
        self.lists: set[str] = set()
        self.drawn: set[str] = set()
        self.meant: dict[str, ast.expr] = {}
        self.outside: set[str] | None = None

    def run(self, tree: _Local, environment: Mapping[str, Made]) -> Made:
        """Give what the function returns, called with these arguments."""
        self.names = dict(environment)
        if isinstance(tree, ast.Lambda):
            return self.value(tree.body)
        self.block(tree.body)
        return self.given

    # statements

    def block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Return(value=value) if value is not None:
                self.given |= self.value(value) | self.under
            case ast.Assign(targets=targets, value=value):
                made = self.value(value)
                for target in targets:
                    again = self.outside is not None and syntax.root(target) in {
                        each.id for each in walk(value) if isinstance(each, ast.Name)
                    }
                    self.bind(target, made | (self.summed(target, value) if again else NONE))
                    self.note(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.bind(target, self.value(value))
            case ast.AugAssign(target=target, value=value):
                self.bind(target, self.value(value) | self.value(target) | self.summed(target, value))
            case ast.Expr(value=ast.Yield(value=ast.expr() as value)):
                self.given |= self.value(value)
            case ast.Expr(value=value):
                self.effect(value)
            case ast.FunctionDef(name=name):
                self.local[name] = node
            case ast.Import() | ast.ImportFrom():
                self.imports(node)
            case _:
                self.compound(node)

    def compound(self, node: ast.stmt) -> None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self.branch(self.value(test), body, orelse)
            case ast.While(test=test, body=body, orelse=orelse):
                self.branch(self.value(test), body, body, orelse)
            case ast.For():
                self.loop(node)
            case ast.With(items=items, body=body):
                for item in items:
                    made = self.value(item.context_expr)
                    if item.optional_vars is not None:
                        self.bind(item.optional_vars, made)
                self.block(body)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final_body):
                self.branch(NONE, body, *(each.body for each in handlers), orelse, final_body)
            case ast.Match(subject=subject, cases=cases):
                self.branch(self.value(subject), *(each.body for each in cases))
            case _:
                pass

    def loop(self, node: ast.For) -> None:
        """Run a loop's body twice: what one round leaves, the next one finds."""
        of = self.looped(node.iter)
        kept, is_over_rows = self.outside, bool(of.items - of.columns)
        if is_over_rows and kept is None:
            self.outside = {*self.names, *self.local}
        before = {*self.names}
        self.bind(node.target, of)
        if isinstance(node.target, ast.Name):
            self.meant[node.target.id] = node.iter
        self.branch(NONE, node.body, node.body, node.orelse)
        self.outside = kept
        self.collected(before, self.value(node.iter).columns)

    def branch(self, test: Made, *blocks: Sequence[ast.stmt]) -> None:
        """Run blocks that may run: what they bind is added to what was bound, and depends on the test too."""
        before, self.under = self.under, self.under | Made(mixed=test.mixed)
        self.branches += 1
        for each in blocks:
            self.block(each)
        self.branches -= 1
        self.under = before

    def collected(self, before: set[str], run_over: frozenset[str]) -> None:
        """Say of what a loop over rows has put into variables from outside it that it is many rows together."""
        for name in before:
            made = self.names[name]
            together_again = made.items & run_over - made.columns
            if together_again:
                self.names[name] = evolve(made, columns=made.columns | together_again)

    def note(self, target: ast.expr, value: ast.expr) -> None:
        """Note of a variable what it is as written, and that it begins anew for each row of a loop."""
        if isinstance(target, ast.Name):
            self.meant[target.id] = value
            (self.drawn.add if rows_of.draws(value) else self.drawn.discard)(target.id)
            (self.lists.add if isinstance(value, ast.List | ast.ListComp) else self.lists.discard)(target.id)
            if self.outside is not None:
                self.outside.discard(target.id)

    def summed(self, target: ast.expr, value: ast.expr) -> Made:
        """Say of a variable from outside a loop over rows that is added to in it that it computes across them."""
        if self.outside is None:
            return NONE
        rows = self.value(value).items
        is_collected = any(isinstance(each, ast.List | ast.ListComp | ast.Tuple) for each in walk(value))
        if not rows or is_collected or syntax.root(target) not in self.outside:
            return NONE
        mixing = Mixing(word="a sum in a loop", file=self.file, line=target.lineno, parameters=rows)
        return Made(mixed=frozenset([mixing]))

    def effect(self, value: ast.expr) -> None:
        """Run an expression for what it does: a method may change the variable that it belongs to."""
        made = self.value(value)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            name = syntax.root(value.func)
            if name in self.names:
                self.names[name] |= made.settled() | self.under

    def bind(self, target: ast.expr, made: Made) -> None:
        match target:
            case ast.Name(id=name):
                made |= self.under
                self.names[name] = made | self.names.get(name, NONE) if self.branches else made
            case ast.Tuple(elts=items) | ast.List(elts=items):
                for item in items:
                    self.bind(item, made)
            case ast.Starred(value=inner):
                self.bind(inner, made)
            case _:
                name = syntax.root(target)
                if name:
                    self.names[name] = self.names.get(name, NONE) | made.settled() | self.under

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        module = f"{node.module}." if isinstance(node, ast.ImportFrom) and node.module else ""
        for alias in node.names:
            whole = f"{module}{alias.name}"
            self.imported[alias.asname or (whole if module else alias.name.partition(".")[0])] = whole
            if module:
                self.imported[alias.asname or alias.name] = whole

    # expressions

    def value(self, node: ast.expr) -> Made:
        match node:
            case ast.Name(id=name):
                return self.names.get(name, NONE)
            case ast.Constant() | ast.Lambda():
                return NONE
            case ast.Attribute(attr=name) if name in op.DESCRIPTIONS:
                return NONE
            case ast.Attribute(value=value):
                return self.coded(node, self.value(value))
            case ast.Subscript() | ast.BinOp() | ast.Compare():
                return self.placed(node)
            case ast.Call():
                return self.call(node)
            case ast.NamedExpr(target=target, value=value):
                made = self.value(value)
                self.bind(target, made)
                return made
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self.comprehended(node.generators, [node.elt])
            case ast.DictComp(key=key, value=value):
                return self.comprehended(node.generators, [key, value])
            case _:
                return together(self.value(each) for each in children(node) if isinstance(each, ast.expr))

    def coded(self, node: ast.Attribute, made: Made) -> Made:
        """Say of the numbers of categories that they come from all rows, where no contract says which there are."""
        is_code = node.attr == "codes" and isinstance(node.value, ast.Attribute) and node.value.attr == "cat"
        return self.noted(made, node, "cat.codes") if is_code and self.makes_categories() else made

    def placed(self, node: ast.Subscript | ast.BinOp | ast.Compare) -> Made:
        """Follow what may bring rows into other rows' places, or each to each."""
        match node:
            case ast.Subscript(value=value, slice=picked):
                return self.subscript(node, self.value(value) | self.value(picked), picked)
            case ast.BinOp(left=left, right=right, op=ast.MatMult()):
                return self.product(node, [left, right], "@")
            case ast.BinOp(left=left, right=right) | ast.Compare(left=left, comparators=[right]) if (
                rows_of.is_turned_aside(left, right)
            ):
                return self.product(node, [left, right], "each row beside each")
            case _:
                return together(self.value(each) for each in children(node) if isinstance(each, ast.expr))

    def noted(
        self, made: Made, node: ast.expr, word: str, *, past: bool = False, copies: bool = False
    ) -> Made:
        """Say of an expression that isn't a call that it computes across rows."""
        if not made.columns:
            return made
        mixing = Mixing(
            word=word,
            file=self.file,
            line=node.lineno,
            parameters=made.columns,
            past=past,
            copies=copies,
            mixes=not copies,
        )
        return evolve(made, mixed=made.mixed | {mixing})

    def product(self, node: ast.expr, operands: Sequence[ast.expr], word: str) -> Made:
        """Say of operands that all hold rows that each row meets each."""
        found = [self.value(each) for each in operands]
        made = together(found)
        both = [each for each in found if each.columns]
        return self.noted(made, node, word) if len(both) > 1 else made

    def subscript(self, node: ast.Subscript, made: Made, picked: ast.expr) -> Made:
        """Say of rows that are picked by where they stand whether others are put in their place."""
        if rows_of.is_backwards(picked):
            return evolve(made, turned=not made.turned)
        names = {each.id for each in walk(picked) if isinstance(each, ast.Name)}
        if rows_of.draws(picked) or names & self.drawn:
            return self.noted(made, node, "rows drawn at random", copies=True)
        if isinstance(node.value, ast.Attribute) and node.value.attr in ("iloc", "iat"):
            place = syntax.constant(picked)
            if isinstance(place, int):
                return self.noted(made, node, f"iloc[{place}]", past=place == 0)
        step = rows_of.neighbour(picked)
        if step and syntax.root(node.value) not in self.lists:
            return self.noted(made, node, "a neighbour in a loop", past=step < 0)
        return made

    def makes_categories(self) -> bool:
        """Tell whether the function makes categories of whatever values there are."""
        tree = self.sources.tree(self.function)
        return tree is not None and any(
            isinstance(each, ast.Call)
            and syntax.last(each.func) == "astype"
            and any(syntax.constant(given) == "category" for given in each.args)
            for each in walk(tree)
        )

    def comprehended(self, generators: Sequence[ast.comprehension], given: Sequence[ast.expr]) -> Made:
        """Give what a comprehension collects: items of what it runs over, together as columns again."""
        kept = dict(self.names)
        tests, run_over = NONE, frozenset[str]()
        for each in generators:
            run_over |= self.value(each.iter).columns
            self.bind(each.target, self.looped(each.iter))
            tests |= together(self.value(test) for test in each.ifs)
        made = together(self.value(each) for each in given) | Made(mixed=tests.mixed)
        self.names = kept
        return Made(made.columns | (made.items & run_over), made.items, made.mixed)

    def looped(self, iterated: ast.expr) -> Made:
        """Give what a loop's variable stands for: one item, or a part that still holds many rows."""
        made = self.value(iterated)
        for inner in walk(iterated):
            called = inner.func if isinstance(inner, ast.Call) else inner
            name = syntax.last(called) if isinstance(called, ast.Attribute | ast.Name) else ""
            if name in op.COLUMNS:
                return made
        if isinstance(iterated, ast.Name) and made.grouped is not None:
            return made
        if isinstance(iterated, ast.List | ast.Tuple):
            return made
        return made.one()

    # calls

    def call(self, node: ast.Call) -> Made:
        receiver = self.value(node.func.value) if isinstance(node.func, ast.Attribute) else NONE
        given = [*node.args, *(each.value for each in node.keywords)]
        name, path = self.word(node.func), syntax.path(node.func)
        if path in op.EXPRESSIONS:
            return Made(frozenset([ANY]))
        called = self.called(node.func)
        if called is not None:
            return self.inlined(called, node, receiver)
        method = self.method(node.func)
        if method is not None:
            return self.on_object(method, node, receiver)
        functions = together(self.passed(each, receiver, name, node) for each in given)
        arguments = together(
            self.value(each.value if isinstance(each, ast.Starred) else each) for each in given
        )
        own = self.names.get(node.func.id, NONE) if isinstance(node.func, ast.Name) else NONE
        made = receiver | arguments | functions | own
        if name == "over":
            return self.over(made, node)
        if name in op.SQL or name == "eval":
            made |= self.named_in_text(node)
        if name in op.GROUPS and made.columns:
            return evolve(made, grouped=syntax.constants(node))
        mixing = self.mixing(node, name, receiver, arguments)
        if name in op.SORTS:
            made = evolve(made, turned=rows_of.sorts_backwards(node))
        if mixing is None:
            return made.settled() if receiver.windowed else made
        found = Made(made.columns, made.items, made.mixed | {mixing})
        return evolve(found, grouped=made.grouped, windowed=True) if name in op.WINDOWS else found

    def mixing(self, node: ast.Call, name: str, receiver: Made, arguments: Made) -> Mixing | None:
        """Say how a call computes across rows, if it does."""
        of = receiver | arguments if name in op.ESTIMATORS or not receiver.columns else receiver
        if rows_of.matches_itself(node, name, receiver, arguments):
            return Mixing(
                word=f"{name}()",
                file=self.file,
                line=node.lineno,
                parameters=of.columns,
                within=rows_of.matched_by(node, name),
                matched=True,
            )
        if name in op.SQL and not receiver.columns:
            of = self.named_in_text(node)
        if not of.columns or receiver.windowed:
            return None
        how = self.is_across(node, name, of)
        if not how:
            return None
        within = frozenset[str]() if of.grouped is None else of.grouped
        return Mixing(
            word=f"{name}()",
            file=self.file,
            line=node.lineno,
            parameters=of.columns,
            within=(syntax.constants(node) or None) if name in op.DEDUPLICATIONS else within,
            past=not of.turned and self.sees_the_past(node, name),
            copies=how == "copies" or name == "fit_resample",
            mixes=how == "mixes",
            column=syntax.picked(node),
        )

    def is_across(self, node: ast.Call, name: str, of: Made) -> Literal["", "mixes", "copies"]:
        if self.copies(node, name):
            return "copies"
        if name in op.SQL or name == "eval":
            text = syntax.constant(node.args[0]) if node.args else None
            is_sql = name != "eval" and not (name == "query" and self.is_frame(node))
            return "mixes" if isinstance(text, str) and syntax.computes_across(text, is_sql=is_sql) else ""
        if name == "merge_asof":
            return "mixes" if self.is_asof_with_itself(node) else ""
        if name in op.SERIES or name == "reduce":
            return "mixes" if syntax.is_one_column(node) or rows_of.is_reduced_column(node) else ""
        if rows_of.is_across(node, name, lambda each: bool(self.value(each).columns)):
            return "mixes"
        if name == "train" and not node.args and not node.keywords:
            return ""  # a switch, in torch
        always = op.ESTIMATORS | op.WITHOUT_AXIS | op.DEDUPLICATIONS
        if isinstance(node.func, ast.Name):
            alone = len(node.args) == 1 and not isinstance(node.args[0], ast.Starred)
            is_one = (
                alone
                if name in op.BUILTINS
                else name in op.REDUCTIONS and not syntax.is_along_rows(node, False)
            )
            return "mixes" if name in always or is_one else ""
        is_method = syntax.path(node.func).partition(".")[0] not in (
            "np",
            "numpy",
            "pc",
            "statistics",
            "stats",
        )
        if name in always:
            return "" if syntax.is_along_axis(syntax.axis_of(node)) else "mixes"
        if name in op.REDUCTIONS:
            return "" if syntax.is_along_rows(node, is_method) else "mixes"
        on_columns = name == "transform" and any(map(syntax.is_text, node.args))
        return "mixes" if on_columns or of.grouped is not None else ""

    def named_in_text(self, node: ast.Call) -> Made:
        """Give what the variables hold that a call's text names, as `sql("select * from frame")`."""
        text = syntax.constant(node.args[0]) if node.args else None
        words = re.findall(r"[A-Za-z_]\w*", text) if isinstance(text, str) else ()
        return together(self.names[word] for word in words if word in self.names)

    def is_frame(self, node: ast.Call) -> bool:
        """Tell whether a method is called on rows."""
        return isinstance(node.func, ast.Attribute) and bool(self.value(node.func.value).columns)

    def is_asof_with_itself(self, node: ast.Call) -> bool:
        """Tell whether rows are matched by time with rows of their own table."""
        sides = [self.value(each).columns for each in node.args[:2]]
        return len(sides) == 2 and bool(sides[0] & sides[1])

    def copies(self, node: ast.Call, name: str) -> bool:
        """Tell whether a call makes several rows of one and does nothing else."""
        if name == "take":
            return any(
                (isinstance(each, ast.Name) and each.id in self.drawn) or rows_of.draws(each)
                for each in node.args
            )
        if name == "resample":
            return not (
                node.args and syntax.is_text(node.args[0])
            )  # frame.resample("1h") computes within spans of time
        if name == "sample":
            return syntax.keyword(node, "replace") not in (None, False)
        return name in ("repeat", "tile") or (name == "concat" and _doubles(node, self))

    def over(self, made: Made, node: ast.Call) -> Made:
        """Say of a column expression's computations that they stay within groups (polars)."""
        within = syntax.constants(node)
        inner = frozenset(
            evolve(each, within=within) if ANY in each.parameters else each for each in made.mixed
        )
        return Made(made.columns, made.items, inner)

    def passed(self, given: ast.expr, receiver: Made, name: str, node: ast.Call) -> Made:
        """Give what a function does that is handed to another one, which calls it with what it is called on."""
        if isinstance(given, ast.Call) and syntax.last(given.func) == "partial" and given.args:
            given = given.args[0]
        tree: _Local | None = given if isinstance(given, ast.Lambda) else None
        target: FunctionType | None = self.function
        if isinstance(given, ast.Name):
            tree = self.local.get(given.id)
        if tree is None and isinstance(given, ast.Name | ast.Attribute):
            found = self.called(given)
            tree, target = found if found is not None else (None, None)
        if tree is None or target is None or len(self.callers) > _DEPTH:
            return NONE
        if not receiver.columns:  # a built-in such as map(f, xs)
            receiver = together(self.value(each) for each in node.args if each is not given).one()
        by_item = name in op.BY_ITEM or (name == "apply" and self.is_by_item(node))
        argument = receiver.one() if by_item and receiver.grouped is None else receiver
        names = [each.arg for each in (*tree.args.posonlyargs, *tree.args.args)]
        rest = [self.value(each) for each in node.args[1:]] if name == "pipe" else []
        bound = dict(zip(names, [argument, *rest], strict=False))
        own = self.names if target is self.function else {}
        return self.inner(target).run(tree, {**own, **bound})

    def is_by_item(self, node: ast.Call) -> bool:
        """Tell whether `apply` hands over rows or values instead of columns."""
        if syntax.keyword(node, "axis") in (1, "columns"):
            return True
        picked = node.func.value if isinstance(node.func, ast.Attribute) else None
        if not isinstance(picked, ast.Subscript):
            return False
        several = picked.slice.elts[-1] if isinstance(picked.slice, ast.Tuple) else picked.slice
        return not (isinstance(several, ast.List) or syntax.last(several) in self.lists)

    def inlined(self, called: tuple[_Local, FunctionType], node: ast.Call, receiver: Made) -> Made:
        """Run a first-party function with the arguments of a call."""
        tree, target = called
        arguments = [self.value(each) for each in node.args if not isinstance(each, ast.Starred)]
        spread = together(self.value(each.value) for each in node.args if isinstance(each, ast.Starred))
        named = {each.arg: self.value(each.value) for each in node.keywords if each.arg}
        spread |= together(self.value(each.value) for each in node.keywords if not each.arg)
        names = [each.arg for each in (*tree.args.posonlyargs, *tree.args.args)]
        bound = dict.fromkeys(names, spread) if spread != NONE else {}
        bound |= dict(zip(names, arguments, strict=False)) | named
        if tree.args.vararg:
            bound[tree.args.vararg.arg] = together(arguments[len(names) :]) | spread
        if (target in self.callers and target is not self.function) or len(self.callers) > _DEPTH:
            return together([*arguments, *named.values(), spread, receiver])
        if (
            target is self.function
            and isinstance(tree, ast.FunctionDef)
            and tree.name == self.function.__name__
        ):
            return together([*arguments, *named.values(), spread])  # it calls itself
        if target is self.function:
            return self.inner(target).run(tree, {**self.names, **bound})
        key = (target, frozenset(bound.items()))
        if key not in self.sources.known:
            self.sources.known[key] = self.inner(target).run(tree, bound)
        found: Made = self.sources.known[key]
        return found

    def method(self, node: ast.expr) -> FunctionType | None:
        """Find the method of a first-party class that is called on an object made in this body."""
        if not isinstance(node, ast.Attribute):
            return None
        owner: ast.expr | None = node.value
        if isinstance(owner, ast.Name):
            owner = self.meant.get(owner.id)
        made_by = self.live(owner.func) if isinstance(owner, ast.Call) else None
        found = getattr(made_by, node.attr, None) if isinstance(made_by, type) else None
        return found if isinstance(found, FunctionType) and self.sources.tree(found) is not None else None

    def on_object(self, method: FunctionType, node: ast.Call, receiver: Made) -> Made:
        """Run a method with the arguments of a call; what it keeps in its object stays there."""
        tree = self.sources.tree(method)
        if tree is None or method in self.callers or len(self.callers) > _DEPTH:
            return receiver | together(self.value(each) for each in node.args)
        own, *names = [each.arg for each in (*tree.args.posonlyargs, *tree.args.args)] or [""]
        arguments = [self.value(each) for each in node.args]
        named = {each.arg: self.value(each.value) for each in node.keywords if each.arg}
        inner = self.inner(method)
        given = inner.run(tree, {own: receiver, **dict(zip(names, arguments, strict=False)), **named})
        kept = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
        if kept:
            name = syntax.root(node.func)
            self.names[name] = self.names.get(name, NONE) | inner.names.get(own, NONE)
        return given

    def word(self, node: ast.expr) -> str:
        """Give the name of what is called: its own, where it was given another one here."""
        if not isinstance(node, ast.Name):
            return syntax.last(node)
        meant = self.meant.get(node.id)
        if isinstance(meant, ast.Attribute):
            return meant.attr
        if node.id in self.imported:
            return self.imported[node.id].rpartition(".")[2]
        live = self.live(node)
        named: object = getattr(live, "__name__", node.id)
        return named if isinstance(named, str) and not isinstance(live, type) else node.id

    def sees_the_past(self, node: ast.Call, name: str) -> bool:
        """Tell whether a computation leaves each row to earlier ones, where rows are in the order of time."""
        if name == "merge_asof":
            return syntax.keyword(node, "direction") in (None, "backward")
        if name == "fillna":
            return syntax.keyword(node, "method") in ("ffill", "pad")
        step = node.args[0] if node.args else None
        if isinstance(step, ast.Name):
            meant = self.meant.get(step.id)
            live = self.live(step)
            if (meant is not None and rows_of.is_negative(meant)) or (isinstance(live, int) and live < 0):
                return False
        return name in op.PAST and syntax.sees_the_past(node)

    def inner(self, function: FunctionType) -> _Body:
        inner = _Body(function, self.sources, self.callers)
        if function is self.function:
            inner.local = dict(self.local)
        return inner

    def called(self, node: ast.expr) -> tuple[_Local, FunctionType] | None:
        """Find the first-party function that an expression names."""
        if isinstance(node, ast.Name) and node.id in self.local:
            return self.local[node.id], self.function
        found = self.live(node)
        while found is not None and not isinstance(found, FunctionType):
            found = getattr(found, "__wrapped__", None)  # a stage, or what a decorator made
        if found is None:
            return None
        tree = self.sources.tree(found)
        return None if tree is None else (tree, found)

    def live(self, node: ast.expr) -> Any:
        """Give the object that a name or a path through modules stands for, or None."""
        match node:
            case ast.Name(id=name) if name not in self.names:
                if name in self.imported:
                    return syntax.imported(self.imported[name])
                return syntax.closure(self.function).get(name, self.function.__globals__.get(name))
            case ast.Attribute(value=value, attr=name):
                owner = self.live(value)
                return getattr(owner, name, None) if isinstance(owner, ModuleType) else None
            case _:
                return None


def _doubles(node: ast.Call, body: _Body) -> bool:
    """Tell whether what is put together holds the same rows twice."""
    items = node.args[0].elts if node.args and isinstance(node.args[0], ast.List | ast.Tuple) else []
    if syntax.keyword(node, "axis") in (1, "columns"):
        return False
    seen: set[str] = set()
    for each in items:
        columns = body.value(each).columns
        if columns & seen:
            return True
        seen |= columns
    return False
