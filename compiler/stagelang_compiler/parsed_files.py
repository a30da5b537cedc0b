"""Parses Python files: each text once a process, for whoever reads its syntax tree. The trees are shared: nobody may change them."""

from __future__ import annotations

import ast
import linecache
import warnings
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, TypeAlias, final

from attrs import define

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@final
@define(eq=False)
class ParsedFile:
    """A file's content, and its tree; None where it can't be read as Python."""

    raw: bytes
    tree: ast.Module | None
    _tops: Mapping[tuple[str, int], Definition] | None = None
    _starts: Mapping[tuple[str, int], Definition] | None = None

    def definition(self, name: str, line: int) -> Definition | None:
        """Give the function or class of this name that starts on a line, with its first decorator or at its `def` or `class`."""
        if self._tops is None:
            self._tops = {} if self.tree is None else dict(_starts(self.tree.body))
        if (name, line) in self._tops or self.tree is None:
            return self._tops.get((name, line))
        if self._starts is None:
            self._starts = dict(_starts(_statements(self.tree)))
        return self._starts.get((name, line))


_KNOWN: dict[Path, ParsedFile] = {}


def parse_file(path: Path) -> ParsedFile:
    """Read a file, and parse it unless this process has parsed that very text; a time stamp is too coarse to tell.

    Raises OSError where it can't be read.
    """
    raw = path.read_bytes()
    known = _KNOWN.get(path)
    if known is None or known.raw != raw:
        known = _KNOWN[path] = ParsedFile(raw, _tree(raw))
    return known


@final
class Loader(SourceFileLoader):
    """Imports a file from the tree that whoever reads it afterwards is given too; compiled code of it is taken where Python kept some."""

    def source_to_code(  # type: ignore[override]  # the bases' stubs disagree with each other
        self, data: Any, path: Any, *, _optimize: int = -1
    ) -> CodeType:
        """Parse and compile a file's bytes, with the parser's warnings: this runs it.

        Raises:
            SyntaxError: it isn't Python.
        """
        try:
            tree = ast.parse(data, path)
            code = compile(tree, path, "exec", dont_inherit=True, optimize=_optimize)
        except RecursionError:  # what is too deep for a tree may be compiled
            return compile(data, path, "exec", dont_inherit=True, optimize=_optimize)
        _KNOWN[Path(path)] = ParsedFile(bytes(data), tree)
        return code


@final
class Files:
    """Parsed files by the names that code objects have for them, each read once: as it was when it was first asked for."""

    def __init__(self) -> None:
        self._read: dict[str, ParsedFile | None] = {}

    def get(self, name: str) -> ParsedFile | None:
        """Give a file, or a notebook's cell; None if there is none of that name."""
        if name not in self._read:
            self._read[name] = _file_or_cell(name)
        return self._read[name]


def _file_or_cell(name: str) -> ParsedFile | None:
    try:
        return parse_file(Path(name))
    except (OSError, ValueError):
        text = "".join(linecache.getlines(name))
        return ParsedFile(text.encode(errors="surrogatepass"), _tree(text)) if text else None


def parse(source: bytes | str) -> ast.Module:
    """Parse, without the parser's warnings: they are the interpreter's to give when it runs the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _tree(source: bytes | str) -> ast.Module | None:
    try:
        return parse(source)
    except (SyntaxError, ValueError):
        return None


def _starts(statements: Iterable[ast.AST]) -> Iterator[tuple[tuple[str, int], Definition]]:
    """Give the definitions among statements, under the lines on which each starts."""
    for node in statements:
        if isinstance(node, _DEFINITIONS):
            yield (node.name, node.lineno), node
            for decorator in node.decorator_list[:1]:
                yield (node.name, decorator.lineno), node


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Give every statement; no expression holds one."""
    pending: list[ast.AST] = [*tree.body]
    while pending:
        node = pending.pop()
        yield node
        for block in _BLOCKS:
            pending += getattr(node, block, ())
