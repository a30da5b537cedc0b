"""Let every linter for workflows judge a file, each at its strictest, without a network."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.github.act import SCRIPTS

TOOLS = ("actionlint", "zizmor", "schema", "timeouts")


def lint_workflow(file: Path) -> Mapping[str, tuple[str, ...]]:
    """Give the findings of each tool: actionlint with shellcheck, zizmor, and both schemas for workflows."""
    return {
        "actionlint": _actionlint(file),
        "zizmor": _zizmor(file),
        "schema": _schema(file, "vendor.github-workflows"),
        "timeouts": _schema(file, "custom.github-workflows-require-timeout"),
    }


def _actionlint(file: Path) -> tuple[str, ...]:
    words = ["-no-color", "-shellcheck", str(SCRIPTS / "shellcheck"), "-pyflakes=", "-format", "{{json .}}"]
    findings: list[dict[str, Any]] = json.loads(_run(["actionlint", *words, str(file)], {0, 1}))
    return tuple(f"{one['line']}: {one['kind']}: {one['message']}" for one in findings)


def _zizmor(file: Path) -> tuple[str, ...]:
    words = [
        "--offline",
        "--no-progress",
        "--color=never",
        "--quiet",
        "--no-config",
        "--persona=auditor",
        "--strict-collection",
        "--format=json",
    ]
    said = _run(["zizmor", *words, str(file)], {0, 1, 11, 12, 13, 14})
    if said.startswith("fatal: no audit was performed"):
        return (said,)
    findings: list[dict[str, Any]] = json.loads(said)
    return tuple(
        f"{_line(one)}: {one['ident']} ({one['determinations']['severity']}): {one['desc']}"
        for one in findings
        if not one["ignored"]
    )


def _line(finding: Mapping[str, Any]) -> int:
    line: int = finding["locations"][0]["concrete"]["location"]["start_point"]["row"] + 1
    return line


def _schema(file: Path, schema: str) -> tuple[str, ...]:
    words = ["check-jsonschema", f"--builtin-schema={schema}", "--output-format=json", str(file)]
    found: dict[str, list[dict[str, Any]]] = json.loads(_run(words, {0, 1}))
    return tuple(
        f"{one.get('path', '$')}: {one.get('message', one)}"
        for one in found.get("errors", []) + found.get("parse_errors", [])
    )


def _run(words: list[str], expected: set[int]) -> str:
    program = SCRIPTS / words[0]
    done = subprocess.run([str(program), *words[1:]], capture_output=True, text=True, check=False)
    assert done.returncode in expected, f"{words[0]} itself failed: {done.stdout}{done.stderr}"
    return done.stdout or done.stderr
