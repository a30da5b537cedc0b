"""Which codec stores a model or value of a type, by the type alone; the runtime's codecs bear these names."""

from __future__ import annotations

import inspect
import types
import typing
from typing import Any

_MARKS = ("__dataclass_fields__", "__attrs_attrs__", "_fields")
"""What dataclasses, attrs classes and named tuples bear."""

CODECS = ("json", "npy", "npz", "skops", "pickle")


def codec_name(kind: str, inner: Any, explicit: str) -> str | None:
    """Give the codec's name; None where the type doesn't tell and none was named, or an unknown one was."""
    if explicit and kind == "model":
        return explicit if explicit in CODECS else None
    origin, arguments = typing.get_origin(inner) or inner, typing.get_args(inner)
    root = getattr(origin, "__module__", "").partition(".")[0]
    if root == "numpy" and getattr(origin, "__name__", "") == "ndarray":
        return "npy"
    if (
        origin is dict
        and arguments
        and getattr(typing.get_origin(arguments[1]) or arguments[1], "__name__", "") == "ndarray"
    ):
        return "npz"
    if root == "sklearn":
        return "skops"
    return "json" if _is_plain(inner) else None


def _is_plain(inner: Any) -> bool:
    origin: Any = typing.get_origin(inner) or inner
    arguments: tuple[Any, ...] = typing.get_args(inner)
    if origin in (int, float, str, bool, type(None), Any, None):
        return True
    if inspect.isclass(origin) and any(hasattr(origin, mark) for mark in _MARKS):
        return True
    if origin in (list, tuple, dict, typing.Union, types.UnionType):
        return all(_is_plain(argument) or argument is Ellipsis for argument in arguments)
    return False


def type_name(inner: Any) -> str:
    """Spell a type as 'module:qualname', or as it is written where it is no class."""
    if inner is None:
        return ""
    if isinstance(inner, type) and not typing.get_args(inner):
        return (
            inner.__qualname__
            if inner.__module__ == "builtins"
            else f"{inner.__module__}:{inner.__qualname__}"
        )
    return str(inner)
