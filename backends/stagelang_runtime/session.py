"""A run as a person sees it: progress, then gates and metrics, then where to look. The command line and emitted scripts both end here.

What a run came to is kept in `.stagelang/state/<plan>/outcome.json`, so that a run in which nothing changed can say it again, and so
that the report can be written later.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from stagelang_runtime.execute.state import read_object, state_folder, write_whole
from stagelang_runtime.told_beyond import told_beyond

if TYPE_CHECKING:
    from stagelang_compiler.plan import Plan
    from stagelang_runtime.execute.engine import MakeEngine
    from stagelang_runtime.execute.results import RunOptions, RunResult
    from stagelang_runtime.judge import Outcomes
    from stagelang_runtime.judge.outcomes import GateOutcome
    from stagelang_runtime.location import Location

OUTCOME = "outcome.json"
_PLAIN_WIDTH = 140
_LEFT_BEHIND = 24 * 3600.0
"""After how many seconds a half-written file must be a killed run's."""
FINDINGS = 1


def run_session(
    plan: Plan,
    *,
    digest: str,
    root: Path,
    location: Location,
    options: RunOptions,
    trace: bool = False,
    make_engine: MakeEngine | None = None,
) -> int:
    """Carry out a plan, judge it, keep and print what it came to, and give the exit code.

    Args:
        plan: what to carry out.
        digest: the plan's digest.
        root: the pipeline's folder.
        location: where results are kept.
        options: how to run.
        trace: show frames of stagelang and of libraries too when a stage fails.
        make_engine: makes what carries out the nodes; unless said, processes on this machine.
    """
    from stagelang_runtime.execute.progress import progress
    from stagelang_runtime.execute.runner import run
    from stagelang_runtime.judge import judge
    from stagelang_runtime.revision import revision
    from stagelang_runtime.store import StoreError

    if not is_own_code(plan, root):
        return 2
    try:
        store = location.open()
        keep_out_of_git(location.home)
        store.sweep_tmp(_LEFT_BEHIND)
        with progress() as listener:
            result = run(
                plan, root=root, store=store, options=options, listener=listener, make_engine=make_engine
            )
        outcomes = judge(plan, result, root=root, store=store)
        kept = keep_outcome(store.root, plan, digest, result, outcomes, revision(root))
    except StoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if trace:
        print_traces(result, sys.stderr)
    print_outcomes(plan.name, outcomes, summary_line(result), sys.stdout)
    print_beyond(kept, sys.stdout)
    return exit_code(result, outcomes)


def run_nodes(
    text: str,
    names: Collection[str],
    *,
    root: Path,
    location: Location,
    notes: Path,
    options: RunOptions,
    attempt: int | None = None,
) -> int:
    """Carry out chosen nodes of a plan for an engine that decides their order, note each, and give the exit code.

    A node that is done but over its budget is done: the verdict judges that.

    Args:
        text: the plan's.
        names: the nodes'.
        root: the pipeline's folder.
        location: where results are kept.
        notes: the folder of the notes by which nodes find what they read.
        options: how.
        attempt: the number of the attempt, where the engine counts them.
    """
    from stagelang_compiler.plan_codec import PlanError, loads_part
    from stagelang_runtime.execute.chosen import run_chosen
    from stagelang_runtime.execute.notes import Notes
    from stagelang_runtime.execute.progress import progress
    from stagelang_runtime.store import StoreError

    try:
        if not is_own_code(loads_part(text, (), ancestors=False), root):
            return 2
        store = location.open()
        keep_out_of_git(location.home)
        with progress(plain=True) as listener:
            result = run_chosen(
                text,
                names,
                root=root,
                store=store,
                notes=Notes(notes),
                options=options,
                attempt=attempt,
                listener=listener,
            )
    except KeyError as error:
        print(
            f"error: the plan has no node {error.args[0]!r}\n  help: compile the pipeline again",
            file=sys.stderr,
        )
        return 2
    except (StoreError, PlanError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    only_over_budget = result.exit_code == FINDINGS and not result.of_state("failed")
    return 0 if only_over_budget else result.exit_code


def settle_notes(plan: Plan, *, root: Path, location: Location, notes: Path) -> int:
    """Note which nodes are up to date, forget the notes of those that aren't, print these, and give the exit code.

    Args:
        plan: what is to be carried out.
        root: the pipeline's folder.
        location: where results are kept.
        notes: the folder of the notes of its nodes.
    """
    from stagelang_runtime.execute.notes import Notes
    from stagelang_runtime.execute.settle import settle
    from stagelang_runtime.store import StoreError

    if not is_own_code(plan, root):
        return 2
    try:
        store = location.open()
        keep_out_of_git(location.home)
        waiting = settle(plan, root=root, store=store, notes=Notes(notes))
    except StoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print("".join(f"{name}\n" for name in waiting), end="")
    return 0


def conclude(plan: Plan, *, digest: str, root: Path, location: Location, notes: Path) -> int:
    """Judge what was carried out node by node as one run, keep and print what it came to, and give the exit code.

    Args:
        plan: what was carried out.
        digest: the plan's digest.
        root: the pipeline's folder.
        location: where results are kept.
        notes: the folder of the notes of its nodes.
    """
    from stagelang_runtime.execute.history import read_history, write_history
    from stagelang_runtime.execute.noted import noted_result
    from stagelang_runtime.execute.notes import Notes
    from stagelang_runtime.execute.prepare import Preparation
    from stagelang_runtime.judge import judge
    from stagelang_runtime.revision import revision
    from stagelang_runtime.store import StoreError
    from stagelang_runtime.store.atomic import Disk

    if not is_own_code(plan, root):
        return 2
    try:
        store = location.open()
        sources = Preparation(plan=plan, root=root, store=store).sources_now
        result = noted_result(plan, Notes(notes), sources=sources)
        outcomes = judge(plan, result, root=root, store=store)
        kept = keep_outcome(store.root, plan, digest, result, outcomes, revision(root))
        history = read_history(store, plan.name)
        with Disk(str(history.folder)):
            write_history(history, result)
    except StoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print_outcomes(plan.name, outcomes, summary_line(result), sys.stdout)
    print_beyond(kept, sys.stdout)
    return exit_code(result, outcomes)


def is_own_code(plan: Plan, root: Path) -> bool:
    """Tell whether the code beside a plan is what it was compiled from, and say so where it isn't."""
    from stagelang_runtime.execute.own_code import changed_files

    changed = changed_files(plan, root)
    if changed:
        names = ", ".join(repr(name) for name in changed)
        print(
            f"error: {names} changed since the plan was compiled\n  help: compile the pipeline again",
            file=sys.stderr,
        )
    return not changed


def keep_out_of_git(home: Path) -> None:
    """Tell git to pass over `.stagelang`, which holds nothing that a commit needs; a folder of another name is the user's own."""
    ignore = home / ".gitignore"
    if home.name == ".stagelang" and not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def exit_code(result: RunResult, outcomes: Outcomes) -> int:
    """Give 0 only where all ran and every gate passed."""
    if result.exit_code:
        return result.exit_code
    return 0 if outcomes.verdict == "pass" else FINDINGS


def keep_outcome(
    store_root: Path,
    plan: Plan,
    digest: str,
    result: RunResult,
    outcomes: Outcomes,
    made_from: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Keep what a run came to, for the report and for a run in which nothing changed, and give it. Raises StoreError."""
    from stagelang_runtime.store.atomic import Disk

    nodes: dict[str, dict[str, Any]] = {
        name: {
            "state": node.state,
            "key": node.key,
            "seconds": node.seconds,
            "reason": str(node.reason or ""),
            "failure": str(node.failure or ""),
            "beyond": list(node.receipt.get("beyond", ())) if node.receipt else [],
        }
        for name, node in result.nodes.items()
    }
    record: dict[str, Any] = {
        "schema": 1,
        "plan": digest,
        "seconds": round(result.seconds, 3),
        "exit": exit_code(result, outcomes),
        "revision": made_from,
        "nodes": nodes,
        "outcomes": outcomes.to_json(),
    }
    folder = state_folder(store_root, plan.name)
    with Disk(str(folder)):
        write_whole(folder / OUTCOME, record)
    return record


def read_outcome(store_root: Path, plan_name: str) -> dict[str, Any] | None:
    """Give what the plan's last run came to; None if none is kept."""
    path = state_folder(store_root, plan_name) / OUTCOME
    found = read_object(path, "schema", "plan", "exit", "nodes", "outcomes")
    return found if found is not None and found["schema"] == 1 else None


def summary_line(result: RunResult) -> str:
    """Say in a line what ran and what didn't."""
    counts = [(len(result.of_state(state)), word) for state, word in _WORDS]
    said = ", ".join(f"{count} {word}" for count, word in counts if count)
    return f"{said} in {result.seconds:.1f} s"


_WORDS: tuple[tuple[Any, str], ...] = (
    ("ran", "ran"),
    ("hit", "up to date"),
    ("failed", "failed"),
    ("blocked", "blocked"),
    ("not started", "not started"),
)


def print_traces(result: RunResult, stream: TextIO) -> None:
    """Print the whole traceback of each failed node, libraries' frames and all; progress has shown the user's own."""
    for node in result.of_state("failed"):
        if node.failure is not None and node.failure.traceback:
            print(f"\n{node.node}:\n{node.failure.traceback}", file=stream)


def print_outcomes(name: str, outcomes: Outcomes, summary: str, stream: TextIO) -> None:
    """Print the verdict, the gates and the metrics as tables."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(file=stream, highlight=False, width=None if stream.isatty() else _PLAIN_WIDTH)
    gates = Table("gate", "verdict", "why", title=None, box=None, pad_edge=False, header_style="bold")
    for gate in outcomes.gates:
        if gate.kind == "metric" or gate.verdict != "pass":
            gates.add_row(gate.name, _coloured(gate.verdict), escape(gate.reason + _needed(gate)))
    silent = [gate for gate in outcomes.gates if gate.kind != "metric" and gate.verdict == "pass"]
    metrics = _metrics_table(outcomes)
    console.print(f"\n{name}: {_coloured(outcomes.verdict)}  ({summary})\n")
    if gates.row_count:
        console.print(gates)
    if silent:
        kinds = {kind: sum(gate.kind == kind for gate in silent) for kind in ("contract", "budget")}
        said = " and ".join(
            f"{count} {kind} gate{'s' if count > 1 else ''}" for kind, count in kinds.items() if count
        )
        console.print(f"[dim]and {said} passed[/dim]")
    if metrics.row_count:
        console.print()
        console.print(metrics)
    for metric in outcomes.metrics:
        if metric.reversal:
            console.print(f"\nwarning[SL517]: {metric.reversal}", markup=False)


def _metrics_table(outcomes: Outcomes) -> Any:
    from rich.markup import escape
    from rich.table import Table

    metrics = Table(
        "metric", "value", "95 % interval", "unit", "over", box=None, pad_edge=False, header_style="bold"
    )
    for metric in outcomes.metrics:
        if metric.reported:
            metrics.add_row(
                metric.name,
                _number(metric.value),
                _interval(metric.low, metric.high),
                _unit(metric.unit),
                _over(metric),
            )
            for each in metric.slices:
                metrics.add_row(
                    escape(f"  {each.column} {each.value}"),
                    _number(each.number),
                    _interval(each.low, each.high),
                    "",
                    escape(each.undefined) or f"{each.n_rows:,} rows",
                )
    return metrics


def print_beyond(kept: Mapping[str, Any], stream: TextIO) -> None:
    """Print what stages reached beyond what they declare, if any did."""
    lines = [*told_beyond(kept.get("nodes", {}))]
    if lines:
        print("", *lines, sep="\n", file=stream)


_COLOURS = {
    "pass": "green",
    "fail": "red",
    "inconclusive": "yellow",
    "error": "red",
    "not_evaluated": "yellow",
}


def _coloured(verdict: str) -> str:
    return f"[bold {_COLOURS[verdict]}]{verdict.replace('_', ' ')}[/]"


def _needed(gate: GateOutcome) -> str:
    if gate.needed_n is None:
        return ""
    from stagelang_runtime.stats.amounts import about

    return f"; about {about(gate.needed_n)} {gate.needed_of} would decide it"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"


def _interval(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "none"
    return f"{'-∞' if low is None else f'{low:.4g}'} to {'∞' if high is None else f'{high:.4g}'}"


def _unit(unit: str) -> str:
    return "ratio" if unit == "1" else unit


def _over(metric: Any) -> str:
    if metric.undefined:
        return str(metric.undefined)
    return (
        f"{metric.n_rows:,} rows"
        + (f" in {metric.n_units:,} of {metric.cluster}" if metric.cluster else "")
        + (f" of {metric.window}" if metric.window else "")
    )
