"""Builds one tool's graph in this fresh process and prints what that took, as JSON.

    python tests/benchmarks/probe.py TOOL

in the folder that holds the tool's program. 'spec' is the import of the program, 'beyond' all that follows until the
graph is built and checked (of stagelang: until all targets' files are there as texts). Nothing compiled of the program is kept, as of one
that was just edited.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

Parts = dict[str, tuple[float, float]]


@contextmanager
def timed(parts: Parts, name: str) -> Generator[None]:
    """Add up the wall and processor seconds of a part."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    before = parts.get(name, (0.0, 0.0))
    parts[name] = before[0] + time.perf_counter() - wall, before[1] + time.process_time() - cpu


def probe_stagelang(parts: Parts) -> int:
    """Check the spec, lower it, and emit for every target; the collector is off as in the command line."""
    gc.disable()
    compiler: Any = importlib.import_module("stagelang_compiler.compiler")
    protocol: Any = importlib.import_module("stagelang_backends.protocol")
    backends = [protocol.find_backend(name) for name in protocol.backend_names()]
    load = SourceFileLoader.exec_module

    def exec_module(self: SourceFileLoader, module: ModuleType) -> None:
        if module.__name__ != "pipeline":
            load(self, module)
            return
        with timed(parts, "spec"):
            load(self, module)

    setattr(SourceFileLoader, "exec_module", exec_module)  # noqa: B010  # the only place where the spec's own time shows
    with timed(parts, "whole"):
        checked = compiler.check_file(Path("pipeline.py"))
        for backend in backends:
            with timed(parts, f"target {backend.name}"):
                try:
                    backend.emit(checked.plan, protocol.EmitOptions(to_root=PurePosixPath("../..")))
                except (
                    protocol.CannotEmit
                ) as refused:  # so many that the engine can't have them: it is known late
                    print(
                        f"{backend.name} refuses {len(checked.plan.nodes)} nodes: {refused}", file=sys.stderr
                    )
    whole, spec = parts.pop("whole"), parts["spec"]
    parts["beyond"] = whole[0] - spec[0], whole[1] - spec[1]
    return len(checked.plan.nodes) - 1


def probe_hamilton(parts: Parts) -> int:
    """Build a driver."""
    driver: Any = importlib.import_module("hamilton.driver")
    steps = _spec(parts)
    with timed(parts, "beyond"):
        built = driver.Builder().with_modules(steps).build()
    return len(built.list_available_variables()) - 1


def probe_kedro(parts: Parts) -> int:
    """Make the pipeline and put its nodes into their order."""
    importlib.import_module("kedro.pipeline")
    steps = _spec(parts)
    with timed(parts, "beyond"):
        nodes = steps.create_pipeline().nodes
    return len(nodes)


def probe_dagster(parts: Parts) -> int:
    """Resolve the assets into a graph, and into the job of all of them."""
    importlib.import_module("dagster")
    steps = _spec(parts)
    with timed(parts, "beyond"):
        steps.defs.resolve_implicit_global_asset_job_def()
        graph = steps.defs.resolve_asset_graph()
    return len(graph.get_all_asset_keys()) - 1


def _spec(parts: Parts) -> Any:
    sys.path.insert(0, "")
    with timed(parts, "spec"):
        return importlib.import_module("steps")


PROBES: Mapping[str, Callable[[Parts], int]] = {
    "stagelang, tables": probe_stagelang,
    "Hamilton": probe_hamilton,
    "Kedro": probe_kedro,
    "Dagster": probe_dagster,
}


def main() -> None:
    """Probe the tool that is asked for."""
    sys.dont_write_bytecode = True
    parts: Parts = {}
    stages = PROBES[sys.argv[1]](parts)
    print(json.dumps({"stages": stages, "parts": parts}))


if __name__ == "__main__":
    main()
