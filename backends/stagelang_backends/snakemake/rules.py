"""Turns a plan's nodes into rules, one for each stage, with what the stage asks of the machine in Snakemake's own measures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

from attrs import frozen

from stagelang_backends.snakemake.names import rule_names
from stagelang_compiler.plan import Node, Plan, Resources, Stage

MINUTES_BESIDE = 1
"""What a batch job's limit leaves to Snakemake's own start, beside the stage's time, which run-node keeps to the second."""

MIB_BESIDE = 300
"""What a batch job's memory leaves to Snakemake, which runs in it twice, and to stagelang."""


@final
@frozen(kw_only=True)
class Rule:
    """A rule: what is said of it, its nodes with what each reads, and its resources.

    Args:
        name: the rule's name.
        about: where its stage stands and who owns it.
        nodes: the names of the nodes that each node reads, by the node's name.
        threads: how many.
        mib: memory in MiB at the first attempt; None where the stage says nothing.
        gpus: graphics processors.
        minutes: after how many minutes the batch system ends the job; None where the stage says nothing.
        attempts: how often a node is tried.
    """

    name: str
    about: str
    nodes: Mapping[str, tuple[str, ...]]
    threads: int = 1
    mib: int | None = None
    gpus: int = 0
    minutes: int | None = None
    attempts: int = 1


def rules_of(plan: Plan) -> tuple[Rule, ...]:
    """Give the rules of a plan, in the order in which their first nodes run."""
    members: dict[str, list[Node]] = {}
    for node in plan.nodes:
        members.setdefault(node.stage or f" {node.kind}", []).append(node)
    names = rule_names([*(each for each in members if each in plan.stages), "source", "split"])
    return tuple(
        _stage_rule(names[each], plan.stages[each], nodes)
        if each in plan.stages
        else Rule(name=names[each.strip()], about=_KINDS[each.strip()], nodes=_reads(nodes))
        for each, nodes in members.items()
    )


_KINDS = {
    "source": "sources: read, judged by their contracts, taken into the store",
    "split": "splits of rows into populations",
}


def _stage_rule(name: str, stage: Stage, nodes: list[Node]) -> Rule:
    asked = stage.resources or Resources()
    owner = f", owner {stage.owner}" if stage.owner else ""
    return Rule(
        name=name,
        about=f"{stage.kind} {stage.name}, {stage.origin}{owner}",
        nodes=_reads(nodes),
        threads=asked.cpus,
        mib=None if asked.memory_bytes is None else math.ceil(asked.memory_bytes / 2**20),
        gpus=asked.gpus,
        minutes=None if asked.time_seconds is None else math.ceil(asked.time_seconds / 60) + MINUTES_BESIDE,
        attempts=asked.attempts,
    )


def _reads(nodes: list[Node]) -> dict[str, tuple[str, ...]]:
    return {node.name: tuple(dict.fromkeys(bound.node for bound in node.inputs)) for node in nodes}
