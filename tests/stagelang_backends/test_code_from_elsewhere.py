"""An emitted script sees that code from outside of the pipeline's folder is what its plan was compiled from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stagelang_backends.cli.main import main

_SPEC = """\
import sys
from pathlib import Path

{found}
from limits_from_us import MOST
from stagelang import Pipeline, Value, stage


@stage
def most() -> Value[int]:
    return Value.of(MOST)


pipeline = Pipeline("p", seed=1, outputs=[most()])
"""
_ADDED = 'sys.path.insert(0, str(Path(__file__).parent.parent / "shared"))'
_ADDED_FOR_A_WHILE = f"{_ADDED}\nimport limits_from_us\ndel sys.path[0]"


@pytest.mark.parametrize(
    "found", ["", _ADDED, _ADDED_FOR_A_WHILE], ids=["on the path", "added", "for a while"]
)
def test_code_that_changes_after_the_plan_is_refused(
    found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shared, project = tmp_path / "shared", tmp_path / "project"
    shared.mkdir()
    project.mkdir()
    (shared / "limits_from_us.py").write_text("MOST = 7\n")
    (project / "pipeline.py").write_text(_SPEC.format(found=found))
    monkeypatch.chdir(project)
    if not found:
        monkeypatch.setattr(sys, "path", [str(shared), *sys.path])
        monkeypatch.setenv("PYTHONPATH", str(shared))
    monkeypatch.delitem(sys.modules, "limits_from_us", raising=False)
    assert main(["compile", "--target", "local", "--output", "emitted"]) == 0
    script = [sys.executable, "emitted/run.py"]
    assert subprocess.run(script, check=False, capture_output=True).returncode == 0
    (shared / "limits_from_us.py").write_text("MOST = 8\n")
    refused = subprocess.run(script, check=False, capture_output=True, text=True)
    assert refused.stderr == (
        "error: '(elsewhere)/limits_from_us.py' changed since the plan was compiled\n  help: compile the pipeline again\n"
    )
    assert refused.returncode == 2
    (shared / "limits_from_us.py").unlink()
    gone = subprocess.run(script, check=False, capture_output=True, text=True)
    assert gone.returncode == 2
    assert "'(elsewhere)/limits_from_us.py'" in gone.stderr
