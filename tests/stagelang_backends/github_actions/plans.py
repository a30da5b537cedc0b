"""Plans made of nothing, of any size and shape: for what a workflow is made of, no stage has to run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from attrs import evolve

from stagelang.origin import Origin
from stagelang_backends.github_actions import BACKEND
from stagelang_backends.protocol import CannotEmit, EmitOptions
from stagelang_compiler.plan import Code, Input, Node, Output, Plan, Resources, Stage

HERE = Origin("pipeline.py", 7)


def stage(name: str, *, resources: Resources | None = None, env: tuple[str, ...] = ()) -> Stage:
    code = Code(module="pipeline", qualname=name, file="pipeline.py", digest="sha256:" + "0" * 64)
    return Stage(
        name=name,
        kind="stage",
        code=code,
        owner="",
        description="",
        resources=resources,
        env=env,
        origin=HERE,
    )


def node(name: str, reads: Sequence[str] = (), *, of: str = "work", scope: str = "") -> Node:
    bound = tuple(
        Input(argument="parts", index=place, node=each, output="out") for place, each in enumerate(reads)
    )
    out = (Output(name="out", kind="value", type="float", codec="json"),)
    return Node(
        name=name,
        id="sha256:" + "1" * 64,
        kind="stage",
        stage=of,
        scope=scope,
        inputs=bound,
        outputs=out,
        origin=HERE,
    )


def plan(nodes: Sequence[Node], *stages: Stage, name: str = "made", schedule: str = "") -> Plan:
    declared = {each.name: each for each in (stages or (stage("work"),))}
    return Plan(
        name=name,
        seed=1,
        spec="pipeline.py",
        contracts={},
        stages=declared,
        nodes=tuple(nodes),
        metrics=(),
        gates=(),
        schedule=schedule,
        origin=HERE,
    )


def random_plan(count: int, *, seed: int = 1, schedule: str = "") -> Plan:
    """Give a plan of so many nodes, each of which reads up to three of the ten before it."""
    chance = random.Random(seed)
    names = [f"part-{number % 5}/node_{number}" for number in range(count)]
    nodes = [
        node(name, sorted(chance.sample(names[max(0, at - 10) : at], min(at, chance.randint(0, 3)))))
        for at, name in enumerate(names)
    ]
    return plan(nodes, schedule=schedule)


def with_stages(made: Plan, *stages: Stage) -> Plan:
    """Give a plan whose nodes are of these stages, in turn."""
    nodes = tuple(
        evolve(each, stage=stages[number % len(stages)].name) for number, each in enumerate(made.nodes)
    )
    return evolve(made, nodes=nodes, stages={each.name: each for each in stages})


def emit(made: Plan, *, there: str = "", anew: bool = False, folder: str = ".", **settings: Any) -> str:
    """Give a plan's workflow."""
    options = EmitOptions(
        to_root=PurePosixPath(folder),
        in_repository=PurePosixPath(folder),
        settings=settings,
        there=lambda _: there,
        anew=anew,
    )
    (text,) = BACKEND.emit(made, options).values()
    return text


def refused(made: Plan, **settings: Any) -> list[str]:
    """Give why a plan can't be emitted."""
    try:
        emit(made, **settings)
    except CannotEmit as error:
        return [str(problem) for problem in error.problems]
    return []
