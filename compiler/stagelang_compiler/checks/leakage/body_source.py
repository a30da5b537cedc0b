"""Finds the syntax tree of a first-party function, read from its file."""

from __future__ import annotations

import ast
from sysconfig import get_paths
from types import FunctionType, ModuleType
from typing import Any, final

from stagelang_compiler.parsed_files import Files

_OURS = ("stagelang", "stagelang_compiler", "stagelang_runtime", "stagelang_backends")
_INSTALLED = tuple(get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))


@final
class Sources:
    """The trees of functions; each file is read once."""

    def __init__(self) -> None:
        self._files = Files()
        self.known: dict[object, Any] = {}
        """What was found out about calls; for who reads the trees."""

    def tree(self, function: object) -> ast.FunctionDef | None:
        """Give the definition of a function that isn't an installed package's.

        None where there is no such source: a lambda, a built-in, an installed function, code made by `exec`.
        """
        if not isinstance(function, FunctionType) or not is_first_party(function):
            return None
        code = function.__code__
        file = self._files.get(code.co_filename)
        found = file.definition(function.__name__, code.co_firstlineno) if file is not None else None
        return found if isinstance(found, ast.FunctionDef) else None


def is_installed(module: ModuleType) -> bool:
    """Tell whether a module is Python's or an installed package's."""
    return (getattr(module, "__file__", None) or _INSTALLED[0]).startswith(_INSTALLED)


def is_first_party(function: FunctionType) -> bool:
    """Tell whether a function is of no installed package and not ours."""
    package = (function.__module__ or "").partition(".")[0]
    return package not in _OURS and not function.__code__.co_filename.startswith(_INSTALLED)
