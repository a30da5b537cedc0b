"""The canonical text itself: exact for small pieces, equal for equal programs."""

from __future__ import annotations

import ast
import inspect
import sys
import sysconfig
from pathlib import Path

import pytest

from stagelang_compiler.fingerprint.normalise import canonical, digest

EXACT = {
    "x = 1": "Module(body=[Assign(targets=[Name(id='x';),];value=int:1;),];)",
    "f(*a, k=None)": (
        "Module(body=[Expr(value=Call(args=[Starred(value=Name(id='a';);),];func=Name(id='f';);"
        "keywords=[keyword(arg='k';value=None;),];);),];)"
    ),
    "def f():\n    'doc'\n    pass": "Module(body=[FunctionDef(args=arguments();name='f';),];)",
    "{**a, None: 1.0}": (
        "Module(body=[Expr(value=Dict(keys=[-,None,];values=[Name(id='a';),float:1.0,];);),];)"
    ),
    "f'{x:}a' 'b'": "Module(body=[Expr(value=JoinedStr(FormattedValue(Name(id='x';);-1;)'ab');),];)",
    "'é\\n'": "Module()",
}


@pytest.mark.parametrize(("source", "text"), EXACT.items(), ids=EXACT)
def test_the_canonical_text_is_this(source: str, text: str) -> None:
    assert canonical(ast.parse(source)) == text


EQUAL = [
    ("x = 'a'", 'x = "a"  # why'),
    ("x = (1)", "x=1"),
    ("x = 0xff", "x = 255"),
    ("x = u'a' 'b'", "x = 'ab'"),
    ("f'{x:}'", "f'{x}'"),
    ("f'a{x}' 'b'", "f'a{x}b'"),
    ("class A:\n    'doc'\n    x = 1\n    'about x'", "class A:\n    x = 1"),
    ("def f(): ...", "def f(): pass"),
    ("x = 1 # type: int", "x = 1"),
]
DIFFERENT = [
    ("x = 1", "x = 1.0"),
    ("x = 1", "x = True"),
    ("x = 'a'", "x = b'a'"),
    ("x = {None: y}", "x = {**y}"),
    ("x = f'{a}'", "x = f'{a!r}'"),
    ("x = f'{a:3}'", "x = f'{a:4}'"),
    ("x = 'a'", "x = f'a'"),
    ("x = [1, 2], 3", "x = [1], 2, 3"),
    ("def f(a, /): ...", "def f(a): ..."),
    ("def f(*, a, b=1): ...", "def f(*, a=1, b): ..."),
    ("from . import a", "from .. import a"),
    ("return_ = yield_", "return_ = yield_.x"),
    ("async def f(): ...", "def f(): ..."),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_what_runs_alike_is_written_alike(one: str, other: str) -> None:
    assert canonical(ast.parse(one, type_comments=True)) == canonical(ast.parse(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_runs_otherwise_is_written_otherwise(one: str, other: str) -> None:
    assert canonical(ast.parse(one)) != canonical(ast.parse(other))


def test_python_s_own_printer_changes_nothing_in_the_standard_library() -> None:
    library = Path(sysconfig.get_path("stdlib"))
    for name in (
        "ast.py",
        "dataclasses.py",
        "functools.py",
        "statistics.py",
        "typing.py",
        "asyncio/tasks.py",
    ):
        tree = ast.parse((library / name).read_bytes())
        assert canonical(ast.parse(ast.unparse(tree))) == canonical(tree), name


def test_a_tree_is_read_however_deep_it_is() -> None:
    tree: ast.expr = ast.Name(id="x", ctx=ast.Load())
    for _ in range(20_000):
        tree = ast.UnaryOp(op=ast.Not(), operand=tree)
    assert canonical(tree).count("UnaryOp") == 20_000


def test_what_nests_deeper_than_calls_may_is_written_the_same() -> None:
    source = "f(a, *b, c=[1, 'x', -d], e={**g}) if f'{h!r:>{i}}' else (j for j in k)"
    tree = ast.parse(source, mode="eval").body
    text = canonical(tree)
    for _ in range(sys.getrecursionlimit()):
        tree = ast.UnaryOp(op=ast.Not(), operand=tree)
        text = f"UnaryOp(op=Not();operand={text};)"
    assert canonical(tree) == text


def test_subtrees_can_be_left_out() -> None:
    function = ast.parse("@stage\n@other\ndef f(a: int): return a").body[0]
    assert isinstance(function, ast.FunctionDef)
    annotation = function.args.args[0].annotation
    assert annotation is not None
    left = canonical(function, {function.decorator_list[0], annotation})
    assert left == canonical(ast.parse("@other\ndef f(a): return a").body[0])


def test_a_digest_tells_where_one_text_ends() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    assert digest(["x"]).startswith("sha256:")


def test_the_serialiser_needs_the_standard_library_only() -> None:
    import stagelang_compiler.fingerprint.normalise as module

    imported = {
        line.split()[1].partition(".")[0]
        for line in inspect.getsource(module).splitlines()
        if line.startswith(("from ", "import "))
    }
    assert imported == {"__future__", "ast", "collections", "hashlib", "typing"}
