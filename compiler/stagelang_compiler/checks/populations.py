"""SL6: which rows reach what (methods: Kapoor & Narayanan 2023 for the kinds of leakage)."""

from __future__ import annotations

from collections.abc import Iterator

from stagelang.contract import columns_of
from stagelang.population import Train
from stagelang.split import Split
from stagelang_compiler.checks.words import shape_text
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity
from stagelang_compiler.graph import Edge, Graph, GraphNode


def _rule(code: str, name: str, summary: str) -> Rule:
    return Rule(code=code, name=name, severity=Severity.ERROR, summary=summary)


SPLIT_GROUP = _rule(
    "SL608", "split-group", "a split that parts rows of one group, which depend on each other"
)
WRONG_POPULATION = _rule("SL610", "wrong-population", "rows of one population where another's are asked for")
METRIC_OF_TRAINING_ROWS = _rule(
    "SL615", "metric-of-training-rows", "a metric that is measured on the rows a model learnt from"
)
BAD_SHARE = _rule("SL616", "bad-share", "a split whose parts can't have the sizes asked for")

RULES = (SPLIT_GROUP, WRONG_POPULATION, METRIC_OF_TRAINING_ROWS, BAD_SHARE)


def check_populations(graph: Graph) -> Iterator[Diagnostic]:
    """Check that each table's rows are of the population that its reader asks for."""
    for node in graph.nodes:
        for edge in node.inputs:
            if not _accepted(edge):
                yield _wrong_population(node, edge)
        if node.kind == "metric" and any(
            _is_training(edge) and _accepted(edge) and not _asks_for_training(edge) for edge in node.inputs
        ):
            yield Diagnostic(
                rule=METRIC_OF_TRAINING_ROWS,
                message=f"metric {node.base!r} is measured on training rows",
                subject=node.name,
                places=(Place(node.origin),),
                help="measure it on the test rows; for a training curve, annotate its table as Table[..., Train]",
            )


def _accepted(edge: Edge) -> bool:
    given, needed = edge.given, edge.needed
    if given is None or needed is None or given.kind != "table" or needed.kind != "table":
        return True
    if isinstance(needed.population, str) or isinstance(given.population, str):
        return True
    return issubclass(given.population, needed.population)


def _is_training(edge: Edge) -> bool:
    given = edge.given
    return given is not None and isinstance(given.population, type) and issubclass(given.population, Train)


def _asks_for_training(edge: Edge) -> bool:
    needed = edge.needed
    return needed is not None and isinstance(needed.population, type) and issubclass(needed.population, Train)


def _wrong_population(node: GraphNode, edge: Edge) -> Diagnostic:
    given, needed = edge.given, edge.needed
    assert given is not None and needed is not None
    asked = needed.population if isinstance(needed.population, str) else needed.population.__name__
    return Diagnostic(
        rule=WRONG_POPULATION,
        message=f"{node.base!r} takes {asked.lower()} rows into {edge.argument!r}, {edge.producer.base!r} gives others",
        places=(Place(node.origin, "needed here"), Place(edge.producer.origin, "made here")),
        subject=node.name,
        expected=shape_text(needed),
        found=shape_text(given),
        help=f"pass the {asked.lower()} part of a split",
    )


def check_splits(graph: Graph) -> Iterator[Diagnostic]:
    """Check that splits keep groups together and ask for parts that can exist."""
    for node in graph.nodes:
        declared = node.declared
        if isinstance(declared, Split):
            yield from _grouped(node, declared)
            yield from _shares(node, declared)


def _grouped(node: GraphNode, declared: Split) -> Iterator[Diagnostic]:
    given = node.inputs[0].given if node.inputs else None
    contract = given.contract if given else None
    columns = columns_of(contract) if contract else {}
    groups = [column for column in columns.values() if column.limits.group]
    is_known = str(declared.by) in columns  # else another rule says so
    if declared.method != "time" and groups and is_known and columns[declared.by] not in groups:
        group = groups[0]
        promised = Place(group.origin or node.origin, "declared a group here")
        yield Diagnostic(
            rule=SPLIT_GROUP,
            message=f"{node.base!r} divides by {str(declared.by)!r}, so rows of one {group.name!r} land on both sides",
            places=(Place(node.origin), promised),
            subject=node.name,
            help=f"split with by={contract.__name__ if contract else ''}.{group.name}",
        )


def _shares(node: GraphNode, declared: Split) -> Iterator[Diagnostic]:
    test, validation = declared.test, declared.validation
    if isinstance(test, int | float) and not isinstance(validation, str) and declared.method == "hash":
        shares = [float(each) for each in (test, validation) if isinstance(each, int | float)]
        if all(0 < share < 1 for share in shares) and sum(shares) < 1:
            return
        found = " and ".join(f"{share:g}" for share in shares)
        yield Diagnostic(
            rule=BAD_SHARE,
            message=f"{node.base!r} asks for parts of {found}",
            places=(Place(node.origin),),
            subject=node.name,
            expected="shares above 0 whose sum is below 1",
            help="leave a share for training",
        )
    elif declared.method == "time" and validation is not None and str(validation) >= str(test):
        yield Diagnostic(
            rule=BAD_SHARE,
            message=f"{node.base!r} starts its validation rows at {validation}, its test rows at {test}",
            places=(Place(node.origin),),
            subject=node.name,
            expected="validation_from before test_from",
            help="exchange the two moments",
        )


CHECKS = (check_populations, check_splits)
