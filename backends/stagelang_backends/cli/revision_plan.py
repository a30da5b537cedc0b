"""Compiles a pipeline as it was in a commit, in a process of its own: its modules bear the names of those that are loaded here.

As a program (`python -m stagelang_backends.cli.revision_plan SPEC PIPELINE ANSWER`) it is that process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stagelang_backends.cli.git import Repository, environment
from stagelang_backends.cli.main import UsageError
from stagelang_backends.cli.plan_files import is_plan_file, no_such_file, read_plan

if TYPE_CHECKING:
    from stagelang_compiler.plan import Plan


def plan_at(
    repository: Repository,
    commit: str,
    name: str,
    spec: Path,
    pipeline: str,
    *,
    look: Callable[[Plan, Path], None] | None = None,
) -> Plan | None:
    """Give the plan of a pipeline in a commit; None if the commit has no such pipeline. Raises UsageError.

    Args:
        repository: the repository that the spec lies in.
        commit: the commit.
        name: what the person called it.
        spec: the pipeline's file in the working tree.
        pipeline: the pipeline's name, where the file declares several.
        look: called with the plan and the pipeline's folder as it was in the commit, while that is there.
    """
    from stagelang_compiler.plan_codec import loads

    here = Path(os.path.realpath(spec.absolute().parent)) / spec.name
    top = Path(os.path.realpath(repository.top))
    path = repository.path_at(commit, here.relative_to(top).as_posix())
    if not path:
        return None
    with repository.files_of(commit) as folder:
        said = _in_own_process(folder / path, pipeline, _moved_search_path(top, folder))
        plan = loads(said["text"]) if said["text"] else None
        if plan is not None and look is not None:
            look(plan, (folder / path).parent)
    if plan is not None:
        return plan
    if said["absent"]:
        return None
    for note in repository.set_aside(commit):
        said["findings"] += f"note: in the folder that {name!r} was compiled in, {note}\n"
    sys.stderr.write(said["findings"])
    raise UsageError(
        f"the pipeline {path!r} doesn't compile at {name!r} ({commit[:12]})\n"
        "  help: compare with a revision where 'stagelang check' finds no error"
    )


def plan_named(name: str, spec: Path, pipeline: str) -> Plan | None:
    """Give the plan that a revision or a plan's file holds; None if the revision has no such pipeline. Raises UsageError."""
    if is_plan_file(name):
        return read_plan(Path(name))
    if name.endswith(".json"):
        raise no_such_file(name)
    repository = Repository.around(spec.absolute().parent)
    return plan_at(repository, repository.commit(name), name, spec, pipeline)


def _in_own_process(spec: Path, pipeline: str, search_path: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="stagelang-diff-") as made:
        answer = Path(made) / "answer.json"
        words = [sys.executable, "-P", "-m", __name__, str(spec), pipeline, str(answer)]
        # what a spec prints must not get into what this command prints
        ended = subprocess.run(
            words,
            cwd=spec.parent,
            env={**environment(), "PYTHONPATH": search_path},
            stdin=subprocess.DEVNULL,
            stdout=2,
            check=False,
        )
        if ended.returncode or not answer.is_file():
            raise UsageError(
                f"the process that compiled {spec.name!r} ended with {ended.returncode}\n"
                "  help: see above what it said; 'stagelang check' in a checkout of that revision says more"
            )
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def _moved_search_path(top: Path, folder: Path) -> str:
    """Let PYTHONPATH name the commit's own folders where it names those of the working tree."""
    moved: list[str] = []
    for entry in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        place = Path(os.path.realpath(entry))
        moved.append(str(folder / place.relative_to(top) if place.is_relative_to(top) else place))
    return os.pathsep.join(moved)


def _answer(spec: Path, pipeline: str) -> dict[str, Any]:
    from stagelang_compiler.checks.structure import NO_PIPELINE
    from stagelang_compiler.compiler import check_file
    from stagelang_compiler.diagnostics import Severity
    from stagelang_compiler.plan_codec import dumps
    from stagelang_compiler.rendering import render

    result = check_file(spec, pipeline=pipeline)
    errors = [each for each in result.diagnostics if each.rule.severity is Severity.ERROR]
    return {
        "text": dumps(result.plan) if result.plan else "",
        "absent": any(each.rule is NO_PIPELINE for each in errors),
        "findings": render(errors, format="text", root=spec.parent, colour=False) if errors else "",
    }


if __name__ == "__main__":
    file, wanted, target = sys.argv[1:]
    Path(target).write_text(json.dumps(_answer(Path(file), wanted)), encoding="utf-8")
