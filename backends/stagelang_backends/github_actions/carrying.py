"""Carries out the nodes of one job: takes over what other jobs handed over, runs what is missing, and hands over in turn.

sl-out/plan.json, jobs.json    the plan, and what the run does
sl-out/JOB.tar                 a job's results
sl-out/work/                   the store and the notes of this job
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import final

from attrs import frozen

from stagelang_backends.github_actions.run_plan import RunPlan
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import loads
from stagelang_runtime.execute.chosen import run_chosen
from stagelang_runtime.execute.notes import Notes
from stagelang_runtime.execute.progress import progress
from stagelang_runtime.execute.results import NodeResult, RunOptions
from stagelang_runtime.pack import NotAPack, Packed, read_pack, write_pack
from stagelang_runtime.session import is_own_code
from stagelang_runtime.store import Store

USAGE = 2


@final
@frozen(kw_only=True)
class Bench:
    """Where a job works: the folder for what is handed over, and in it a store and notes of its own."""

    out: Path
    store: Store
    notes: Notes

    @staticmethod
    def at(out: Path) -> Bench:
        """Lay out a folder. Raises StoreError."""
        work = out / "work"
        return Bench(out=out, store=Store.open_or_create(work / "store"), notes=Notes(work / "notes"))


def carry_out_job(run: RunPlan, text: str, job: str, nodes: Sequence[str], *, root: Path, out: Path) -> int:
    """Carry out a job's nodes and give the exit code.

    Args:
        run: what the run does.
        text: the plan's.
        job: the job's id.
        nodes: its nodes' names.
        root: the pipeline's folder.
        out: the folder for what is handed over.

    Raises:
        StoreError, PlanError, OSError: the folder can't be used, or the plan not be read.
    """
    plan = loads(text)
    known = [name for name in nodes if name in plan.by_name]
    for name in nodes:
        if name not in plan.by_name:
            print(
                f"warning: the pipeline has no node {name!r} any more: compile the workflow again",
                file=sys.stderr,
            )
    if not is_own_code(plan, root):
        return USAGE
    bench = Bench.at(out)
    take_over(bench, run, mine=job)
    if not _can_start(plan, known, bench.notes):
        return USAGE
    with progress(plain=True) as listener:
        result = run_chosen(
            text,
            known,
            root=root,
            store=bench.store,
            notes=bench.notes,
            options=RunOptions(keep_going=True, force=run.full),
            listener=listener,
        )
    elsewhere = {name for each, planned in run.jobs.items() if each != job for name in planned.nodes}
    ran = [name for name, node in result.nodes.items() if node.state == "ran" and name not in elsewhere]
    write_pack(out / f"{job}.tar", plan, known, ran=ran, store=bench.store, notes=bench.notes)
    return result.exit_code


def take_over(bench: Bench, run: RunPlan, *, mine: str = "") -> Mapping[str, Packed]:
    """Take over all packs that are there, and give what each says, by job.

    Every job's word counts for its own nodes; for others', only where their own job says nothing. The pack of `mine` is of
    an earlier run and may be of another plan: it counts for what its own nodes were, and for nothing else.

    Raises:
        StoreError, OSError: the folder can't be used.
    """
    found: dict[str, Packed] = {}
    for job in run.jobs:
        path = bench.out / f"{job}.tar"
        if path.is_file():
            try:
                found[job] = read_pack(path, bench.store)
            except NotAPack as error:
                print(f"warning: results are left out, and made again if needed: {error}", file=sys.stderr)
    for job, packed in found.items():
        if job != mine:
            _note(bench.notes, packed.ancestors.values())
    for job, packed in found.items():
        if not (job == mine and run.full):
            _note(bench.notes, packed.own.values(), skip_failures=job == mine)
    return found


def _note(notes: Notes, results: Iterable[NodeResult], *, skip_failures: bool = False) -> None:
    for result in results:
        if not (skip_failures and result.failure is not None):
            notes.put(result)


def _can_start(plan: Plan, nodes: Sequence[str], notes: Notes) -> bool:
    """Tell whether all that would have to be made again here can be: not without a variable that it declares."""
    missing = {bound.node for name in nodes for bound in plan.node(name).inputs} - set(nodes)
    missing = {name for name in missing if notes.get(name) is None}
    for node in reversed(plan.nodes):
        if node.name in missing:
            missing |= {bound.node for bound in node.inputs if notes.get(bound.node) is None} - set(nodes)
    can = True
    for node in plan.nodes:
        declared = plan.stages[node.stage].env if node.stage and node.name in missing else ()
        unset = [name for name in declared if name not in os.environ]
        if unset:
            can = False
            print(
                f"error: the results of {node.name!r} are gone, and can't be made again here: {unset[0]!r} isn't set\n"
                "  help: start the workflow again, so that the job runs that has the variable",
                file=sys.stderr,
            )
    return can
