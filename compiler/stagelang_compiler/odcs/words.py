"""The words that both ways share: the standard's types, and the custom properties that hold what it has no word for."""

from __future__ import annotations

from collections.abc import Mapping

API_VERSION = "v3.1.0"

LOGICAL: Mapping[str, str] = {
    "int": "integer",
    "float": "number",
    "str": "string",
    "bool": "boolean",
    "bytes": "string",
    "date": "date",
    "datetime": "timestamp",
    "time": "time",
}
"""The standard's type of each of ours; bytes are a string of the format 'binary'."""

FORMATS: Mapping[str, str] = {"int": "i64", "float": "f64", "bytes": "binary"}

BOUNDS: Mapping[str, str] = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}

PREFIX = "stagelang"
"""What the names of our custom properties begin with."""

CUSTOM: Mapping[str, str] = {
    "unversioned": "no version",
    "closed": "that it has no other columns",
    "sortedBy": "the order of its rows",
    "maxAgeSeconds": "how old its newest row may be",
    "group": "the group",
    "time": "the time",
    "unit": "the unit",
    "role": "the role",
    "scale": "the scale",
    "adds": "which sums mean something",
    "knownAfterSeconds": "when a value becomes known",
    "madeOf": "which columns it is made of",
}
"""What is kept as a custom property, which other tools don't read: its name after the prefix, and what it says."""


def custom_name(name: str) -> str:
    """Give the whole name of one of our custom properties: 'stagelangMaxAgeSeconds'."""
    return f"{PREFIX}{name[:1].upper()}{name[1:]}"
