"""SL227 to SL229: how the rows of a table relate to those that it is made of, as stages declare with `rows=`, and how old a part may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stagelang.contract import Contract
from stagelang.experiment import Swap
from stagelang.population import Population
from stagelang.stage import Role, Rows, Stage
from stagelang_compiler.checks.leakage.roles import declared_role, inputs_of
from stagelang_compiler.checks.promise_texts import age_text, rows_text, span_source
from stagelang_compiler.checks.promises import Counts, age_of, rows_of
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity
from stagelang_compiler.graph import Edge, Graph, GraphNode

CONTRADICTED_ROWS = Rule(
    code="SL227",
    name="contradicted-rows",
    severity=Severity.ERROR,
    summary="a stage says how its rows relate to those that it reads, and its types, role or contracts contradict it",
)
SWAP_WEAKENS_ROWS = Rule(
    code="SL228",
    name="swap-weakens-rows",
    severity=Severity.ERROR,
    summary="a stage is swapped for one that promises less of its number of rows",
)
AGE_FROM_NOWHERE = Rule(
    code="SL229",
    name="age-from-nowhere",
    severity=Severity.ERROR,
    summary="a part of a table is promised to be new, and what it is made of isn't",
)

RULES = (CONTRADICTED_ROWS, SWAP_WEAKENS_ROWS, AGE_FROM_NOWHERE)

IMPLIED: Mapping[Rows, frozenset[Rows]] = {
    "one-to-one": frozenset({"one-to-one", "filter", "expand"}),
    "filter": frozenset({"filter"}),
    "expand": frozenset({"expand"}),
    "aggregate": frozenset({"aggregate"}),
}
"""Which relations each relation implies: as many rows with the same keys are no more, and no fewer."""
_AGAINST: Mapping[Role, frozenset[Rows]] = {
    "augment": frozenset({"one-to-one", "filter", "aggregate"}),
    "map": frozenset({"aggregate"}),
    "apply": frozenset({"aggregate"}),
    "concat": frozenset({"one-to-one", "filter", "aggregate"}),
}
"""Relations that a role's rows can't be in: who makes several rows of one makes more, who treats each by itself puts none together."""


def rows_implied(promise: Rows | None, need: Rows | None) -> bool:
    """Tell whether a promised relation of rows implies a needed one; none is needed where none is declared."""
    return need is None or (promise is not None and need in IMPLIED[promise])


def declared_rows(stage: Any) -> Rows | None:
    """Give the relation that a stage declares, if it is one."""
    rows: Rows | None = stage.settings.rows if isinstance(stage, Stage) else None
    return rows if rows in IMPLIED else None


def giver_of(node: GraphNode, port: str) -> Edge | None:
    """Give the one table that an output's rows are made of; None where there are several, or none."""
    tables = [edge for edge in inputs_of(node, port).givers if edge.given and edge.given.kind == "table"]
    return tables[0] if len(tables) == 1 else None


def related_rows(node: GraphNode, port: str) -> Counts:
    """Give what is known of the number of rows of a table by its contract, those before it, and how its stages relate their rows.

    A chain of stages is followed as far as each says `rows=`; a part of a split has no more rows than the whole.
    """
    passed: list[tuple[Rows, Counts]] = []
    while True:
        shape = node.outputs.get(port)
        own = _allowed(shape.contract if shape else None)
        rows: Rows | None = "filter" if node.kind == "split" else declared_rows(node.stage)
        edge = giver_of(node, port) if rows is not None else None
        if rows is None or edge is None:
            break
        passed.append((rows, own))
        passed.append(("one-to-one", _allowed(edge.needed.contract if edge.needed else None)))
        node, port = edge.producer, edge.port
    for rows, allowed in reversed(passed):
        own = both_hold(_related(rows, own), allowed)
    return own


def _allowed(contract: type[Contract] | None) -> Counts:
    return (rows_of(contract) if contract is not None else None) or (None, None)


def _related(rows: Rows, read: Counts) -> Counts:
    least, most = read
    return (
        least if rows in ("one-to-one", "expand") else None,
        most if rows != "expand" else None,
    )


def both_hold(one: Counts, other: Counts) -> Counts:
    """Give the numbers of rows that two limits allow."""
    least = [count for count in (one[0], other[0]) if count is not None]
    most = [count for count in (one[1], other[1]) if count is not None]
    return max(least, default=None), min(most, default=None)


def check_relations(graph: Graph) -> Iterator[Diagnostic]:
    """Check each declared relation against the stage's types, role and contracts; the same of the same stage once."""
    told: set[tuple[object, str]] = set()
    for node in graph.nodes:
        rows = declared_rows(node.stage)
        if rows is None or node.misbound or node.misplaced:
            continue
        for found, action in _contradictions(node, rows):
            if (node.stage, found) not in told:
                told.add((node.stage, found))
                yield _contradicted(node, rows, found, action)


def _contradictions(node: GraphNode, rows: Rows) -> Iterator[tuple[str, str]]:
    """Yield what contradicts a relation, and what to do."""
    tables = [port for port, shape in node.outputs.items() if shape.kind == "table"]
    if not tables:
        yield "it gives no table", "leave rows=... out"
        return
    role = declared_role(node)
    if role is not None and rows in _AGAINST.get(role, ()):
        yield f"role={role!r}", "keep the one that is right of the two"
    for port in tables:
        edge = giver_of(node, port)
        if edge is None:
            several = [each.argument for each in inputs_of(node, port).givers]
            made_of = f"several tables: {', '.join(several)}" if several else "no table"
            yield f"rows that are made of {made_of}", "leave rows=... out"
            continue
        made = node.outputs[port].contract
        if made is not None:
            yield from _impossible(rows, edge, made)


def _impossible(rows: Rows, edge: Edge, made: type[Contract]) -> Iterator[tuple[str, str]]:
    """Yield how many rows are read and allowed where no number of them is in the relation."""
    read = edge.needed.contract if edge.needed else None
    known, own, wanted = related_rows(edge.producer, edge.port), _allowed(read), rows_of(made)
    given = both_hold(known, own)
    if wanted is None:
        return
    (least, most), (fewest, greatest) = given, wanted
    too_many = rows != "expand" and most is not None and (fewest or 0) > most
    too_few = rows in ("one-to-one", "expand") and greatest is not None and greatest < (least or 0)
    if too_many or too_few:
        where = (
            f"in {read.__name__!r}" if read is not None and given == own else f"from {edge.producer.name!r}"
        )
        yield (
            f"{rows_text(least, most)} {where}, {rows_text(fewest, greatest)} in {made.__name__!r}",
            "correct the rows=... of a contract, or of the stage",
        )


def _contradicted(node: GraphNode, rows: Rows, found: str, action: str) -> Diagnostic:
    assert node.stage is not None
    return Diagnostic(
        rule=CONTRADICTED_ROWS,
        message=f"stage {node.base!r} declares rows={rows!r}, which can't be",
        places=(Place(node.stage.origin, "declared here"), Place(node.origin, "used here")),
        subject=node.name,
        expected=_EXPECTED[rows],
        found=found,
        help=action,
    )


_EXPECTED: Mapping[Rows, str] = {
    "one-to-one": "one table in, and a table with as many rows out",
    "filter": "one table in, and a table with some of its rows out",
    "expand": "one table in, and a table with at least one row for each out",
    "aggregate": "one table in, and a table with one row for several out",
}


def check_swapped_rows(graph: Graph) -> Iterator[Diagnostic]:
    """Check that what stands in for a stage promises as much of its rows."""
    for experiment in graph.pipeline.experiments:
        if not isinstance(experiment, Swap):
            continue
        one, other = (getattr(experiment, name, None) for name in ("stage", "other"))
        need, promise = declared_rows(one), declared_rows(other)
        if isinstance(one, Stage) and isinstance(other, Stage) and not rows_implied(promise, need):
            yield Diagnostic(
                rule=SWAP_WEAKENS_ROWS,
                message=f"{other.name!r} stands in for {one.name!r} and promises less of its rows",
                places=(
                    Place(experiment.origin),
                    Place(one.origin, "promised here"),
                    Place(other.origin, "not promised here"),
                ),
                subject=str(one.name),
                expected=f"rows={need!r}",
                found=f"rows={promise!r}" if promise else "no rows=...",
                help=f"declare rows={need!r} of {other.name!r}, if it holds",
            )


def check_ages(graph: Graph) -> Iterator[Diagnostic]:
    """Check that a part's age is that of what it is made of: no gate judges it, since a part may lack the newest rows."""
    told: set[tuple[object, str]] = set()
    for node in graph.nodes:
        for port, shape in node.outputs.items() if node.kind in ("stage", "command") else ():
            age = age_of(shape.contract) if shape.contract is not None else None
            if age is None or shape.population is Population or (node.stage, port) in told:
                continue
            given = [edge.given.contract for edge in inputs_of(node, port).givers if edge.given]
            ages = [age_of(contract) if contract is not None else None for contract in given]
            if not given or any(each is None or each > age for each in ages):
                told.add((node.stage, port))
                yield _from_nowhere(node, port, given)


def _from_nowhere(node: GraphNode, port: str, given: list[type[Contract] | None]) -> Diagnostic:
    contract, stage = node.outputs[port].contract, node.stage
    assert contract is not None and stage is not None
    age = age_of(contract)
    older = [each for each in given if each is not None and (age_of(each) is None or age_of(each) != age)]
    found = (
        f"{age_text(age_of(older[0]))}, in {older[0].__name__!r}" if older else "no table that it is made of"
    )
    return Diagnostic(
        rule=AGE_FROM_NOWHERE,
        message=f"stage {node.base!r} gives a part of a table under {contract.__name__!r}, whose age nothing before it promises",
        places=(
            Place(stage.origin),
            Place(contract.__origin__, "promised here"),
            *(Place(each.__origin__, "not promised here") for each in older[:1]),
        ),
        subject=node.name,
        expected=age_text(age),
        found=found,
        help=f"declare max_age={span_source(age)} on the contract under which the whole table is read in",
    )


CHECKS = (check_relations, check_swapped_rows, check_ages)
