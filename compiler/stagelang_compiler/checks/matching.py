"""Whether a type, or a value, fits an annotation, as far as it can be told without a type checker; in doubt it fits."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, TypeVar

from stagelang.handle import Handle


def written(annotation: Any) -> str:
    """Write an annotation as in the source."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__qualname__
    if typing.get_origin(annotation) is typing.Union:
        return " | ".join(
            "None" if each is type(None) else written(each) for each in typing.get_args(annotation)
        )
    return _MODULES.sub(lambda found: found[1] or found[0], str(annotation))


_MODULES = re.compile(r"'[^']*'|\b(?:\w+\.)+(\w+)")
"""A quoted text, or a name with the modules before it."""


def matches(given: Any, needed: Any) -> bool:
    """Tell whether a value of type `given` can stand where `needed` is asked for."""
    if (
        needed is None
        or given is None
        or needed is Any
        or given is Any
        or isinstance(needed, TypeVar)
        or isinstance(given, TypeVar)
    ):
        return True
    if given == needed:
        return True
    given_class, needed_class = typing.get_origin(given) or given, typing.get_origin(needed) or needed
    if needed_class in (typing.Union, types.UnionType):
        return any(matches(given, member) for member in typing.get_args(needed))
    if not (isinstance(given_class, type) and isinstance(needed_class, type)):
        return True
    if (given_class, needed_class) in ((int, float), (bool, int), (bool, float)):
        return True
    if not issubclass(given_class, needed_class):
        return False
    pairs = zip(typing.get_args(given), typing.get_args(needed), strict=False)
    return all(matches(a, b) for a, b in pairs)


def matches_value(value: Any, annotation: Any) -> bool:
    """Tell whether a value fits an annotation; an int fits float, as for the type checkers (PEP 484)."""
    if annotation is Any or isinstance(annotation, TypeVar | str):
        return True
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is None or annotation is type(None):
        return value is None
    if origin in (typing.Union, types.UnionType):
        return any(matches_value(value, member) for member in arguments)
    if origin is Literal:
        return any(type(value) is type(member) and value == member for member in arguments)
    if origin is type:
        return isinstance(value, type) and (
            not isinstance(arguments[0], type) or issubclass(value, arguments[0])
        )
    container = origin or annotation
    return not isinstance(container, type) or _instance_matches(value, container, arguments)


def _instance_matches(value: Any, container: type[Any], arguments: tuple[Any, ...]) -> bool:
    if container in (int, float):
        numbers = (int,) if container is int else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool)
    try:
        if not isinstance(value, container):
            return False
    except TypeError:  # a protocol that can't be checked while running
        return True
    return _items_match(value, container, arguments)


def _items_match(value: Any, container: type[Any], arguments: tuple[Any, ...]) -> bool:
    if not arguments or isinstance(value, Handle):  # what a handle holds isn't there yet
        return True
    if issubclass(container, Mapping):
        return all(
            matches_value(key, arguments[0]) and matches_value(item, arguments[-1])
            for key, item in value.items()
        )
    if issubclass(container, tuple) and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        return len(value) == len(arguments) and all(
            matches_value(item, each) for item, each in zip(value, arguments, strict=True)
        )
    if issubclass(container, Sequence | Collection) and not isinstance(value, str):
        return all(matches_value(item, arguments[0]) for item in value)
    return True
