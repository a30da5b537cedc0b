"""Emitted workflows are clean under every linter at its strictest: goldens, and plans of any size with every setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stagelang_compiler.plan import Plan, Resources
from tests.github.linters import TOOLS, lint_workflow
from tests.stagelang_backends.github_actions.plans import emit, random_plan, stage, with_stages

CLEAN = dict.fromkeys(TOOLS, ())
GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.mark.parametrize("example", ["digit_reader", "flight_delays"])
def test_a_golden_workflow_is_clean(example: str) -> None:
    (file,) = (GOLDEN / example / "gha" / ".github" / "workflows").iterdir()
    assert lint_workflow(file) == CLEAN


EVERYTHING: dict[str, Any] = {
    "secrets": ["TOKEN"],
    "variables": ["REGION"],
    "environment": "production",
    "push": ["main", "develop"],
    "merge_group": True,
    "runners": [{}, {"labels": ["ubuntu-24.04-arm"], "cpus": 8, "memory": "64GB"}],
}
"""All settings but own labels, at which zizmor's auditor frowns whatever is done."""


def _varied(count: int) -> Plan:
    return with_stages(
        random_plan(count, schedule="17 3 * * 1"),
        stage("plain"),
        stage("secret", env=("TOKEN", "REGION")),
        stage("plain"),
        stage("large", resources=Resources(cpus=8, memory_bytes=2**35, time_seconds=600)),
        stage("plain"),
    )


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (random_plan(5), {"jobs": "each"}),
        (_varied(5), EVERYTHING),
        (_varied(40), EVERYTHING),
        (random_plan(300), {}),
        (random_plan(60), {"jobs": "each", "sarif": False, "comment": False}),
    ],
    ids=["5 jobs", "5 with everything", "40 with everything", "300", "60 jobs"],
)
def test_a_workflow_of_any_size_and_setting_is_clean(
    made: Plan, settings: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / ".github" / "workflows" / "made.yml"
    file.parent.mkdir(parents=True)
    file.write_text(emit(made, **settings), encoding="utf-8")
    assert lint_workflow(file) == CLEAN
