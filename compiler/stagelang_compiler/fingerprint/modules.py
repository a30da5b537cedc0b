"""Knows which modules are first-party and finds them: those whose source no installed distribution answers for.

That is what lies below the project's root, and what is imported from elsewhere without being installed there: from a folder on
`PYTHONPATH`, one that the spec added to `sys.path`, or another project's that is installed for editing. Nothing is imported: a module is
found as Python would find it, in the folder that its importer's package lies in, the root, or an entry of `sys.path`. The standard
library, installed packages (site-packages, virtual environments) and stagelang itself are not first-party wherever they lie.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import final

from attrs import define

from stagelang_compiler.fingerprint.table import Table, table_of
from stagelang_compiler.fingerprint.trees import Target
from stagelang_compiler.parsed_files import ParsedFile, parse_file
from stagelang_compiler.plan import ELSEWHERE

_OWN = frozenset({"stagelang", "stagelang_compiler", "stagelang_runtime", "stagelang_backends"})
_NOT_SOURCE = frozenset({"site-packages", "dist-packages", "__pycache__", "node_modules"})
_PATHS = sysconfig.get_paths()
_INTERPRETER = tuple({f"{os.path.realpath(_PATHS[each])}{os.sep}" for each in ("stdlib", "platstdlib")})
_ENDINGS = (".py", *importlib.machinery.EXTENSION_SUFFIXES)
_READ: dict[Path, tuple[ParsedFile, Table]] = {}


@final
@define(eq=False)
class Module:
    """A first-party module: a file, or a folder without `__init__.py`."""

    path: Path
    name: str
    """Its dotted name below the outermost package, the same on every machine and however it was started."""
    file: str
    """Its path below the root, with slashes; of one that lies elsewhere, below `(elsewhere)`."""
    package: Path | None
    """The folder that its submodules lie in, if it is a package."""
    base: Path
    """The folder that its outermost package lies in, where absolute imports are looked for."""
    table: Table

    def place(self, line: int) -> str:
        """Name a line of the file."""
        return f"{self.file}:{line}" if line else self.file


@final
class Project:
    """The first-party modules below a root; each file is read once."""

    def __init__(self, root: Path, entries: Sequence[str] = ()) -> None:
        self.root = Path(os.path.realpath(root))
        self._entries = tuple(entries)
        self._modules: dict[Path, Module | None] = {}
        self._found: dict[tuple[Path, str], Module | None] = {}
        self._folders: dict[Path, bool] = {}
        self._bases: dict[Path, Path] = {}
        self._tops: dict[tuple[Path | None, str], Module | None] = {}

    @property
    def files(self) -> frozenset[Path]:
        """The files that were read so far."""
        return frozenset(path for path, module in self._modules.items() if module is not None)

    @property
    def named_files(self) -> Mapping[str, Path]:
        """The same but for folders, by their names."""
        return {
            path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else module.file: path
            for path, module in self._modules.items()
            if module is not None and path.is_file()
        }

    def is_first_party(self, path: Path) -> bool:
        """Say whether a file is source that no installed distribution answers for."""
        return self._is_below_root(path) or self._is_elsewhere(path)

    def _is_below_root(self, path: Path) -> bool:
        return path == self.root or (path.is_relative_to(self.root) and self._is_source(path.parent))

    def _is_elsewhere(self, path: Path) -> bool:
        return not path.is_relative_to(self.root) and not _is_somebody_elses(path)

    def module(self, path: Path) -> Module | None:
        """Give the module of a first-party file (or of a folder, for a package without `__init__.py`).

        A link below the root is first-party wherever it leads: what lies at its end is imported as if it lay there.
        """
        if path not in self._modules:
            real = Path(os.path.realpath(path))
            if real != path and (
                self._is_below_root(real) or (not self._is_below_root(path) and self._is_elsewhere(real))
            ):
                self._modules[path] = self.module(real)
            elif not self.is_first_party(path):
                self._modules[path] = None
            else:
                self._modules[path] = self._described(path, Table() if path.is_dir() else _table(path))
        return self._modules[path]

    def everything(self) -> Iterator[Module]:
        """Give every first-party module there is, in the order of their files."""
        for folder, folders, files in os.walk(self.root):
            here = Path(folder)
            folders[:] = sorted(each for each in folders if self._is_source(here / each))
            for file in sorted(files):
                module = self.module(here / file) if file.endswith(_ENDINGS) else None
                if module is not None:
                    yield module

    def find(self, importer: Module | None, level: int, dotted: str) -> tuple[list[Module], str]:
        """Follow an import's dotted name as far as it is first-party.

        Returns the modules on the way, outermost first, and what is left of the name; none if it is not first-party.
        """
        if level:
            return self._relative(importer, level, dotted)
        top, _, rest = dotted.partition(".")
        key = (importer.base if importer is not None else None, top)
        if key not in self._tops:
            self._tops[key] = self._top(*key)
        found = self._tops[key]
        return self._inside(found, rest) if found is not None else ([], dotted)

    def child(self, package: Module, name: str) -> Module | None:
        """Give a package's submodule."""
        return self._candidate(package.package, name) if package.package is not None else None

    def parents(self, module: Module) -> list[Module]:
        """Give the packages that are loaded before a module."""
        packages: list[Module] = []
        folder = module.path.parent if module.path.name != "__init__.py" else module.path.parent.parent
        within = self.root if folder.is_relative_to(self.root) else module.base
        while folder.is_relative_to(within) and (folder / "__init__.py").is_file():
            package = self.module(folder / "__init__.py")
            packages += [package] if package is not None else []
            folder = folder.parent
        return packages

    def target(self, importer: Module | None, target: Target) -> tuple[list[Module], str]:
        """Follow what an import names, without its attribute."""
        return self.find(importer, target.level, target.module)

    def _relative(self, importer: Module | None, level: int, dotted: str) -> tuple[list[Module], str]:
        if importer is None:
            return [], dotted
        folder = importer.package or importer.path.parent
        for _ in range(level - 1):
            folder = folder.parent
        init = folder / "__init__.py"
        package = self.module(init if init.is_file() else folder)
        return self._inside(package, dotted) if package is not None else ([], dotted)

    def _inside(self, module: Module, dotted: str) -> tuple[list[Module], str]:
        found = [module]
        while dotted:
            name, _, rest = dotted.partition(".")
            inner = self.child(found[-1], name)
            if inner is None:
                break
            found.append(inner)
            dotted = rest
        return found, dotted

    def _top(self, base: Path | None, name: str) -> Module | None:
        if name in _OWN or name in sys.builtin_module_names:
            return None
        bases = [self.root, *self._path_entries()]
        bases = [base, *bases] if base is not None else bases
        if name == self.root.name:
            bases.append(self.root.parent)  # the root may be a package itself
        folder: Module | None = None
        for base in dict.fromkeys(bases):
            found = self._candidate(base, name)
            if found is not None and found.path.is_file():
                return found
            folder = folder or found
        if folder is not None and not _is_installed(name):
            return folder
        return self._top_elsewhere(name)

    def _path_entries(self) -> Iterator[Path]:
        for entry in (*self._entries, *sys.path):
            path = Path(os.path.realpath(entry or "."))
            if path.is_relative_to(self.root) and self._is_source(path):
                yield path

    def _top_elsewhere(self, name: str) -> Module | None:
        """Find what Python would import from a folder that isn't below the root, unless it is installed there."""
        if name in sys.stdlib_module_names:
            return None
        for entry in self._entries:
            path = Path(os.path.realpath(entry))
            found = None if path.is_relative_to(self.root) else self._candidate(path, name)
            if found is not None:
                return found
        place = _imported_from(name)
        return self.module(place) if place is not None and not place.is_relative_to(self.root) else None

    def _candidate(self, folder: Path, name: str) -> Module | None:
        key = (folder, name)
        if key not in self._found:
            self._found[key] = self._look(folder, name)
        return self._found[key]

    def _look(self, folder: Path, name: str) -> Module | None:
        for path in (folder / name / "__init__.py", *(folder / f"{name}{ending}" for ending in _ENDINGS)):
            if path.is_file():
                return self.module(path)
        return self.module(folder / name) if (folder / name).is_dir() else None

    def _is_source(self, folder: Path) -> bool:
        """Say whether a folder holds the project's own code."""
        if folder == self.root or not folder.is_relative_to(self.root):
            return folder == self.root
        if folder not in self._folders:
            own = folder.name not in _NOT_SOURCE and not folder.name.startswith(".")
            own = own and not (folder / "pyvenv.cfg").is_file()
            self._folders[folder] = own and self._is_source(folder.parent)
        return self._folders[folder]

    def _described(self, path: Path, table: Table) -> Module:
        is_init = path.name == "__init__.py"
        base = self._base(path.parent)
        inside = path.is_relative_to(self.root)
        # A name is no matter of where the root lies.
        below = base if base.is_relative_to(self.root) or not inside else self.root
        own = path.parent if is_init else path.with_name(path.name.partition(".")[0])
        return Module(
            path=path,
            name=".".join(own.relative_to(below).parts) or "__init__",
            file=path.relative_to(self.root).as_posix()
            if inside
            else f"{ELSEWHERE}/{path.relative_to(base).as_posix()}",
            package=path if path.is_dir() else path.parent if is_init else None,
            base=base,
            table=table,
        )

    def _base(self, folder: Path) -> Path:
        if folder not in self._bases:
            self._bases[folder] = _base(folder)
        return self._bases[folder]


def _base(folder: Path) -> Path:
    """Give the folder that the outermost package around a folder's files lies in."""
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _is_somebody_elses(path: Path) -> bool:
    """Say whether a file is the standard library's, an installed package's, or stagelang's own."""
    place = f"{path}{os.sep}"
    return (
        not _NOT_SOURCE.isdisjoint(path.parts)
        or place.startswith((*_INTERPRETER, *_ours()))
        or not path.is_absolute()
    )


@cache
def _ours() -> tuple[str, ...]:
    """Give the folders of stagelang's own packages."""
    found = (importlib.util.find_spec(each) for each in sorted(_OWN))
    return tuple(
        f"{os.path.realpath(place)}{os.sep}"
        for each in found
        for place in (each.submodule_search_locations or () if each else ())
    )


def _imported_from(name: str) -> Path | None:
    """Give the file, or the folder of a package without `__init__.py`, that a top-level name is imported from."""
    try:
        found = importlib.util.find_spec(name)
    except (
        ImportError,
        ValueError,
        AttributeError,
    ):  # what a module or a finder says of itself can be anything
        return None
    if found is None:
        return None
    if found.origin is not None and found.has_location:
        return Path(os.path.realpath(found.origin))
    folders = [Path(os.path.realpath(each)) for each in found.submodule_search_locations or ()]
    return next((each for each in folders if each.is_dir()), None)


def _is_installed(name: str) -> bool:
    """Say whether a name is a module of the standard library or of an installed package."""
    if name in sys.stdlib_module_names:
        return True
    found = importlib.machinery.PathFinder.find_spec(name)
    return found is not None and found.origin is not None


def _table(path: Path) -> Table:
    """Read a file's table, unless this process has made it from that very text."""
    if path.suffix != ".py":
        return Table(raw=path.read_bytes())
    parsed = parse_file(path)
    known = _READ.get(path)
    if known is None or known[0] is not parsed:
        table = Table(raw=parsed.raw) if parsed.tree is None else table_of(parsed.tree, parsed.raw)
        known = _READ[path] = (parsed, table)
    return known[1]
