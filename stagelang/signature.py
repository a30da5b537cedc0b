"""What a stage's signature says: which arguments are handles, of what, and what comes out."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, final

from attrs import frozen

from stagelang.annotations import module_names, resolved
from stagelang.contract import Contract
from stagelang.handle import Bound, Files, Handle, Model, Table, Value
from stagelang.population import Population

Kind = Literal["table", "model", "value", "files", "metric"]


@final
@frozen(kw_only=True)
class Shape:
    """What a handle holds, as an annotation says it.

    `population` is a Population class, or the TypeVar's name where the stage keeps its rows' population.
    """

    kind: Kind
    contract: type[Contract] | None = None
    population: type[Population] | str = Population
    inner: Any = None

    def lazy(self, bound: Bound) -> Handle:
        """Make a lazy handle of this shape."""
        kinds: Mapping[str, Callable[[Bound], Handle]] = {
            "table": Table[Contract],
            "model": Model[Any],
            "value": Value[Any],
            "files": Files,
        }
        return kinds[self.kind](bound)


@final
@frozen(kw_only=True)
class Argument:
    """One parameter of a stage: a handle's shape, or None where it takes a plain value."""

    name: str
    shape: Shape | None
    many: bool
    required: bool
    default: Any = None
    annotation: Any = None


@final
@frozen(kw_only=True)
class Signature:
    """The stage's arguments and outputs; `problems` tells what in the annotations can't be understood."""

    arguments: Mapping[str, Argument]
    outputs: Mapping[str, Shape]
    result: Any
    problems: tuple[tuple[str, str], ...]


def read_signature(function: Callable[..., Any], names: Mapping[str, Any]) -> Signature:
    """Read a function's signature; `names` are those visible where it was defined, for late annotations."""
    problems: list[tuple[str, str]] = []
    hints = _hints(function, names, problems)
    arguments: dict[str, Argument] = {}
    for parameter in inspect.signature(function).parameters.values():
        many = parameter.kind is parameter.VAR_POSITIONAL
        annotation = hints.get(parameter.name)
        shape, is_sequence = _argument_shape(annotation)
        if parameter.kind is parameter.VAR_KEYWORD:
            problems.append(
                (parameter.name, "a stage can't take **keywords: each argument needs a name and a type")
            )
        if parameter.name not in hints and not any(where == parameter.name for where, _ in problems):
            problems.append((parameter.name, "has no type annotation"))
        arguments[parameter.name] = Argument(
            name=parameter.name,
            shape=shape,
            many=many or is_sequence,
            required=parameter.default is parameter.empty and not many,
            default=None if parameter.default is parameter.empty else parameter.default,
            annotation=annotation,
        )
    result = hints.get("return")
    return Signature(
        arguments=arguments,
        outputs=_outputs(result, names, problems),
        result=result,
        problems=tuple(problems),
    )


def _hints(
    function: Callable[..., Any], names: Mapping[str, Any], problems: list[tuple[str, str]]
) -> dict[str, Any]:
    local = {**names, **_closure(function)}
    hints: dict[str, Any] = {}
    for name, annotation in getattr(function, "__annotations__", {}).items():
        try:
            hints[name] = resolved(annotation, getattr(function, "__globals__", {}), local)
        except Exception as error:
            problems.append(
                (name, f"annotation {annotation!r} can't be resolved: {type(error).__name__}: {error}")
            )
    return hints


def _closure(function: Callable[..., Any]) -> dict[str, Any]:
    code = getattr(function, "__code__", None)
    cells: Sequence[types.CellType] = getattr(function, "__closure__", None) or ()
    found: dict[str, Any] = {}
    for name, cell in zip(code.co_freevars if code else (), cells, strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # an empty cell: the name is bound later
            continue
    return found


def _argument_shape(annotation: Any) -> tuple[Shape | None, bool]:
    """Give the shape and whether it is a sequence of handles; a union with None counts as the other member."""
    shape = shape_of(annotation)
    if shape is not None:
        return shape, False
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        members = [member for member in arguments if member is not type(None)]
        return _argument_shape(members[0]) if len(members) == 1 else (None, False)
    if isinstance(origin, type) and issubclass(origin, Sequence) and arguments:
        items = shape_of(arguments[0])
        return items, items is not None
    return None, False


def shape_of(annotation: Any) -> Shape | None:
    """Read `Table[C, S]`, `Model[T]`, `Value[T]` or `Files`; None if the annotation is something else."""
    origin: Any = typing.get_origin(annotation) or annotation
    arguments: tuple[Any, ...] = typing.get_args(annotation)
    if origin is Table:
        contract: Any = arguments[0] if arguments else Contract
        population = arguments[1] if len(arguments) > 1 else Population
        name = (
            population if isinstance(population, type) else getattr(population, "__name__", str(population))
        )
        return Shape(kind="table", contract=contract if is_contract(contract) else None, population=name)
    if origin is Model:
        return Shape(kind="model", inner=arguments[0] if arguments else None)
    if origin is Value:
        return Shape(kind="value", inner=arguments[0] if arguments else None)
    if origin is Files:
        return Shape(kind="files")
    return None


def is_contract(annotation: Any) -> bool:
    """Tell whether an annotation is a contract class."""
    return isinstance(annotation, type) and issubclass(annotation, Contract)


def named_tuple_of(annotation: Any) -> Any:
    """Give the NamedTuple class of `Fitted` or `Halves[Scans]`, a stage's several outputs; None where there is none."""
    written: Any = typing.get_origin(annotation) or annotation
    is_one = isinstance(written, type) and tuple in written.__mro__ and hasattr(written, "_fields")
    return written if is_one else None


def _outputs(result: Any, names: Mapping[str, Any], problems: list[tuple[str, str]]) -> dict[str, Shape]:
    shape = shape_of(result)
    if shape is not None:
        return {"out": shape}
    if named_tuple_of(result) is not None:
        return _named_outputs(result, names, problems)
    if not any(where == "return" for where, _ in problems) and getattr(result, "__name__", "") != "PerRow":
        written = "nothing" if result in (None, type(None)) else getattr(result, "__qualname__", str(result))
        problems.append(
            ("return", f"gives {written}: expected Table, Model, Value, Files or a NamedTuple of them")
        )
    return {}


def _named_outputs(
    result: Any, names: Mapping[str, Any], problems: list[tuple[str, str]]
) -> dict[str, Shape]:
    fields = named_tuple_of(result)
    outputs: dict[str, Shape] = {}
    for name, annotation in fields.__annotations__.items():
        try:
            shape = shape_of(_filled_in(resolved(annotation, module_names(fields), names), result))
        except Exception as error:
            problems.append(("return", f"field {name!r}: {type(error).__name__}: {error}"))
            continue
        if shape is None:
            problems.append(("return", f"field {name!r} is no handle: expected Table, Model, Value or Files"))
        else:
            outputs[name] = shape
    return outputs


def _filled_in(field: Any, result: Any) -> Any:
    """Put the arguments of `Halves[Scans]` where its field `Table[C, Train]` has its parameters."""
    parameters: tuple[Any, ...] = getattr(typing.get_origin(result), "__parameters__", ())
    given = dict(zip(parameters, typing.get_args(result), strict=True))
    wanted: tuple[Any, ...] = getattr(field, "__parameters__", ())
    return (
        field[tuple(given.get(parameter, parameter) for parameter in wanted)] if given and wanted else field
    )
