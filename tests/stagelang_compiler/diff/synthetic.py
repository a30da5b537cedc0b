"""Plans of any size whose truth is known: nodes in layers, edits that say what they change, identities hashed as the compiler does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from attrs import evolve, field, frozen

from stagelang.origin import Origin
from stagelang_compiler.plan import (
    Code,
    Component,
    Gate,
    Input,
    Metric,
    Node,
    Output,
    Plan,
    Source,
    Stage,
    Unit,
)

AT = Origin("pipeline.py", 1)


def hashed(*parts: object) -> str:
    """Digest some plain values."""
    return "sha256:" + hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@frozen(kw_only=True)
class Step:
    """A stage's node, before it has an identity; `reads` names nodes that stand before it."""

    name: str
    stage: str
    reads: tuple[str, ...]
    level: int = 0


@frozen(kw_only=True)
class Model:
    """What a plan is made from: sources by name, the stages' code and owners, and steps, some of which are metrics."""

    sources: Mapping[str, str]
    code: Mapping[str, str]
    helpers: Mapping[str, str]
    owners: Mapping[str, str] = field(factory=dict[str, str])
    steps: tuple[Step, ...]
    metrics: Mapping[str, float]
    """The least value that each metric's gate asks for, by its node."""

    def plan(self) -> Plan:
        """Make the plan."""
        stages = {step.stage: self._stage(step) for step in self.steps}
        nodes: dict[str, Node] = {}
        for name, location in self.sources.items():
            nodes[name] = Node(
                name=name,
                id=hashed("source", location),
                kind="source",
                outputs=(Output(name="out", kind="table"),),
                source=Source(location=location, format="csv"),
                origin=AT,
            )
        for step in self.steps:
            nodes[step.name] = self._node(step, stages[step.stage], nodes)
        return Plan(
            name="synthetic",
            seed=1,
            spec="pipeline.py",
            contracts={},
            stages=dict(sorted(stages.items())),
            nodes=tuple(nodes.values()),
            metrics=tuple(_metric(step.name) for step in self.steps if step.name in self.metrics),
            gates=tuple(_gate(name, low) for name, low in self.metrics.items()),
            origin=AT,
        )

    def _stage(self, step: Step) -> Stage:
        own = [Component(name=f"function pipeline:{step.stage}", digest=hashed("own", self.code[step.stage]))]
        number = sum(map(ord, step.stage.removeprefix("other_"))) % len(self.helpers)
        used = [
            name
            for place, name in enumerate(self.helpers)
            if place in (number, (number * 7 + 1) % len(self.helpers))
        ]
        own += [
            Component(name=f"function pipeline:{name}", digest=hashed("help", self.helpers[name]))
            for name in used
        ]
        digest = hashed("code", step.stage, [piece.digest for piece in own])
        return Stage(
            name=step.stage,
            kind="metric" if step.name in self.metrics else "stage",
            code=Code(
                module="pipeline",
                qualname=step.stage,
                file="pipeline.py",
                digest=digest,
                components=tuple(own),
            ),
            owner=self.owners.get(step.stage, "team"),
            description="",
            origin=AT,
        )

    def _node(self, step: Step, stage: Stage, before: Mapping[str, Node]) -> Node:
        seed = sum(map(ord, step.stage)) + len(step.stage)
        ids = [before[name].id for name in step.reads]
        return Node(
            name=step.name,
            id=hashed("node", stage.code.digest, step.level, seed, ids),
            kind="metric" if step.name in self.metrics else "stage",
            stage=step.stage,
            owner=stage.owner,
            inputs=tuple(
                Input(argument=f"a{place}", node=name, output="out") for place, name in enumerate(step.reads)
            ),
            outputs=(Output(name="out", kind="metric" if step.name in self.metrics else "table"),),
            params={"level": step.level},
            seed=seed,
            origin=AT,
        )

    def renamed(self, stage: str) -> Model:
        """Rename a stage, and with it its nodes."""
        new = f"other_{stage}"
        names = {step.name: step.name.replace(stage, new) for step in self.steps if step.stage == stage}
        steps = tuple(
            evolve(
                step,
                name=names.get(step.name, step.name),
                stage=new if step.stage == stage else step.stage,
                reads=tuple(names.get(name, name) for name in step.reads),
            )
            for step in self.steps
        )
        code = {new if name == stage else name: text for name, text in self.code.items()}
        return evolve(self, steps=steps, code=code)


def _metric(name: str) -> Metric:
    return Metric(
        name=name,
        node=name,
        unit=Unit(text="1", factor=1.0, powers={}),
        better="higher",
        low=0.0,
        high=1.0,
        aggregate=None,
        undefined="error",
        version="1",
        cluster="",
        population="Test",
        owner="",
        description="",
        reported=True,
        origin=AT,
    )


def _gate(metric: str, low: float) -> Gate:
    return Gate(
        name=f"{metric} at least {low:g}",
        metric=metric,
        kind="at_least",
        low=low,
        judged_on="interval",
        origin=AT,
    )


def model(stages: int, *, sources: int = 3, metrics: int = 4) -> Model:
    """Give a model of so many stages, every third of which has two nodes; the last ones are metrics."""
    names = [f"source{place}" for place in range(sources)]
    steps: list[Step] = []
    for place in range(stages):
        reads = (
            {names[(place * 7 + 3) % len(names)], names[-1]}
            if place % 2
            else {names[-1 - place % min(5, len(names))]}
        )
        ordered = tuple(sorted(reads))
        stage = f"step{place:05}"
        for number in range(1, 3 if place % 3 == 0 else 2):
            name = f"{stage}.{number}" if place % 3 == 0 else stage
            steps.append(Step(name=name, stage=stage, reads=ordered, level=number))
            names.append(name)
    for place in range(metrics):
        read = names[-1 - (place * 5) % min(len(names), 20)]
        steps.append(Step(name=f"metric{place}", stage=f"metric{place}", reads=(read,)))
    return Model(
        sources={name: f"data/{name}.csv" for name in names[:sources]},
        code={step.stage: step.stage for step in steps},
        helpers={f"helper{place}": "" for place in range(5)},
        steps=tuple(steps),
        metrics={f"metric{place}": 0.5 for place in range(metrics)},
    )
