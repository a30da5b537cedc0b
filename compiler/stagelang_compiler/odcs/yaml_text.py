"""Writes YAML that readers of either version understand alike, and reads it with the line of each key."""

from __future__ import annotations

import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from stagelang_compiler.odcs.problems import Malformed, Note

_WIDE = 1 << 20
_PLAIN = re.compile(r"[A-Za-z_][\w ./()<>-]*", re.ASCII)
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
"""Words that one version or another of YAML takes for no text."""


def dumps(document: dict[str, Any]) -> str:
    """Write a document: texts that might be taken for anything else in quotes, texts of several lines as blocks."""
    stream = io.StringIO()
    yaml: Any = YAML()
    yaml.width = _WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(_quoted(document), stream)
    return stream.getvalue()


def _quoted(value: Any) -> Any:
    if isinstance(value, _MAPPING):
        return {key: _quoted(each) for key, each in value.items()}
    if isinstance(value, _LIST):
        return [_quoted(each) for each in value]
    return _text(value) if isinstance(value, str) else value


_MAPPING: Any = dict
_LIST: Any = list


def _text(text: str) -> Any:
    quoted: Any = DoubleQuotedScalarString
    block: Any = LiteralScalarString
    lines = text.split("\n")
    if (
        len(lines) > 1
        and all(line.isprintable() and line == line.rstrip() for line in lines)
        and lines[0][:1].strip()
    ):
        return block(text)
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text == text.strip()
    return text if is_plain else quoted(text)


def loads(text: str) -> Any:
    """Read a document whose mappings and lists know their lines. Raises Malformed."""
    yaml: Any = YAML(typ="rt", pure=True)
    try:
        return yaml.load(text)
    except MarkedYAMLError as error:
        wrong: Any = error
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 0
        raise Malformed((Note(f"it is no YAML: {wrong.problem}", line),)) from None
    except (YAMLError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise Malformed((Note(f"it is no YAML: {said}"),)) from None


def line_of(table: Any, key: Any) -> int:
    """Give the line of a key of a mapping, or of a place of a list; 0 where it isn't known."""
    marks = getattr(table, "lc", None)
    found = marks.data.get(key) if marks is not None and marks.data else None
    return found[0] + 1 if found else 0
