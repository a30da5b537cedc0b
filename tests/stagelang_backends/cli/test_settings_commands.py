"""`config` shows what holds and where it was written; `licences` lists what the stages bring; a report lists what is waived."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stagelang_backends.cli import target_findings
from stagelang_backends.cli.main import main

SPEC = """\
import datetime as dt

from rich.markup import escape

from stagelang import Pipeline, Value, Waiver, stage


@stage
def greet(*, name: str = "[dice]") -> Value[str]:
    return Value.of(escape(name))


@stage
def spare() -> Value[int]:
    return Value.of(1)


spare()
accepted = Waiver(rule="SL120", where="spare", owner="games", reason="for <later>", expires=dt.date(2999, 12, 31))
pipeline = Pipeline("greetings", seed=1, outputs=[greet()], waivers=[accepted])
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pipeline.py").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_config_shows_each_value_and_where_it_was_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text('[tool.stagelang]\nbudget.wall = "1h"\n\ngha.python = "3.13"\n')
    assert main(["config", "--format", "json"]) == 0
    said = _json(capsys)
    assert said["budget.wall"] == {"value": "1h", "from": "pyproject.toml:2"}
    assert said["gha.python"] == {"value": "3.13", "from": "pyproject.toml:4"}
    assert said["gha.jobs"] == {"value": "auto", "from": "default"}
    assert said["require.owner"] == {"value": [], "from": "default"}
    assert main(["config"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if line.startswith("budget")] == [
        ["budget.wall", '"1h"', "pyproject.toml:2"]
    ]


def test_config_says_what_can_t_be_meant_of_targets_too(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.stagelang]\ntargets = ["gah"]\n[tool.stagelang.gha]\njob = "one"\nretention_days = 0\n'
        "[tool.stagelang.snakemake]\nslurm.qos = []\n"
    )
    assert main(["config"]) == 1
    said = capsys.readouterr().err
    assert [line for line in said.splitlines() if line.startswith(("error", "  --> ", "  help"))] == [
        "error[SL405]: there is no target 'gah'",
        "  --> pyproject.toml:2",
        "  help: did you mean 'gha'?",
        "error[SL405]: [tool.stagelang.gha] has no setting 'job'",
        "  --> pyproject.toml:4",
        "  help: did you mean 'jobs'?",
        "error[SL405]: [tool.stagelang.gha] retention_days = 0",
        "  --> pyproject.toml:5",
        "  help: expected a whole number from 1 to 90",
        "error[SL405]: [tool.stagelang.snakemake.slurm] qos is []",
        "  --> pyproject.toml:7",
        "  help: give each resource of Snakemake a text or a whole number",
    ]
    assert main(["check", "--format", "json"]) == 1
    assert [each["code"] for each in _json(capsys)].count("SL405") == 4


def test_a_target_that_can_t_read_its_own_settings_hides_no_other_finding(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> Any:
        raise ZeroDivisionError(name)

    monkeypatch.setattr(target_findings, "find_backend", broken)
    (project / "pyproject.toml").write_text(
        '[tool.stagelang]\ngha.python = "3.13"\nrequire.owner = ["stages"]\n'
    )
    assert main(["check", "--format", "json"]) == 1
    found = [(each["code"], each["subject"]) for each in _json(capsys)]
    assert sorted(found) == [("SL100", "settings of targets"), ("SL120", "spare"), ("SL406", "greet")]


def test_licences_lists_what_the_stages_bring_and_fails_only_where_some_are_allowed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["licences", "--format", "json"]) == 0
    rows = {row["distribution"]: row for row in _json(capsys)}
    assert set(rows) == {"rich", "markdown-it-py", "mdurl", "pygments"}
    assert rows["mdurl"]["way"] == ["rich", "markdown-it-py", "mdurl"]
    assert (rows["rich"]["licence"], rows["rich"]["allowed"], rows["rich"]["stages"]) == (
        "MIT",
        None,
        ["greet"],
    )
    (project / "pyproject.toml").write_text('[tool.stagelang.licences]\nallow = ["MIT"]\n')
    assert main(["licences"]) == 1
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines() if "  refused  " in line] == ["pygments"]
    (project / "pyproject.toml").write_text(
        '[tool.stagelang.licences]\nallow = ["MIT"]\nknown = { Pygments = "MIT" }\n'
    )
    assert main(["licences"]) == 0
    assert "  refused  " not in capsys.readouterr().out


def test_a_setting_that_changes_is_seen_though_the_plan_is_kept(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run"]) == 0
    (project / "pyproject.toml").write_text('[tool.stagelang.require]\nowner = ["stages"]\n')
    assert main(["run"]) == 1
    assert "error[SL406]: stage 'greet' has no owner" in capsys.readouterr().err
    (project / "pyproject.toml").write_text("")
    assert main(["run"]) == 0


def test_settings_that_appear_above_the_pipeline_are_seen_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "deep" / "models"
    inner.mkdir(parents=True)
    (inner / "pipeline.py").write_text(SPEC)
    monkeypatch.chdir(inner)
    assert main(["run"]) == 0
    (tmp_path / "pyproject.toml").write_text('[tool.stagelang.require]\nowner = ["stages"]\n')
    assert main(["run"]) == 1
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "notes.txt").write_text("what else lies there doesn't count")
    assert main(["run"]) == 0
    capsys.readouterr()


def test_a_report_lists_what_is_waived_from_a_kept_plan_too(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run"]) == 0
    for _ in range(2):
        assert main(["report"]) == 0
        page = (project / "report.html").read_text()
        assert "<h2>Waived findings</h2>" in page
        assert "<td>SL120</td>" in page
        assert "<td>games, for &#39;spare&#39;, until 2999-12-31: for &lt;later&gt;</td>" in page
    (project / "pipeline.py").write_text(
        SPEC.replace("spare()\naccepted", "accepted").replace("waivers=[accepted]", "")
    )
    assert main(["report"]) == 0
    assert "Waived findings" not in (project / "report.html").read_text()
    capsys.readouterr()


def test_a_comment_lists_what_is_waived(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "GITHUB_ACTIONS",
        "GITHUB_RUN_ID",
        "GITHUB_OUTPUT",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_EVENT_PATH",
    ):
        monkeypatch.delenv(name, raising=False)
    assert main(["compile", "--target", "gha"]) == 0
    assert main(["ci", "plan", "pipeline.py"]) == 0
    assert main(["ci", "run", "stages"]) == 0
    assert main(["ci", "report"]) == 0
    wanted = (
        "### 1 waived finding\n\n- SL120 `nothing reads what 'spare' gives` (`pipeline.py:18`), "
        "waived by `games, for 'spare', until 2999-12-31: for <later>`\n"
    )
    assert wanted in (project / "sl-out" / "comment.md").read_text()
    assert wanted in (project / "sl-out" / "summary.md").read_text()
    assert "<h2>Waived findings</h2>" in (project / "sl-out" / "report.html").read_text()
    capsys.readouterr()
