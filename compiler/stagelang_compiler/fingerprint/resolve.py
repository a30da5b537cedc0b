"""Resolves a dotted name in a module to the definitions, modules or installed packages that it may stand for."""

from __future__ import annotations

from typing import NamedTuple, final

from attrs import Factory, define

from stagelang_compiler.fingerprint.modules import Module, Project
from stagelang_compiler.fingerprint.references import ANY, is_builtin
from stagelang_compiler.fingerprint.trees import Target

_ABOUT_MODULES = frozenset(
    {"__name__", "__file__", "__path__", "__package__", "__spec__", "__loader__", "__doc__", "__cached__"}
)


class Unit(NamedTuple):
    """A top-level name of a first-party module, with all that binds it."""

    module: Module
    name: str


@final
@define(eq=False)
class Resolution:
    """Everything that one dotted name may reach, and what it passes on the way."""

    units: dict[Unit, None] = Factory(dict[Unit, None])
    """Definitions, and the import bindings that led to them."""
    values: dict[Module, None] = Factory(dict[Module, None])
    """Modules that are used as values: whatever they hold may be reached."""
    chosen: dict[Module, None] = Factory(dict[Module, None])
    """Modules of which an attribute is chosen by a name that only exists at run time."""
    stars: dict[Module, None] = Factory(dict[Module, None])
    """Modules whose star imports were searched."""
    externals: dict[str, None] = Factory(dict[str, None])
    """Dotted names in installed packages and the standard library."""
    builtin: str = ""


@final
class Resolver:
    """Resolves names in the modules of one project; each question is answered once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._names: dict[tuple[Module, tuple[str, ...]], Resolution] = {}
        self._targets: dict[tuple[Module | None, Target, tuple[str, ...]], Resolution] = {}

    def name(self, module: Module, path: tuple[str, ...]) -> Resolution:
        """Resolve a global name of a module and the attributes after it."""
        known = self._names.get((module, path))
        if known is None:
            known = self._names[module, path] = Resolution()
            _Search(self.project, known).name(module, path)
        return known

    def target(self, importer: Module | None, target: Target, rest: tuple[str, ...]) -> Resolution:
        """Resolve what an import binds and the attributes after it."""
        key = (importer, target, rest)
        known = self._targets.get(key)
        if known is None:
            known = self._targets[key] = Resolution()
            _Search(self.project, known).target(importer, target, rest)
        return known

    def inside(self, module: Module, rest: tuple[str, ...]) -> Resolution:
        """Resolve attributes of a module."""
        found = Resolution()
        _Search(self.project, found).inside(module, rest)
        return found

    def loaded(self, importer: Module, target: Target) -> list[Module]:
        """Give the first-party modules that an import loads."""
        found, left = self.project.target(importer, target)
        if found and not left and target.attribute:
            inner = self.project.child(found[-1], target.attribute)
            return [*found, inner] if inner is not None else found
        return found


@final
class _Search:
    def __init__(self, project: Project, found: Resolution) -> None:
        self.project = project
        self.found = found
        self.seen: set[tuple[Module, tuple[str, ...]]] = set()

    def name(self, module: Module, path: tuple[str, ...]) -> None:
        if self.top_level(module, path):
            return
        self.starred(module, path)
        if is_builtin(path[0]):
            self.found.builtin = path[0]

    def top_level(self, module: Module, path: tuple[str, ...]) -> bool:
        """Look a name up among a module's own bindings; false if it has none."""
        if (module, path) in self.seen:
            return True
        self.seen.add((module, path))
        binding = module.table.bindings.get(path[0])
        if binding is None:
            return False
        if binding.fragments:
            self.found.units.setdefault(Unit(module, path[0]))
        for target in binding.imports:
            self.target(module, target, path[1:])
        return True

    def starred(self, module: Module, path: tuple[str, ...]) -> bool:
        """Look a name up in what a module imports with a star."""
        found = False
        for star in module.table.stars:
            modules, left = self.project.target(module, star)
            if modules and not left:
                found = self.own(modules[-1], path) or found
            elif not modules:
                self.found.externals.setdefault(".".join((star.module, *path)))
                found = True
        if found:
            self.found.stars.setdefault(module)
        return found

    def own(self, module: Module, path: tuple[str, ...]) -> bool:
        """Look a name up in a module as its importers do: bindings, submodules, star imports."""
        here = self.top_level(module, path)
        inner = self.project.child(module, path[0])
        if inner is not None:
            self.inside(inner, path[1:])
        return here or inner is not None or self.starred(module, path)

    def target(self, importer: Module | None, target: Target, rest: tuple[str, ...]) -> None:
        path = (target.attribute, *rest) if target.attribute else rest
        modules, left = self.project.target(importer, target)
        if modules and not left:
            self.inside(modules[-1], path)
        elif target.level == 0 and not modules:
            self.found.externals.setdefault(".".join((target.module, *path)))

    def inside(self, module: Module, path: tuple[str, ...]) -> None:
        if not path:
            self.found.values.setdefault(module)
        elif path[0] == ANY:
            self.found.chosen.setdefault(module)
        elif not self.own(module, path) and path[0] not in _ABOUT_MODULES:
            # a module's `__getattr__` may make the attribute, or another module may have set it
            self.top_level(module, ("__getattr__",))
            self.found.values.setdefault(module)
