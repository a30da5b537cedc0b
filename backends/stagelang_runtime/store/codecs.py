"""Chooses how a value that isn't a table becomes bytes.

    json    None, bool, int, float, str; lists, tuples and dicts of them; dataclasses, attrs classes, NamedTuples
    npy     one numpy array
    npz     a dict of numpy arrays
    skops   a scikit-learn estimator, without executing anything from the file
    pickle  anything picklable; executes code when read, so only where a spec asks for it by name

Other distributions add theirs through the entry point group `stagelang.codecs`: a name, and a callable without
arguments that gives a Codec. Equal values must give equal bytes, or what depends on them is carried out again.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from types import UnionType
from typing import Any, Protocol, Union, get_args, get_origin

from stagelang_runtime.store.errors import NoCodec

ENTRY_POINTS = "stagelang.codecs"


class Codec(Protocol):
    """Turns values of one type into bytes and back. Both ways raise CodecError."""

    @property
    def name(self) -> str: ...

    def encode(self, value: Any, /) -> bytes: ...

    def decode(self, data: bytes, /) -> Any: ...


def codec_for(value_type: object, explicit: str | None = None) -> Codec:
    """Give the codec for values annotated with this type, or the one that a spec names.

    Raises NoCodec when there is none, or when JSON can't hold some field of the type, which is then named.
    """
    name = explicit or _default_name(value_type)
    match name:
        case "json":
            from stagelang_runtime.store.json_codec import JsonCodec

            return JsonCodec(value_type)
        case "npy":
            from stagelang_runtime.store.array_codecs import NpyCodec

            return NpyCodec()
        case "npz":
            from stagelang_runtime.store.array_codecs import NpzCodec

            return NpzCodec()
        case "skops":
            from stagelang_runtime.store.skops_codec import SkopsCodec

            return SkopsCodec()
        case "pickle":
            from stagelang_runtime.store.pickle_codec import PickleCodec

            return PickleCodec()
        case _:
            return _foreign(name)


def _default_name(value_type: object) -> str:
    if _is_array(value_type):
        return "npy"
    if (
        get_origin(value_type) is dict
        and get_args(value_type)[0] is str
        and _is_array(get_args(value_type)[1])
    ):
        return "npz"
    if _is_estimator(value_type):
        return "skops"
    if value_type is object or value_type is Any:
        raise NoCodec("a value of any type has no codec", "annotate what the value is, or name a codec")
    return "json"


def _foreign(name: str) -> Codec:
    found = entry_points(group=ENTRY_POINTS, name=name)
    if found:
        codec: Codec = next(iter(found)).load()()
        return codec
    known = ["json", "npy", "npz", "skops", "pickle", *sorted(entry_points(group=ENTRY_POINTS).names)]
    raise NoCodec(f"there is no codec {name!r}", f"name one of {', '.join(known)}")


def _is_array(value_type: object) -> bool:
    kind = get_origin(value_type) or value_type
    return isinstance(kind, type) and kind.__module__ == "numpy" and kind.__name__ == "ndarray"


def _is_estimator(value_type: object) -> bool:
    """Tell whether a type is an estimator or one of scikit-learn's mixins, without importing scikit-learn."""
    if get_origin(value_type) in (Union, UnionType):
        return all(_is_estimator(part) for part in get_args(value_type))
    return isinstance(value_type, type) and any(
        base.__module__ == "sklearn.base" for base in value_type.__mro__
    )
