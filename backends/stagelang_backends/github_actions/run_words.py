"""Writes what a run came to as sections of a comment: the verdict first, then numbers, reasons, and a picture of what ran."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve

from stagelang_backends.github_actions.run_plan import RunPlan
from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.drawing import Drawing
from stagelang_backends.lineage.mermaid import mermaid_text
from stagelang_backends.lineage.palette import SIGNS
from stagelang_backends.review.escaping import code
from stagelang_backends.review.markdown import Section
from stagelang_compiler.plan import Plan
from stagelang_runtime.execute.results import NodeResult, RunResult, State
from stagelang_runtime.judge.outcomes import GateOutcome, MetricOutcome, Outcomes, SliceOutcome
from stagelang_runtime.stats.amounts import about

_MOST_SHOWN, _MOST_ROWS = 12, 60
"""Longer lists are folded; longer tables end there, and the report's page has the rest."""
_LONGEST = 400
WHY = "### Why nodes ran\n\n"
"""What stands over the reasons where they aren't folded."""


def run_sections(
    run: RunPlan,
    plan: Plan,
    result: RunResult,
    outcomes: Outcomes,
    *,
    problems: Sequence[str],
    record: Mapping[str, Any],
) -> tuple[Section, ...]:
    """Write a run.

    Args:
        run: what the run set out to do.
        plan: the plan.
        result: what became of its nodes.
        outcomes: what the gates and metrics came to.
        problems: what else keeps the run from passing, in words.
        record: the run's record, with whose verdicts the picture is drawn.
    """
    metrics = [each for each in outcomes.metrics if each.reported]
    gates = [each for each in outcomes.gates if each.kind == "metric" or each.verdict != "pass"]
    failed = result.of_state("failed")
    reasons = [f"- {code(node.node)}: {_reason(node)}\n" for node in result.of_state("ran")]
    sections = [
        Section(title="verdict", text=_verdict(run, result, outcomes, problems), shed=0),
        Section(title="failures", text="".join(_failure(node) for node in failed), shed=1),
        Section(title="gates", text="".join(_gates(gates)), shed=2),
        Section(title="metrics", text="".join(_metrics(metrics)), shed=2),
        Section(title="waived findings", text="".join(_waived(run.waived)), shed=4),
        Section(title="why nodes ran", text=_why(reasons), shed=5),
        Section(title="picture", text=_picture(plan, result, record), shed=6),
    ]
    return tuple(section for section in sections if section.text)


def _waived(waived: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """List what the check found and somebody accepted; it stays counted and visible."""
    if not waived:
        return
    yield f"### {len(waived)} waived finding{'s' if len(waived) > 1 else ''}\n\n"
    for each in waived[:_MOST_ROWS]:
        finding, by = code(each["message"], _LONGEST), code(each["by"], _LONGEST)
        yield f"- {each['code']} {finding} ({code(each['place'])}), waived by {by}\n"
    if len(waived) > _MOST_ROWS:
        yield f"- and {len(waived) - _MOST_ROWS} more\n"


def verdict_word(outcomes: Outcomes, problems: Sequence[str]) -> str:
    """Give the verdict of a run as a reader sees it: a pass only if nothing else stands against it."""
    return "fail" if problems and outcomes.verdict == "pass" else outcomes.verdict


def _verdict(run: RunPlan, result: RunResult, outcomes: Outcomes, problems: Sequence[str]) -> str:
    sign = SIGNS[verdict_word(outcomes, problems)]
    seconds = sum(node.seconds for node in result.of_state("ran"))
    counts = ", ".join(
        f"{len(result.of_state(state))} {word}" for state, word in _WORDS.items() if result.of_state(state)
    )
    work = f", {seconds:.1f} s of work" if result.of_state("ran") else ""
    lines = [f"**{sign.mark} {sign.word}** {code(run.pipeline)}: {counts}{work}\n"]
    lines += [f"\n- {text}" for text in problems]
    return "".join(lines) + ("\n" if problems else "")


_WORDS: Mapping[State, str] = {
    "ran": "ran",
    "hit": "kept",
    "failed": "failed",
    "blocked": "blocked",
    "not started": "not started",
}


def _failure(node: NodeResult) -> str:
    failure = node.failure
    if failure is None:
        return ""
    lines = [f"### ✗ {code(node.node)} failed\n\n{code(failure.message, _LONGEST)}\n"]
    if failure.frames:
        shown = (f"{frame.file}:{frame.line} in {frame.function}: {frame.text}" for frame in failure.frames)
        lines.append("\n" + "".join(f"- {code(each, _LONGEST)}\n" for each in shown))
    if failure.help:
        lines.append(f"\nhelp: {code(failure.help, _LONGEST)}\n")
    return "".join(lines)


def _gates(gates: Sequence[GateOutcome]) -> Iterator[str]:
    if not gates:
        return
    yield "| gate | verdict | why |\n| --- | --- | --- |\n"
    for gate in sorted(gates, key=lambda each: each.verdict == "pass")[:_MOST_ROWS]:
        sign = SIGNS[gate.verdict]
        more = (
            ""
            if gate.needed_n is None
            else f"; about {about(gate.needed_n)} {gate.needed_of} would decide it"
        )
        yield f"| {_cell(gate.name)} | {sign.mark}\N{NO-BREAK SPACE}{sign.word} | {_cell(gate.reason + more)} |\n"
    if len(gates) > _MOST_ROWS:
        yield f"| and {len(gates) - _MOST_ROWS:,} more | | |\n"


def _metrics(metrics: Sequence[MetricOutcome]) -> Iterator[str]:
    if not metrics:
        return
    yield "| metric | value | 95 % interval | unit | over |\n| --- | --: | :-: | --- | --- |\n"
    for each in metrics[:_MOST_ROWS]:
        over = each.undefined or f"{each.n_rows:,} rows" + (
            f" in {each.n_units:,} of {each.cluster}" if each.cluster else ""
        )
        unit = "ratio" if each.unit == "1" else each.unit
        over += f" of {each.window}" if each.window else ""
        yield f"| {_cell(each.name)} | {number(each.value)} | {interval(each)} | {_cell(unit)} | {_cell(over)} |\n"
        yield from _slices(each)
    if len(metrics) > _MOST_ROWS:
        yield f"| and {len(metrics) - _MOST_ROWS:,} more | | | | |\n"


def _slices(metric: MetricOutcome) -> Iterator[str]:
    """Write a row for each slice, and one of a difference that turns around within them."""
    for each in metric.slices[:_MOST_ROWS]:
        name, over = _cell(f"{each.column} {each.value}"), _cell(each.undefined or f"{each.n_rows:,} rows")
        yield f"| … {name} | {number(each.number)} | {interval(each)} | | {over} |\n"
    if len(metric.slices) > _MOST_ROWS:
        yield f"| … and {len(metric.slices) - _MOST_ROWS:,} more | | | | |\n"
    if metric.reversal:
        yield f"| … SL517 | | | | {_cell(metric.reversal)} |\n"


def number(value: float | None) -> str:
    """Write a metric's value."""
    return "none" if value is None else f"{value:.4g}"


def interval(metric: MetricOutcome | SliceOutcome) -> str:
    """Write a metric's interval."""
    if metric.low is None and metric.high is None:
        return "none"
    low = "-∞" if metric.low is None else f"{metric.low:.4g}"
    return f"{low} to {'∞' if metric.high is None else f'{metric.high:.4g}'}"


def _cell(text: str) -> str:
    return code(text, _LONGEST).replace("|", "\\|")


def _reason(node: NodeResult) -> str:
    return f"{code(str(node.reason or 'it had never run'), _LONGEST)}, {node.seconds:.1f} s"


def _why(reasons: Sequence[str]) -> str:
    text = "".join(reasons)
    if len(reasons) <= _MOST_SHOWN:
        return f"{WHY}{text}" if text else ""
    return f"<details><summary>Why {len(reasons):,} nodes ran</summary>\n\n{text}\n</details>\n"


def _picture(plan: Plan, result: RunResult, record: Mapping[str, Any]) -> str:
    """Draw what ran, failed or was blocked, what that read, and what reads it."""
    touched = {name for name, node in result.nodes.items() if node.state != "hit"}
    if not touched:
        return ""
    drawing = _around(drawing_of(plan, record), touched)
    marked = evolve(drawing, boxes=tuple(_marked(box, result) for box in drawing.boxes))
    return f"```mermaid\n{mermaid_text(marked)}```\n"


def _marked(box: Any, result: RunResult) -> Any:
    node = result.nodes.get(box.key)
    return box if node is None else evolve(box, details=(*box.details, _STATES[node.state]))


_STATES: Mapping[State, str] = {
    "ran": "✓ ran",
    "hit": "– kept",
    "failed": "✗ failed",
    "blocked": "✗ blocked",
    "not started": "– not started",
}


def _around(drawing: Drawing, touched: Iterable[str]) -> Drawing:
    seeds = set(touched)
    near = {
        end
        for arrow in drawing.arrows
        for end in (arrow.tail, arrow.head)
        if {arrow.tail, arrow.head} & seeds
    }
    kept = seeds | near
    return evolve(
        drawing,
        boxes=tuple(box for box in drawing.boxes if box.key in kept),
        arrows=tuple(arrow for arrow in drawing.arrows if {arrow.tail, arrow.head} <= kept),
    )
