"""The plan as people read it in a review."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_text import plan_text, value_words
from stagelang_compiler.values import encode_value
from tests.stagelang_compiler.conftest import Check
from tests.stagelang_compiler.test_plan_codec import rich_plan as rich_plan  # noqa: PLC0414 - a fixture


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1, "1"), (1.0, "1.0"), (1e-9, "1e-09"), (float("nan"), "nan"), (True, "True"), (None, "None"), ("a\n'b", '"a\\n\'b"'),
        ([1, 2.5], "[1, 2.5]"), ((1,), "(1,)"), ((), "()"), ({"a": (1.5, None)}, "{'a': (1.5, None)}"), ({3, 1}, "set [1, 3]"),
        (b"\x00", "bytes '00'"), (2 + 1j, "complex ['2.0', '1.0']"), ({}, "{}"),
    ],
)  # fmt: skip
def test_values_are_written_much_as_in_the_source(value: Any, words: str) -> None:
    assert value_words(encode_value(value)) == words


def test_a_whole_plan_is_written_once_and_for_all(rich_plan: Plan) -> None:
    lines = plan_text(rich_plan).splitlines()
    unhashed = [
        line.rpartition("  ")[0]
        if line.split(" ")[0] in ("contract", "source", "split", "stage", "command")
        else line
        for line in lines
    ]
    assert unhashed[:21] == [
        "pipeline rich  seed 7  owner labs",
        "schedule 0 6 * * 1 (UTC)",
        "",
        "contract Scans",
        "    scan_id: int key",
        "    writer: int group",
        "    ink: float >= 0 <= 1",
        "",
        "contract Timed 2  owner labs  rows 2..1000  closed",
        "    scan_id: int key",
        "    writer: int group",
        "    ink: float >= 0 <= 1",
        "    at: datetime time >= 2020-01-01T00:00:00",
        "    kind: str nullable in {a, b} role feature",
        "    code: str matching '[a-z]+'",
        "    height: float > 0 < 3.5 [m]",
        "",
        "source all",
        "    reads notes/*.txt as files",
        "    -> out: files",
        "",
    ]
    assert unhashed[-19:] == [
        "    -> out: table of Scans, Test",
        "",
        (
            "metric speed = smooth over Test by writer in slices of kind in the last month of at in UTC  "
            "[USD/s] in [-inf, 5], better none, version 3"
        ),
        "metric accuracy = mean over Test by writer  [ratio] in [0, 1], better higher, version 1",
        "metric cost = mean over Test by writer  [USD] in [0, inf], better lower, version 1",
        "metric accuracy-times-2 = accuracy * 2.0  [ratio] in [0, 2], better higher, version 1",
        "metric accuracy-per-cost = accuracy / cost  [1/USD] in [0, inf], better higher, version 1",
        "gate accuracy at least 0.5, judged on the interval",
        "gate speed between 0 and 1 in each kind, judged on the estimate",
        "gate accuracy not worse than good by more than 0.1, judged on the interval",
        "output all.out",
        "output score.out",
        "output shell.out",
        "experiment swap grow for grow2",
        "experiment ablate grow",
        "experiment seeds count=3",
        "experiment sweep clean level=[1, 2]",
        "experiment perturb labs/timed kind='missing' column='ink' strengths=[0.5]",
        "waiver SL120 for nothing* by labs until 2030-01-01: soon",
    ]


def test_no_text_of_the_spec_can_pass_for_another_line(check: Check, rich_plan: Plan) -> None:
    waiver = evolve(rich_plan.waivers[0], reason="x\ngate accuracy at least 1\u2028\x1b[31m")
    assert plan_text(evolve(rich_plan, waivers=(waiver,))).splitlines()[-1] == (
        "waiver SL120 for nothing* by labs until 2030-01-01: x\\ngate accuracy at least 1\\u2028\\x1b[31m"
    )
