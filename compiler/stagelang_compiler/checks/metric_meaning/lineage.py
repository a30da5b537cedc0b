"""SL510 and SL515: what stages before a metric did to its rows, as the contracts say: repeated values, groups left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from stagelang.contract import Contract, Limits, columns_of
from stagelang.origin import Origin
from stagelang_compiler.checks.metric_meaning.facts import Measured
from stagelang_compiler.checks.metric_meaning.measured_rows import first_table
from stagelang_compiler.checks.metric_meaning.row_values import carried
from stagelang_compiler.checks.metric_meaning.rules import DEPENDENCE_LOST, REPEATED_BY_A_JOIN
from stagelang_compiler.checks.promises import promises
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.graph import Graph, GraphNode

_SUMMING = ("total", "ratio")

Port: TypeAlias = tuple[int, str]
Grouped: TypeAlias = tuple[str, type[Contract]]
"""A group column and the contract that declares it so."""
Owners: TypeAlias = dict[tuple[int, str, frozenset[str]], type[Contract] | None]


def _keys(contract: type[Contract]) -> frozenset[str]:
    return frozenset(name for name, each in promises(contract).items() if each.limits.key)


def _limits(contract: type[Contract], column: str) -> Limits | None:
    found = promises(contract).get(column)
    return found.limits if found is not None else None


def _origin(contract: type[Contract], column: str) -> Origin:
    return columns_of(contract)[column].origin or contract.__origin__


def fan_out_judged(measured: Measured, owners: Owners) -> Iterator[Diagnostic]:
    """Check that no value is summed over rows in which a join repeated it; `owners` is what was found out before."""
    edge, contract = first_table(measured.node), measured.contract
    if edge is None or contract is None or measured.definition.meaning.aggregate.kind not in _SUMMING:
        return
    keys = _keys(contract)
    for value in measured.returned.values if keys else ():
        name = carried(value)
        if name is None or _limits(contract, name) is None:
            continue
        owner = _owner(name, keys, contract, edge.producer, owners)
        if owner is not None:
            yield _repeated(measured, name, keys, owner)


def _repeated(measured: Measured, name: str, keys: frozenset[str], owner: type[Contract]) -> Diagnostic:
    (key,) = _keys(owner)
    return Diagnostic(
        rule=REPEATED_BY_A_JOIN,
        message=f"metric {measured.definition.name!r} sums {name!r}, of which {owner.__name__!r} has one for each {key!r}",
        places=(Place(measured.definition.origin), Place(_origin(owner, name), "declared here")),
        subject=measured.node.name,
        expected=f"one row for each {key!r}",
        found=f"one row for each {min(keys)!r}, several of which may share a {key!r}",
        help=f"sum it on a table whose key is {key!r}, as before the join",
    )


def _owner(
    name: str, keys: frozenset[str], contract: type[Contract], producer: GraphNode, known: Owners
) -> type[Contract] | None:
    """Give the contract that a column comes from, if its rows have another key that is one of many here.

    Follows the tables back through stages, as long as they have the metric's own key.
    """
    node, passed, found = producer, list[tuple[int, str, frozenset[str]]](), None
    while node.kind in ("stage", "command", "split"):
        at = (id(node), name, keys)
        if at in known:
            found = known[at]
            break
        passed.append(at)
        tables = [(edge, edge.given.contract) for edge in node.inputs if edge.given and edge.given.contract]
        own = [edge for edge, each in tables if _keys(each) == keys]
        having = [(edge, each) for edge, each in tables if _limits(each, name) is not None]
        mine = [edge for edge, _ in having if edge in own]
        if not mine and len(having) == 1 and own:
            found = having[0][1] if _is_one_of_many(having[0][1], contract) else None
        if len(mine) != 1:
            break
        node = mine[0].producer
    known.update(dict.fromkeys(passed, found))
    return found


def _is_one_of_many(owner: type[Contract], contract: type[Contract]) -> bool:
    """Tell whether the key of one contract is a column of another, in which it may stand in several rows."""
    keys = _keys(owner)
    limits = [_limits(contract, key) for key in keys]
    return len(keys) == 1 and limits[0] is not None and not limits[0].unique


def groups_before(graph: Graph) -> Mapping[Port, Grouped]:
    """Give, for each table, the group column of its rows: its own, or that of the table it was made of under the same key."""
    found: dict[Port, Grouped] = {}
    for node in graph.nodes:
        for port, shape in node.outputs.items():
            contract = shape.contract
            if shape.kind != "table" or contract is None:
                continue
            grouped = _own_group(contract) or _inherited(node, contract, found)
            if grouped is not None:
                found[id(node), port] = grouped
    return found


def _own_group(contract: type[Contract]) -> Grouped | None:
    groups = (name for name, each in promises(contract).items() if each.limits.group)
    name = next(groups, None)
    return None if name is None else (name, contract)


def _inherited(node: GraphNode, contract: type[Contract], known: Mapping[Port, Grouped]) -> Grouped | None:
    keys = _keys(contract)
    same = [
        edge
        for edge in node.inputs
        if edge.given and edge.given.contract and _keys(edge.given.contract) == keys
    ]
    return known.get((id(same[0].producer), same[0].port)) if keys and len(same) == 1 else None


def dependence_judged(measured: Measured, groups: Mapping[Port, Grouped]) -> Iterator[Diagnostic]:
    """Check that rows of one group are not counted as independent."""
    contract, cluster = measured.contract, measured.definition.meaning.cluster
    own = _own_group(contract) if contract is not None else None
    limits = _limits(contract, cluster) if contract is not None and cluster else None
    if own is not None and limits is not None and limits.unique and cluster != own[0]:
        yield _finer(measured, cluster, *own)
    edge = first_table(measured.node)
    if own is None and not cluster and contract is not None and edge is not None:
        lost = groups.get((id(edge.producer), edge.port))
        if lost is not None:
            yield _left_out(measured, contract, *lost)


def _finer(measured: Measured, cluster: str, group: str, owner: type[Contract]) -> Diagnostic:
    name = measured.definition.name
    return Diagnostic(
        rule=DEPENDENCE_LOST,
        message=f"metric {name!r} counts each {cluster!r} as independent, though rows of one {group!r} depend on each other",
        places=(Place(measured.definition.origin), Place(_origin(owner, group), "declared a group here")),
        subject=name,
        expected=f"cluster={owner.__name__}.{group}",
        found=f"cluster={owner.__name__}.{cluster}",
        help=f"leave 'cluster' out: unless said, the contract's group {group!r} is the unit of independence",
    )


def _left_out(measured: Measured, contract: type[Contract], group: str, owner: type[Contract]) -> Diagnostic:
    return Diagnostic(
        rule=DEPENDENCE_LOST,
        message=f"metric {measured.definition.name!r} counts rows as independent, "
        f"though rows of one {group!r} depend on each other",
        places=(
            Place(measured.definition.origin),
            Place(_origin(owner, group), "declared a group here"),
            Place(contract.__origin__, "left out here"),
        ),
        subject=measured.node.name,
        expected=f"a column {group!r} in {contract.__name__!r}",
        found=", ".join(promises(contract)),
        help=f"carry {group!r} along to {contract.__name__!r}, with column(group=True)",
    )
