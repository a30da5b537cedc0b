"""The jobs of a workflow: which nodes each carries out, on which machine, with which secrets, after which others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, final

from attrs import frozen

from stagelang_backends.github_actions.grouping import SECONDS, Groups, Work, as_few, as_quick, in_order
from stagelang_backends.github_actions.names import job_id
from stagelang_backends.github_actions.settings import Runner, Settings
from stagelang_compiler.plan import Node, Plan, Resources

Committed: TypeAlias = Mapping[str, Sequence[str]]
"""The nodes of each job, as a workflow has them."""
_MOST_NEW, _FEW_NEW = 0.1, 8
"""Where more than this share of the nodes is new to a workflow, and more than a few, all are put into jobs afresh."""


@final
@frozen(kw_only=True)
class Job:
    """One job: its nodes in the plan's order, its machine, the variables that its stages declare, and the jobs that it needs."""

    id: str
    nodes: tuple[str, ...]
    runner: Runner
    env: tuple[str, ...]
    needs: tuple[str, ...]


def jobs_of(
    plan: Plan, settings: Settings, committed: Committed, seconds: Mapping[str, float]
) -> tuple[Job, ...]:
    """Put a plan's nodes into jobs.

    Args:
        plan: what to divide.
        settings: how, and on which machines.
        committed: the jobs of the workflow that is there; with 'auto', nodes stay where they are.
        seconds: how long nodes took when they ran last, by name.
    """
    work = _work(plan, settings, seconds)
    kept = _kept(plan, work, committed) if committed and settings.jobs == "auto" else None
    named = kept or _named(plan, _groups(work, settings))
    home = {plan.nodes[number].name: name for name, group in named.items() for number in group}
    return tuple(_job(plan, settings, name, group, home) for name, group in named.items())


def runner_of(plan: Plan, node: Node, settings: Settings) -> Runner | None:
    """Give the first kind of machine that has what a node needs; None where none has."""
    need = plan.stages[node.stage].resources if node.stage else None
    return next((each for each in settings.runners if _suffices(each, need)), None)


def _suffices(runner: Runner, need: Resources | None) -> bool:
    if need is None:
        return True
    enough = need.cpus <= runner.cpus and need.gpus <= runner.gpus
    return (
        enough
        and (need.memory_bytes or 0) <= runner.memory_bytes
        and (need.time_seconds or 0) <= runner.minutes * 60
    )


def _work(plan: Plan, settings: Settings, seconds: Mapping[str, float]) -> Work:
    place = {node.name: number for number, node in enumerate(plan.nodes)}
    of_stage: dict[str, tuple[int, frozenset[str]]] = {}
    secrets = frozenset(settings.secrets)
    kinds: list[tuple[int, frozenset[str]]] = []
    for node in plan.nodes:
        if node.stage not in of_stage:
            runner = runner_of(plan, node, settings)
            env = plan.stages[node.stage].env if node.stage else ()
            number = settings.runners.index(runner) if runner else 0
            of_stage[node.stage] = (number, secrets.intersection(env))
        kinds.append(of_stage[node.stage])
    return Work(
        reads=[[*dict.fromkeys(place[bound.node] for bound in node.inputs)] for node in plan.nodes],
        kinds=kinds,
        seconds=[seconds.get(node.name, SECONDS[node.kind]) for node in plan.nodes],
        cpus=min(runner.cpus for runner in settings.runners),
    )


def _groups(work: Work, settings: Settings) -> Groups:
    match settings.jobs:
        case "one":
            found = as_few(work)
        case "each":
            found = [[node] for node in range(len(work.reads))]
        case "auto":
            found = as_quick(work)
    ordered = in_order(work.reads, found)
    assert ordered is not None, "groups are made so that none needs another that needs it"
    return ordered


def _named(plan: Plan, groups: Groups) -> Mapping[str, list[int]]:
    if len(groups) == 1:
        return {"stages": groups[0]}
    found: dict[str, list[int]] = {}
    for group in groups:
        name = _name(plan, group)
        named = job_id(name, ())
        found[job_id(plan.nodes[group[-1]].name if named in found else name, found)] = group
    return found


def _name(plan: Plan, group: list[int]) -> str:
    """Name a job after what its nodes have in common, else after the last of its stages."""
    nodes = [plan.nodes[number] for number in group]
    if len(nodes) == 1:
        return nodes[0].name
    for common in ({node.scope.rstrip("/") for node in nodes}, {node.stage for node in nodes}):
        name = common.pop()
        if name and not common:
            return name
    stages = [node for node in nodes if node.kind in ("stage", "command")]
    return (stages or nodes)[-1].name


def _job(plan: Plan, settings: Settings, name: str, group: list[int], home: Mapping[str, str]) -> Job:
    nodes = [plan.nodes[number] for number in group]
    needs = dict.fromkeys(home[bound.node] for node in nodes for bound in node.inputs)
    return Job(
        id=name,
        nodes=tuple(node.name for node in nodes),
        runner=runner_of(plan, nodes[0], settings) or settings.runners[0],
        env=tuple(sorted({each for node in nodes if node.stage for each in plan.stages[node.stage].env})),
        needs=tuple(each for each in needs if each != name),
    )


def _kept(plan: Plan, work: Work, committed: Committed) -> Mapping[str, list[int]] | None:
    """Leave nodes in the jobs that they are in, and put new ones beside what they read or what reads them.

    None where that leaves jobs that need each other, or where most is new.
    """
    place = {node.name: number for number, node in enumerate(plan.nodes)}
    groups = {
        name: sorted(place[each] for each in nodes if each in place) for name, nodes in committed.items()
    }
    groups = {name: group for name, group in groups.items() if group}
    strangers = _strangers(work, groups)
    if not groups or len(strangers) > max(_MOST_NEW * len(place), _FEW_NEW):
        return None
    for node in strangers:
        _take_in(plan, work, groups, node)
    ordered = in_order(work.reads, [sorted(group) for group in groups.values()])
    if ordered is None:
        return None
    names = {group[0]: name for name, group in groups.items() for group in [sorted(group)]}
    return {names[group[0]]: group for group in ordered}


def _strangers(work: Work, groups: dict[str, list[int]]) -> list[int]:
    """Give the nodes that are in no job yet, after taking those out that may not be where they are."""
    seen: set[int] = set()
    for name, group in groups.items():
        kind = work.kinds[group[0]]
        groups[name] = [node for node in group if work.kinds[node] == kind and node not in seen]
        seen.update(groups[name])
    return [node for node in range(len(work.reads)) if node not in seen]


def _take_in(plan: Plan, work: Work, groups: dict[str, list[int]], node: int) -> None:
    """Put a node into the first job of its kind around it that then needs no job that needs it, else into a new one."""
    home = {each: name for name, group in groups.items() for each in group}
    readers = [each for each, reads in enumerate(work.reads) if node in reads]
    for name in dict.fromkeys(home[each] for each in (*work.reads[node], *readers) if each in home):
        joined = {**groups, name: [*groups[name], node]}
        waiting = [[each] for each in range(len(work.reads)) if each not in home and each != node]
        alike = work.kinds[groups[name][0]] == work.kinds[node]
        if alike and in_order(work.reads, [*joined.values(), *waiting]) is not None:
            groups[name] = joined[name]
            return
    groups[job_id(plan.nodes[node].name, groups)] = [node]
