"""SL4: whether the declared budgets can be kept at all: along the critical path, and beside what stages ask of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stagelang.governance import Budget
from stagelang.origin import Origin
from stagelang.stage import Stage
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity
from stagelang_compiler.graph import Graph, GraphNode
from stagelang_compiler.quantities import seconds, size
from stagelang_compiler.settings import Settings

OVERLONG_PATH = Rule(
    code="SL414",
    name="overlong-path",
    severity=Severity.ERROR,
    summary="stages that run one after the other may take longer than the whole pipeline may",
)
CONTRADICTORY_BUDGET = Rule(
    code="SL415",
    name="contradictory-budget",
    severity=Severity.ERROR,
    summary="a stage's budget and what it asks of the machine can't both hold",
)

RULES = (OVERLONG_PATH, CONTRADICTORY_BUDGET)
_MOST_SHOWN = 12
"""A longer path is told by its longest stages, and how many there are besides."""


def check_critical_path(graph: Graph, settings: Settings) -> Iterator[Diagnostic]:
    """Check the longest way through the pipeline, by the time that stages may take, against what the whole may take."""
    own, project = graph.pipeline.budget, settings.rules.budget_wall
    ours = _time(own)
    theirs = seconds(project) if project else None
    asked: tuple[Origin, str] | None = None
    if own is not None and ours is not None and (theirs is None or ours <= theirs):
        asked = (own.origin, own.wall)
    elif theirs is not None:
        asked = (settings.origin("budget.wall"), project)
        if own is not None and ours is not None:
            yield _above_the_projects(graph, own, asked)
    if asked is None:
        return
    origin, limit = asked
    path, took = critical_path(graph)
    if took > seconds(limit):
        yield _overlong(graph, path, took, Place(origin, "the whole may take"), limit)


def critical_path(graph: Graph) -> tuple[tuple[GraphNode, ...], float]:
    """Give the longest way through the pipeline and its seconds, by declared budgets; a node without one counts nothing."""
    until: dict[int, float] = {}
    before: dict[int, GraphNode | None] = {}
    for node in graph.nodes:  # each after those it reads
        producers = [edge.producer for edge in node.inputs]
        longest = max(producers, key=lambda each: until[id(each)], default=None)
        until[id(node)] = (until[id(longest)] if longest is not None else 0.0) + (_node_time(node) or 0.0)
        before[id(node)] = longest
    last = max(graph.nodes, key=lambda each: until[id(each)], default=None)
    path: list[GraphNode] = []
    here = last
    while here is not None:
        path.append(here)
        here = before[id(here)]
    return tuple(reversed(path)), until[id(last)] if last is not None else 0.0


def _overlong(graph: Graph, path: tuple[GraphNode, ...], took: float, whole: Place, limit: str) -> Diagnostic:
    limited = [(node, time) for node in path if (time := _node_time(node)) is not None]
    longest = max(limited, key=lambda each: each[1])[0]
    shown = sorted(sorted(limited, key=lambda each: -each[1])[:_MOST_SHOWN], key=limited.index)
    steps = [f"{node.name} {duration(time)}" for node, time in shown]
    if len(limited) > len(shown):
        rest = sum(time for _, time in limited) - sum(time for _, time in shown)
        steps.append(f"{len(limited) - len(shown)} shorter ones {duration(rest)}")
    silent = sum(node.kind in ("stage", "command") for node in path) - len(limited)
    few = (
        "1 more stage on it that doesn't say" if silent == 1 else f"{silent} more stages on it that don't say"
    )
    besides = f", and {few}" if silent else ""
    origins = dict.fromkeys(_budget_of(node).origin for node, _ in shown)
    return Diagnostic(
        rule=OVERLONG_PATH,
        message=f"stages on the critical path of {graph.pipeline.name!r} may take {duration(took)}, and the whole may take {limit}",
        places=(whole, *(Place(origin, "may take part of it") for origin in origins)),
        subject=graph.pipeline.name,
        expected=f"at most {duration(seconds(limit))}",
        found=f"{' + '.join(steps)} = {duration(took)}{besides}",
        help=f"give the longest of them, {longest.name!r}, less time, or let the whole take {duration(took)}",
    )


def _above_the_projects(graph: Graph, own: Budget, asked: tuple[Origin, str]) -> Diagnostic:
    return Diagnostic(
        rule=OVERLONG_PATH,
        message=f"pipeline {graph.pipeline.name!r} may take {own.wall}, and any pipeline of the project {asked[1]}",
        places=(Place(own.origin), Place(asked[0], "asked for here")),
        subject=graph.pipeline.name,
        expected=f"at most {asked[1]}",
        found=own.wall,
        help=f"declare {asked[1]} or less",
    )


def check_contradictions(graph: Graph, settings: Settings) -> Iterator[Diagnostic]:
    """Check that no stage may take more than it is given, and needs no more than it may take."""
    del settings
    for stage in dict.fromkeys(node.stage for node in graph.nodes if isinstance(node.stage, Stage)):
        yield from _contradictions(stage)
        yield from _beside_the_whole(stage, graph.pipeline.budget)


def _contradictions(stage: Stage[Any, Any]) -> Iterator[Diagnostic]:
    budget, resources = stage.settings.budget, stage.settings.resources
    if budget is None or resources is None:
        return
    may, stopped = _time(budget), _read(seconds, resources.time)
    if may is not None and stopped is not None and may > stopped:
        yield _contradiction(
            stage,
            f"stage {stage.name!r} may take {budget.wall}, and is stopped after {resources.time}",
            expected=f"at most {resources.time}",
            found=budget.wall,
            help_="let it run as long as its budget, with Resources(time=...), or give it less",
        )
    most, needs = _read(size, budget.memory), _read(size, resources.memory)
    if most is not None and needs is not None and needs > most:
        yield _contradiction(
            stage,
            f"stage {stage.name!r} needs {resources.memory} of memory, and may take {budget.memory}",
            expected=f"at least {resources.memory}",
            found=budget.memory,
            help_="ask for no more memory than its budget, or give it more",
        )


def _beside_the_whole(stage: Stage[Any, Any], whole: Budget | None) -> Iterator[Diagnostic]:
    """Check the memory that one stage's process may take against the most that any may take."""
    budget, most = stage.settings.budget, None if whole is None else _read(size, whole.memory)
    may = None if budget is None else _read(size, budget.memory)
    if whole is not None and budget is not None and most is not None and may is not None and may > most:
        yield Diagnostic(
            rule=CONTRADICTORY_BUDGET,
            message=f"stage {stage.name!r} may take {budget.memory} of memory, and no stage of the pipeline more than {whole.memory}",
            places=(Place(budget.origin, "its budget"), Place(whole.origin, "the pipeline's")),
            subject=stage.name,
            expected=f"at most {whole.memory}",
            found=budget.memory,
            help="give the stage less memory, or the pipeline more",
        )


def _contradiction(
    stage: Stage[Any, Any], message: str, *, expected: str, found: str, help_: str
) -> Diagnostic:
    budget, resources = stage.settings.budget, stage.settings.resources
    assert budget is not None
    assert resources is not None
    return Diagnostic(
        rule=CONTRADICTORY_BUDGET,
        message=message,
        places=(Place(budget.origin, "its budget"), Place(resources.origin, "what it asks for")),
        subject=stage.name,
        expected=expected,
        found=found,
        help=help_,
    )


def duration(amount: float) -> str:
    """Write seconds as people do: '1h5min', '90s' as '1min30s', '0.5s'."""
    hours, rest = divmod(round(amount, 3), 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "min"), (round(left, 3), "s")]
    return "".join(f"{count:g}{unit}" for count, unit in parts if count) or "0s"


def _node_time(node: GraphNode) -> float | None:
    return _time(node.stage.settings.budget) if isinstance(node.stage, Stage) else None


def _budget_of(node: GraphNode) -> Budget:
    assert isinstance(node.stage, Stage)
    assert node.stage.settings.budget is not None
    return node.stage.settings.budget


def _time(budget: Budget | None) -> float | None:
    return None if budget is None else _read(seconds, budget.wall)


def _read(read: Any, text: str) -> Any:
    """Give a quantity; None where none is said, or where it can't be read, which is SL404."""
    try:
        return read(text) if text else None
    except ValueError:
        return None


CHECKS = (check_critical_path, check_contradictions)
