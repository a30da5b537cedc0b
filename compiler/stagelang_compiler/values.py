"""Encodes parameter values by their content, as JSON-able data with a digest, and decodes them again.

Equal content gives equal text, in every process: no pickle, no identity, no order of dicts or sets. JSON's own kinds
are themselves (`None`, `bool`, `int`, `str`, `list`); all else is an object with one key that names its kind:

    1.0 -> {"float": "1.0"}      (1, 2) -> {"tuple": [1, 2]}      {"a": 1} -> {"dict": [["a", 1]]}

Pinned: `1`, `1.0`, `True` and `np.int64(1)` are four values; `0.0` and `-0.0` are two; all NaNs of a type are one;
`Decimal("1.0")` and `Decimal("1.00")` are two. A concrete path and a pure one are two, each written with slashes.
Classes are written as `module:qualname` and looked up, when decoding, only by the caller's resolver.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import hashlib
import json
import math
import sys
import uuid
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path, PurePath
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import attrs

Encoded: TypeAlias = bool | int | str | list["Encoded"] | dict[str, "Encoded"] | None


_PLAIN = (str, bool, int, type(None))


class UnhashableValue(TypeError):
    """A value whose content can't be written down; `path` says where it was met, as `params.options['x'].fn`."""

    def __init__(self, path: str, kind: str, reason: str = "") -> None:
        super().__init__(
            f"{path}: a value of type {kind} can't be hashed by its content{reason and f': {reason}'}"
        )
        self.path = path
        self.kind = kind


def encode_value(value: object, path: str = "value", *, classes: dict[type, None] | None = None) -> Encoded:
    """Write a value as JSON-able data; `classes` collects the classes of the records in it.

    Raises:
        UnhashableValue: the value, or one inside it, is of a type that isn't known by its content.
    """
    return _Encoder(classes if classes is not None else {}).encode(value, path)


def canonical_json(encoded: Encoded) -> str:
    """Write encoded data as text, the same for the same data: ASCII, no spaces."""
    return json.dumps(encoded, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def digest_value(value: object, path: str = "value") -> str:
    """Hash a value by its content; raises as `encode_value` does."""
    return f"sha256:{hashlib.sha256(canonical_json(encode_value(value, path)).encode()).hexdigest()}"


def module_name(definition: Any) -> str:
    """Give the module that a class or function was defined in, by the name it has when it is imported."""
    name = str(getattr(definition, "__module__", None) or "")
    main = sys.modules.get("__main__")
    if name != "__main__" or main is None:
        return name
    spec = getattr(main, "__spec__", None)
    file = getattr(main, "__file__", None)
    return str(spec.name) if spec is not None else Path(file).stem if file else name


def class_name(cls: type) -> str:
    """Give `module:qualname` of a class."""
    return f"{module_name(cls)}:{cls.__qualname__}"


def is_frozen_attrs(cls: type) -> bool:
    """Say whether a class was made by attrs and refuses assignment."""
    return attrs.has(cls) and getattr(cls.__setattr__, "__name__", "") == "_frozen_setattrs"


def is_frozen_dataclass(cls: type) -> bool:
    """Say whether a class is a dataclass that refuses assignment."""
    return (
        dataclasses.is_dataclass(cls)
        and "__dataclass_params__" in vars(cls)
        and bool(vars(cls)["__dataclass_params__"].frozen)
    )


def is_named_tuple(cls: type) -> bool:
    """Say whether a class is a tuple with named fields."""
    return tuple in cls.__mro__ and hasattr(cls, "_fields") and hasattr(cls, "_make")


class _Encoder:
    def __init__(self, classes: dict[type, None]) -> None:
        self.classes = classes
        self.open: set[int] = set()

    def encode(self, value: object, path: str) -> Encoded:
        if isinstance(value, enum.Enum):
            return self.member(value, path)
        kind = type(value)
        if isinstance(value, (str, int, type(None))) and kind in _PLAIN:
            return value
        if id(value) in self.open:
            raise UnhashableValue(path, kind.__qualname__, "it contains itself")
        self.open.add(id(value))
        try:
            return self.nested(value, path)
        finally:
            self.open.discard(id(value))

    def nested(self, value: Any, path: str) -> Encoded:
        kind = kind_of(value)
        if kind is list:
            return self.items(value, path)
        if kind is tuple:
            return {"tuple": self.items(value, path)}
        if kind is dict:
            return {"dict": self.pairs(value, path)}
        if kind is set or kind is frozenset:
            members = [self.encode(each, f"{path}{{...}}") for each in value]
            return {kind.__name__: sorted(members, key=canonical_json)}
        if kind is range:
            return {"range": [value.start, value.stop, value.step]}
        scalar = encode_scalar(value)
        if scalar is not None:
            return scalar
        if kind.__module__ == "numpy":
            return encode_numpy(value, path)
        return self.record(value, path)

    def items(self, values: Iterable[object], path: str) -> list[Encoded]:
        return [self.encode(each, f"{path}[{place}]") for place, each in enumerate(values)]

    def pairs(self, value: dict[Any, Any], path: str) -> list[Encoded]:
        pairs = [
            (self.encode(key, f"{path} (a key)"), self.encode(each, f"{path}[{key!r}]"))
            for key, each in value.items()
        ]
        return [[key, each] for key, each in sorted(pairs, key=lambda pair: canonical_json(pair[0]))]

    def record(self, value: Any, path: str) -> Encoded:
        kind = kind_of(value)
        if is_named_tuple(kind):
            tag, fields = "namedtuple", dict(zip(value._fields, value, strict=True))
        elif is_frozen_attrs(kind):
            names = {each.alias or each.name: each.name for each in attrs.fields(kind) if each.init}
            tag, fields = "attrs", {alias: getattr(value, name) for alias, name in names.items()}
        elif is_frozen_dataclass(kind):
            tag, fields = (
                "dataclass",
                {each.name: getattr(value, each.name) for each in dataclasses.fields(value) if each.init},
            )
        else:
            may_change = attrs.has(kind) or dataclasses.is_dataclass(kind)
            raise UnhashableValue(
                path, class_name(kind_of(value)), "make the class frozen" if may_change else ""
            )
        self.classes.setdefault(kind)
        encoded: dict[str, Encoded] = {
            name: self.encode(each, f"{path}.{name}") for name, each in fields.items()
        }
        return {tag: [class_name(kind), {name: encoded[name] for name in sorted(encoded)}]}

    def member(self, value: enum.Enum, path: str) -> Encoded:
        kind = type(value)
        self.classes.setdefault(kind)
        content = self.encode(value.value, f"{path}.value")
        if isinstance(value, enum.Flag):
            return {"flag": [class_name(kind), content]}
        return {"enum": [class_name(kind), value.name, content]}


def encode_scalar(value: Any) -> Encoded:
    """Encode a value of the standard library's plain kinds; None if it is of none of them."""
    match value:
        case float() if type(value) is float:
            return {"float": float_text(value)}
        case complex() if type(value) is complex:
            return {"complex": [float_text(value.real), float_text(value.imag)]}
        case bytes() if type(value) is bytes:
            return {"bytes": value.hex()}
        case Decimal() if type(value) is Decimal:
            return {"decimal": "NaN" if value.is_qnan() else str(value)}
        case uuid.UUID() if type(value) is uuid.UUID:
            return {"uuid": str(value)}
        case PurePath():
            return {"path" if isinstance(value, Path) else "purepath": value.as_posix()}
        case _:
            return encode_time(value)


def encode_time(value: Any) -> Encoded:
    """Encode a date, a time or a duration; None if it is neither, or in a time zone that isn't known by its content."""
    kind = kind_of(value)
    if kind is datetime.date:
        return {"date": value.isoformat()}
    if kind is datetime.timedelta:
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    if kind is not datetime.datetime and kind is not datetime.time:
        return None
    zone = _encode_zone(value.tzinfo)
    if zone is False:
        return None
    return {kind.__name__: [value.replace(tzinfo=None).isoformat(), value.fold, zone]}


def _encode_zone(zone: datetime.tzinfo | None) -> Encoded:
    if zone is None:
        return None
    if type(zone) is datetime.timezone:
        offset = zone.utcoffset(None)
        return {"offset": [offset.days, offset.seconds, offset.microseconds]}
    return {"zone": zone.key} if type(zone) is ZoneInfo and zone.key else False


def float_text(value: float) -> str:
    """Write a float so that reading it gives the same one; there is one NaN."""
    return "nan" if math.isnan(value) else repr(value)


def encode_numpy(value: Any, path: str) -> Encoded:
    """Encode a numpy scalar as its dtype and its text."""
    kind = kind_of(value)
    is_scalar = any(each.__name__ == "generic" for each in kind.__mro__)
    name = str(value.dtype) if is_scalar else ""
    if name.startswith(("datetime64", "timedelta64")):
        return {"numpy": [name, str(value.astype("int64"))]}
    if name == "bool" or name.startswith(("int", "uint")) or name in {"float16", "float32", "float64"}:
        return {"numpy": [name, "nan" if value != value else str(value)]}
    if name.startswith("<U"):
        return {"numpy": ["str", str(value)]}
    raise UnhashableValue(path, class_name(kind))


def kind_of(value: object) -> type:
    """Give a value's class."""
    return type(value)
