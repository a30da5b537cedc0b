"""Where things were written: files, lines, and paths relative to a root."""

from __future__ import annotations

import datetime as dt
import inspect
from pathlib import PurePosixPath

import pytest

from stagelang import Budget, Pipeline, Resources, Seeds, Waiver
from stagelang.origin import Origin, caller_origin, line_of
from tests.stagelang.conftest import Load

SPEC = """
from stagelang import (Ablate, Budget, Column, Contract, Files, Perturb, Pipeline, Resources, S, Seeds, Swap, Sweep,
                       Table, Waiver, column, files, missing, source, split, stage)
import datetime as dt
class Rows(Contract):
    row: Column[int] = column(key=True)
@stage
def keep(rows: Table[Rows, S], *, times: int = 1) -> Table[Rows, S]:
    return rows
budget = Budget(wall="1s")
resources = Resources(cpus=2)
waiver = Waiver(
    rule="SL204", where="*", owner="x",
    reason="x", expires=dt.date(2027, 1, 1),
)
rows = source(Rows, "rows.csv")
folder = files("data/*")
halves = split(rows, by=Rows.row, test=0.5)
view = rows.as_contract(Rows)
experiments = [
    Swap(keep, keep),
    Ablate(keep),
    Perturb(rows, missing(Rows.row, rates=[0.1])),
    Seeds(5),
    Sweep(keep, times=[1, 2]),
]
pipeline = Pipeline("x", seed=1)
def helper():
    return Budget(wall="2s")
through_a_helper = helper()
in_a_list = [Budget(memory=size) for size in ("1GB", "2GB")]
"""


def test_everything_knows_its_line(load: Load) -> None:
    spec = load(SPEC)
    lines = {
        "budget": spec.budget.origin,
        "resources": spec.resources.origin,
        "waiver": spec.waiver.origin,
        "source": spec.rows._bound.by.origin,
        "files": spec.folder._bound.by.origin,
        "split": spec.halves.test._bound.by.origin,
        "view": spec.view._bound.views[0][1],
        "pipeline": spec.pipeline.origin,
        "helper": spec.through_a_helper.origin,
        "list": spec.in_a_list[1].origin,
    }
    assert {name: origin.line for name, origin in lines.items()} == {
        "budget": 10, "resources": 11, "waiver": 12, "source": 16, "files": 17, "split": 18, "view": 19, "pipeline": 27,
        "helper": 29, "list": 31,
    }  # fmt: skip
    assert {origin.file for origin in lines.values()} == {spec.__file__}
    assert [experiment.origin.line for experiment in spec.experiments] == [21, 22, 23, 24, 25]


def test_origins_do_not_count_in_equality_or_repr() -> None:
    one, other = (Budget(wall="1s"), Budget(wall="1s"))
    assert one == other
    assert repr(one) == "Budget(wall='1s', memory='')"
    assert Resources(cpus=2) == Resources(cpus=2)


def test_experiments_and_pipelines_know_this_file() -> None:
    assert Seeds(5).origin.file == __file__
    assert Pipeline("x", seed=1).origin.file == __file__
    assert (
        Waiver(rule="x", where="*", owner="x", reason="x", expires=dt.date(2027, 1, 1)).origin.file
        == __file__
    )


def _lines(text: str) -> list[tuple[int, int]]:
    """Run a text, and give the line that we and the interpreter say of each call of `keep`."""
    lines: list[tuple[int, int]] = []

    def keep(*_: object) -> None:
        frame = inspect.currentframe()
        assert frame is not None
        assert frame.f_back is not None
        lines.append((line_of(frame.f_back), frame.f_back.f_lineno))

    exec(compile(text, "spec.py", "exec"), {"keep": keep})
    return lines


@pytest.mark.parametrize("count", [1, 10, 1500])
def test_the_line_of_a_frame_is_the_interpreters(count: int) -> None:
    lines = _lines(
        "\n".join(
            ["keep()", "", "x = [", "    keep(", "        1,", "    ),", "]", "for _ in range(1): keep()"]
            * count
        )
    )
    assert [found for found, _ in lines] == [expected for _, expected in lines]
    assert len(lines) == 3 * count


def test_lines_of_two_long_codes_do_not_mix() -> None:
    text = "keep()\n" * 3000
    assert [found for found, _ in _lines(text)] == [*range(1, 3001)]
    assert [found for found, _ in _lines("\n\n\n" + text)] == [*range(4, 3004)]


def test_the_callers_line_is_of_the_innermost_frame_outside_the_language() -> None:
    frame = inspect.currentframe()
    assert frame is not None
    budget, here, line = Budget(wall="1s"), caller_origin(), frame.f_lineno
    assert (budget.origin, here) == (Origin(__file__, line), Origin(__file__, line))


@pytest.mark.parametrize(
    ("origin", "root", "expected"),
    [
        (Origin("/a/b/c.py", 3), "/a", Origin("b/c.py", 3)),
        (Origin("/a/b/c.py", 3), "/a/b", Origin("c.py", 3)),
        (Origin("/x/y/c.py", 3), "/a", Origin("c.py", 3)),
        (Origin("/ab/c.py", 3), "/a", Origin("c.py", 3)),
        (Origin("<string>", 3), "/a", Origin("<string>", 3)),
        (Origin("b/c.py", 0), "/a", Origin("b/c.py", 0)),
    ],
)
def test_a_place_relative_to_a_root_has_no_machine_in_it(origin: Origin, root: str, expected: Origin) -> None:
    assert origin.relative_to(PurePosixPath(root)) == expected


def test_a_place_is_written_with_its_line_if_it_has_one() -> None:
    assert (str(Origin("a.py", 3)), str(Origin("a.py", 0))) == ("a.py:3", "a.py")
