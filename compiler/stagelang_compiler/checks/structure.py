"""SL1: the rules of the spec, and what is wrong with the pipeline itself, its sources and commands; names and calls are judged beside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stagelang.gate import Gate
from stagelang.handle import Handle
from stagelang.metric import Expression, MetricCall
from stagelang.origin import Origin
from stagelang.source import Source
from stagelang.split import Split
from stagelang.stage import Call
from stagelang_compiler.cron import cron_problem
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity, did_you_mean
from stagelang_compiler.graph import Graph, GraphNode, bound_of
from stagelang_compiler.source_format import source_format

E, W = Severity.ERROR, Severity.WARNING


def _rule(code: str, name: str, summary: str, severity: Severity = E, waivable: bool = False) -> Rule:
    return Rule(code=code, name=name, severity=severity, summary=summary, waivable=waivable)


UNREADABLE_SPEC = _rule("SL101", "unreadable-spec", "the pipeline's file is missing or isn't Python")
SPEC_RAISES = _rule("SL102", "spec-raises", "running the spec raised an exception")
FAILED_IMPORT = _rule("SL103", "failed-import", "the spec imports something that isn't there")
LAZY_DATA_TOUCHED = _rule("SL104", "lazy-data-touched", "data is asked for while the pipeline is being wired")
MEANINGLESS_DECLARATION = _rule("SL105", "meaningless-declaration", "a declaration that can't mean anything")
NO_PIPELINE = _rule("SL106", "no-pipeline", "the spec declares no pipeline, or none of the name asked for")
SEVERAL_PIPELINES = _rule(
    "SL107", "several-pipelines", "the spec declares several pipelines and none was chosen"
)
DUPLICATE_NAME = _rule("SL108", "duplicate-name", "two different things bear one name")
INDISTINCT_CALLS = _rule(
    "SL109", "indistinct-calls", "a stage is used several times and nothing tells the uses apart"
)
UNSAFE_NAME = _rule("SL110", "unsafe-name", "a name that some file system, Make or YAML can't carry")
WRONG_ARGUMENTS = _rule("SL111", "wrong-arguments", "a call that doesn't fit the stage's signature")
HANDLE_MISSING = _rule(
    "SL112", "handle-missing", "a plain value where a stage takes a table, model, value or files"
)
HANDLE_MISPLACED = _rule("SL113", "handle-misplaced", "a handle where a stage takes a plain value")
WRONG_KIND = _rule("SL114", "wrong-kind", "a handle of one kind where another is taken")
WRONG_PARAMETER = _rule("SL115", "wrong-parameter", "a parameter's value isn't of its declared type")
UNHASHABLE_PARAMETER = _rule(
    "SL116", "unhashable-parameter", "a parameter's value can't be identified by its content"
)
UNCLEAR_SIGNATURE = _rule(
    "SL117", "unclear-signature", "a stage's annotations are missing or can't be understood"
)
UNKNOWN_OUTPUT = _rule("SL118", "unknown-output", "an output is read that the stage doesn't have")
UNIMPORTABLE_STAGE = _rule(
    "SL119", "unimportable-stage", "a stage that another process can't find by its name"
)
UNUSED_CALL = _rule(
    "SL120", "unused-call", "a stage is called and nothing reads what it gives", W, waivable=True
)
NOTHING_TO_DO = _rule("SL121", "nothing-to-do", "the pipeline asks for no metric, gate or output")
NO_CODEC = _rule("SL122", "no-codec", "a model or value of a type that no codec stores")
UNKNOWN_FORMAT = _rule("SL123", "unknown-format", "a source whose format isn't known")
BAD_COMMAND = _rule("SL124", "bad-command", "a command's placeholders or files don't fit its signature")
BAD_SCHEDULE = _rule("SL125", "bad-schedule", "the schedule isn't five cron fields")
BAD_SEED = _rule("SL126", "bad-seed", "the seed isn't a whole number from 0 to 2**63 - 1")
NOT_A_METRIC = _rule("SL127", "not-a-metric", "something else stands where a metric is asked for")

RULES = (
    UNREADABLE_SPEC,
    SPEC_RAISES,
    FAILED_IMPORT,
    LAZY_DATA_TOUCHED,
    MEANINGLESS_DECLARATION,
    NO_PIPELINE,
    SEVERAL_PIPELINES,
    DUPLICATE_NAME,
    INDISTINCT_CALLS,
    UNSAFE_NAME,
    WRONG_ARGUMENTS,
    HANDLE_MISSING,
    HANDLE_MISPLACED,
    WRONG_KIND,
    WRONG_PARAMETER,
    UNHASHABLE_PARAMETER,
    UNCLEAR_SIGNATURE,
    UNKNOWN_OUTPUT,
    UNIMPORTABLE_STAGE,
    UNUSED_CALL,
    NOTHING_TO_DO,
    NO_CODEC,
    UNKNOWN_FORMAT,
    BAD_COMMAND,
    BAD_SCHEDULE,
    BAD_SEED,
    NOT_A_METRIC,
)


def check_pipeline(graph: Graph) -> Iterator[Diagnostic]:
    """Check what the pipeline says of itself."""
    pipeline = graph.pipeline
    at = (Place(pipeline.origin),)
    if not (pipeline.metrics or pipeline.gates or pipeline.outputs):
        yield Diagnostic(
            rule=NOTHING_TO_DO,
            message=f"pipeline {pipeline.name!r} asks for nothing",
            places=at,
            subject=pipeline.name,
            help="name what it is for: metrics=[...], gates=[...] or outputs=[...]",
        )
    if type(pipeline.seed) is not int or not 0 <= pipeline.seed < 2**63:
        yield Diagnostic(
            rule=BAD_SEED,
            message=f"the pipeline's seed is {pipeline.seed!r}",
            places=at,
            subject=pipeline.name,
            expected="a whole number from 0 to 2**63 - 1",
            found=repr(pipeline.seed),
            help="write a fixed number, such as seed=20261123",
        )
    problem = cron_problem(pipeline.schedule) if pipeline.schedule else ""
    if problem:
        yield Diagnostic(
            rule=BAD_SCHEDULE,
            message=f"schedule {pipeline.schedule!r}: {problem}",
            places=at,
            subject=pipeline.name,
            help="write minute, hour, day of month, month and day of week, such as '0 6 * * 1' for Mondays at 06:00 UTC",
        )
    for what, found in (
        ("metrics", pipeline.metrics),
        ("gates", tuple(gate.metric if isinstance(gate, _GATE) else gate for gate in pipeline.gates)),
    ):
        yield from (
            _not_a_metric(what, each, pipeline.origin)
            for each, given in zip(found, getattr(pipeline, what), strict=True)
            if not _is_metric(each) or (what == "gates" and not isinstance(given, _GATE))
        )
    for each in pipeline.outputs:
        if bound_of(each) is None or graph.node_of(each) is None:
            yield _not_a_metric("outputs", each, pipeline.origin)


_GATE: Any = Gate


def _is_metric(handle: Any) -> bool:
    bound = bound_of(handle)
    return bound is not None and isinstance(bound.by, MetricCall | Expression)


def _not_a_metric(what: str, found: object, origin: Origin) -> Diagnostic:
    artifact = "what a source, a split or a stage gave"
    expected, action = {
        "metrics": ("a metric", f"name only metrics there; {artifact} belongs into outputs=[...]"),
        "gates": ("a gate on a metric", "write what must hold of a metric, such as accuracy.at_least(0.95)"),
        "outputs": (artifact, f"name there only {artifact}"),
    }[what]
    shown = repr(found) if isinstance(found, Handle) else type(found).__qualname__
    return Diagnostic(
        rule=NOT_A_METRIC,
        message=f"{what}=[...] holds something that isn't {expected}",
        places=(Place(origin),),
        expected=expected,
        found=shown,
        help=action,
    )


def check_sources(graph: Graph) -> Iterator[Diagnostic]:
    """Check that each source's format is known, and is one of tables where it has a contract."""
    for node in graph.nodes:
        declared = node.declared
        if not isinstance(declared, Source):
            continue
        known = source_format(declared.location, declared.format)
        if known is None or (known == "files" and declared.contract is not None):
            said = declared.format
            yield Diagnostic(
                rule=UNKNOWN_FORMAT,
                message=f"the format of {declared.location!r} isn't known{f': {said!r}' if said else ''}",
                places=(Place(node.origin),),
                subject=node.name,
                expected="'parquet', 'csv' or 'jsonl'"
                if said
                else "a name that ends in .parquet, .csv, .csv.gz, .jsonl or .ndjson",
                help='say it: format="parquet", "csv" or "jsonl"; or use files(...) to take it as it is',
            )


def check_commands(graph: Graph) -> Iterator[Diagnostic]:
    """Check that a command's placeholders name its arguments and outputs, and that its files exist."""
    seen: set[Any] = set()
    for node in graph.nodes:
        stage = node.stage
        if (
            not isinstance(node.declared, Call)
            or stage is None
            or node.declared.stage.command is None
            or stage in seen
        ):
            continue
        seen.add(stage)
        yield from _command(node, node.declared)


def _command(node: GraphNode, call: Call) -> Iterator[Diagnostic]:
    command, stage = call.stage.command, call.stage
    assert command is not None
    arguments = stage.signature.arguments
    outputs = (
        ["out"]
        if list(stage.signature.outputs) == ["out"]
        else [f"out.{port}" for port in stage.signature.outputs]
    )
    used = {found for word in command.argv for found in re.findall(r"\{([\w.]+)(?::\w+)?\}", word)}
    known = {*arguments, *outputs, "seed"}
    for unknown in sorted(used - known):
        meant = did_you_mean(unknown, known)
        yield Diagnostic(
            rule=BAD_COMMAND,
            message=f"command {stage.name!r} has a placeholder {{{unknown}}} that names nothing",
            places=(Place(stage.origin),),
            subject=stage.name,
            expected=", ".join(sorted(known)),
            help=f"did you mean {{{meant}}}?" if meant else "name an argument or an output",
        )
    for unwritten in [output for output in outputs if output not in used]:
        yield Diagnostic(
            rule=BAD_COMMAND,
            message=f"command {stage.name!r} isn't told where to write its output",
            places=(Place(stage.origin),),
            subject=stage.name,
            expected=f"{{{unwritten}}} among its arguments",
            help=f"pass {{{unwritten}}} to the program",
        )
    root = Path(stage.origin.file).parent
    for missing in [file for file in command.files if not (root / file).is_file()]:
        yield Diagnostic(
            rule=BAD_COMMAND,
            message=f"command {stage.name!r} is made of {missing!r}, which doesn't exist",
            places=(Place(stage.origin),),
            subject=stage.name,
            help="name the program's files relative to the pipeline's folder",
        )


def check_unused(graph: Graph) -> Iterator[Diagnostic]:
    """Report calls whose results nothing reads; folds of one call are read if one of them is."""
    folded = {node.origin for node in graph.nodes if isinstance(node.declared, Split) and node.declared.folds}
    for declared in graph.unused:
        if isinstance(declared, Split) and declared.folds and declared.origin in folded:
            continue
        yield Diagnostic(
            rule=UNUSED_CALL,
            message=f"nothing reads what {declared.label!r} gives",
            places=(Place(declared.origin),),
            subject=declared.label,
            help="remove the call, or name its result in outputs=[...]"
            if not isinstance(declared, MetricCall)
            else "add it to metrics=[...], or remove it",
        )


CHECKS = (check_pipeline, check_sources, check_commands, check_unused)
