"""What each column that a stage gives is made of, by its contract's `made_of=`, or by its body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any, Literal, TypeAlias, final

from attrs import frozen

from stagelang.contract import Contract, columns_of
from stagelang.metric import MetricDefinition
from stagelang.signature import Signature
from stagelang.stage import Stage
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.column_lineage.body import Unread, read_body
from stagelang_compiler.column_lineage.frames import Frame, Origins, Other, Ports, Value, origins
from stagelang_compiler.column_lineage.surely import surely_made

How: TypeAlias = Literal["declared", "read", "unknown"]


@final
@frozen(kw_only=True)
class Made:
    """What one column of an output is made of, and how that is known; `rows` is of the output's rows where `column` is empty."""

    port: str
    column: str
    of: Origins
    how: How


Columns: TypeAlias = tuple[Made, ...]


def columns_made(stage: Stage[Any, Any] | MetricDefinition[Any, Any], sources: Sources) -> Columns:
    """Give what the columns of each table that a stage gives are made of, in the contracts' order; of a metric, its values."""
    signature = stage.signature
    is_command = isinstance(stage, Stage) and stage.command is not None
    body = None if is_command else _read(stage.function, signature, sources)
    if isinstance(stage, MetricDefinition):
        return (_whole("out", body),)
    found: list[Made] = []
    for port, shape in signature.outputs.items():
        made = _port(body, port)
        if shape.kind != "table":
            found.append(_whole(port, made))
        elif shape.contract is not None:
            found += _table(port, shape.contract, made, signature)
    return tuple(found)


def _whole(port: str, body: Value | None) -> Made:
    """Say of a model, a value, a folder or a metric's values what all of it is made of."""
    if body is None:
        return Made(port=port, column="", of=frozenset(), how="unknown")
    return Made(port=port, column="", of=_short(origins(body)), how="read")


def _read(function: object, signature: Signature, sources: Sources) -> Value | None:
    if not isinstance(function, FunctionType):
        return None
    try:
        return read_body(function, dict(_arguments(signature, sources)), sources)
    except (Unread, RecursionError):
        return None


def _arguments(signature: Signature, sources: Sources) -> Iterator[tuple[str, Value]]:
    for name, argument in signature.arguments.items():
        shape = argument.shape
        if shape is None:
            yield name, Other()
        elif shape.kind == "table" and shape.contract is not None and not argument.many:
            key = ("frame", name, shape.contract)
            if key not in sources.known:
                sources.known[key] = _frame(name, columns_of(shape.contract))
            yield name, sources.known[key]
        else:
            yield name, Other(frozenset([(name, "*" if shape.kind == "table" else "")]))


def _frame(argument: str, columns: Iterable[str]) -> Frame:
    made = {column: frozenset([(argument, column)]) for column in columns}
    return Frame(columns=made, others=frozenset([(argument, "*")]))


def _port(body: Value | None, port: str) -> Value | None:
    if isinstance(body, Ports):
        return body.ports.get(port)
    return body if port == "out" else None


def _table(port: str, contract: type[Contract], body: Value | None, signature: Signature) -> Iterator[Made]:
    for name, column in columns_of(contract).items():
        declared: Any = column.limits.made_of
        if declared is not None:
            yield Made(port=port, column=name, of=declared_origins(declared, signature), how="declared")
        elif body is None:
            yield Made(port=port, column=name, of=frozenset(), how="unknown")
        else:
            made = body.column(name) if isinstance(body, Frame) else origins(body)
            yield Made(port=port, column=name, of=_short(made), how="read")
    if isinstance(body, Frame) and body.rows:
        yield Made(port=port, column="", of=_short(body.rows), how="read")


def _short(made: Origins) -> Origins:
    """Leave out the columns of a table of which any may be meant."""
    whole = {argument for argument, column in made if column == "*"}
    return frozenset(
        (argument, column) for argument, column in made if column == "*" or argument not in whole
    )


def columns_surely_made(stage: Stage[Any, Any], sources: Sources) -> Mapping[tuple[str, str], Origins]:
    """Give what columns that say what they are made of are surely made of by the stage's body, by port and column."""
    signature = stage.signature
    asked = [
        (port, name)
        for port, shape in signature.outputs.items()
        if shape.kind == "table" and shape.contract is not None
        for name, column in columns_of(shape.contract).items()
        if column.limits.made_of is not None
    ]
    if not asked or stage.command is not None or not isinstance(stage.function, FunctionType):
        return {}
    body = surely_made(stage.function, dict(_arguments(signature, sources)), sources)
    tables = {port: _port(body, port) for port, _ in asked}
    return {
        (port, name): frozenset(pair for pair in made.column(name) if pair[1] not in ("", "*"))
        for port, name in asked
        if isinstance(made := tables[port], Frame)
    }


def declared_origins(names: Iterable[str], signature: Signature) -> Origins:
    """Give all that a column may be made of that names these columns.

    These are the columns of these names in all tables that the stage reads, columns that are made of no others themselves, and all models,
    values and files, of which nothing is said.
    """
    found, names = set[tuple[str, str]](), frozenset(map(str, names))
    for argument, each in signature.arguments.items():
        shape = each.shape
        if shape is not None and shape.kind != "table":
            found.add((argument, ""))
        elif shape is not None:
            known: Mapping[str, Any] = columns_of(shape.contract) if shape.contract is not None else {}
            found |= {(argument, name) for name in known if name in names or _is_made_of(known[name], names)}
    return frozenset(found)


def _is_made_of(column: Any, names: frozenset[str]) -> bool:
    """Tell whether a column that is read says that it is made of no others than these itself: then it hands that promise on."""
    made_of = column.limits.made_of
    return made_of is not None and {*map(str, made_of)} <= names
