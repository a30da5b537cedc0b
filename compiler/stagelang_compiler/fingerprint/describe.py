"""Describes live objects that code holds: a text that tells two apart, and the definitions that they lead to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias, final

from attrs import Factory, define

from stagelang_compiler.values import (
    UnhashableValue,
    canonical_json,
    class_name,
    encode_value,
    kind_of,
    module_name,
)

Definition: TypeAlias = FunctionType | type | ModuleType


def _never(function: FunctionType) -> bool:
    return False


@final
@define(eq=False)
class Description:
    """What describing objects found on the way."""

    home: Callable[[FunctionType | type], str] = module_name
    """Names the module of a definition."""
    is_told_by_source: Callable[[FunctionType], bool] = _never
    """Says whether one piece of source says all about a function, its decorators included."""
    definitions: list[Definition] = Factory(list[Definition])
    """Functions, classes and modules: what they do is not in the text."""
    modules: list[str] = Factory(list[str])
    """Homes of compiled functions."""
    open: set[int] = Factory(set[int])

    def of(self, value: Any, path: str) -> str:
        """Describe an object.

        Raises:
            UnhashableValue: it is neither code nor a value that is known by its content; `path` says where it was met.
        """
        if id(value) in self.open:
            if isinstance(value, FunctionType):
                return f"itself:{value.__qualname__}"
            raise UnhashableValue(path, type(value).__qualname__, "it contains itself")
        self.open.add(id(value))
        try:
            return self._of(value, path)
        finally:
            self.open.discard(id(value))

    def _of(self, value: Any, path: str) -> str:
        match value:
            case FunctionType():
                self.definitions.append(value)
                return (
                    f"function {self.home(value)}:{value.__code__.co_qualname}{self._made_with(value, path)}"
                )
            case type():
                self.definitions.append(value)
                return f"class {self.home(value)}:{value.__qualname__}"
            case ModuleType():
                self.definitions.append(value)
                return f"module {value.__name__}"
            case MethodType():
                return (
                    f"method {self.of(value.__func__, path)} of {self.of(value.__self__, f'{path}.__self__')}"
                )
            case partial():
                return self._parts(path, {"func": value.func, "args": value.args, **value.keywords})
            case BuiltinFunctionType() if value.__self__ is None or isinstance(value.__self__, ModuleType):
                self.modules.append(value.__module__ or "builtins")
                return f"builtin {value.__module__}:{value.__qualname__}"
            case _:
                parts = _parts_of(value)
                return (
                    self._parts(path, parts)
                    if any(map(_is_code, parts.values()))
                    else self._other(value, path)
                )

    def _other(self, value: Any, path: str) -> str:
        kind = kind_of(value)
        wrapped = getattr(value, "__wrapped__", None)
        if callable(value) and callable(wrapped):  # a stage, a function with a cache
            return f"{class_name(kind)} around {self.of(wrapped, path)}"
        if callable(value) and kind.__module__ == "numpy" and hasattr(value, "__name__"):
            self.modules.append("numpy")
            return f"{class_name(kind)} {value.__name__}"
        classes: dict[type, None] = {}
        text = canonical_json(encode_value(value, path, classes=classes))
        self.definitions += classes
        return text

    def _parts(self, path: str, parts: Mapping[str, Any]) -> str:
        return "; ".join(f"{name}={self.of(part, f'{path}.{name}')}" for name, part in parts.items())

    def _made_with(self, function: FunctionType, path: str) -> str:
        """Describe what tells functions apart that one piece of source made many of."""
        if "<locals>" not in function.__code__.co_qualname or self.is_told_by_source(function):
            return ""
        held = [
            f"{name}={self.of(each, f'{path}: closure variable {name!r}')}" for name, each in cells(function)
        ]
        given = defaults(function).items()
        held += [f"{name}={self.of(each, f'{path}: default of {name!r}')}" for name, each in given]
        return f"({'; '.join(held)})"


def cells(function: FunctionType) -> list[tuple[str, Any]]:
    """Give the variables of a closure; one that has no value yet is left out."""
    held: list[tuple[str, Any]] = []
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            held.append((name, cell.cell_contents))
        except ValueError:
            continue
    return held


def defaults(function: FunctionType) -> dict[str, Any]:
    """Give the defaults of a function's parameters."""
    code = function.__code__
    values = function.__defaults__ or ()
    positional = code.co_varnames[code.co_argcount - len(values) : code.co_argcount]
    return {**dict(zip(positional, values, strict=True)), **(function.__kwdefaults__ or {})}


def home_file(definition: FunctionType | type) -> str | None:
    """Give the file of the module that a definition says it lives in."""
    return getattr(sys.modules.get(definition.__module__ or ""), "__file__", None)


def _parts_of(value: Any) -> dict[str, Any]:
    """Give the parts of a collection that may hold code, by their places."""
    if type(value) in {tuple, list}:
        return {f"[{place}]": each for place, each in enumerate(value)}
    return {f"[{key!r}]": value[key] for key in value} if kind_of(value) is dict else {}


def _is_code(value: object) -> bool:
    return callable(value) or isinstance(value, ModuleType)
