"""Which codec stores a model or value of a type, by the type alone; the runtime's codecs bear these names."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import attrs

CODECS = ("json", "npy", "npz", "skops", "pickle")


def codec_name(kind: str, inner: Any, explicit: str) -> str | None:
    """Give the codec's name, or None where the type doesn't tell and none was named."""
    if explicit and kind == "model":
        return explicit
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
    origin, arguments = typing.get_origin(inner) or inner, typing.get_args(inner)
    if origin in (int, float, str, bool, type(None), Any, None):
        return True
    if isinstance(origin, type) and (
        dataclasses.is_dataclass(origin) or attrs.has(origin) or hasattr(origin, "_fields")
    ):
        return True
    if origin in (list, tuple, dict) or str(origin) in ("typing.Union", "<class 'types.UnionType'>"):
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
