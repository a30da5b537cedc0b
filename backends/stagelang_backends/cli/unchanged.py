"""The run in which nothing changed: said without loading the spec, the plan, or any library."""

from __future__ import annotations

import sys
from pathlib import Path

from stagelang_backends.cli.compiling import plans_folder
from stagelang_backends.cli.spec_arguments import home_of
from stagelang_compiler import plan_cache
from stagelang_runtime.execute.state import mark_of, unchanged
from stagelang_runtime.session import read_outcome
from stagelang_runtime.told_beyond import told_beyond


def say_unchanged(spec: Path, pipeline: str, store_root: Path) -> int | None:
    """Say what the last run came to and give its exit code, if nothing that it depends on has changed; else give None."""
    kept = plan_cache.kept(spec, pipeline, plans_folder(home_of(spec)))
    if kept is None:
        return None
    outcome = read_outcome(store_root, kept["name"])
    if outcome is None or outcome["plan"] != kept["digest"] or not outcome["outcomes"]["finished"]:
        return None
    done = unchanged(store_root, kept["name"], kept["digest"], spec.absolute().parent)
    # A run that ended before it was judged leaves the outcome of the one before.
    if done is None or done.get("keys") != mark_of(
        {name: node["key"] for name, node in outcome["nodes"].items()}
    ):
        return None
    sys.stderr.write(kept["notes"])
    verdict = outcome["outcomes"]["verdict"].replace("_", " ")
    count = len(outcome["nodes"])
    print(f"{kept['name']}: {verdict}  (nothing changed: all {count} nodes are up to date)")
    print(
        "the code, the parameters, the sources, the installed packages and the stored results are those of the last run"
    )
    for gate in outcome["outcomes"]["gates"]:
        if gate["kind"] == "metric" or gate["verdict"] != "pass":
            print(f"  {gate['verdict'].replace('_', ' '):<13} {gate['name']}: {gate['reason']}")
    for line in told_beyond(outcome["nodes"]):
        print(line)
    code: int = outcome["exit"]
    return code
