"""Every wrong line is an error in mypy, pyright and ty, and no right line is.

`ok_*.py` holds right cases, marked `# right: case`; `bad_*.py` wrong ones, marked `# wrong: case`;
`unseen_by_types.py` those that only the compiler can find, marked `# unseen: case`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import pytest

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
PAGE = ROOT / "docs" / "reference" / "type-checkers.md"

Checker = Literal["mypy", "pyright", "ty"]
CHECKERS: tuple[Checker, ...] = get_args(Checker)

EXCEPTIONS: dict[str, set[Checker]] = {
    "swap-with-one-input-more": {"mypy"},
    "swap-with-one-input-fewer": {"mypy"},
    "swap-without-a-parameter": {"mypy", "pyright"},
    "swap-with-a-narrower-contract": {"pyright"},
    "swap-with-a-narrower-population": {"pyright", "ty"},
}
"""Wrong cases that a checker does not see; the compiler has to find them."""


class Line(NamedTuple):
    """A line of a file in this folder."""

    file: str
    number: int


@cache
def _marked(kind: Literal["right", "wrong", "unseen"]) -> dict[Line, str]:
    return {
        Line(path.name, number): found[1]
        for path in sorted(FOLDER.glob("*_*.py"))
        if path != Path(__file__)
        for number, text in enumerate(path.read_text().splitlines(), 1)
        if (found := re.search(rf"# {kind}: (\S+)$", text))
    }


def _output(*command: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1, (
        result.stdout + result.stderr
    )  # 1: something was found; all else is a failure of the tool
    return result.stdout


def _line(file: str, number: int) -> Line:
    return Line(Path(file).name, number)


def _mypy() -> list[Line]:
    files = [str(path) for path in sorted(FOLDER.glob("*.py"))]
    errors = [json.loads(text) for text in _output("mypy", "--strict", "--output=json", *files).splitlines()]
    return [_line(error["file"], error["line"]) for error in errors if error["severity"] == "error"]


def _pyright() -> list[Line]:
    report = _output("pyright", "--project", str(FOLDER), "--pythonpath", sys.executable, "--outputjson")
    errors: list[dict[str, Any]] = json.loads(report)["generalDiagnostics"]
    return [
        _line(error["file"], error["range"]["start"]["line"] + 1) for error in errors if _is_type_error(error)
    ]


def _is_type_error(error: dict[str, Any]) -> bool:
    """Tell whether pyright found a mistake, and not only a type that it lost track of after one."""
    marked = _line(error["file"], error["range"]["start"]["line"] + 1) in _marked("wrong")
    return not (marked and error["rule"].startswith(("reportUnknown", "reportUnused")))


def _ty() -> list[Line]:
    report = _output("ty", "check", "--output-format=gitlab", "--python", sys.prefix, str(FOLDER))
    errors: list[dict[str, Any]] = json.loads(report)
    places = [error["location"] for error in errors]
    return [_line(place["path"], place["positions"]["begin"]["line"]) for place in places]


@cache
def _errors(checker: Checker) -> set[Line]:
    run = {"mypy": _mypy, "pyright": _pyright, "ty": _ty}[checker]
    return set(run())


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_errors_are_exactly_the_wrong_lines(checker: Checker) -> None:
    expected = {
        line: case
        for line, case in _marked("wrong").items()
        if checker not in EXCEPTIONS.get(case, set[Checker]())
    }
    assert _errors(checker) == set(expected)


def test_every_case_has_a_name_of_its_own() -> None:
    names = [*_marked("right").values(), *_marked("wrong").values(), *_marked("unseen").values()]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_there_are_many_cases_of_each_kind() -> None:
    counts = {"right": 80, "wrong": 220, "unseen": 60}
    found = {"right": len(_marked("right")), "wrong": len(_marked("wrong")), "unseen": len(_marked("unseen"))}
    assert {kind: found[kind] >= least for kind, least in counts.items()} == dict.fromkeys(counts, True)


def test_every_exception_is_a_wrong_case() -> None:
    assert set(EXCEPTIONS) - set(_marked("wrong").values()) == set()


def test_the_reference_names_exactly_the_exceptions() -> None:
    rows = re.findall(r"^\| ([a-z-]+) \| ([a-z, ]+) \|$", PAGE.read_text(), re.MULTILINE)
    written = {
        case: set(missed.split(", "))
        for case, missed in rows
        if case.startswith("swap-") or case in EXCEPTIONS
    }
    assert written == EXCEPTIONS
