"""Python files are parsed once for each text that they have, and definitions are found by where they start."""

from __future__ import annotations

import ast
import linecache
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from stagelang_compiler import parsed_files
from stagelang_compiler.parsed_files import Files, Loader, parse_file

_TEXT = '''\
@first
@second(1)
def plain(): ...

class Outer:
    def plain(self):
        async def inner(): ...

try:
    pass
except ValueError:
    class Rare: ...
match 1:
    case 1:
        def matched(): ...
text = """
def no(): ...
"""
'''


@pytest.mark.parametrize(
    ("name", "line", "kind"),
    [
        ("plain", 1, ast.FunctionDef),
        ("plain", 3, ast.FunctionDef),
        ("Outer", 5, ast.ClassDef),
        ("plain", 6, ast.FunctionDef),
        ("inner", 7, ast.AsyncFunctionDef),
        ("Rare", 12, ast.ClassDef),
        ("matched", 15, ast.FunctionDef),
        ("plain", 2, type(None)),
        ("Outer", 6, type(None)),
        ("no", 17, type(None)),
    ],
)
def test_a_definition_is_found_by_its_name_and_the_line_it_starts_on(
    name: str, line: int, kind: type, tmp_path: Path
) -> None:
    path = tmp_path / "some.py"
    path.write_text(_TEXT)
    assert type(parse_file(path).definition(name, line)) is kind


def test_a_file_is_parsed_again_only_where_its_text_changed(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text("a = 1\n")
    once = parse_file(path)
    path.write_text("a = 1\n")
    assert parse_file(path) is once
    path.write_text("a = 2\n")
    again = parse_file(path)
    assert again.tree is not None and ast.unparse(again.tree) == "a = 2"


@pytest.mark.parametrize("raw", [b"def", b"\0", b"\xff\xfe", b"# coding: nothing\n"])
def test_what_is_no_python_has_no_tree_and_no_definitions(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_bytes(raw)
    parsed = parse_file(path)
    assert (parsed.raw, parsed.tree, parsed.definition("a", 1)) == (raw, None, None)


def test_files_are_as_they_were_when_they_were_first_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text("a = 1\n")
    files = Files()
    once = files.get(str(path))
    path.write_text("a = 2\n")
    assert once is not None and files.get(str(path)) is once


def test_a_notebooks_cell_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "def cell(): ...\n"
    monkeypatch.setitem(linecache.cache, "<cell 1>", (len(text), None, [text], "<cell 1>"))
    found = Files().get("<cell 1>")
    assert found is not None and found.definition("cell", 1) is not None
    assert Files().get("<cell 2>") is None


def test_a_file_that_is_imported_is_parsed_once_for_its_readers_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.py"
    path.write_text(_TEXT.replace("@first\n@second(1)\n", ""))
    loader = Loader("some", str(path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    code = loader.get_code("some")
    assert code == SourceFileLoader("some", str(path)).get_code("some")
    monkeypatch.setattr(parsed_files, "parse", None)  # nobody parses it again
    assert parse_file(path).definition("Outer", 3) is not None


def test_the_parsers_warnings_are_given_by_an_import_as_python_gives_them(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text('a = "\\d"\n')
    with pytest.warns(DeprecationWarning if sys.version_info < (3, 12) else SyntaxWarning) as said:
        Loader("some", str(path)).source_to_code(path.read_bytes(), str(path))
    assert [(each.filename, each.lineno) for each in said] == [(str(path), 1)]


def test_what_is_no_python_is_refused_as_python_refuses_it(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text("a = (\n")
    told: list[object] = []
    for kind in (Loader, SourceFileLoader):
        with pytest.raises(SyntaxError) as refused:
            kind("some", str(path)).get_code("some")
        told.append((refused.value.msg, refused.value.filename, refused.value.lineno))
    assert told[0] == told[1]


def test_a_file_too_deep_for_a_tree_is_imported_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_deep(*_: object) -> None:
        raise RecursionError

    path = tmp_path / "some.py"
    path.write_text("a = 1\n")
    monkeypatch.setattr(ast, "parse", too_deep)
    names: dict[str, object] = {}
    exec(Loader("some", str(path)).source_to_code(path.read_bytes(), str(path)), names)
    assert names["a"] == 1
