"""What carries out a pipeline, each seen in the same way: from the outside, by its files and commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, final

from attrs import frozen

from stagelang_runtime.execute.notes import Notes
from stagelang_runtime.pack import read_pack
from stagelang_runtime.store import Store
from tests.github.events import push
from tests.github.fake_github import FakeGitHub, serve
from tests.github.hub import Hub
from tests.stagelang_backends.snakemake import engine as snakemake

_OF_TIME_AND_PLACE = {"started", "seconds", "cpu_seconds", "memory", "environment"}
_STAGELANG = str(Path(sys.executable).parent / "stagelang")


@final
@frozen(kw_only=True)
class Ran:
    """What a run came to. `nodes` says of each node whether it is 'done', 'failed', 'blocked' or 'not started'."""

    code: int
    nodes: Mapping[str, str]
    receipts: Mapping[str, Any]
    gates: Sequence[Any]
    metrics: Sequence[Any]
    said: str


Engine: TypeAlias = Callable[[Path], Ran]
"""Runs the pipeline in a folder of its own, from nothing or from what an earlier run left there."""


def variables() -> dict[str, str]:
    """Give the environment of a run: the programs of this Python come first."""
    programs = os.pathsep.join([str(Path(sys.executable).parent), str(snakemake.BIN), os.environ["PATH"]])
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PYTHONPATH", "TMPDIR") if name in os.environ}
    return {**kept, "PATH": programs, "CONFORMANCE_TOKEN": _TOKEN, "COLUMNS": "200"}


def call(*words: str | Path, cwd: Path, code: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; where `code` is given, it must end with that."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=variables(),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert code in (None, done.returncode), done.stdout + done.stderr
    return done


def compiled(project: Path, target: str) -> Path:
    """Compile a pipeline for a target, and give the folder of what was emitted."""
    call(_STAGELANG, "compile", "--target", target, cwd=project, code=0)
    return project / "build" / target


def seen(project: Path, done: subprocess.CompletedProcess[str]) -> Ran:
    """Read what a run left in a project's store and state."""
    store = Store(project / ".stagelang" / "store")
    (path,) = (project / ".stagelang" / "state").glob("*/outcome.json")
    outcome: dict[str, Any] = json.loads(path.read_bytes())
    return Ran(
        code=done.returncode,
        nodes={
            name: _WORDS.get(node["state"], str(node["state"])) for name, node in outcome["nodes"].items()
        },
        receipts={
            name: _timeless(store.get_receipt(node["key"]))
            for name, node in outcome["nodes"].items()
            if node["key"]
        },
        gates=[_gate(gate) for gate in outcome["outcomes"]["gates"]],
        metrics=outcome["outcomes"]["metrics"],
        said=done.stdout + done.stderr,
    )


_WORDS: Mapping[str, str] = {"ran": "done", "hit": "done"}


def _timeless(receipt: Any) -> Any:
    assert receipt is not None
    return {name: value for name, value in receipt.items() if name not in _OF_TIME_AND_PLACE}


def _gate(gate: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what a budget's gate measured."""
    return {**gate, "reason": ""} if gate["kind"] == "budget" else gate


def by_run(project: Path) -> Ran:
    """Run by the command line."""
    done = call(_STAGELANG, "run", "--keep-going", cwd=project)
    return seen(project, done)


def by_script(project: Path) -> Ran:
    """Run by the emitted local script."""
    done = call(sys.executable, compiled(project, "local") / "run.py", "--keep-going", cwd=project)
    return seen(project, done)


def by_sh(project: Path) -> Ran:
    """Run by the shell script that the example of a third party's backend emits."""
    done = call("sh", compiled(project, "sh") / "run.sh", cwd=project)
    return seen(project, done)


def by_dask(project: Path) -> Ran:
    """Run on a Dask cluster of this machine."""
    words = ("--local", "2", "--keep-going")
    done = call(sys.executable, compiled(project, "dask") / "run_dask.py", *words, cwd=project)
    return seen(project, done)


def by_make(project: Path) -> Ran:
    """Run by the emitted Makefile, two nodes at a time; after a failure, which ends make, the verdict is asked for."""
    folder = compiled(project, "make")
    done = call("make", "-C", folder, "-j2", "-k", cwd=project)
    if done.returncode:
        words = ("--plan", folder / "plan.json", "--notes", folder / ".notes")
        call(_STAGELANG, "verdict", *words, cwd=project)
    return seen(project, done)


def by_snakemake(project: Path) -> Ran:
    """Run by Snakemake on this machine."""
    folder = compiled(project, "snakemake")
    profile = ("--profile", "profiles/local", "--cores", "2", "--nocolor")
    return seen(project, call(snakemake.BIN / "snakemake", *profile, cwd=folder))


def by_github(project: Path) -> Ran:
    """Run as a GitHub Actions workflow on a GitHub of this machine; its packs are then judged like any notes."""
    place = project.with_name(f"{project.name}-on-github")
    with serve(FakeGitHub(store=place / "kept")) as github:
        hub = Hub(github=github, root=place, secrets={"CONFORMANCE_TOKEN": _TOKEN})
        hub.runs = len([*place.glob("run-*")])  # what an earlier run left there is the repository's past
        left = shutil.ignore_patterns(".stagelang", "build", "notes")
        shutil.copytree(project, hub.folder, ignore=left, dirs_exist_ok=True)
        hub.commit({"pyproject.toml": _SETTINGS, "requirements.lock": _LOCK, ".gitignore": ".stagelang/\n"})
        call(_STAGELANG, "compile", "--target", "gha", cwd=hub.folder, code=0)
        (workflow,) = (hub.folder / ".github" / "workflows").glob("*.yml")
        hub.file = workflow.relative_to(hub.folder).as_posix()
        hub.commit({})
        run = hub.run(push())
        assert {"plan", "report"} <= run.started(), run.log
    plan = compiled(project, "local") / "plan.json"
    notes = Notes(project / "notes")
    store = Store.open_or_create(project / ".stagelang" / "store")
    for archive in sorted(
        (place / "kept" / "artifacts").rglob("sl.result.*.zip")
    ):  # by run, the last one last
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(place / "handed-over" / archive.parent.name)
    for pack in sorted((place / "handed-over").rglob("*.tar")):
        for result in read_pack(pack, store).own.values():
            notes.put(result)
    judged = call(_STAGELANG, "verdict", "--plan", plan, "--notes", notes.folder, cwd=project)
    assert bool(judged.returncode) == (run.result("report") != "success"), run.log
    return seen(project, judged)


_TOKEN = "not-to-be-seen"
_SETTINGS = f"""\
[tool.stagelang.gha]
python = "{sys.version_info[0]}.{sys.version_info[1]}"
secrets = ["CONFORMANCE_TOKEN"]
environment = "conformance"
"""
_LOCK = "stagelang==0.1.0 \\\n    --hash=sha256:00\n"

EXACT = frozenset({"script", "sh", "dask"})
"""The engines that end with the run's own exit code; others have but one word for failure."""

ENGINES: Mapping[str, Engine] = {
    "script": by_script,
    "make": by_make,
    "sh": by_sh,
    "dask": by_dask,
    "snakemake": by_snakemake,
    "gha": by_github,
}
"""The engines whose runs must equal those by the command line."""
