"""Lowers contract classes: `class Scans(Contract)` becomes `contracts["Scans"]`, with its columns and a digest of its promises.

before  Scans.ink: Column[float] = column(ge=0, unit=u.RATIO)
after   Column(name="ink", type="float", ge=0, unit=Unit(text="1", factor=1.0, powers={}))
"""

from __future__ import annotations

import ast
import datetime as dt
import hashlib
import inspect
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import evolve

from stagelang.contract import Column, Contract, column_types, columns_of, logical_type
from stagelang.origin import Origin
from stagelang.units import measure, unit_text
from stagelang_compiler import plan
from stagelang_compiler.parsed_files import Files
from stagelang_compiler.plan_codec import canonical


def contract_names(contracts: Iterable[type[Contract]]) -> dict[type[Contract], str]:
    """Give each contract its name in the Plan: the class's, with the module's before it where two classes share one."""
    used: dict[str, list[type[Contract]]] = {}
    for contract in dict.fromkeys(contracts):
        used.setdefault(contract.__name__, []).append(contract)
    names: dict[str, type[Contract]] = {}
    for name, group in used.items():
        for contract in group:
            own = name if len(group) == 1 else f"{contract.__module__}.{contract.__qualname__}"
            numbered = (
                f"{own}.{number}" for number in itertools.count(2)
            )  # one class statement, run several times
            names[own if own not in names else next(each for each in numbered if each not in names)] = (
                contract
            )
    return {contract: name for name, contract in names.items()}


def lower_contract(contract: type[Contract], name: str, root: Path, files: Files) -> plan.Contract:
    """Lower one contract; `files` are those that its columns' docstrings are read from."""
    types = column_types(contract)
    said = attribute_docs(contract, files)
    columns = tuple(
        _lower_column(column, types.get(column_name), said.get(column_name, ""), contract, root)
        for column_name, column in columns_of(contract).items()
    )
    lowered = plan.Contract(
        name=name,
        version=contract.__version__,
        owner=contract.__owner__,
        description=inspect.cleandoc(contract.__dict__.get("__doc__") or ""),
        closed=contract.__closed__,
        min_rows=contract.__rows__[0],
        max_rows=contract.__rows__[1],
        sorted_by=contract.__sorted_by__,
        max_age_seconds=None if contract.__max_age__ is None else contract.__max_age__.total_seconds(),
        columns=columns,
        digest="",
        origin=contract.__origin__.relative_to(root),
    )
    return evolve(lowered, digest=promise_digest(lowered))


def promise_digest(contract: plan.Contract) -> str:
    """Digest what a contract promises of a table: not its name, its owner, what is said about it, or what its values may be used for."""
    columns = [
        [
            column.name,
            column.type,
            column.nullable,
            column.unique,
            column.key,
            column.group,
            column.time,
            column.ge,
            column.gt,
            column.le,
            column.lt,
            column.isin,
            column.pattern,
            column.length,
            _unit_key(column.unit),
            column.role,
            *([] if column.made_of is None else [["made of", *column.made_of]]),
        ]
        for column in contract.columns
    ]
    promises: list[Any] = [contract.version, contract.closed, contract.min_rows, contract.max_rows, columns]
    if contract.sorted_by:
        promises.append(["sorted by", *contract.sorted_by])
    if contract.max_age_seconds is not None:
        promises.append(["at the oldest", contract.max_age_seconds])
    return "sha256:" + hashlib.sha256(canonical(promises).encode()).hexdigest()


def _unit_key(unit: plan.Unit | None) -> Any:
    return None if unit is None else [unit.factor, dict(unit.powers)]


def lower_unit(unit: Any) -> plan.Unit:
    """Lower a unit class or expression."""
    normal = measure(unit)
    return plan.Unit(text=unit_text(unit), factor=normal.factor, powers=normal.powers)


def _lower_column(
    column: Column[Any], python_type: Any, said: str, contract: type[Contract], root: Path
) -> plan.Column:
    limits = column.limits
    origin = column.origin or contract.__origin__
    return plan.Column(
        name=column.name,
        type=logical_type(python_type) or "",
        nullable=limits.nullable,
        unique=limits.unique,
        key=limits.key,
        group=limits.group,
        time=limits.time,
        ge=_plain(limits.ge),
        gt=_plain(limits.gt),
        le=_plain(limits.le),
        lt=_plain(limits.lt),
        isin=None
        if limits.isin is None
        else tuple(sorted((_plain(value) for value in limits.isin), key=repr)),
        pattern=limits.pattern,
        length=limits.length,
        unit=None if limits.unit is None else lower_unit(limits.unit),
        scale=limits.scale or "",
        adds=limits.adds or "",
        role=limits.role,
        known_after_seconds=None if limits.known_after is None else limits.known_after.total_seconds(),
        made_of=None if limits.made_of is None else tuple(map(str, limits.made_of)),
        description=limits.description or said,
        origin=origin.relative_to(root),
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def attribute_docs(contract: type[Contract], files: Files) -> dict[str, str]:
    """Read the docstring below each column from the source, inherited ones included."""
    found: dict[str, str] = {}
    for base in reversed(contract.__mro__):
        origin: Origin | None = base.__dict__.get("__origin__")
        if origin is None or base is Contract:
            continue
        file = files.get(origin.file)
        node = file.definition(base.__name__, origin.line) if file is not None else None
        found |= _documented(node) if isinstance(node, ast.ClassDef) else {}
    return found


def _documented(node: ast.ClassDef) -> dict[str, str]:
    found: dict[str, str] = {}
    for statement, following in zip(node.body, node.body[1:], strict=False):
        match statement, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = inspect.cleandoc(text)
            case _:
                continue
    return found
