"""What a run of a workflow decided to do, as its first job writes it and the others read it: `jobs.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, final

import attrs
from attrs import frozen

from stagelang_backends.github_actions.names import cache_key
from stagelang_compiler.plan import Plan

SCHEMA = 1
FILE = "jobs.json"
State: TypeAlias = Literal["run", "kept", "idle", "blocked"]
"""It runs; its results are kept from an earlier run; nothing that runs reads it; it needs secrets, which a fork doesn't get."""


@final
@frozen(kw_only=True)
class PlannedJob:
    """One job: its nodes, the cache key of its results, and what is done with it."""

    nodes: tuple[str, ...]
    key: str
    state: State


@final
@frozen(kw_only=True)
class RunPlan:
    """What a run does.

    Args:
        pipeline: the pipeline's name.
        digest: the plan's.
        spec: the pipeline's file, seen from the repository's root.
        folder: the folder that it lies in.
        workflow: the workflow's file, seen from there.
        stale: how that file differs from what would be compiled now; empty where it doesn't.
        full: all nodes run again.
        is_fork: the run is of a fork's pull request.
        listed: how many kept results were found; None where that couldn't be learnt.
        no_base: why a pull request can't be compared with what it is merged into; empty where it can, or is none.
        waived: the findings that are accepted for now: code, message, place, and by whom, why and until when.
        jobs: the jobs by id, each after those that it needs.
    """

    pipeline: str
    digest: str
    spec: str
    folder: str
    workflow: str
    stale: str = ""
    full: bool = False
    is_fork: bool = False
    listed: int | None = None
    no_base: str = ""
    waived: tuple[Mapping[str, str], ...] = ()
    jobs: Mapping[str, PlannedJob]

    def of_state(self, state: State) -> list[str]:
        """Give the ids of the jobs of one state."""
        return [name for name, job in self.jobs.items() if job.state == state]

    def write(self, folder: Path) -> None:
        """Write the file. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"schema": SCHEMA, **attrs.asdict(self)}, indent=1, ensure_ascii=False)
        (folder / FILE).write_text(f"{text}\n", encoding="utf-8", newline="\n")


def read_run_plan(folder: Path) -> RunPlan | None:
    """Read the file; None where there is none, or one that isn't of this version."""
    try:
        data: Any = json.loads((folder / FILE).read_bytes())
        if data.pop("schema") != SCHEMA:
            return None
        jobs = {
            name: PlannedJob(nodes=tuple(job["nodes"]), key=job["key"], state=job["state"])
            for name, job in data.pop("jobs").items()
        }
        return RunPlan(jobs=jobs, waived=tuple(data.pop("waived", ())), **data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def planned(
    plan: Plan,
    jobs: Mapping[str, Sequence[str]],
    forecasts: Mapping[str, str],
    *,
    kept: Collection[str],
    full: bool = False,
    withheld: Collection[str] = (),
) -> Mapping[str, PlannedJob]:
    """Decide what each job does: it runs if its results aren't kept and are wanted, or read by a job that runs.

    Args:
        plan: what the jobs carry out.
        jobs: the nodes of each job, by its id.
        forecasts: what each node depends on, as far as it is known beforehand.
        kept: the cache keys of the results that are kept.
        full: run all.
        withheld: the secrets that this run doesn't get.
    """
    order = _in_order(plan, jobs)
    home = {node: name for name in order for node in jobs[name]}
    read_by: dict[str, set[str]] = {name: set() for name in order}
    for node in plan.nodes:
        for bound in node.inputs:
            if node.name in home and bound.node in home and home[bound.node] != home[node.name]:
                read_by[home[bound.node]].add(home[node.name])
    read = {bound.node for node in plan.nodes for bound in node.inputs}
    keys = {name: cache_key(plan.name, name, _fingerprint(forecasts, jobs[name])) for name in order}
    runs: set[str] = set()
    for name in reversed(order):
        wanted = not read.issuperset(jobs[name]) or not runs.isdisjoint(read_by[name])
        if full or (wanted and keys[name] not in kept):
            runs.add(name)
    blocked = _blocked(plan, {name: jobs[name] for name in order if name in runs}, read_by, withheld)
    states: dict[str, State] = {
        name: "blocked"
        if name in blocked
        else "run"
        if name in runs
        else "kept"
        if keys[name] in kept
        else "idle"
        for name in order
    }
    return {name: PlannedJob(nodes=tuple(jobs[name]), key=keys[name], state=states[name]) for name in order}


def _in_order(plan: Plan, jobs: Mapping[str, Sequence[str]]) -> list[str]:
    """Put jobs in the order of the last of their nodes, so that each stands after those that it needs."""
    place = {node.name: number for number, node in enumerate(plan.nodes)}
    home = {node: name for name, nodes in jobs.items() for node in nodes}
    needs: dict[str, set[str]] = {name: set() for name in jobs if any(node in place for node in jobs[name])}
    for node in plan.nodes:
        if node.name in home:
            needs[home[node.name]] |= {home[b.node] for b in node.inputs if b.node in home} - {
                home[node.name]
            }
    from graphlib import TopologicalSorter

    return [*TopologicalSorter(needs).static_order()]


def _fingerprint(forecasts: Mapping[str, str], nodes: Sequence[str]) -> str:
    known = {name: forecasts[name] for name in nodes if name in forecasts}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _blocked(
    plan: Plan, runs: Mapping[str, Sequence[str]], read_by: Mapping[str, set[str]], withheld: Collection[str]
) -> set[str]:
    """Give the jobs that would run without a secret that they need, and those that would read them."""
    found: set[str] = set()
    for name, nodes in runs.items():
        stages = {plan.node(node).stage for node in nodes if node in plan.by_name} - {""}
        if any(not set(withheld).isdisjoint(plan.stages[stage].env) for stage in stages):
            found.add(name)
    for name in runs:
        if name in found:
            found |= read_by[name] & runs.keys()
    return found
