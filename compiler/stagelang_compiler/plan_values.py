"""Gives encoded values back: data in, values out, and no class but those that the caller's resolver gives."""

from __future__ import annotations

import datetime
import enum
import uuid
from collections.abc import Callable, Hashable
from decimal import Decimal
from pathlib import Path, PurePath
from typing import Any, TypeAlias, final
from zoneinfo import ZoneInfo

from stagelang_compiler.values import (
    Encoded,
    is_frozen_attrs,
    is_frozen_dataclass,
    is_named_tuple,
)

Resolve: TypeAlias = Callable[[str], type]


@final
class MalformedValue(ValueError):
    """Data that `encode_value` would not have written; `path` says where."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path}: expected {expected}")
        self.path = path


def decode_value(encoded: Encoded, resolve: Resolve, path: str = "value") -> Any:
    """Give back what `encode_value` wrote.

    Args:
        encoded: the data.
        resolve: looks up the class of a record or an enum by `module:qualname`; it may raise for one that it refuses.
        path: what to call the value in an error.

    Raises:
        MalformedValue: the data isn't an encoded value, or a class isn't of the kind that the data says.
    """
    if encoded is None or isinstance(encoded, (bool, int, str)):
        return encoded
    if isinstance(encoded, list):
        return [decode_value(each, resolve, f"{path}[{place}]") for place, each in enumerate(encoded)]
    if len(encoded) != 1:
        raise MalformedValue(path, "an object with one key that names its kind")
    ((kind, content),) = encoded.items()
    try:
        return _decode(kind, content, resolve, path)
    except MalformedValue:
        raise
    except (TypeError, ValueError, ArithmeticError, KeyError, AttributeError) as error:
        raise MalformedValue(path, f"the content of a {kind}, got {content!r}: {error}") from error


def _decode(kind: str, content: Any, resolve: Resolve, path: str) -> Any:
    match kind:
        case "tuple" | "set" | "frozenset":
            return _COLLECTIONS[kind](decode_value(content, resolve, path))
        case "dict":
            return {
                _hashable(decode_value(key, resolve, path), path): decode_value(
                    each, resolve, f"{path}[{key!r}]"
                )
                for key, each in content
            }
        case "namedtuple" | "attrs" | "dataclass":
            return _record(kind, content, resolve, path)
        case "enum" | "flag":
            return _member(kind, content, resolve, path)
        case "numpy":
            return _numpy(*content)
        case _ if kind in _SCALARS:
            return _SCALARS[kind](content)
        case _:
            raise MalformedValue(path, f"a known kind of value, got {kind!r}")


def _record(kind: str, content: Any, resolve: Resolve, path: str) -> Any:
    name, fields = content
    cls = resolve(name)
    is_kind = {"namedtuple": is_named_tuple, "attrs": is_frozen_attrs, "dataclass": is_frozen_dataclass}[kind]
    if not is_kind(cls):
        raise MalformedValue(path, f"{name} to be a class of kind {kind}")
    return cls(**{field: decode_value(each, resolve, f"{path}.{field}") for field, each in fields.items()})


def _member(kind: str, content: Any, resolve: Resolve, path: str) -> Any:
    cls = resolve(content[0])
    if not issubclass(cls, enum.Enum):
        raise MalformedValue(path, f"{content[0]} to be an enum")
    if kind == "flag":
        return cls(decode_value(content[1], resolve, path))
    member = cls[content[1]]
    if member.value != decode_value(content[2], resolve, f"{path}.value"):
        raise MalformedValue(path, f"{content[0]}.{content[1]} to have the value that was written")
    return member


def _hashable(key: Any, path: str) -> Hashable:
    if not isinstance(key, Hashable):
        raise MalformedValue(path, "a hashable key")
    return key


def _numpy(name: str, text: str) -> Any:
    import numpy as np

    if name.startswith(("datetime64", "timedelta64")):
        return np.int64(text).view(name)
    if name == "str":
        return np.str_(text)
    if name == "bool":
        return np.bool_({"True": True, "False": False}[text])
    return np.dtype(name).type(text)


def _zone(encoded: Any) -> datetime.tzinfo | None:
    if encoded is None:
        return None
    ((kind, content),) = encoded.items()
    return datetime.timezone(datetime.timedelta(*content)) if kind == "offset" else ZoneInfo(content)


def _datetime(content: Any) -> datetime.datetime:
    text, fold, zone = content
    return datetime.datetime.fromisoformat(text).replace(fold=fold, tzinfo=_zone(zone))


def _time(content: Any) -> datetime.time:
    text, fold, zone = content
    return datetime.time.fromisoformat(text).replace(fold=fold, tzinfo=_zone(zone))


_COLLECTIONS: dict[str, Callable[[Any], Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}
_SCALARS: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "complex": lambda content: complex(float(content[0]), float(content[1])),
    "bytes": bytes.fromhex,
    "decimal": Decimal,
    "uuid": uuid.UUID,
    "path": Path,
    "purepath": PurePath,
    "date": datetime.date.fromisoformat,
    "datetime": _datetime,
    "time": _time,
    "timedelta": lambda content: datetime.timedelta(*content),
    "range": lambda content: range(*content),
}
