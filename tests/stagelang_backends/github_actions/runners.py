"""Carries out an emitted workflow as runners would: each job in a fresh checkout, with nothing but artifacts and caches moved.

Of the workflow it obeys the jobs' needs and the plan's outputs, the `run:` lines of stagelang, and what is uploaded, downloaded,
restored and saved where. Conditions are obeyed by their meaning; that they are written so is for act to show.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, final
from unittest.mock import patch

from attrs import define, field

from stagelang_backends.cli.main import main
from stagelang_backends.github_actions import caches as asking
from stagelang_backends.github_actions.surroundings import Surroundings
from stagelang_backends.github_actions.yaml_text import loads

REPOSITORY = "octo/pipeline"


@final
@define(kw_only=True)
class Ended:
    """What a run came to: each job's result, the exit code of the last command and what was printed, and the artifacts."""

    jobs: dict[str, str] = field(factory=dict[str, str])
    said: dict[str, str] = field(factory=dict[str, str])
    codes: dict[str, int] = field(factory=dict[str, int])
    artifacts: dict[str, dict[str, bytes]] = field(factory=dict[str, dict[str, bytes]])
    summary: str = ""

    @property
    def ran(self) -> list[str]:
        """The jobs, but for plan and report, that started."""
        return [
            name
            for name, result in self.jobs.items()
            if result != "skipped" and name not in {"plan", "report"}
        ]

    def text(self, file: str) -> str:
        """Give a file of the report."""
        return self.artifacts["sl.report"][file].decode()


@final
@define(kw_only=True)
class Runners:
    """A repository on GitHub: its files, and the caches of all its refs, by key."""

    repository: Path
    scratch: Path
    workflow: str
    caches: dict[str, bytes] = field(factory=dict[str, bytes])
    count: int = 0
    after_plan: Callable[[], object] = lambda: None
    """What happens between the plan and the jobs, such as an eviction."""

    def run(
        self,
        *,
        full: bool = False,
        fork: bool = False,
        base: str = "",
        secrets: Mapping[str, str] | None = None,
    ) -> Ended:
        """Carry out the workflow as it is committed; with a base, for a pull request."""
        self.count += 1
        text = (self.repository / self.workflow).read_text(encoding="utf-8")
        jobs: dict[str, Any] = loads(text)["jobs"]
        ended = Ended()
        outputs: dict[str, Any] = {"run": [], "keys": {}}
        for name, job in jobs.items():
            if name == "comment":
                continue
            needs: list[str] = job.get("needs", [])
            if not self._starts(name, jobs, ended, outputs):
                ended.jobs[name] = "skipped"
                continue
            surroundings = {
                "FULL": "true" if full else "",
                "GITHUB_BASE_REF": base,
                **(secrets or {} if "environment" in job else {}),
            }
            surroundings["NEEDS"] = json.dumps({each: {"result": ended.jobs[each]} for each in needs})
            given = self._job(name, job, ended, outputs, surroundings, fork=fork)
            if name == "plan" and given:
                outputs = {key: json.loads(value) for key, value in given.items()}
                self.after_plan()
        return ended

    def _starts(self, name: str, jobs: dict[str, Any], ended: Ended, outputs: Mapping[str, Any]) -> bool:
        if name in {"plan", "report"}:
            return True
        above, waiting = set[str](), [name]
        while waiting:
            more = [each for each in jobs[waiting.pop()].get("needs", []) if each not in above]
            above.update(more)
            waiting += more
        return name in outputs["run"] and not any(ended.jobs[each] == "failure" for each in above)

    def _job(
        self,
        name: str,
        job: Mapping[str, Any],
        ended: Ended,
        outputs: Mapping[str, Any],
        variables: dict[str, str],
        *,
        fork: bool,
    ) -> dict[str, str]:
        place = self.scratch / f"{self.count}-{name}"
        shutil.copytree(self.repository, place, ignore=shutil.ignore_patterns(".stagelang", "__pycache__"))
        failed, given = False, dict[str, str]()
        for step in job["steps"]:
            action = step.get("uses", "").partition("@")[0]
            options: dict[str, Any] = step.get("with", {})
            if action == "actions/download-artifact":
                self._download(place, options, ended)
            elif action == "actions/cache/restore":
                self._restore(place, step, outputs, bool(variables["GITHUB_BASE_REF"]))
            elif action == "actions/cache/save" and (given.get("kept") if name == "report" else not failed):
                key = options["key"] if name == "report" else _key(options["key"], outputs)
                self.caches[key] = (place / options["path"]).read_bytes()
            elif action == "actions/upload-artifact":
                files = [place / path for path in options["path"].split()]
                ended.artifacts[options["name"]] = {
                    file.name: file.read_bytes() for file in files if file.is_file()
                }
            elif step.get("run", "").startswith("stagelang "):
                code, said, given = self._command(place, step["run"], name, ended, variables, fork=fork)
                ended.codes[name], ended.said[name] = code, said
                failed = failed or code != 0
        ended.jobs[name] = "failure" if failed else "success"
        shutil.rmtree(place)
        return given

    def _download(self, place: Path, options: Mapping[str, Any], ended: Ended) -> None:
        names = options["pattern"].strip("{}").split(",")
        for name in names:
            for file, data in ended.artifacts.get(name, {}).items():
                (place / options["path"]).mkdir(exist_ok=True)
                (place / options["path"] / file).write_bytes(data)

    def _restore(
        self, place: Path, step: Mapping[str, Any], outputs: Mapping[str, Any], is_request: bool
    ) -> None:
        options = step["with"]
        key = options["key"]
        if "fromJSON" in key:
            job = key.partition("['")[2].partition("']")[0]
            if "if" in step and (job in outputs["run"] or job not in outputs["keys"]):
                return
            key = _key(key, outputs)
        elif not is_request:
            return
        prefix = options.get("restore-keys")
        near = [each for each in self.caches if prefix and each.startswith(prefix)]
        found = key if key in self.caches else near[-1] if near else None
        if found is not None:
            target = place / options["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.caches[found])

    def _command(
        self, place: Path, line: str, job: str, ended: Ended, variables: Mapping[str, str], *, fork: bool
    ) -> tuple[int, str, dict[str, str]]:
        said, given, summary = io.StringIO(), place.parent / "output", place.parent / "summary"
        event = place.parent / "event.json"
        whose = "stranger/pipeline" if fork else REPOSITORY
        request = {"pull_request": {"number": 7, "head": {"sha": "a" * 40, "repo": {"full_name": whose}}}}
        event.write_text(json.dumps(request if fork else {}))
        told = {
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_OUTPUT": str(given),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": str(self.count),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_STEP_SUMMARY": str(summary),
            **variables,
        }
        given.write_text("")
        summary.write_text("")
        with self._at(place, told), redirect_stdout(said), redirect_stderr(said):
            code = main(shlex.split(line.replace("\\\n", " "))[1:])
        ended.summary = summary.read_text() or ended.summary
        return code, said.getvalue(), dict(row.split("=", 1) for row in given.read_text().splitlines())

    @contextmanager
    def _at(self, place: Path, variables: Mapping[str, str]) -> Generator[None]:
        def kept(around: Surroundings, prefix: str) -> frozenset[str]:
            assert around.repository == REPOSITORY
            return frozenset(key for key in self.caches if key.startswith(prefix))

        before = Path.cwd()
        os.chdir(place)
        try:
            with (
                patch.dict(os.environ, variables),
                patch.object(asking, "kept_keys", kept),
            ):
                yield
        finally:
            os.chdir(before)


def _key(expression: str, outputs: Mapping[str, Any]) -> str:
    job = expression.partition("['")[2].partition("']")[0]
    key: str = outputs["keys"][job]
    return key
