"""Calls the real Snakemake, which lives in an environment of its own, on what was compiled for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]
BIN = ROOT / ".venv-snakemake" / "bin"
STAGELANG = Path(sys.executable).parent


def variables() -> dict[str, str]:
    """Give the environment in which Snakemake finds itself and stagelang."""
    assert (BIN / "snakemake").is_file(), "Snakemake isn't installed: make .venv-snakemake/ready"
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "FORCE_COLOR")}
    return {**kept, "PATH": f"{STAGELANG}{os.pathsep}{BIN}{os.pathsep}{os.environ['PATH']}"}


def words(*arguments: str, profile: str = "local") -> list[str]:
    """Write a call of Snakemake on a compiled folder, from that folder."""
    return [str(BIN / "snakemake"), "--profile", f"profiles/{profile}", "--nocolor", *arguments]


def snakemake(
    folder: Path, *arguments: str, profile: str = "local", seconds: float = 240
) -> subprocess.CompletedProcess[str]:
    """Call Snakemake in a compiled folder, and give what it printed to both streams."""
    return subprocess.run(
        words(*arguments, profile=profile),
        cwd=folder,
        env=variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=seconds,
    )


def stagelang(project: Path, *arguments: str) -> None:
    """Call stagelang in a pipeline's folder, and have it end well."""
    subprocess.run([STAGELANG / "stagelang", *arguments], cwd=project, check=True, capture_output=True)


def compiled(project: Path) -> Path:
    """Compile a project for Snakemake, and give the folder."""
    stagelang(project, "compile", "--target", "snakemake")
    return project / "build" / "snakemake"


def carried_out(said: str) -> Sequence[str]:
    """Name the nodes whose jobs Snakemake started, in order."""
    return [
        line.partition("node=")[2].partition(",")[0]
        for line in said.splitlines()
        if line.strip().startswith("wildcards: node=")
    ]


def contents(project: Path) -> Mapping[str, str]:
    """Give the content digests of all outputs, by node and port, that the store holds for the plan's notes or last run."""
    found: dict[str, str] = {}
    for path in (project / ".stagelang" / "store" / "receipts").rglob("*.json"):
        receipt = json.loads(path.read_bytes())["receipt"]
        found |= {f"{receipt['key']} {each['port']}": each["content"] for each in receipt["outputs"]}
    return found
