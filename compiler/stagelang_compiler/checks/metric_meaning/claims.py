"""SL521: what a column's values allow follows from how they were made; no contract about the same data can claim more."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stagelang.contract import Column, Contract, columns_of
from stagelang_compiler.checks.metric_meaning.rules import CLAIM_UPGRADED
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.graph import Graph

_SCALES: Sequence[str] = ("nominal", "ordinal", "interval", "ratio")
_ADDS: Sequence[str] = ("never", "not_over_time", "always")
_CLAIMS: Mapping[str, Sequence[str]] = {"scale": _SCALES, "adds": _ADDS}


def check_claims(graph: Graph) -> Iterator[Diagnostic]:
    """Compare each contract with those it refines, and with the contract of the data that it is put on as a view."""
    seen: set[tuple[type[Contract], type[Contract]]] = set()
    for base, view in _pairs(graph):
        if (base, view) not in seen and base is not view:
            seen.add((base, view))
            yield from _compared(base, view)


def _pairs(graph: Graph) -> Iterator[tuple[type[Contract], type[Contract]]]:
    """Give the pairs of contracts that say something about the same data, the one nearer to its making first."""
    for contract in graph.recording.contracts:
        for base in contract.__mro__[1:]:
            if issubclass(base, Contract) and base is not Contract:
                yield base, contract
                break
    for node in graph.nodes:
        for edge in node.inputs:
            shape = edge.producer.outputs.get(edge.port)
            contracts = [shape.contract] if shape is not None and shape.contract else []
            contracts += [view for view, _ in edge.views]
            if edge.needed is not None and edge.needed.contract is not None:
                contracts.append(edge.needed.contract)
            yield from itertools.pairwise(contracts)


def _compared(base: type[Contract], view: type[Contract]) -> Iterator[Diagnostic]:
    known = columns_of(base)
    for name, column in columns_of(view).items():
        if name in known and known[name] is not column:
            yield from _claims(base, known[name], view, column)


def _claims(
    base: type[Contract], known: Column[Any], view: type[Contract], column: Column[Any]
) -> Iterator[Diagnostic]:
    for claim, order in _CLAIMS.items():
        said, made = getattr(column.limits, claim), getattr(known.limits, claim)
        if said in order and made in order and order.index(said) > order.index(made):
            yield Diagnostic(
                rule=CLAIM_UPGRADED,
                message=f"{view.__name__!r} claims {claim}={said!r} of {column.name!r}, "
                f"of which {base.__name__!r} says {claim}={made!r}",
                places=(
                    Place(column.origin or view.__origin__, "claimed here"),
                    Place(known.origin or base.__origin__, "declared here"),
                ),
                subject=view.__name__,
                expected=f"{claim}={made!r} or less",
                found=f"{claim}={said!r}",
                help="say the same as the contract that the data comes from, or make a new column in a stage",
            )
