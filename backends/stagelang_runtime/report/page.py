"""Writes the report page; the only module of the runtime that knows jinja2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stagelang_compiler.plan import Plan
from stagelang_runtime.judge.outcomes import GateOutcome, Outcomes, outcomes_from_json
from stagelang_runtime.location import Location
from stagelang_runtime.report.charts import interval_svg
from stagelang_runtime.report.facts import distributions, sources
from stagelang_runtime.stats.amounts import about
from stagelang_runtime.store import StoreError
from stagelang_runtime.told_beyond import said_beyond

WORDS = {
    "pass": "passed",
    "fail": "failed",
    "inconclusive": "is inconclusive",
    "error": "could not be finished",
    "not_evaluated": "was not evaluated",
}
STATES = {
    "ran": "ran",
    "hit": "up to date",
    "failed": "failed",
    "blocked": "blocked",
    "not started": "not started",
}
METHODS = {
    "wilson": "Wilson score",
    "wilson_clustered": "Wilson score, clustered",
    "delta_t": "delta method, t",
    "log_delta_t": "delta method on the logarithm, t",
    "delta_t_less_bias": "delta method, t, less the bins' bias",
    "order_statistics": "order statistics",
    "woodruff": "Woodruff, clustered",
    "none": "",
}
MARKS = {"pass": "✓", "fail": "✗", "inconclusive": "?", "error": "!", "not_evaluated": "–"}


def report_html(
    plan: Plan,
    outcome: Mapping[str, Any],
    *,
    digest: str,
    location: Location,
    lineage_svg: str,
    waived: Sequence[Mapping[str, str]] = (),
) -> str:
    """Write the report of a plan's last run.

    Args:
        plan: the plan as it is now.
        outcome: what was kept of its last run.
        digest: the plan's digest now; where it isn't the run's, the page says so.
        location: where results are kept; where they can't be reached, the page says less.
        lineage_svg: the pipeline's picture, as SVG that needs nothing from outside.
        waived: the findings that are accepted for now: each one's `code`, `message` and `place`, and `by` whom, why and until when.
    """
    outcomes = outcomes_from_json(outcome["outcomes"])
    receipts = _receipts(outcome["nodes"], location)
    template = _environment().get_template("report.html.j2")
    return template.render(
        plan=plan,
        outcome=outcome,
        outcomes=outcomes,
        stale=outcome["plan"] != digest,
        digest=outcome["plan"],
        words=WORDS,
        marks=MARKS,
        metric_gates=[gate for gate in outcomes.gates if gate.kind == "metric"],
        other_gates=sorted((gate for gate in outcomes.gates if gate.kind != "metric"), key=_worst_first),
        charts=_charts(plan, outcomes),
        stages=_stages(plan, outcome, receipts),
        sources=sources(plan, receipts),
        distributions=distributions(receipts),
        environment=_environment_of(receipts),
        revision=outcome["revision"],
        beyond={
            name: said_beyond(receipt["beyond"])
            for name, receipt in receipts.items()
            if receipt.get("beyond")
        },
        states=STATES,
        methods=METHODS,
        about=about,
        waived=waived,
        lineage=Markup(lineage_svg),  # drawn by stagelang itself, names escaped
    )


def _environment_of(receipts: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    for receipt in receipts.values():
        found: Mapping[str, Any] = receipt["environment"]
        return found
    return {}


def _worst_first(gate: GateOutcome) -> tuple[bool, str]:
    return (gate.verdict == "pass", gate.name)


def _receipts(nodes: Mapping[str, Mapping[str, Any]], location: Location) -> dict[str, Mapping[str, Any]]:
    try:
        store = location.open()
        found = {name: store.get_receipt(node["key"]) for name, node in nodes.items() if node["key"]}
    except StoreError:  # the report then says less, but what is known of the run is still said
        return {}
    return {name: receipt for name, receipt in found.items() if receipt is not None}


def _charts(plan: Plan, outcomes: Outcomes) -> dict[str, Markup]:
    ranges = {metric.name: (metric.low, metric.high) for metric in plan.metrics}
    bounds: dict[str, list[float]] = {}
    for gate in plan.gates:
        bounds.setdefault(gate.metric, []).extend(each for each in (gate.low, gate.high) if each is not None)
    return {
        metric.name: Markup(interval_svg(metric, bounds.get(metric.name, []), *ranges[metric.name]))
        for metric in outcomes.metrics
    }


def _stages(
    plan: Plan, outcome: Mapping[str, Any], receipts: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for node in plan.nodes:
        receipt = receipts.get(node.name)
        record = outcome["nodes"].get(node.name, {})
        outputs: list[dict[str, Any]] = receipt["outputs"] if receipt else []
        peak = receipt["memory"]["peak_bytes"] if receipt else None
        rows.append(
            {
                "name": node.name,
                "kind": node.kind,
                "owner": node.owner,
                "state": record.get("state", "not in that run"),
                "seconds": record.get("seconds", 0.0),
                "memory": "" if peak is None else f"{peak / 1e6:,.0f} MB",
                "rows": ", ".join(f"{each['rows']:,}" for each in outputs if each["rows"] is not None),
                "seed": node.seed,
                "content": [str(each["content"]) for each in outputs],
            }
        )
    return rows


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("stagelang_runtime.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(short=_short, unit=_unit, number=_number)
    return environment


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def _unit(text: str) -> str:
    return "ratio" if text == "1" else text


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"
