"""SL1: the spec itself, its names, and how its parts are put together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stagelang.experiment import Swap
from stagelang.gate import Gate
from stagelang.handle import Handle
from stagelang.metric import Expression, MetricCall
from stagelang.origin import Origin
from stagelang.signature import Shape
from stagelang.source import Source
from stagelang.stage import Call, Stage
from stagelang_compiler.checks.matching import matches, matches_value, written
from stagelang_compiler.codec_names import CODECS, codec_name, type_name
from stagelang_compiler.cron import cron_problem
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity, did_you_mean
from stagelang_compiler.graph import Graph, GraphNode, bound_of
from stagelang_compiler.source_format import source_format
from stagelang_compiler.values import UnhashableValue, encode_value

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

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)
}


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


def check_names(graph: Graph) -> Iterator[Diagnostic]:
    """Check that names are safe everywhere, and that each names one thing."""
    groups: dict[str, list[GraphNode]] = {}
    for node in graph.nodes:
        groups.setdefault(node.base, []).append(node)
        yield from _unsafe(node.base, node.origin)
    if not _NAME.fullmatch(graph.pipeline.name) or "/" in graph.pipeline.name:
        yield from _unsafe(graph.pipeline.name, graph.pipeline.origin, slash=False)
    for base, group in groups.items():
        yield from _ambiguous(base, group)
    yield from _differ_in_case(graph)
    yield from _stages_of_one_name(graph)
    yield from _expressions(graph)


def _unsafe(name: str, origin: Origin, slash: bool = True) -> Iterator[Diagnostic]:
    if not _NAME.fullmatch(name) or (not slash and "/" in name):
        slug = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("._-") or "stage"
        why, action = (
            "it may hold only letters, digits, '_', '.', '-'",
            f"call it {slug!r}, with .named(...) or name=...",
        )
    elif reserved := [part for part in name.split("/") if part.partition(".")[0].lower() in _RESERVED]:
        why, action = (
            f"{reserved[0]!r} is reserved on Windows",
            f"call it {reserved[0] + '_'!r}, with .named(...) or name=...",
        )
    elif name.endswith("."):
        why, action = "a name that ends in a dot is lost on Windows", f"call it {name.rstrip('.')!r}"
    else:
        return
    yield Diagnostic(
        rule=UNSAFE_NAME,
        message=f"name {name!r} isn't safe in files, Make and YAML: {why}",
        places=(Place(origin),),
        subject=name,
        help=action,
    )


def _ambiguous(base: str, group: list[GraphNode]) -> Iterator[Diagnostic]:
    functions = {id(node.stage.function) if node.stage else id(node) for node in group}
    if len(group) < 2 or (len(functions) == 1 and len({node.population for node in group}) == len(group)):
        return
    places = tuple(
        Place(node.origin, "" if position == 0 else "and here") for position, node in enumerate(group)
    )
    if len(functions) > 1:
        yield Diagnostic(
            rule=DUPLICATE_NAME,
            message=f"{len(group)} different nodes are called {base!r}",
            places=places,
            subject=base,
            help="give one of them another name, with .named(...), name=... or inside 'with scope(...):'",
        )
        return
    yield Diagnostic(
        rule=INDISTINCT_CALLS,
        message=f"{base!r} is called {len(group)} times, and the populations of its rows don't tell the calls apart",
        places=places,
        subject=base,
        help=f"name each call, such as {base.rpartition('/')[2]}.named(\"...\")(...), or put each into its own 'with scope(...):'",
    )


def _differ_in_case(graph: Graph) -> Iterator[Diagnostic]:
    seen: dict[str, GraphNode] = {}
    for node in graph.nodes:
        other = seen.setdefault(node.name.lower(), node)
        if other.base != node.base:
            same = other.name == node.name
            yield Diagnostic(
                rule=DUPLICATE_NAME,
                message=f"2 different nodes are called {node.name!r}"
                if same
                else f"names {other.name!r} and {node.name!r} differ only in case",
                subject=node.name,
                places=(Place(node.origin), Place(other.origin, "the other")),
                help="give one of them another name"
                if same
                else "rename one: some file systems take them for one",
            )


def _stages_of_one_name(graph: Graph) -> Iterator[Diagnostic]:
    """Two functions may share a name in two scopes as nodes, but as declarations they must be told apart."""
    seen: dict[str, tuple[Any, str, Origin]] = {}
    used = [(node.stage, node.base, node.origin) for node in graph.nodes if node.stage]
    for stage, base, origin in (*used, *_stand_ins(graph)):
        other, other_base, other_origin = seen.setdefault(stage.name, (stage, base, origin))
        if other.function is not stage.function and other_base != base:
            yield Diagnostic(
                rule=DUPLICATE_NAME,
                message=f"two different stages are called {stage.name!r}",
                subject=stage.name,
                places=(Place(stage.origin), Place(other.origin, "the other")),
                help="rename one of the functions, or give it another name with name=...",
            )
        elif other.function is stage.function and other is not stage and _said(other) != _said(stage):
            seen[stage.name] = (stage, base, origin)  # said once of each two that differ
            yield Diagnostic(
                rule=DUPLICATE_NAME,
                message=f"stage {stage.name!r} is used with different options under one name",
                subject=stage.name,
                places=(Place(origin), Place(other_origin, "the other")),
                help=f'name one of them, such as {stage.name}.named("...").options(...)',
            )


def _stand_ins(graph: Graph) -> Iterator[tuple[Any, str, Origin]]:
    """Give the stages that experiments put in place of others; no node's base is theirs."""
    for experiment in graph.pipeline.experiments:
        if isinstance(experiment, Swap) and isinstance(experiment.other, _STAGE):
            yield experiment.other, "", experiment.origin


_STAGE: Any = Stage


def _said(stage: Any) -> Any:
    return stage.settings if isinstance(stage, Stage) else stage.meaning


def _expressions(graph: Graph) -> Iterator[Diagnostic]:
    """Check the names of expressions, which stand beside those of metrics; two of one meaning may share theirs."""
    for expression in graph.expressions:
        name = graph.names[id(expression)]
        yield from _unsafe(name, expression.origin)
        other = graph.metrics[name]
        if not (isinstance(other, Expression) and _computed(other, graph) == _computed(expression, graph)):
            yield Diagnostic(
                rule=DUPLICATE_NAME,
                message=f"2 different metrics are called {name!r}",
                subject=name,
                places=(Place(expression.origin), Place(other.origin, "the other")),
                help="give one of them another name, with .named(...)",
            )


def _computed(expression: Expression, graph: Graph) -> tuple[Any, ...]:
    operands = (graph.metric_name(each) if bound_of(each) else each for each in expression.operands)
    return (expression.operation, *operands, expression.unit)


def check_calls(graph: Graph) -> Iterator[Diagnostic]:
    """Check each call against its stage's signature: arguments, kinds, parameters."""
    for node in graph.nodes:
        if node.stage is None:
            yield from _divided(node)
            continue
        if node.misbound:
            yield _misbound(node)
        yield from _misplaced(node)
        yield from _edges(node)
        yield from _params(node)


def _signature_place(node: GraphNode) -> tuple[Place, Place]:
    assert node.stage is not None
    return (Place(node.origin), Place(node.stage.origin, "declared here"))


def _misbound(node: GraphNode) -> Diagnostic:
    assert node.stage is not None
    known = list(node.stage.signature.arguments)
    unknown = re.search(r"unexpected keyword argument '(\w+)'", node.misbound)
    meant = did_you_mean(unknown[1], known) if unknown else None
    action = (
        f"did you mean {meant!r}?"
        if meant
        else f"call it as it is declared: {node.stage.name}({', '.join(known)})"
    )
    message = node.misbound.replace("got an unexpected", "unexpected").replace(
        "a required argument", "required argument"
    )
    return Diagnostic(
        rule=WRONG_ARGUMENTS,
        message=f"call of {node.base!r}: {message}",
        places=_signature_place(node),
        subject=node.name,
        help=action,
    )


def _misplaced(node: GraphNode) -> Iterator[Diagnostic]:
    for name, value in node.misplaced.items():
        argument = node.stage.signature.arguments[name.partition("[")[0]] if node.stage else None
        expected = shape_text(argument.shape) if argument and argument.shape else "a handle"
        yield Diagnostic(
            rule=HANDLE_MISSING,
            message=f"argument {name!r} of {node.base!r} is {_plain(value)}",
            subject=node.name,
            places=_signature_place(node),
            expected=expected,
            found=_found(value),
            help="pass what a stage or a source gave",
        )


def _divided(node: GraphNode) -> Iterator[Diagnostic]:
    for value in node.misplaced.values():
        yield Diagnostic(
            rule=HANDLE_MISSING,
            message=f"{node.base!r} divides {_plain(value)}",
            places=(Place(node.origin),),
            subject=node.name,
            expected="a table",
            found=f"{type(value).__name__} {short(value)}",
            help="pass what a stage or a source gave",
        )


def _plain(value: object) -> str:
    return "None" if value is None else f"a plain {type(value).__name__}"


def _found(value: object) -> str:
    return "None" if value is None else f"{type(value).__name__} {short(value)}"


def short(value: object) -> str:
    """Write a value in the user's words, at most 40 characters long."""
    try:
        text = repr(value)
    except Exception:
        text = type(value).__qualname__
    return text if len(text) <= 40 else text[:37] + "..."


def shape_text(shape: Shape) -> str:
    """Write a shape as its annotation."""
    population = shape.population if isinstance(shape.population, str) else shape.population.__name__
    match shape.kind:
        case "table":
            return f"Table[{shape.contract.__name__ if shape.contract else '?'}, {population}]"
        case "files":
            return "Files"
        case _:
            return f"{shape.kind.capitalize()}[{type_name(shape.inner).rpartition(':')[2] or '?'}]"


def _edges(node: GraphNode) -> Iterator[Diagnostic]:
    for edge in node.inputs:
        places = (Place(node.origin), Place(edge.producer.origin, "made here"))
        given = edge.given
        label = f"{edge.producer.base}.{edge.port}" if edge.port != "out" else edge.producer.base
        if given is None:
            known = sorted(edge.producer.outputs)
            yield Diagnostic(
                rule=UNKNOWN_OUTPUT,
                message=f"{node.base!r} reads output {edge.port!r} of {edge.producer.base!r}, which has none of that name",
                places=places,
                subject=node.name,
                found=", ".join(known) or "no outputs",
                help="read one of its outputs"
                if known
                else "let it give a table, a model, a value or files; a metric is declared with @metric",
            )
        elif edge.needed is None and _is_understood(node, edge.argument):
            yield Diagnostic(
                rule=HANDLE_MISPLACED,
                message=f"argument {edge.argument!r} of {node.base!r} takes a plain value, not what {label!r} gives",
                places=(
                    Place(node.origin),
                    Place(node.stage.origin if node.stage else node.origin, "declared here"),
                ),
                subject=node.name,
                help=f"annotate the parameter as a handle, such as {shape_text(given)}, or pass a value",
            )
        elif edge.needed is not None and not _fits(given, edge.needed):
            yield Diagnostic(
                rule=WRONG_KIND,
                message=f"argument {edge.argument!r} of {node.base!r} takes something else than {label!r} gives",
                places=places,
                subject=node.name,
                expected=shape_text(edge.needed),
                found=shape_text(given),
                help="pass the output that the stage is made for",
            )


def _is_understood(node: GraphNode, argument: str) -> bool:
    """Tell whether nothing is said of the argument's annotation already."""
    return node.stage is None or all(where != argument for where, _ in node.stage.signature.problems)


def _fits(given: Shape, needed: Shape) -> bool:
    if given.kind != needed.kind:
        return False
    return given.kind not in ("model", "value") or matches(given.inner, needed.inner)


def _params(node: GraphNode) -> Iterator[Diagnostic]:
    assert node.stage is not None
    for name, value in node.params.items():
        argument = node.stage.signature.arguments[name]
        try:
            encode_value(value, name)
        except UnhashableValue as error:
            yield Diagnostic(
                rule=UNHASHABLE_PARAMETER,
                message=f"parameter {name!r} of {node.base!r} can't be identified by its content",
                subject=node.name,
                places=_signature_place(node),
                found=str(error),
                help="pass plain data, or a frozen dataclass of plain data",
            )
            continue
        values = value if argument.many else (value,)
        if _is_understood(node, name) and not all(
            matches_value(each, argument.annotation) for each in values
        ):
            yield Diagnostic(
                rule=WRONG_PARAMETER,
                message=f"parameter {name!r} of {node.base!r} has a value of another type",
                subject=node.name,
                places=_signature_place(node),
                expected=written(argument.annotation),
                found=f"{type(value).__name__} {short(value)}",
                help="pass a value of the declared type",
            )


def check_signatures(graph: Graph) -> Iterator[Diagnostic]:
    """Check that each used stage's annotations are understood, that it can be found again, and that its outputs can be stored."""
    seen: set[Any] = set()
    for node in graph.nodes:
        stage = node.stage
        if stage is None or stage.function in seen:
            continue
        seen.add(stage.function)
        for where, problem in stage.signature.problems:
            what = f"stage {stage.name!r}" if where == "return" else f"argument {where!r} of {stage.name!r}"
            joined = " " if problem.startswith(("has ", "gives ")) else ": "
            yield Diagnostic(
                rule=UNCLEAR_SIGNATURE,
                message=f"{what}{joined}{problem}",
                places=(Place(stage.origin),),
                subject=stage.name,
                help="annotate it with a type that is imported where the stage is declared",
            )
        if "<lambda>" in stage.function.__qualname__:
            yield Diagnostic(
                rule=UNIMPORTABLE_STAGE,
                message="a lambda can't be a stage: a worker process couldn't find it by its name",
                places=(Place(stage.origin),),
                subject=stage.name,
                help="declare it with def",
            )
        elif getattr(stage.function, "__closure__", None) and "<locals>" in stage.function.__qualname__:
            kept = ", ".join(stage.function.__code__.co_freevars)
            yield Diagnostic(
                rule=UNIMPORTABLE_STAGE,
                message=f"stage {stage.name!r} keeps {kept} of the function around it, so a worker process couldn't find it",
                places=(Place(stage.origin),),
                subject=stage.name,
                help="pass what it needs as parameters",
            )
        if node.kind != "metric":
            yield from _codecs(node)


def _codecs(node: GraphNode) -> Iterator[Diagnostic]:
    assert node.stage is not None
    explicit = getattr(getattr(node.stage, "settings", None), "codec", "")
    if explicit and explicit not in CODECS:
        meant = did_you_mean(explicit, CODECS)
        yield Diagnostic(
            rule=NO_CODEC,
            message=f"stage {node.stage.name!r} names codec {explicit!r}, and there is none of that name",
            places=(Place(node.stage.origin),),
            subject=node.name,
            expected=", ".join(CODECS),
            help=f"did you mean {meant!r}?" if meant else "name one of them",
        )
        return
    for port, shape in node.outputs.items():
        if shape.kind in ("model", "value") and codec_name(shape.kind, shape.inner, explicit) is None:
            as_model = "say how it is stored with @stage(codec=...), one of: " + ", ".join(CODECS)
            yield Diagnostic(
                rule=NO_CODEC,
                message=f"no codec stores output {port!r} of {node.base!r}",
                places=(Place(node.stage.origin),),
                subject=node.name,
                expected="plain data, a dataclass of it, numpy arrays, or a scikit-learn model",
                found=type_name(shape.inner) or "an untyped object",
                help=as_model if shape.kind == "model" else "give plain data, or declare it as a Model[...]",
            )


def check_sources(graph: Graph) -> Iterator[Diagnostic]:
    """Check that each source's format is known."""
    for node in graph.nodes:
        declared = node.declared
        if isinstance(declared, Source) and source_format(declared.location, declared.format) is None:
            yield Diagnostic(
                rule=UNKNOWN_FORMAT,
                message=f"the format of {declared.location!r} isn't known",
                places=(Place(node.origin),),
                subject=node.name,
                expected="a name that ends in .parquet, .csv, .csv.gz, .jsonl or .ndjson",
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
    """Report calls whose results nothing reads."""
    for declared in graph.unused:
        yield Diagnostic(
            rule=UNUSED_CALL,
            message=f"nothing reads what {declared.label!r} gives",
            places=(Place(declared.origin),),
            subject=declared.label,
            help="remove the call, or name its result in outputs=[...]"
            if not isinstance(declared, MetricCall)
            else "add it to metrics=[...], or remove it",
        )


CHECKS = (
    check_pipeline,
    check_names,
    check_calls,
    check_signatures,
    check_sources,
    check_commands,
    check_unused,
)
