"""Builds the graph of what code reaches: definitions, and modules that are loaded or used whole.

A node holds what it adds to a fingerprint and the nodes that it needs. Nodes are made once and filled when first
needed, so that stages share their helpers' work, and what no stage reaches is never read further than its name.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import final

from attrs import Factory, define, frozen

from stagelang_compiler.fingerprint.conduct import Judge
from stagelang_compiler.fingerprint.dynamic import is_dynamic, is_dynamic_builtin
from stagelang_compiler.fingerprint.effects import Effects, effects
from stagelang_compiler.fingerprint.modules import Module, Project
from stagelang_compiler.fingerprint.normalise import bare_strings, canonical, digest
from stagelang_compiler.fingerprint.references import Facts, Mode, facts
from stagelang_compiler.fingerprint.resolve import Resolution, Resolver, Unit
from stagelang_compiler.fingerprint.table import Fragment
from stagelang_compiler.fingerprint.trees import DEFINITIONS, Target


@final
@frozen(kw_only=True)
class Component:
    """One thing that a fingerprint covers.

    `kind` is function, class, constant, import, statements (of a module, run when it is loaded), module (all of it),
    docstrings, file (not Python), bytecode (a function without source) or value (held by a closure or a namespace).
    `name` is `module:qualname`; `origin` is the file and line, for people: no part of the digest.
    """

    kind: str
    name: str
    digest: str
    origin: str


@final
@define(eq=False)
class Node:
    """A piece of code in the graph."""

    fill: Callable[[Node], None] | None
    is_module: bool = False
    components: list[Component] = Factory(list[Component])
    edges: list[Node] = Factory(list["Node"])
    imports: set[str] = Factory(set[str])
    """Names of the modules outside the project that it uses: the outermost package only."""
    conservative: list[str] = Factory(list[str])
    docs: Callable[[], Component | None] | None = None
    reads_docs: bool = False

    def filled(self) -> Node:
        """Give the node with its content."""
        if self.fill is not None:
            fill, self.fill = self.fill, None
            fill(self)
        return self

    @property
    def has_content(self) -> bool:
        """Whether it adds anything itself."""
        return bool(self.components or self.imports or self.conservative or self.reads_docs)


@final
class Graph:
    """The nodes of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.resolver = Resolver(project)
        self.judge = Judge(self.resolver)
        self._units: dict[Unit, Node] = {}
        self._loaded: dict[Module, Node] = {}
        self._whole: dict[Module, Node] = {}
        self._stars: dict[Module, Node] = {}
        self._facts: dict[tuple[Module, Fragment], tuple[Facts, str]] = {}
        self._followed: dict[tuple[Resolution, Mode], tuple[list[Node], set[str]]] = {}
        self._made_of: dict[Unit, list[Fragment]] = {}
        self._effects: dict[Module, Effects] = {}
        self._after_loading: dict[Node, frozenset[Node]] = {}
        self._everything = Node(self._fill_everything)

    # walking

    def closure(self, start: Iterable[Node]) -> set[Node]:
        """Give all nodes with content that can be reached."""
        reached: set[Node] = set()
        pending = [*start]
        while pending:
            node = pending.pop()
            if node in reached:
                continue
            if node.is_module:
                reached |= self._closure_of_module(node)
                continue
            reached.add(node)
            pending += node.filled().edges
        return {node for node in reached if node.has_content}

    def _closure_of_module(self, start: Node) -> frozenset[Node]:
        """Give what loading a module leads to: the same for all that is in it, so it is walked once."""
        known = self._after_loading.get(start)
        if known is None:
            reached: set[Node] = set()
            pending = [start]
            while pending:
                node = pending.pop()
                if node not in reached:
                    reached.add(node)
                    pending += node.filled().edges
            known = self._after_loading[start] = frozenset(node for node in reached if node.has_content)
        return known

    # nodes

    def unit(self, unit: Unit) -> Node:
        """Give the node of a top-level name."""
        if unit not in self._units:
            self._units[unit] = Node(lambda node: self._fill_unit(node, unit))
        return self._units[unit]

    def loaded(self, module: Module) -> Node:
        """Give the node of a module as something that is loaded: what its statements do, and what it loads in turn."""
        if module not in self._loaded:
            self._loaded[module] = Node(lambda node: self._fill_loaded(node, module), is_module=True)
        return self._loaded[module]

    def whole(self, module: Module) -> Node:
        """Give the node of a module whose every name may be used."""
        if module not in self._whole:
            self._whole[module] = Node(lambda node: self._fill_whole(node, module))
        return self._whole[module]

    def everything(self) -> Node:
        """Give the node of all first-party code."""
        return self._everything

    def code(self, module: Module, nodes: Sequence[ast.AST], qualname: str) -> Node:
        """Give a new node for functions inside other code."""
        node = Node(None)
        found = facts(nodes, partial(self.judge.is_language, module))
        line = int(getattr(nodes[0], "lineno", 0))
        self._add(
            node,
            "function",
            f"{module.name}:{qualname}",
            [canonical(each, found.omitted) for each in nodes],
            module.place(line),
        )
        self.connect(node, module, found)
        node.edges.append(self.loaded(module))
        return node

    # what nodes hold

    def connect(self, node: Node, module: Module, found: Facts) -> None:
        """Add what a piece of a module's code refers to."""
        for target in found.imports:
            self.load(node, module, target)
        followed: set[tuple[tuple[str, ...], Target | None, Mode]] = set()
        for reference in found.references:
            if reference[:3] in followed:
                continue
            if reference.target is None:
                resolution = self.resolver.name(module, reference.path)
            else:
                resolution = self.resolver.target(module, reference.target, reference.path)
            spelled = ".".join(reference.path) or (reference.target.module if reference.target else "")
            if not self.follow(node, resolution, reference.mode, spelled, module.place(reference.line)):
                followed.add(reference[:3])
        for attribute, line in found.openings:
            self.widen(node, f"{module.place(line)}: '{attribute}' gives access to code by no name")
        node.reads_docs = node.reads_docs or found.reads_docs

    def follow(self, node: Node, found: Resolution, mode: Mode, spelled: str, place: str) -> bool:
        """Add what a reference was resolved to, and tell whether anything was said of its place."""
        known = self._followed.get((found, mode))
        if known is None:
            known = self._followed[found, mode] = (
                [
                    *(self.unit(unit) for unit in found.units if self._counts(unit, found, mode)),
                    *(self._star(module) for module in found.stars),
                ],
                {external.partition(".")[0] for external in found.externals},
            )
        edges, imports = known
        node.edges += edges
        node.imports |= imports
        return mode is Mode.VALUE and self._is_wide(node, found, spelled, place)

    def _is_wide(self, node: Node, found: Resolution, spelled: str, place: str) -> bool:
        """Add what a value may reach beyond its name, and tell whether that is anything."""
        said = len(node.conservative)
        for module in found.values:
            node.edges.append(self.whole(module))
            node.conservative.append(f"{place}: module '{module.name}' is used as a value; all of it counts")
        for _ in found.chosen:
            self.widen(
                node,
                f"{place}: '{spelled.removesuffix('.*')}' is asked for a name that is chosen at run time",
            )
        for external in found.externals:
            if is_dynamic(external):
                self.widen(node, f"{place}: '{external.removesuffix('.*')}' can reach any code")
        if is_dynamic_builtin(found.builtin):
            self.widen(node, f"{place}: '{found.builtin}' can reach any code")
        return len(node.conservative) > said

    def widen(self, node: Node, why: str) -> None:
        """Let a node need all first-party code, and say why."""
        node.edges.append(self._everything)
        node.conservative.append(f"{why}; all first-party code counts")

    def load(self, node: Node, module: Module | None, target: Target) -> None:
        """Add what an import statement loads."""
        found, _ = self.project.target(module, target)
        if not found and not target.level:
            node.imports.add(target.module.partition(".")[0])
        if module is not None:
            found = self.resolver.loaded(module, target)
        node.edges += [self.loaded(each) for each in found if each is not module]

    def _counts(self, unit: Unit, found: Resolution, mode: Mode) -> bool:
        if mode is Mode.VALUE or mode is Mode.TEXT:
            return True
        if mode is Mode.ANNOTATED:
            return not self.judge.is_inert_name(unit) and not found.values
        return any(
            isinstance(each.node, DEFINITIONS) for other in found.units for each in _fragments(other)
        ) and not all(self.judge.is_inert_name(other) for other in found.units)

    def _read(self, module: Module, fragment: Fragment) -> tuple[Facts, str]:
        key = (module, fragment)
        known = self._facts.get(key)
        if known is None:
            nodes = fragment.nodes if fragment.target is None else [guard.node for guard in fragment.guards]
            found = facts(nodes, partial(self.judge.is_language, module))
            guards = [f"{guard.branch}:{canonical(guard.node, found.omitted)}" for guard in fragment.guards]
            own = (
                canonical(_nameless(fragment.node), found.omitted)
                if fragment.target is None
                else import_text(fragment.target)
            )
            known = self._facts[key] = (found, "\n".join([*guards, own]))
        return known

    def _effects_of(self, module: Module) -> Effects:
        if module not in self._effects:
            self._effects[module] = effects(module, self.judge)
        return self._effects[module]

    def _fragments_of(self, unit: Unit) -> list[Fragment]:
        """Give all that makes a name what it is, in order; wiring that only rebinds a function is left out."""
        known = self._made_of.get(unit)
        if known is None:
            binding = unit.module.table.bindings.get(unit.name)
            bound = binding.fragments if binding is not None else []
            found = {*bound, *self._effects_of(unit.module).of_names.get(unit.name, ())}
            if any(isinstance(each.node, DEFINITIONS) for each in found):
                found = {each for each in found if not self._is_wiring(unit.module, each.node)}
            known = self._made_of[unit] = sorted(found, key=lambda each: each.order)
        return known

    def _is_wiring(self, module: Module, node: ast.AST) -> bool:
        return (
            isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr))
            and node.value is not None
            and self.judge.is_inert(module, node.value)
        )

    def _after(self, module: Module, fragment: Fragment, found: Facts) -> list[str]:
        """Say which state of a changing name a statement sees: moving it across a change is a change."""
        if isinstance(fragment.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return []
        seen: list[str] = []
        for name in sorted({each.path[0] for each in found.references if each.target is None}):
            made = self._fragments_of(Unit(module, name))
            if len(made) > 1 and fragment not in made:
                seen.append(f"{name}@{sum(each.order < fragment.order for each in made)}")
        return seen

    def _add(self, node: Node, kind: str, name: str, texts: Iterable[str], origin: str) -> None:
        node.components.append(Component(kind=kind, name=name, digest=digest(texts), origin=origin))

    def _add_fragments(
        self, node: Node, module: Module, fragments: Sequence[Fragment], kind: str, name: str
    ) -> None:
        texts: list[str] = []
        for fragment in fragments:
            found, text = self._read(module, fragment)
            texts += [text, *_other_name(fragment, name), *self._after(module, fragment, found)]
            self.connect(node, module, found)
            if fragment.target is not None:
                self.load(node, module, fragment.target)
        origin = module.place(fragments[0].line)
        self._add(node, kind, name, texts, origin)
        node.docs = lambda: _docstrings(name, [fragment.node for fragment in fragments], origin)

    def _fill_unit(self, node: Node, unit: Unit) -> None:
        module, name = unit
        fragments = self._fragments_of(unit)
        if fragments:
            self._add_fragments(node, module, fragments, _kind(fragments), f"{module.name}:{name}")
        node.edges.append(self.loaded(module))

    def _fill_loaded(self, node: Node, module: Module) -> None:
        table = module.table
        if table.raw:
            self._add(node, "file", module.name, [table.raw.hex()], module.place(0))
        for target in table.loads:
            found = self.resolver.loaded(module, target)
            node.edges += [self.loaded(each) for each in found if each is not module]
        node.edges += [self.loaded(each) for each in self.project.parents(module)]
        always = self._effects_of(module).always
        if always:
            self._add_fragments(node, module, always, "statements", module.name)

    def _fill_whole(self, node: Node, module: Module) -> None:
        node.edges += [
            self.loaded(module),
            *(self.unit(Unit(module, name)) for name in module.table.bindings),
        ]
        for star in module.table.stars:
            found, left = self.project.target(module, star)
            node.edges += [self.whole(found[-1])] if found and not left and found[-1] is not module else []
            node.imports.update([] if found else [star.module.partition(".")[0]])
        inner = sorted(module.package.iterdir()) if module.package is not None else []
        names = dict.fromkeys(path.name.partition(".")[0] for path in inner)
        children = [self.project.child(module, name) for name in names if name.isidentifier()]
        node.edges += [self.whole(child) for child in children if child is not None and child is not module]

    def _star(self, module: Module) -> Node:
        """Give the node of a module's star imports: of two that bind one name, the later wins."""
        if module not in self._stars:
            node = self._stars[module] = Node(None)
            self._add(
                node, "import", f"{module.name}:*", map(import_text, module.table.stars), module.place(0)
            )
            for star in module.table.stars:
                self.load(node, module, star)
        return self._stars[module]

    def _fill_everything(self, node: Node) -> None:
        for module in self.project.everything():
            tree = module.table.tree
            if tree is None:
                self._add(node, "file", module.name, [module.table.raw.hex()], module.place(0))
                continue
            found = facts(tree.body, partial(self.judge.is_language, module))
            wiring = {each.node for each in module.table.statements if self._is_wiring(module, each.node)}
            self._add(node, "module", module.name, [canonical(tree, found.omitted | wiring)], module.place(0))
            loads = [*found.imports, *(each.target for each in found.references if each.target)]
            for target in loads:
                modules, _ = self.project.target(module, target)
                if not modules and not target.level:
                    node.imports.add(target.module.partition(".")[0])


def _fragments(unit: Unit) -> list[Fragment]:
    return unit.module.table.bindings[unit.name].fragments


def _kind(fragments: Sequence[Fragment]) -> str:
    nodes = [each.node for each in fragments]
    if any(isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) for each in nodes):
        return "function"
    if any(isinstance(each, ast.ClassDef) for each in nodes):
        return "class"
    return "import" if all(each.target is not None for each in fragments) else "constant"


def _nameless(node: ast.AST) -> ast.AST:
    """Give a definition without its name, which the component's name holds: a renamed function keeps its digest."""
    if not isinstance(node, DEFINITIONS):
        return node
    renamed = copy.copy(node)
    renamed.name = ""
    return renamed


def _other_name(fragment: Fragment, component: str) -> list[str]:
    """Give the name of a definition that belongs to a component of another name, as what a decorator registers does."""
    named = fragment.node.name if isinstance(fragment.node, DEFINITIONS) else ""
    return [named] if named and named != component.rpartition(":")[2] else []


def import_text(target: Target) -> str:
    """Write what one name of an import statement stands for."""
    return f"import {'.' * target.level}{target.module}:{target.attribute}"


def _docstrings(name: str, nodes: Sequence[ast.AST], origin: str) -> Component | None:
    strings = [text for node in nodes for text in bare_strings(node)]
    return Component(kind="docstrings", name=name, digest=digest(strings), origin=origin) if strings else None
