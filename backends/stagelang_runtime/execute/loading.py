"""Finds a stage's function inside a worker, by module and qualified name; modules are imported once per process."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any, final

from stagelang.metric import MetricDefinition
from stagelang.recording import record
from stagelang.stage import Stage
from stagelang_compiler import plan
from stagelang_compiler.plan import ELSEWHERE
from stagelang_runtime.execute.failure import Failure, NodeFailed, raised
from stagelang_runtime.execute.own_code import changed_elsewhere, is_elsewhere

Declared = Stage[Any, Any] | MetricDefinition[Any, Any]


@final
class Loader:
    """Imports the user's modules from the pipeline's folder, each once, and remembers all stages that they declare.

    Args:
        root: the pipeline's folder. What came here with it from outside of that folder lies in its `(elsewhere)`.
        spec: the pipeline's file.
        files: the first-party files that the plan was compiled from, with their digests.
    """

    def __init__(self, root: Path, spec: str, files: Mapping[str, str] | None = None) -> None:
        self._root = root
        self._spec = root / spec
        self._modules: dict[str, ModuleType] = {}
        self._recorded: list[Declared] = []
        self._found: dict[str, Declared] = {}
        self._files = {name: digest for name, digest in (files or {}).items() if is_elsewhere(name)}
        for place in (root / ELSEWHERE, root):
            if str(place) not in sys.path and place.is_dir():
                sys.path.insert(0, str(place))

    def declared(self, stage: plan.Stage) -> Declared:
        """Find a stage or metric. Raises NodeFailed where it isn't there or its module can't be imported."""
        if stage.name not in self._found:
            self._found[stage.name] = self._find(stage)
        return self._found[stage.name]

    def class_of(self, name: str) -> Any:
        """Find a class by 'module:qualname'. Raises AttributeError, NodeFailed."""
        module, _, qualname = name.partition(":")
        return _walk(self._module(module), qualname)

    def function(self, code: plan.Code) -> Callable[..., Any]:
        """Find a plain function at a module's top level. Raises AttributeError, NodeFailed."""
        found: Callable[..., Any] = _walk(self._module(code.module), code.qualname)
        return found

    def load_spec(self) -> None:
        """Import the pipeline's own module. Raises NodeFailed."""
        self._module(PurePosixPath(self._spec).stem)

    def _find(self, stage: plan.Stage) -> Declared:
        code = stage.code
        module = self._module(code.module)
        same = [
            each
            for each in self._recorded
            if (each.__module__, each.__qualname__) == (code.module, code.qualname)
        ]
        named = [each for each in same if each.name == stage.name]
        if named or same:
            return (named or same)[-1]
        try:
            found = _walk(module, code.qualname)
        except AttributeError:
            found = None
        if isinstance(found, Stage | MetricDefinition):
            return found  # pyright: ignore[reportUnknownVariableType]
        raise NodeFailed(
            Failure(
                kind="loading",
                message=f"stage {stage.name!r} is not in module {code.module!r}: expected it as {code.qualname!r}",
                where=str(stage.origin),
                help="compile the pipeline again: its code changed after the plan was made",
            )
        )

    def _module(self, name: str) -> ModuleType:
        if name not in self._modules:
            if self._files and name != PurePosixPath(self._spec).stem:
                self.load_spec()  # which may add to the path that this one's imports are looked for in
            with record() as recording:
                try:
                    self._modules[name] = self._import(name)
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # whatever a user's module raises, SystemExit included
                    raise NodeFailed(raised(error, self._root, f"importing {name!r}")) from None
            self._recorded += recording.stages
            self._see_that_code_is_the_plans()
        return self._modules[name]

    def _see_that_code_is_the_plans(self) -> None:
        changed = changed_elsewhere(self._files)
        if changed:
            raise NodeFailed(
                Failure(
                    kind="loading",
                    message=f"{', '.join(map(repr, changed))} is not what the plan was compiled from, where this process imports it",
                    help="compile the pipeline again, or bring the same code to this machine",
                )
            )

    def _import(self, name: str) -> ModuleType:
        return (
            _import_file(name, self._spec)
            if name == PurePosixPath(self._spec).stem
            else importlib.import_module(name)
        )


def _import_file(name: str, path: Path) -> ModuleType:
    """Import a module from its file, since one of the same name elsewhere must not be taken for it."""
    if name in sys.modules and getattr(sys.modules[name], "__file__", None) == str(path):
        return sys.modules[name]  # another module of the user's imported it first
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise ImportError(f"{path.name!r} is no Python file")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    try:
        found.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _walk(module: ModuleType, qualname: str) -> Any:
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part)
    return found
