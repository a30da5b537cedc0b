"""How values and handles are written in messages."""

from __future__ import annotations

from stagelang.signature import Shape
from stagelang_compiler.codec_names import type_name


def short(value: object) -> str:
    """Write a value in the user's words, at most 40 characters long."""
    try:
        text = repr(value)
    except Exception:
        text = type(value).__qualname__
    return text if len(text) <= 40 else text[:37] + "..."


def shape_text(shape: Shape) -> str:
    """Write a shape as its annotation."""
    population = shape.population if isinstance(shape.population, str) else shape.population.__name__
    match shape.kind:
        case "table":
            return f"Table[{shape.contract.__name__ if shape.contract else '?'}, {population}]"
        case "files":
            return "Files"
        case _:
            return f"{shape.kind.capitalize()}[{type_name(shape.inner).rpartition(':')[2] or '?'}]"
