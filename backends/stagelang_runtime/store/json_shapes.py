"""What JSON looks like for a type, compiled once from its annotation, and checked both ways.

A shape's `kinds` are the JSON kinds that it may take, by which a union knows its members apart.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeGuard, Union, final, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from stagelang_runtime.store.errors import NoCodec


class Misfit(Exception):
    """A value or a text that isn't of the shape: where, what was expected, what was found."""

    def __init__(self, where: str, expected: str, found: object) -> None:
        super().__init__(f"expected {expected}, got {_describe(found)} @ {where}")


class Shape(Protocol):
    """How values of one type stand in JSON; both ways raise Misfit."""

    @property
    def kinds(self) -> frozenset[str]: ...

    def dump(self, value: Any, where: str, /) -> Any: ...

    def load(self, data: Any, where: str, /) -> Any: ...


def shape_of(annotation: Any, path: str, inside: tuple[object, ...] = ()) -> Shape:
    """Compile a type. Raises NoCodec naming the field at `path` whose type isn't plain data."""
    if annotation in inside:
        raise _unsupported(annotation, path, "contains itself")
    if annotation in (Any, object):
        return AnyJson()
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, arguments = get_origin(annotation) or annotation, get_args(annotation)
    if origin in (Union, types.UnionType):
        return _union([shape_of(part, path, inside) for part in arguments], annotation, path)
    if origin is Literal:
        return LiteralOf(values=arguments)
    if origin is tuple:
        return _tuple_of(arguments, path, inside)
    if origin in (list, Sequence):
        return ListOf(item=shape_of(arguments[0] if arguments else object, f"{path}[]", inside))
    if origin in (dict, Mapping):
        return _dict_of(arguments, annotation, path, inside)
    if isinstance(annotation, type):
        return _record(annotation, path, (*inside, annotation))
    raise _unsupported(annotation, path, "isn't plain data")


def _tuple_of(arguments: tuple[Any, ...], path: str, inside: tuple[object, ...]) -> Shape:
    if not arguments or arguments[1:] == (...,):
        return TupleOf(items=(), rest=shape_of(arguments[0] if arguments else object, f"{path}[]", inside))
    return TupleOf(items=tuple(shape_of(part, f"{path}[{i}]", inside) for i, part in enumerate(arguments)))


def _dict_of(arguments: tuple[Any, ...], annotation: object, path: str, inside: tuple[object, ...]) -> Shape:
    key, value = arguments or (str, object)
    if key is not str:
        raise _unsupported(annotation, path, "has keys that aren't str")
    return DictOf(value=shape_of(value, f"{path}[]", inside))


def _union(members: Sequence[Shape], annotation: object, path: str) -> Shape:
    seen: set[str] = set()
    for member in members:
        if member.kinds & seen:
            raise _unsupported(annotation, path, "has members that look alike in JSON")
        seen |= member.kinds
    return OneOf(members=tuple(members))


def _record(cls: type[Any], path: str, inside: tuple[object, ...]) -> Shape:
    names = _field_names(cls)
    if names is None:
        raise _unsupported(cls, path, "isn't plain data")
    try:
        hints = get_type_hints(cls)
    except (NameError, TypeError) as error:
        raise _unsupported(cls, path, f"has annotations that can't be read ({error})") from None
    prefix = f"{path}." if path else f"{cls.__name__}."
    fields = {name: shape_of(hints.get(name, object), f"{prefix}{name}", inside) for name in names}
    return Record(cls=cls, fields=fields, arguments=names)


def _field_names(cls: type[Any]) -> dict[str, str] | None:
    """Give the constructor's argument for each field, or None when the class isn't a record that it can fill."""
    if attrs.has(cls):
        parts = attrs.fields(cls)
        return (
            {part.name: part.alias or part.name for part in parts}
            if all(part.init for part in parts)
            else None
        )
    if dataclasses.is_dataclass(cls):
        members = dataclasses.fields(cls)
        return {part.name: part.name for part in members} if all(part.init for part in members) else None
    names: tuple[str, ...] | None = getattr(cls, "_fields", None) if tuple in cls.__mro__ else None
    return None if names is None else {name: name for name in names}


def _unsupported(annotation: object, path: str, why: str) -> NoCodec:
    name = annotation.__qualname__ if isinstance(annotation, type) else str(annotation)
    place = f"field {path!r} of type {name!r}" if path else f"the type {name!r}"
    return NoCodec(
        f"{place} {why}, so JSON can't hold it",
        "use numbers, text, lists, dicts and dataclasses of them, or name a codec: npy, npz, skops, pickle",
    )


@final
@frozen
class AnyJson:
    """Plain JSON data of any kind; tuples are refused since they would come back as lists."""

    kinds = frozenset({"null", "bool", "int", "float", "str", "list", "dict"})

    def dump(self, value: Any, where: str, /) -> Any:
        value = _plain(value)
        kind = _kind(value)
        if kind in _OF_KIND:
            return _OF_KIND[kind].dump(value, where)
        raise Misfit(where, "plain JSON data", value)

    def load(self, data: Any, where: str, /) -> Any:
        return data


@final
@frozen
class Scalar:
    """One of JSON's own kinds."""

    kind: str
    accepts: Callable[[Any], bool]
    convert: Callable[[Any], Any]

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({self.kind})

    def dump(self, value: Any, where: str, /) -> Any:
        value = _plain(value)
        if not self.accepts(value):
            raise Misfit(where, self.kind, value)
        return self.convert(value)

    def load(self, data: Any, where: str, /) -> Any:
        if _kind(data) != self.kind:
            raise Misfit(where, self.kind, data)
        return data


@final
@frozen(kw_only=True)
class LiteralOf:
    """A value out of a few."""

    values: tuple[Any, ...]

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(_kind(value) for value in self.values)

    def dump(self, value: Any, where: str, /) -> Any:
        value = _plain(value)
        if not any(type(value) is type(known) and value == known for known in self.values):
            raise Misfit(where, f"one of {', '.join(map(repr, self.values))}", value)
        return value

    def load(self, data: Any, where: str, /) -> Any:
        return self.dump(data, where)


@final
@frozen(kw_only=True)
class ListOf:
    """A list of items of one shape."""

    item: Shape
    kinds = frozenset({"list"})

    def dump(self, value: Any, where: str, /) -> Any:
        if not _is_list(value):
            raise Misfit(where, "list", value)
        return [self.item.dump(item, f"{where}[{i}]") for i, item in enumerate(value)]

    def load(self, data: Any, where: str, /) -> Any:
        if not _is_list(data):
            raise Misfit(where, "list", data)
        return [self.item.load(item, f"{where}[{i}]") for i, item in enumerate(data)]


@final
@frozen(kw_only=True)
class TupleOf:
    """A tuple of items of given shapes, or of any number of one shape."""

    items: tuple[Shape, ...]
    rest: Shape | None = None
    kinds = frozenset({"list"})

    def dump(self, value: Any, where: str, /) -> Any:
        if not _is_tuple(value):
            raise Misfit(where, "tuple", value)
        return [shape.dump(item, f"{where}[{i}]") for i, shape, item in self._paired(value, where)]

    def load(self, data: Any, where: str, /) -> Any:
        if not _is_list(data):
            raise Misfit(where, "list", data)
        return tuple(shape.load(item, f"{where}[{i}]") for i, shape, item in self._paired(data, where))

    def _paired(self, items: Sequence[Any], where: str) -> list[tuple[int, Shape, Any]]:
        shapes = self.items if self.rest is None else (self.rest,) * len(items)
        if len(shapes) != len(items):
            raise Misfit(where, f"{len(shapes)} items", items)
        return [(i, shape, item) for i, (shape, item) in enumerate(zip(shapes, items, strict=True))]


@final
@frozen(kw_only=True)
class DictOf:
    """A dict from text to values of one shape."""

    value: Shape
    kinds = frozenset({"dict"})

    def dump(self, value: Any, where: str, /) -> Any:
        if not _is_dict(value):
            raise Misfit(where, "dict", value)
        for key in value:
            if not isinstance(key, str):
                raise Misfit(where, "str as key", key)
        return {key: self.value.dump(item, f"{where}.{key}") for key, item in value.items()}

    def load(self, data: Any, where: str, /) -> Any:
        if not _is_dict(data):
            raise Misfit(where, "dict", data)
        return {key: self.value.load(item, f"{where}.{key}") for key, item in data.items()}


@final
@frozen(kw_only=True)
class Record:
    """A dataclass, attrs class or NamedTuple as a JSON object of its fields."""

    cls: type[Any]
    fields: dict[str, Shape]
    arguments: dict[str, str]
    kinds = frozenset({"dict"})

    def dump(self, value: Any, where: str, /) -> Any:
        # A subclass could carry fields that would be lost.
        if type(value) is not self.cls:
            raise Misfit(where, self.cls.__name__, value)
        return {
            name: shape.dump(getattr(value, name), f"{where}.{name}") for name, shape in self.fields.items()
        }

    def load(self, data: Any, where: str, /) -> Any:
        if not _is_dict(data) or data.keys() != self.fields.keys():
            raise Misfit(where, f"the fields {', '.join(self.fields) or 'of an empty record'}", data)
        loaded = {name: shape.load(data[name], f"{where}.{name}") for name, shape in self.fields.items()}
        return self.cls(**{self.arguments[name]: value for name, value in loaded.items()})


@final
@frozen(kw_only=True)
class OneOf:
    """A union, whose members differ in their JSON kind."""

    members: tuple[Shape, ...]

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset[str]().union(*(member.kinds for member in self.members))

    def dump(self, value: Any, where: str, /) -> Any:
        return self._member(_kind(_plain(value)), value, where).dump(value, where)

    def load(self, data: Any, where: str, /) -> Any:
        return self._member(_kind(data), data, where).load(data, where)

    def _member(self, kind: str, value: object, where: str) -> Shape:
        # An int where only a float is allowed is that float.
        for wanted in (kind, "float") if kind == "int" else (kind,):
            for member in self.members:
                if wanted in member.kinds:
                    return member
        raise Misfit(where, " or ".join(sorted(self.kinds)), value)


def _kind(value: object) -> str:
    """Give the JSON kind that a value of Python takes; its type's name where it takes none."""
    for kind, python in _PYTHON_KINDS:
        if isinstance(value, python):
            return kind
    return "dict" if _field_names(type(value)) is not None else type(value).__name__


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def _is_dict(value: object) -> TypeGuard[dict[Any, Any]]:
    return isinstance(value, dict)


def _plain(value: Any) -> Any:
    """Turn a scalar of numpy into Python's, without importing numpy."""
    if any(base.__name__ == "generic" and base.__module__ == "numpy" for base in type(value).__mro__):
        return value.item()
    return value


def _is_float(value: Any) -> bool:
    """Tell whether a number is a float, or an int that a float holds exactly."""
    return math.isfinite(value) if _kind(value) == "float" else _kind(value) == "int" and abs(value) <= 2**53


def _describe(value: object) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


# A bool is an int to Python: the first that fits counts.
_PYTHON_KINDS: tuple[tuple[str, type], ...] = (
    ("null", type(None)),
    ("bool", bool),
    ("int", int),
    ("float", float),
    ("str", str),
    ("list", list),
    ("dict", dict),
)
_SCALARS: dict[object, Scalar] = {
    type(None): Scalar("null", lambda value: value is None, lambda value: value),
    None: Scalar("null", lambda value: value is None, lambda value: value),
    bool: Scalar("bool", lambda value: isinstance(value, bool), bool),
    int: Scalar("int", lambda value: _kind(value) == "int", int),
    float: Scalar("float", _is_float, float),
    str: Scalar("str", lambda value: isinstance(value, str), str),
}
_OF_KIND: dict[str, Shape] = {
    "null": _SCALARS[None],
    "bool": _SCALARS[bool],
    "int": _SCALARS[int],
    "float": _SCALARS[float],
    "str": _SCALARS[str],
    "list": ListOf(item=AnyJson()),
    "dict": DictOf(value=AnyJson()),
}
