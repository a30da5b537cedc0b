"""Writes YAML with its comments; the only module here that knows ruamel.yaml."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, final

from attrs import frozen
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import LiteralScalarString

Value: TypeAlias = Any
"""Plain data, or a `Said` in it."""
_TABLE: Any = dict
_LIST: Any = list
_WIDE = 1 << 20
"""No line is ever folded, so that a diff shows what changed."""


@final
@frozen
class Said:
    """A value with a comment at the end of its line."""

    value: Value
    comment: str


@final
@frozen
class Headed:
    """A value with a line of comment above its key; with an empty one, it stands apart."""

    value: Value
    line: str = ""


def dumps(header: Sequence[str], data: Mapping[str, Value]) -> str:
    """Write a document: a header of comments, then the data with theirs; texts of several lines as blocks."""
    stream = io.StringIO()
    yaml: Any = YAML()
    yaml.width = _WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(_commented(data, 0), stream)
    return "".join(f"# {line}\n" if line else "#\n" for line in header) + "\n" + stream.getvalue()


def loads(text: str) -> Any:
    """Read plain data. Raises ValueError for what is no YAML."""
    try:
        yaml: Any = YAML(typ="safe", pure=True)
        return yaml.load(text)
    except YAMLError as error:
        raise ValueError(str(error)) from None


def _commented(value: Value, depth: int) -> Value:
    if isinstance(value, _TABLE):
        return _mapping(value, depth)
    if isinstance(value, _LIST):
        return CommentedSeq([_commented(each, depth + 2) for each in value])
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    return value


def _mapping(value: Mapping[str, Value], depth: int) -> Value:
    found: Any = CommentedMap()
    for key, each in value.items():
        content = each
        if isinstance(content, Headed):
            found.yaml_set_comment_before_after_key(key, before=content.line or "\n", indent=depth)
            content = content.value
        if isinstance(content, Said):
            found.yaml_add_eol_comment(content.comment, key, column=0)
            content = content.value
        found[key] = _commented(content, depth + 2)
    return found
