"""Gives a function's code identity: a digest of all first-party code that it reaches, and what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any, final

from attrs import frozen

from stagelang_compiler.fingerprint.conduct import Judge
from stagelang_compiler.fingerprint.distributions import providers
from stagelang_compiler.fingerprint.live import Live
from stagelang_compiler.fingerprint.modules import Project
from stagelang_compiler.fingerprint.normalise import digest
from stagelang_compiler.fingerprint.reach import Component, Graph, Node
from stagelang_compiler.fingerprint.resolve import Resolver

_FORMAT = "3"  # raised when the same code gets another digest
_ORDER = (
    "function",
    "class",
    "constant",
    "value",
    "bytecode",
    "import",
    "statements",
    "docstrings",
    "file",
    "module",
)


@final
@frozen(kw_only=True)
class Fingerprint:
    """The identity of a function's code.

    `digest` covers the kinds, names and digests of the components, and which function is meant. It holds no path, and
    is the same on every machine and every Python (but for functions without source). `distributions` are those that
    the code imports by name; their versions are no part of it. `conservative` says where dynamic code widened it.
    """

    digest: str
    components: tuple[Component, ...]
    """The function itself first, then by kind and name."""
    distributions: tuple[str, ...]
    conservative: tuple[str, ...]


@final
class Fingerprinter:
    """Takes fingerprints in one project; files are read, and helpers worked on, once.

    `entries` are folders in which modules are looked for besides: what a spec added to `sys.path`.
    """

    def __init__(self, root: Path, entries: Sequence[str] = ()) -> None:
        self._project = Project(root, entries)
        self._graph = Graph(self._project)
        self._live = Live(self._graph)
        self._taken: dict[Callable[..., Any], Fingerprint] = {}
        self._keys: dict[Node, list[tuple[tuple[int, str, str], Component, str]]] = {}

    @property
    def files(self) -> frozenset[Path]:
        """The files that were read so far."""
        return self._project.files

    @property
    def named_files(self) -> Mapping[str, Path]:
        """The same by the names that they have on every machine: relative to the root, or below `(elsewhere)`."""
        return self._project.named_files

    @property
    def resolver(self) -> Resolver:
        """What resolves names in the project's modules, for who reads them too."""
        return self._graph.resolver

    @property
    def judge(self) -> Judge:
        """What tells wiring from the rest."""
        return self._graph.judge

    def fingerprint(self, function: Callable[..., Any]) -> Fingerprint:
        """Take the fingerprint of a function, or of a stage by its function.

        Raises:
            UnhashableValue: the function's closure holds a value that can't be hashed by its content.
        """
        known = self._taken.get(function)
        if known is None:
            known = self._taken[function] = self._take(function)
        return known

    def _take(self, function: Callable[..., Any]) -> Fingerprint:
        start = Node(None)
        self._live.hold(start, function, getattr(function, "__qualname__", type(function).__qualname__))
        meant = start.components[0].digest
        if isinstance(function, FunctionType):
            start.components.clear()  # its source says it better
        nodes = self._graph.closure([start])
        documented = any(node.reads_docs for node in nodes)
        keyed = [each for node in nodes for each in self._keyed(node)]
        if documented:
            keyed += [each for node in nodes for each in self._docs(node)]
        keyed.sort(key=lambda each: each[0])
        components = {(line, component.origin): component for _, component, line in keyed}.values()
        own = self._own(start)
        return Fingerprint(
            digest=digest([_FORMAT, meant, *(line for _, _, line in keyed)]),
            components=tuple([own, *(each for each in components if each != own)] if own else components),
            distributions=providers(set[str]().union(*(node.imports for node in nodes))),
            conservative=tuple(sorted({line for node in nodes for line in node.conservative})),
        )

    def _own(self, start: Node) -> Component | None:
        """Find the component of the function itself: the first on the way from it."""
        node: Node | None = start
        while node is not None and not node.components:
            node = node.filled().edges[0] if node.filled().edges else None
        return node.components[0] if node is not None else None

    def _keyed(self, node: Node) -> list[tuple[tuple[int, str, str], Component, str]]:
        if node not in self._keys:
            self._keys[node] = [_key(each) for each in node.components]
        return self._keys[node]

    def _docs(self, node: Node) -> list[tuple[tuple[int, str, str], Component, str]]:
        found = node.docs() if node.docs is not None else None
        return [_key(found)] if found is not None else []


def fingerprint(function: Callable[..., Any], root: Path) -> Fingerprint:
    """Take one fingerprint in the project below `root`; for several, share a `Fingerprinter`."""
    return Fingerprinter(root).fingerprint(function)


def first_difference(old: Fingerprint, new: Fingerprint) -> str | None:
    """Say in words why two fingerprints differ: the first component changed, removed or added, else a distribution.

    None if neither their digests nor their distributions differ.
    """
    before, after = _by_name(old), _by_name(new)
    for key, component in after.items():
        if key in before and before[key].digest != component.digest:
            return f"{_called(component, new)} changed"
    for key, component in before.items():
        if key not in after:
            return f"{_called(component, old)} is no longer used"
    for key, component in after.items():
        if key not in before:
            return f"{_called(component, new)} is used now"
    return _other_difference(old, new)


def _other_difference(old: Fingerprint, new: Fingerprint) -> str | None:
    for name in sorted({*new.distributions} - {*old.distributions}):
        return f"distribution {name} added"
    for name in sorted({*old.distributions} - {*new.distributions}):
        return f"distribution {name} removed"
    return "the function itself is another" if old.digest != new.digest else None


def _key(component: Component) -> tuple[tuple[int, str, str], Component, str]:
    place = (_ORDER.index(component.kind), component.name, component.digest)
    return place, component, f"{component.kind} {component.name} {component.digest}"


def _by_name(printed: Fingerprint) -> dict[tuple[str, str, int], Component]:
    """Number components of one name: two files may be called alike."""
    numbered: dict[tuple[str, str, int], Component] = {}
    for component in printed.components:
        number = 0
        while (component.kind, component.name, number) in numbered:
            number += 1
        numbered[component.kind, component.name, number] = component
    return numbered


def _called(component: Component, printed: Fingerprint) -> str:
    file = component.origin.rpartition(":")[0] or component.origin
    module, _, qualname = component.name.partition(":")
    place = f"{file or module}:{qualname}" if qualname else file or module
    if component is printed.components[0]:
        return f"{component.kind} {place}"
    words = {
        "function": "helper",
        "statements": "what is run on loading",
        "module": "dynamic code may use",
        "import": "import",
    }
    return f"{words.get(component.kind, component.kind)} {place}"
