from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.github.by_hand import CAREFUL, NAIVE
from tests.github.linters import TOOLS, lint_workflow


@pytest.fixture(scope="module")
def naive(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[str, ...]]:
    return _lint(tmp_path_factory.mktemp("naive"), NAIVE)


def _lint(folder: Path, text: str) -> Mapping[str, tuple[str, ...]]:
    file = folder / ".github/workflows/pipeline.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return lint_workflow(file)


def test_a_careful_workflow_has_no_finding(tmp_path: Path) -> None:
    assert _lint(tmp_path, CAREFUL) == dict.fromkeys(TOOLS, ())


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ("actionlint", "is potentially untrusted"),
        ("actionlint", "shellcheck reported issue in this script: SC2086"),
        ("actionlint", 'unexpected key "runs_on"'),
        ("zizmor", "unpinned-uses (High)"),
        ("zizmor", "template-injection (High)"),
        ("zizmor", "artipacked"),
        ("schema", "$.jobs.build"),
        ("timeouts", "$.jobs.build"),
    ],
)
def test_each_tool_finds_its_part_of_a_naive_workflow(
    naive: Mapping[str, tuple[str, ...]], tool: str, said: str
) -> None:
    assert any(said in finding for finding in naive[tool]), naive[tool]


def test_a_job_without_a_time_limit_is_found_by_the_schema_that_asks_for_one(tmp_path: Path) -> None:
    found = _lint(tmp_path, CAREFUL.replace("    timeout-minutes: 5\n", "", 1))
    assert [tool for tool in TOOLS if found[tool]] == ["timeouts"]


def test_a_file_that_is_no_workflow_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    found = _lint(tmp_path, "jobs: [")
    assert [tool for tool in TOOLS if found[tool]] == list(TOOLS)
