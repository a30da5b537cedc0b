"""SL215 to SL221, SL226: contracts by themselves: their columns' types and limits, their versions, and what they refine.

A setting that isn't of the type that the language gives it, such as a number for a pattern, is SL105 and not said again here.
"""

from __future__ import annotations

import datetime as dt
import re
import types
import typing
from collections.abc import Iterator
from typing import Any

from stagelang.contract import LOGICAL_TYPES, Column, Contract, column_types, columns_of, logical_type
from stagelang_compiler.checks.column_places import annotated_place, column_place
from stagelang_compiler.checks.limit_faults import limit_faults
from stagelang_compiler.checks.matching import written
from stagelang_compiler.checks.patterns import pattern_problem
from stagelang_compiler.checks.promise_texts import age_text, order_text
from stagelang_compiler.checks.promises import has_wrong_rows, written_order
from stagelang_compiler.checks.subsumption import Failure, implies
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity, did_you_mean
from stagelang_compiler.graph import Graph


def _rule(code: str, name: str, summary: str, severity: Severity = Severity.ERROR) -> Rule:
    return Rule(
        code=code, name=name, severity=severity, summary=summary, waivable=severity is not Severity.ERROR
    )


UNTYPED_COLUMN = _rule("SL215", "untyped-column", "a column has no type, or one that no table stores")
CONTRADICTORY_LIMITS = _rule(
    "SL216", "contradictory-limits", "limits that no value keeps, or that mean nothing for their type"
)
INVALID_PATTERN = _rule("SL217", "invalid-pattern", "a pattern that is no regular expression of RE2")
WEAKENED_REFINEMENT = _rule(
    "SL218", "weakened-refinement", "a contract promises less than the one it refines"
)
EMPTY_CONTRACT = _rule(
    "SL219", "empty-contract", "tables are declared under a contract without columns", Severity.WARNING
)
CONTRACT_NAME_CLASH = _rule(
    "SL220", "contract-name-clash", "two contracts that promise different things bear one name"
)
BAD_VERSION = _rule("SL221", "bad-version", "a contract's version isn't numbers joined by dots")
NOTHING_TO_JUDGE_BY = _rule(
    "SL226", "nothing-to-judge-by", "an order or an age is promised, and no column shows it"
)

RULES = (
    UNTYPED_COLUMN,
    CONTRADICTORY_LIMITS,
    INVALID_PATTERN,
    WEAKENED_REFINEMENT,
    EMPTY_CONTRACT,
    CONTRACT_NAME_CLASH,
    BAD_VERSION,
    NOTHING_TO_JUDGE_BY,
)

_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")
_STORED = f"{', '.join(LOGICAL_TYPES.values())}, or a list of one of these"


def check_columns(graph: Graph) -> Iterator[Diagnostic]:
    """Check the type and limits of each column where it is declared, not again where it is inherited."""
    for contract in _declared(graph):
        python_types = column_types(contract)
        own = vars(contract)
        for column in columns_of(contract).values():
            if own.get(column.name) is column:
                yield from _column(contract, column, python_types.get(column.name))
        yield from _no_columns(contract)


def _no_columns(contract: type[Contract]) -> Iterator[Diagnostic]:
    """Report attributes that are annotated as in a dataclass: they would silently be no columns."""
    columns = columns_of(contract)
    for name, annotation in vars(contract).get("__annotations__", {}).items():
        if name in columns or name.startswith("_"):
            continue
        said = annotation if isinstance(annotation, str) else written(annotation)
        if "ClassVar" in said:
            continue
        yield Diagnostic(
            rule=UNTYPED_COLUMN,
            message=f"{name!r} of {contract.__name__!r} is annotated as {said}, so it is no column",
            places=(Place(annotated_place(contract.__origin__, name) or contract.__origin__),),
            subject=f"{contract.__name__}.{name}",
            expected=f"Column[{said}]",
            found=said,
            help=f"write {name}: Column[{said}] = column()",
        )


def _column(contract: type[Contract], column: Column[Any], python_type: Any) -> Iterator[Diagnostic]:
    what = f"column {column.name!r} of {contract.__name__!r}"
    subject, places = (
        f"{contract.__name__}.{column.name}",
        (Place(column_place(contract, column.name) or contract.__origin__),),
    )
    pattern = column.limits.pattern
    type_name = logical_type(python_type)
    if type_name is None:
        problem, found, action = _untyped(column.name, python_type)
        yield Diagnostic(
            rule=UNTYPED_COLUMN,
            message=f"{what} {problem}",
            places=places,
            subject=subject,
            expected=_STORED,
            found=found,
            help=action,
        )
    else:
        for fault, action in limit_faults(column.name, type_name, column.limits):
            yield Diagnostic(
                rule=CONTRADICTORY_LIMITS,
                message=f"{what}: {fault}",
                places=places,
                subject=subject,
                help=action,
            )
    problem = pattern_problem(pattern) if isinstance(pattern, str) else ""
    if problem:
        yield Diagnostic(
            rule=INVALID_PATTERN,
            message=f"the pattern of {what} is no regular expression",
            places=places,
            subject=subject,
            expected="the syntax of RE2, which has no look-around and no back-references",
            found=problem,
            help="correct the pattern: https://github.com/google/re2/wiki/Syntax",
        )


def _untyped(name: str, python_type: Any) -> tuple[str, str, str]:
    """Say what is wrong with a column's type, what was found, and what to do."""
    if python_type is None or (isinstance(python_type, Exception) and type(python_type) is Exception):
        return "has no type", "", f"annotate it, such as {name}: Column[int] = column()"
    if isinstance(python_type, Exception):
        found = f"{type(python_type).__name__}: {python_type}"
        return (
            "has an annotation that can't be resolved",
            found,
            "import the type where the contract is declared",
        )
    members = (
        typing.get_args(python_type)
        if typing.get_origin(python_type) in (typing.Union, types.UnionType)
        else ()
    )
    if type(None) in members:
        return (
            "has a type that no table stores",
            written(python_type),
            "leave None out, and declare column(nullable=True)",
        )
    return (
        "has a type that no table stores",
        written(python_type),
        "declare one of these types, and convert the values to it",
    )


def check_contracts(graph: Graph) -> Iterator[Diagnostic]:
    """Check what each contract says of itself, and that it keeps the promises of those it refines."""
    for contract in _declared(graph):
        name, places = contract.__name__, (Place(contract.__origin__),)
        version: Any = contract.__version__
        if isinstance(version, str) and version and not _VERSION.fullmatch(version):
            yield Diagnostic(
                rule=BAD_VERSION,
                message=f"version {version!r} of {name!r} isn't numbers joined by dots",
                places=places,
                subject=name,
                expected="such as '1' or '2.0.1'",
                found=repr(version),
                help="write numbers, so that the later of two versions can be told",
            )
        if "__rows__" in vars(contract) and has_wrong_rows(contract):
            yield Diagnostic(
                rule=CONTRADICTORY_LIMITS,
                message=f"no table can have the rows of {name!r}: rows={contract.__rows__!r}",
                places=places,
                subject=name,
                help="write rows=(fewest, most), with None for no limit",
            )
        yield from _order_or_age(contract)
        for base in (base for base in contract.__bases__ if issubclass(base, Contract)):
            broken = (failure for failure in implies(contract, base) if failure.answer == "refuted")
            yield from (_weakened(contract, base, failure) for failure in broken)


def _order_or_age(contract: type[Contract]) -> Iterator[Diagnostic]:
    """Report an order by what can't be ordered, and an age that no column tells; not again where it is inherited."""
    own = vars(contract)
    order = written_order(contract)
    age: Any = contract.__max_age__
    bases = [base for base in contract.__mro__[1:] if issubclass(base, Contract)]
    if order and not any(written_order(base) == order for base in bases):
        yield from _order(contract, order)
    if isinstance(age, dt.timedelta) and own.get("__max_age__") == age != bases[0].__max_age__:
        yield from _age(contract, age)


def _order(contract: type[Contract], order: tuple[str, ...]) -> Iterator[Diagnostic]:
    known, python_types = columns_of(contract), column_types(contract)
    for name in order:
        type_name = logical_type(python_types.get(name)) or ""
        meant = did_you_mean(name, known)
        if name not in known:
            problem = f"which has no column {name!r}"
            action = f"did you mean {meant!r}?" if meant else f"name one of its columns: {', '.join(known)}"
        elif type_name.startswith("list"):
            problem, action = f"and lists such as {name!r} have no order", "name a column of single values"
        else:
            continue
        yield Diagnostic(
            rule=NOTHING_TO_JUDGE_BY,
            message=f"{contract.__name__!r} promises {order_text(order)}, {problem}",
            places=(Place(column_place(contract, name) or contract.__origin__),),
            subject=contract.__name__,
            help=action,
        )


def _age(contract: type[Contract], age: dt.timedelta) -> Iterator[Diagnostic]:
    python_types = column_types(contract)
    times = [name for name, column in columns_of(contract).items() if column.limits.time]
    moments = [name for name in times if logical_type(python_types.get(name)) in ("date", "datetime")]
    if age <= dt.timedelta(0):
        problem, action = (
            "which no row keeps",
            "write how old the newest row may be, such as timedelta(hours=6)",
        )
    elif len(times) > 1:
        problem, action = f"and has several times: {', '.join(times)}", "declare time=True of one column"
    elif not moments:
        problem = "and has no column that tells when a row was known"
        action = "declare such a date or datetime column, with column(time=True)"
    else:
        return
    yield Diagnostic(
        rule=NOTHING_TO_JUDGE_BY,
        message=f"{contract.__name__!r} promises {age_text(age)}, {problem}",
        places=(Place(contract.__origin__),),
        subject=contract.__name__,
        help=action,
    )


def _weakened(contract: type[Contract], base: type[Contract], failure: Failure) -> Diagnostic:
    words = {"order": "the order of its rows", "age": "how old they may be"}
    what = f"column {failure.column!r}" if failure.column else words.get(failure.aspect, "its number of rows")
    return Diagnostic(
        rule=WEAKENED_REFINEMENT,
        message=f"{contract.__name__!r} refines {base.__name__!r} and breaks its promise of {what}",
        places=(
            Place(column_place(contract, failure.column) or contract.__origin__),
            Place(column_place(base, failure.column) or base.__origin__, "promised here"),
        ),
        subject=f"{contract.__name__}.{failure.column}" if failure.column else contract.__name__,
        expected=failure.needed,
        found=failure.promised,
        help=f"keep the promise, or declare {contract.__name__!r} as a contract of its own",
    )


def check_use(graph: Graph) -> Iterator[Diagnostic]:
    """Check that the contracts of the pipeline's tables promise something, and that their names tell them apart."""
    named: dict[tuple[str, str], type[Contract]] = {}
    for contract in sorted(_used(graph), key=_written):
        name = contract.__name__
        if not columns_of(contract):
            yield Diagnostic(
                rule=EMPTY_CONTRACT,
                message=f"contract {name!r} has no columns, so it promises nothing",
                places=(Place(contract.__origin__),),
                subject=name,
                help="declare its columns, or write Table[Contract] for a table of any columns",
            )
        other = named.setdefault((contract.__module__, contract.__qualname__), contract)
        if implies(contract, other) or implies(other, contract):
            yield Diagnostic(
                rule=CONTRACT_NAME_CLASH,
                message=f"two contracts are called {name!r} and promise different things",
                places=(Place(contract.__origin__), Place(other.__origin__, "the other")),
                subject=name,
                help="rename one of them",
            )


def _written(contract: type[Contract]) -> tuple[str, int]:
    return contract.__origin__.file, contract.__origin__.line


def _used(graph: Graph) -> list[type[Contract]]:
    """Give the contracts of all tables that are made, viewed or read."""
    used: dict[type[Contract], None] = {}
    for node in graph.nodes:
        shapes = [*node.outputs.values(), *(edge.needed for edge in node.inputs if edge.needed)]
        viewed = [contract for edge in node.inputs for contract, _ in edge.views]
        used |= dict.fromkeys([*(shape.contract for shape in shapes if shape.contract is not None), *viewed])
    used.pop(Contract, None)
    return list(used)


def _declared(graph: Graph) -> list[type[Contract]]:
    """Give the contracts that the spec declares, those that the pipeline uses, and those that they refine."""
    found: dict[type[Contract], None] = {}
    for contract in (*graph.recording.contracts, *_used(graph)):
        found |= dict.fromkeys(base for base in reversed(contract.__mro__) if issubclass(base, Contract))
    found.pop(Contract, None)
    return list(found)


CHECKS = (check_columns, check_contracts, check_use)
