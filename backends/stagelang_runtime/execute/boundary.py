"""The gates at a node's two ends: what it reads and what it makes is checked against contracts, each content once."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

import pyarrow as pa

from stagelang_compiler.plan import Contract, Input, Node, Output, Plan
from stagelang_runtime.execute.failure import Failure, NodeFailed
from stagelang_runtime.execute.key import Read, label
from stagelang_runtime.gates.check import conform_and_check
from stagelang_runtime.gates.conform import conform
from stagelang_runtime.gates.overlap import check_disjoint
from stagelang_runtime.gates.report import GateReport
from stagelang_runtime.gates.rows import compared_keys, row_results
from stagelang_runtime.gates.times import check_times

Passed: TypeAlias = AbstractSet[tuple[str, str]]
"""Pairs of a content digest and a contract digest for which a gate was passed already."""


def enter(
    plan: Plan, node: Node, read: Read, table: pa.Table, passed: Passed
) -> tuple[pa.Table, dict[str, Any]]:
    """Check a table that a node reads, and give it in the types that the reader's contract says.

    A check that the compiler proved, or that this content has passed, is not done again; the record says so.
    Raises NodeFailed.
    """
    bound = read.input
    contract = plan.contracts[bound.contract]
    record: dict[str, Any] = {"argument": label(bound), "contract": contract.name, "digest": contract.digest}
    by = _known(bound.proved, (read.artifact.content, contract.digest) in passed)
    if by and bound.contract == bound.promised:
        return table, {**record, "verdict": "pass", "by": by}
    if by:
        return conform(table, contract).table, {**record, "verdict": "pass", "by": by}
    # How old it is was judged where it was made: an older one than is needed doesn't compile.
    checked = conform_and_check(table, contract, age=False)
    if checked.report.verdict != "pass":
        raise _refused(
            node,
            contract,
            checked.report,
            f"input {label(bound)!r} of {node.name!r}, made by {bound.node!r},",
        )
    return checked.table, {**record, "verdict": "pass", "by": "check", "report": checked.report.to_json()}


def _known(proved: bool, passed: bool) -> str:
    return "proof" if proved else "an earlier check of the same content" if passed else ""


def leave(plan: Plan, node: Node, output: Output, table: pa.Table) -> tuple[pa.Table, dict[str, Any]]:
    """Check a table that a node made, and give it in the types that its contract says. Raises NodeFailed."""
    contract = plan.contracts[output.contract]
    checked = conform_and_check(table, contract, age=plan.ages(node, output))
    report = checked.report
    port = "" if output.name == "out" else f", {output.name!r},"
    if report.verdict != "pass":
        raise _refused(node, contract, report, f"what {node.name!r} made{port}")
    record = {
        "port": output.name,
        "contract": contract.name,
        "digest": contract.digest,
        "verdict": report.verdict,
        "by": "check",
        "report": report.to_json(),
    }
    return checked.table, record


def apart(node: Node, parts: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Check that the parts of a split share no value of its column, and that they follow each other in time. Raises NodeFailed."""
    assert node.split is not None
    results = check_disjoint(parts, node.split.by)
    if node.split.method == "time":
        results += check_times(parts, node.split.by, node.split.embargo)
    failed = [result for result in results if result.verdict != "pass"]
    report = {"results": [result.to_json() for result in results]}
    if failed:
        raise NodeFailed(
            Failure(
                kind="gate",
                message=f"the parts of {node.name!r} overlap: {failed[0]}",
                where=str(node.origin),
                help="split by a column whose values tell the rows apart",
                gate=report,
            )
        )
    return {
        "port": ", ".join(parts),
        "contract": "",
        "digest": "",
        "verdict": "pass",
        "by": "check",
        "report": report,
    }


def related(
    plan: Plan, node: Node, output: Output, read: Read, before: pa.Table | None, after: pa.Table
) -> dict[str, Any]:
    """Check that the rows of a table that a node made relate to those of the table that it read as its stage says. Raises NodeFailed.

    Args:
        plan: the plan, for contracts.
        node: the node.
        output: what it made, and how its rows relate to those that they are made of.
        read: what they are made of.
        before: its rows, where keys are to be compared.
        after: the rows that were made.
    """
    keys = row_keys(plan, output, read.input) if before is not None else ()
    columns = {name: (before.column(name), after.column(name)) for name in keys if before is not None}
    counts = read.artifact.rows or 0, after.num_rows
    results = [*row_results(output.rows, output.rows_of, counts, columns)]
    failed = [result for result in results if result.verdict != "pass"]
    report = {"results": [result.to_json() for result in results]}
    if failed:
        raise NodeFailed(
            Failure(
                kind="gate",
                message=f"what {node.name!r} made isn't rows={output.rows!r} of {output.rows_of!r}: {failed[0]}",
                where=str(node.origin),
                help="correct the stage, or what it declares with rows=...",
                gate=report,
            )
        )
    relation = f"rows {output.rows} of {output.rows_of}"
    port = {"port": output.name, "contract": "", "digest": "", "relation": relation}
    return {**port, "verdict": "pass", "by": "check", "report": report}


def row_keys(plan: Plan, output: Output, read: Input) -> tuple[str, ...]:
    """Give the columns that a relation between rows compares."""
    contract = plan.contracts.get(read.contract or read.promised)
    return compared_keys(output.rows, contract, plan.contracts.get(output.contract))


def _refused(node: Node, contract: Contract, report: GateReport, what: str) -> NodeFailed:
    findings = report.findings
    shown = "; ".join(str(finding) for finding in findings[:3])
    more = f"; and {len(findings) - 3} more" if len(findings) > 3 else ""
    owner = contract.owner or node.owner
    return NodeFailed(
        Failure(
            kind="gate",
            message=f"{what} doesn't satisfy contract {contract.name!r}: {shown}{more}",
            help=(
                f"ask {owner}, who answers for it"
                if owner
                else f"correct the rows, or the contract at {contract.origin}"
            ),
            where=str(node.origin),
            gate=report.to_json(),
        )
    )
