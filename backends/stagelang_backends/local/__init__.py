"""The local target: a script that runs the pipeline on this machine, and the plan that it runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import final

from attrs import frozen

from stagelang_backends.protocol import EmitOptions
from stagelang_backends.render import render
from stagelang_compiler.plan import Node, Plan
from stagelang_compiler.plan_codec import dumps, text_digest


@final
@frozen
class LocalBackend:
    """Emits `run.py` and `plan.json`."""

    name: str = "local"
    summary: str = "a script that runs the pipeline here, in parallel, and goes on where it stopped"

    def emit(self, plan: Plan, options: EmitOptions) -> Mapping[PurePosixPath, str]:
        """Give the script and the plan."""
        text = dumps(plan)
        script = render(
            "local/run.py.j2",
            plan=plan,
            digest=text_digest(text),
            to_root=options.to_root.as_posix(),
            order=[_line(node) for node in plan.nodes],
        )
        return {PurePosixPath("run.py"): script, PurePosixPath("plan.json"): text}


def _line(node: Node) -> str:
    reads = ", ".join(
        dict.fromkeys(
            each.node if each.output == "out" else f"{each.node}.{each.output}" for each in node.inputs
        )
    )
    reads = reads or (node.source.location if node.source else "")
    return f"{node.name} <- {reads}" if reads else node.name


BACKEND = LocalBackend()
