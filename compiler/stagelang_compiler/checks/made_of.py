"""SL230, SL231: what a contract says its columns are made of, against what the stages that give them read and do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

from attrs import frozen

from stagelang.contract import Contract, columns_of
from stagelang.experiment import Swap
from stagelang.origin import Origin
from stagelang.stage import Stage
from stagelang_compiler.checks.column_places import column_place
from stagelang_compiler.checks.promise_texts import made_of_text, names_text
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity, did_you_mean
from stagelang_compiler.graph import Edge, Graph, GraphNode

CONTRADICTED_LINEAGE = Rule(
    code="SL230",
    name="contradicted-lineage",
    severity=Severity.ERROR,
    summary="a column is made of another one than its contract says",
    waivable=False,
)
LINEAGE_FROM_NOWHERE = Rule(
    code="SL231",
    name="lineage-from-nowhere",
    severity=Severity.ERROR,
    summary="a column is said to be made of one that no stage reads that gives it",
    waivable=False,
)

RULES = (CONTRADICTED_LINEAGE, LINEAGE_FROM_NOWHERE)


@final
@frozen(kw_only=True)
class _Giver:
    """A stage that gives a table under a contract with `made_of`, at one of its ports."""

    stage: Stage[Any, Any]
    port: str
    contract: type[Contract]
    name: str


def check_bodies(graph: Graph) -> Iterator[Diagnostic]:
    """Compare what columns say they are made of with what the bodies surely make them of."""
    givers = [*_givers(graph)]
    if not givers:
        return
    # bodies are read only where a contract says what its columns are made of
    from stagelang_compiler.checks.leakage.body_source import Sources
    from stagelang_compiler.column_lineage import columns_surely_made, declared_origins

    sources = Sources()
    stages = dict.fromkeys(giver.stage for giver in givers)
    made = {stage: columns_surely_made(stage, sources) for stage in stages}
    for giver in givers:
        read = _read_by(giver.stage)
        for name, names in _lineages(giver.contract).items():
            if read is not None and not read.keys() >= {*names}:
                continue  # another rule's
            sure = made[giver.stage].get((giver.port, name), frozenset())
            others = sure - declared_origins(names, giver.stage.signature)
            if others:
                yield _contradicted(giver, name, sorted({column for _, column in others}))


def _contradicted(giver: _Giver, name: str, others: list[str]) -> Diagnostic:
    names = _lineages(giver.contract)[name]
    wanted = ", ".join(repr(each) for each in (*names, *others))
    return Diagnostic(
        rule=CONTRADICTED_LINEAGE,
        message=f"stage {giver.stage.name!r} makes {name!r} of {names_text(map(repr, others))}, "
        f"of which {giver.contract.__name__!r} says that it isn't made",
        places=(Place(giver.stage.origin), *_declared(giver.contract, name)),
        subject=giver.name,
        expected=made_of_text(names),
        found=made_of_text(others),
        help=f"declare made_of=[{wanted}], or make {name!r} without {names_text(map(repr, others))}",
    )


def _declared(contract: type[Contract], name: str) -> tuple[Place, ...]:
    return (Place(column_place(contract, name) or contract.__origin__, "declared here"),)


def check_names(graph: Graph) -> Iterator[Diagnostic]:
    """Check that each column that another one is said to be made of is read by a stage that gives it."""
    by_contract: dict[type[Contract], dict[Stage[Any, Any], None]] = {}
    for giver in _givers(graph):
        by_contract.setdefault(giver.contract, {})[giver.stage] = None
    told: set[Origin] = set()
    for contract, stages in by_contract.items():
        read = [_read_by(stage) for stage in stages]
        if any(each is None for each in read):
            continue
        known = {name: None for each in read for name in each or ()}
        for name, names in _lineages(contract).items():
            missing = [each for each in names if each not in known]
            (place,) = _declared(contract, name)
            if missing and place.origin not in told:
                told.add(place.origin)
                yield _from_nowhere(contract, name, missing[0], known, stages)


def _from_nowhere(
    contract: type[Contract],
    name: str,
    missing: str,
    known: Mapping[str, None],
    stages: Mapping[Stage[Any, Any], None],
) -> Diagnostic:
    makers = ", ".join(repr(str(stage.name)) for stage in stages)
    meant = did_you_mean(missing, known)
    return Diagnostic(
        rule=LINEAGE_FROM_NOWHERE,
        message=f"column {name!r} of {contract.__name__!r} is said to be made of {missing!r}, which {makers} doesn't read"
        if len(stages) == 1
        else f"column {name!r} of {contract.__name__!r} is said to be made of {missing!r}, which none of {makers} reads",
        places=(*_declared(contract, name), *(Place(stage.origin, "made here") for stage in stages)),
        subject=f"{contract.__name__}.{name}",
        expected=f"columns that are read: {names_text(known)}"
        if known
        else "no column, since no table is read",
        found=repr(missing),
        help=f"did you mean {meant!r}?"
        if meant
        else f"name the columns that {name!r} is made of, or leave made_of out",
    )


def _read_by(stage: Stage[Any, Any]) -> dict[str, None] | None:
    """Give the columns of the tables that a stage reads, and those of which they say they are made; None where there may be others."""
    found: dict[str, None] = {}
    for argument in stage.signature.arguments.values():
        shape = argument.shape
        if shape is None or shape.kind not in ("table", "files"):
            continue
        if shape.kind == "files" or shape.contract is None or not columns_of(shape.contract):
            return None
        for name, column in columns_of(shape.contract).items():
            found[name] = None
            found |= dict.fromkeys(map(str, column.limits.made_of or ()))
    return found


def _givers(graph: Graph) -> Iterator[_Giver]:
    """Give the stages, and those that stand in for one, whose contracts say what columns are made of; each once."""
    told: set[tuple[Stage[Any, Any], str]] = set()
    stages = [(node.stage, node.name) for node in graph.nodes if not (node.misbound or node.misplaced)]
    stages += [(each.other, "") for each in graph.pipeline.experiments if isinstance(each, Swap)]
    for stage, name in stages:
        if not isinstance(stage, Stage):
            continue
        for port, shape in stage.signature.outputs.items():
            contract = shape.contract if shape.kind == "table" else None
            if contract is not None and _lineages(contract) and (stage, port) not in told:
                told.add((stage, port))
                yield _Giver(stage=stage, port=port, contract=contract, name=name or str(stage.name))


def _lineages(contract: type[Contract]) -> dict[str, tuple[str, ...]]:
    """Give the columns that say what they are made of, and of what."""
    return {
        name: tuple(map(str, column.limits.made_of))
        for name, column in columns_of(contract).items()
        if column.limits.made_of is not None
    }


def is_read_as(edge: Edge, column: str, names: tuple[str, ...]) -> bool:
    """Tell whether the body that gives a table makes a column of none but the named ones, so that nobody has to promise it."""
    node, port = edge.producer, edge.port
    while node.kind == "split" and node.inputs:
        node, port = node.inputs[0].producer, node.inputs[0].port
    return isinstance(node.stage, Stage) and _is_made_of(node, port, column, names)


def _is_made_of(node: GraphNode, port: str, column: str, names: tuple[str, ...]) -> bool:
    from stagelang_compiler.checks.leakage.body_source import Sources
    from stagelang_compiler.column_lineage import columns_made

    assert isinstance(node.stage, Stage)
    made = columns_made(node.stage, Sources())
    found = [each for each in made if (each.port, each.column, each.how) == (port, column, "read")]
    return bool(found) and {name for _, name in found[0].of} <= {*names}


CHECKS = (check_names, check_bodies)
