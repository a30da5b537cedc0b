"""The Dask target: a script that runs the pipeline on a cluster, the plan that it runs, and how to start the workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import final

from attrs import frozen

from stagelang_backends.protocol import EmitOptions, Engine
from stagelang_backends.render import render
from stagelang_compiler.plan import Plan, Resources, Stage
from stagelang_compiler.plan_codec import dumps, text_digest
from stagelang_runtime.cluster.script import INSTALL

ENGINE = Engine(name="Dask distributed", module="distributed", install=INSTALL)


@final
@frozen
class DaskBackend:
    """Emits `run_dask.py`, `plan.json` and `workers.md`."""

    name: str = "dask"
    summary: str = (
        "a script that runs the pipeline on a Dask cluster: SSH boxes, Slurm, Kubernetes, or this machine"
    )
    engine: Engine = ENGINE

    def emit(self, plan: Plan, options: EmitOptions) -> Mapping[PurePosixPath, str]:
        """Give the script, the plan and the notes."""
        text = dumps(plan)
        digest = text_digest(text)
        used = {node.stage for node in plan.nodes}
        stages = [stage for name, stage in plan.stages.items() if name in used]
        script = render(
            "dask/run_dask.py.j2",
            plan=plan,
            digest=digest,
            to_root=options.to_root.as_posix(),
            sources=[node.source.location for node in plan.nodes if node.source is not None],
            asking=[
                f"{stage.name}: {', '.join(_asked(stage.resources))}" for stage in stages if stage.resources
            ],
        )
        notes = render("dask/workers.md.j2", plan=plan, digest=digest, most=_most(stages))
        return {
            PurePosixPath("run_dask.py"): script,
            PurePosixPath("plan.json"): text,
            PurePosixPath("workers.md"): notes,
        }


def _asked(resources: Resources) -> Iterable[str]:
    """Say what a stage asks of a worker, a part at a time."""
    yield f"{resources.cpus} cpu{'s' if resources.cpus > 1 else ''}"
    if resources.memory_bytes:
        yield f"{resources.memory_bytes / 2**30:.3g} GiB"
    if resources.gpus:
        yield f"{resources.gpus} gpu{'s' if resources.gpus > 1 else ''}"
    if resources.time_seconds:
        yield f"stopped after {resources.time_seconds:g} s"
    if resources.attempts > 1:
        yield f"{resources.attempts} attempts"


def _most(stages: Iterable[Stage]) -> Mapping[str, int]:
    """Give the most that any one stage asks for: what at least one worker must have."""
    asked = [stage.resources for stage in stages if stage.resources]
    return {
        "cpu": max((each.cpus for each in asked), default=1),
        "memory": max((each.memory_bytes or 0 for each in asked), default=0),
        "gpu": max((each.gpus for each in asked), default=0),
    }


BACKEND = DaskBackend()
