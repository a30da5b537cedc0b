"""Finds the syntax tree of a first-party function, read from its file."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path
from sysconfig import get_paths
from types import FunctionType
from typing import Any, final

_OURS = ("stagelang", "stagelang_compiler", "stagelang_runtime", "stagelang_backends")
_INSTALLED = tuple(get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
_ENDS = (")", "]", "}", "#")


@final
class Sources:
    """The trees of functions; each file is read once, each function parsed once."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._trees: dict[FunctionType, ast.FunctionDef | None] = {}
        self._above: dict[FunctionType, int] = {}
        self.known: dict[object, Any] = {}
        """What was found out about calls; for who reads the trees."""

    def tree(self, function: object) -> ast.FunctionDef | None:
        """Give the definition of a function that isn't an installed package's.

        None where there is no such source: a lambda, a built-in, an installed function, code made by `exec`.
        """
        if not isinstance(function, FunctionType) or not _is_first_party(function):
            return None
        if function not in self._trees:
            self._trees[function] = self._parsed(function)
        return self._trees[function]

    def line(self, function: FunctionType, node: ast.expr) -> int:
        """Give the line of its file at which a part of a function's tree is."""
        return self._above.get(function, 0) + node.lineno

    def _parsed(self, function: FunctionType) -> ast.FunctionDef | None:
        lines = self._read(function.__code__.co_filename)
        first = function.__code__.co_firstlineno - 1
        if not 0 <= first < len(lines):
            return None
        block = textwrap.dedent("".join(lines[first : _end(lines, first)]))
        try:
            found = _definition(ast.parse(block), function.__name__, 0)
            self._above[function] = first
            return found
        except SyntaxError:
            return self._from_the_whole_file(function)

    def _from_the_whole_file(self, function: FunctionType) -> ast.FunctionDef | None:
        """Find a function whose lines alone don't parse, such as one with a text that starts at the margin."""
        try:
            tree = ast.parse("".join(self._read(function.__code__.co_filename)))
        except SyntaxError:
            return None
        return _definition(tree, function.__name__, function.__code__.co_firstlineno)

    def _read(self, file: str) -> list[str]:
        if file not in self._lines:
            try:
                text = Path(file).read_text(encoding="utf-8")
            except (OSError, ValueError):
                text = ""
            self._lines[file] = text.splitlines(keepends=True)
        return self._lines[file]


def _is_first_party(function: FunctionType) -> bool:
    package = (function.__module__ or "").partition(".")[0]
    return package not in _OURS and not function.__code__.co_filename.startswith(_INSTALLED)


def _end(lines: list[str], first: int) -> int:
    """Find the line after a function's last one: the next that is no further in and closes nothing."""
    margin = len(lines[first]) - len(lines[first].lstrip())
    defined = False  # what comes before `def` are decorators
    for number in range(first, len(lines)):
        text = lines[number].strip()
        at_margin = bool(text) and len(lines[number]) - len(lines[number].lstrip()) <= margin
        if defined and at_margin and not text.startswith(_ENDS):
            return number
        defined = defined or (at_margin and text.startswith("def "))
    return len(lines)


def _definition(tree: ast.Module, name: str, line: int) -> ast.FunctionDef | None:
    """Find the definition of a function that starts on a line; on any, where 0 is asked for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            starts = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if line in (0, starts):
                return node
    return None
