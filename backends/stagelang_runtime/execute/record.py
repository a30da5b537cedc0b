"""Writes down what a completed run saw and left, for the next one to see that nothing has changed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stagelang_compiler import plan_codec
from stagelang_compiler.plan import Plan
from stagelang_runtime.execute.results import RunResult
from stagelang_runtime.execute.state import mark_of, stamp
from stagelang_runtime.store import Store


def can_be_remembered(plan: Plan, result: RunResult) -> bool:
    """Tell whether a run that finds nothing changed has nothing to do."""
    settled = all(node.state in ("ran", "hit") for node in result.nodes.values())
    return settled and not result.interrupted and not any(map(plan.is_always_run, plan.nodes))


def record_of(plan: Plan, root: Path, store: Store, result: RunResult) -> dict[str, Any]:
    """Give what `state.remember` keeps of a completed run."""
    variables = sorted({name for stage in plan.stages.values() for name in stage.env})
    objects = sorted(set(_objects(store, result)))
    return {
        "plan": plan_codec.digest(plan),
        "root": os.fspath(root),
        "variables": variables,
        "environment": stamp(variables),
        "objects": [[path, size] for path, size in objects],
        "nodes": len(result.nodes),
        "keys": mark_of({name: node.key for name, node in result.nodes.items()}),
    }


def _objects(store: Store, result: RunResult) -> Iterator[tuple[str, int]]:
    for node in result.nodes.values():
        for artifact in node.outputs:
            yield _place(store, artifact.object), artifact.size
            if artifact.kind == "files":
                for _, digest, size in json.loads(store.get_bytes(artifact.object)):
                    yield _place(store, digest), size


def _place(store: Store, digest: str) -> str:
    return store.get_path(digest, verify=False).relative_to(store.root).as_posix()
