"""The Plan as canonical JSON, and back: sorted keys, no spaces, UTF-8, no NaN, one newline at the end.

Loading is strict: an unknown key, a missing one or a wrong type is refused with its path; nothing in a plan is executed.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import typing
import weakref
from collections.abc import Collection, Sequence
from contextvars import ContextVar
from typing import Any

import attrs
import cattrs
from cattrs import IterableValidationNote, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from stagelang_compiler.plan import SCHEMA_VERSION, Plan

_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which a Python text may hold and UTF-8 can't: it is written as JSON's escape."""


class PlanError(Exception):
    """A text that is no plan this version can read: where, what was expected, what was found."""


def dumps(plan: Plan) -> str:
    """Write a plan as canonical JSON; equal plans give equal texts. The last one's text is kept while the plan lives."""
    kept = _last.get()
    if kept is None or kept[0]() is not plan:
        kept = (weakref.ref(plan), canonical(_converter().unstructure(plan)))
        _last.set(kept)
    return kept[1]


_last: ContextVar[tuple[weakref.ref[Plan], str] | None] = ContextVar("_last", default=None)


def canonical(value: Any) -> str:
    """Write plain data as canonical JSON with a newline at its end.

    Raises:
        ValueError: the data holds NaN or an infinity.
    """
    text = _ENCODER.encode(value)
    if not text.isascii():
        text = _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text + "\n"


def digest(plan: Plan) -> str:
    """Give the SHA-256 of the plan's canonical text, as 'sha256:<hex>'."""
    return text_digest(dumps(plan))


def text_digest(text: str) -> str:
    """Give the SHA-256 of a plan's canonical text, as 'sha256:<hex>'."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def loads(text: str) -> Plan:
    """Read a plan strictly.

    Raises:
        PlanError: the text is no JSON, of another schema version, or has a wrong, missing or unknown field.
    """
    return _structured_plan(_raw(text))


def loads_part(text: str, names: Collection[str], *, ancestors: bool) -> Plan:
    """Read only what carrying out some nodes takes: them, and the nodes that they read or else all of their ancestors.

    A part has the stages, contracts and measured metrics of its nodes, and no gates, outputs or experiments.

    Args:
        text: a whole plan's.
        names: the nodes'.
        ancestors: take in all ancestors instead of those only that the nodes read.

    Raises:
        PlanError: as `loads`; what isn't part of the part isn't looked at.
        KeyError: the plan has no node of a name.
    """
    raw = _raw(text)
    try:
        part = _part(raw, names, ancestors)
    except (AttributeError, TypeError):
        part = raw  # something has a wrong type: structuring says what
    except KeyError as error:
        if error.args[0] in names:
            raise
        part = raw
    return _structured_plan(part)


def _part(raw: dict[str, Any], names: Collection[str], ancestors: bool) -> dict[str, Any]:
    by_name: dict[str, Any] = {node["name"]: node for node in raw["nodes"]}
    chosen = {name: by_name[name] for name in names}
    waiting = [*chosen]
    while waiting:
        read = [bound["node"] for bound in by_name[waiting.pop()].get("inputs", ())]
        waiting += [name for name in read if ancestors and name not in chosen]
        chosen |= {name: by_name[name] for name in read}
    nodes = [node for node in raw["nodes"] if node["name"] in chosen]
    stages = {node["stage"] for node in nodes if node.get("stage")}
    ends = [end for node in nodes for end in (*node.get("inputs", ()), *node.get("outputs", ()))]
    contracts = {end.get(field) for end in ends for field in ("contract", "promised")}
    return {
        **raw,
        "nodes": nodes,
        "stages": {name: raw["stages"][name] for name in stages},
        "contracts": {name: each for name, each in raw["contracts"].items() if name in contracts},
        "metrics": [each for each in raw["metrics"] if each.get("node") in chosen],
        **{field: [] for field in ("gates", "outputs", "experiments", "waivers")},
    }


def _raw(text: str) -> dict[str, Any]:
    try:
        raw: Any = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise PlanError(f"the plan is no JSON: {error}") from None
    if not isinstance(raw, _OBJECT):
        raise PlanError(f"the plan is no JSON object: expected {{...}}, found {type(raw).__name__}")
    version = raw.get("schema")
    if version != SCHEMA_VERSION:
        raise PlanError(
            f"the plan's schema is {version!r}, this stagelang reads {SCHEMA_VERSION}: compile the pipeline again"
        )
    return dict(raw)


def _structured_plan(raw: dict[str, Any]) -> Plan:
    try:
        return _converter().structure(raw, Plan)
    except cattrs.BaseValidationError as error:
        raise PlanError("; ".join(transform_error(error, path="plan", format_exception=_say))) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"field {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, omit_if_default=True)
    for primitive in (str, int, bool, float):
        converter.register_structure_hook(primitive, functools.partial(_strict, primitive))
    converter.register_structure_hook(str | float, _text_or_number)
    converter.register_structure_hook(str | int, _text_or_number)
    converter.register_structure_hook_func(_is_literal, _one_of)
    converter.register_structure_hook_factory(_is_tuple, functools.partial(_only_list, converter))
    converter.register_unstructure_hook_factory(attrs.has, functools.partial(_unstructure, converter))
    converter.register_structure_hook_factory(attrs.has, functools.partial(_structure, converter))
    return converter


_LIST: Any = list
_OBJECT: Any = dict


def _is_tuple(cls: Any) -> bool:
    return typing.get_origin(cls) is tuple


def _only_list(converter: cattrs.Converter, cls: Any) -> Any:
    """Refuse a text or an object where a list stands: either could be walked through like one."""
    arguments: tuple[Any, ...] = typing.get_args(cls)
    every = converter.get_structure_hook(arguments[0]) if arguments[-1] is Ellipsis else None
    each = [] if every else [converter.get_structure_hook(argument) for argument in arguments]

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, _LIST):
            raise TypeError(f"expected list, found {type(value).__name__} {value!r}")
        items: list[Any] = value
        if each and len(items) != len(each):
            raise TypeError(f"expected {len(each)} items, found {len(items)}")
        hooks = [every] * len(items) if every else each
        types = [arguments[0]] * len(items) if every else arguments
        return _structured(items, hooks, types, cls)

    return structure


def _structured(items: list[Any], hooks: Sequence[Any], types: Sequence[Any], cls: Any) -> tuple[Any, ...]:
    found: list[Any] = []
    errors: list[Exception] = []
    for index, (item, hook, expected) in enumerate(zip(items, hooks, types, strict=True)):
        try:
            found.append(hook(item, expected))
        except Exception as error:
            error.add_note(IterableValidationNote(f"at index {index}", index, expected))
            errors.append(error)
    if errors:
        raise cattrs.IterableValidationError(f"while structuring {cls}", errors, cls)  # pyright: ignore[reportCallIssue]
    return tuple(found)


def _unstructure(converter: cattrs.Converter, cls: type[Any]) -> Any:
    return make_dict_unstructure_fn(cls, converter, _cattrs_omit_if_default=cls is not Plan)


def _structure(converter: cattrs.Converter, cls: type[Any]) -> Any:
    fields: Any = make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True)

    def structure(value: Any, expected: Any) -> Any:
        if not isinstance(value, _OBJECT):
            raise TypeError(f"expected an object, found {type(value).__name__} {value!r}")
        return fields(value, expected)

    return structure


def _is_literal(cls: Any) -> bool:
    return typing.get_origin(cls) is typing.Literal


def _one_of(value: Any, cls: Any) -> Any:
    if value not in typing.get_args(cls):
        words = ", ".join(map(repr, typing.get_args(cls)))
        raise TypeError(f"expected one of {words}, found {type(value).__name__} {value!r}")
    return value


def _say(error: BaseException, expected: type[Any] | None) -> str:
    if isinstance(error, KeyError):
        return f"required field missing ({error.args[0]})"
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return f"unknown field ({', '.join(sorted(error.extra_fields))})"
    return str(error) or f"expected {expected}"


def _strict(expected: type[Any], value: Any, _: Any) -> Any:
    if type(value) is expected:
        return value
    if expected is float and type(value) is int:
        return float(value)
    raise TypeError(f"expected {expected.__name__}, found {type(value).__name__} {value!r}")


def _text_or_number(value: Any, _: Any) -> Any:
    if type(value) in (str, float, int):
        return value
    raise TypeError(f"expected a text or a number, found {type(value).__name__} {value!r}")
