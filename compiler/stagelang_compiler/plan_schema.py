"""The Plan's JSON Schema (draft 2020-12), made from its classes."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any

import attrs

from stagelang.origin import Origin
from stagelang_compiler import plan

_PRIMITIVES: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}


def plan_schema() -> dict[str, Any]:
    """Give the schema of the current plan version."""
    definitions: dict[str, Any] = {}
    root = _object(plan.Plan, definitions)
    root["properties"]["schema"] = {"const": plan.SCHEMA_VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "stagelang plan",
        "description": "What is to be computed: the output of 'stagelang plan --format json'.",
        **root,
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def _object(cls: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls, vars(plan) | {"Origin": Origin})
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cls)
    required = [field.name for field in fields if field.default is attrs.NOTHING or cls is plan.Plan]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": {field.name: _schema(hints[field.name], definitions) for field in fields},
    }


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _PRIMITIVES:
        return dict(_PRIMITIVES[hint])
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_schema(argument, definitions) for argument in arguments]}
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return {"type": "array", "items": _schema(arguments[0], definitions)}
        items = [_schema(argument, definitions) for argument in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = {}
        definitions[hint.__name__] = _object(hint, definitions)
    return {"$ref": f"#/$defs/{hint.__name__}"}
