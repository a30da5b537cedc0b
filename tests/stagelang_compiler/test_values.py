"""Values by their content: round trips, pinned encodings, equal digests in all processes, and refusals."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import math
import os
import pathlib
import subprocess
import sys
import uuid
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang_compiler.fingerprint import (
    MalformedValue,
    UnhashableValue,
    decode_value,
    digest_value,
    encode_value,
)


class Size(NamedTuple):
    width: int
    height: object


@attrs.frozen
class Colour:
    _red: object
    green: object = 0


@dataclasses.dataclass(frozen=True)
class Point:
    x: object
    y: object = 0


class Kind(enum.Enum):
    SMALL = (1, "s")
    LARGE = (2, "l")


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Level(enum.IntEnum):
    LOW = 1


CLASSES = {f"{__name__}:{each.__qualname__}": each for each in (Size, Colour, Point, Kind, Access, Level)}


def resolve(name: str) -> type:
    return CLASSES[name]


def comparable(value: Any) -> Any:
    """Make values comparable that Python would call equal or unequal for other reasons than their content."""
    kind = type(value).__name__
    if type(value).__module__ == "numpy":
        return (str(value.dtype), str(value))
    match kind:
        case "float":
            return (kind, "nan" if math.isnan(value) else repr(value))
        case "complex":
            return (kind, comparable(value.real), comparable(value.imag))
        case "Decimal":
            return (kind, "NaN" if value.is_qnan() else str(value))
        case "list" | "tuple" | "Size":
            return (kind, [comparable(each) for each in value])
        case "dict":
            return (kind, sorted((repr(comparable(key)), repr(comparable(value[key]))) for key in value))
        case "set" | "frozenset":
            return (kind, sorted(repr(comparable(each)) for each in value))
        case "Colour" | "Point":
            fields = attrs.asdict(value, recurse=False) if kind == "Colour" else value.__dict__
            return (kind, [comparable(each) for each in fields.values()])
        case "range":
            return (kind, value.start, value.stop, value.step)
        case _:
            return (kind, value)


ZONES = (
    st.none()
    | st.just(ZoneInfo("Europe/Berlin"))
    | st.timedeltas(min_value=dt.timedelta(hours=-23), max_value=dt.timedelta(hours=23)).map(dt.timezone)
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.binary()
    | st.decimals()
    | st.dates()
    | st.datetimes(timezones=ZONES)
    | st.times(timezones=st.none() | st.just(dt.UTC))
    | st.timedeltas()
    | st.uuids()
    | st.sampled_from([*Kind, *Level, Access.READ, Access.READ | Access.WRITE, Access(0)])
    | st.builds(range, st.integers(), st.integers(), st.integers(min_value=1))
    | st.sampled_from(["a", "a/b", "/x/../y", "."]).flatmap(
        lambda text: st.sampled_from([pathlib.Path(text), pathlib.PurePath(text)])
    )
    | st.integers(-128, 127).map(np.int8)
    | st.integers(0, 2**63).map(np.uint64)
    | st.floats(width=16).map(np.float16)
    | st.floats(width=32).map(np.float32)
    | st.floats().map(np.float64)
    | st.booleans().map(np.bool_)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).map(np.str_)
    | st.sampled_from([np.datetime64("2026-11-23", "D"), np.datetime64("NaT", "ns"), np.timedelta64(3, "h")])
)
KEYS = st.text() | st.integers() | st.tuples(st.integers(), st.text()) | st.sampled_from([*Kind])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.sets(KEYS, max_size=4)
        | st.frozensets(KEYS, max_size=4)
        | st.builds(Size, st.integers(), inner)
        | st.builds(Colour, inner, inner)
        | st.builds(Point, inner, inner)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_decoding_gives_the_value_back(value: object) -> None:
    encoded = encode_value(value)
    through_json = json.loads(json.dumps(encoded))
    decoded = decode_value(through_json, resolve)
    assert comparable(decoded) == comparable(value)
    assert digest_value(decoded) == digest_value(value)


@given(VALUES, VALUES)
def test_two_values_have_one_digest_exactly_if_their_content_is_one(one: object, other: object) -> None:
    assert (digest_value(one) == digest_value(other)) == (comparable(one) == comparable(other))


@given(st.dictionaries(KEYS, SCALARS), st.randoms())
def test_the_order_of_a_dict_does_not_count(value: dict[Any, Any], random: Any) -> None:
    pairs = list(value.items())
    random.shuffle(pairs)
    assert digest_value(dict(pairs)) == digest_value(value)


def test_sharing_of_parts_does_not_count() -> None:
    shared = [1, "a"]
    assert digest_value([shared, shared]) == digest_value([[1, "a"], [1, "a"]])


PINNED: list[tuple[object, object]] = [
    (None, None),
    (1, 1),
    (True, True),
    (10**30, 10**30),
    ("é\ud800", "é\ud800"),
    (1.0, {"float": "1.0"}),
    (0.1, {"float": "0.1"}),
    (-0.0, {"float": "-0.0"}),
    (float("inf"), {"float": "inf"}),
    (-float("nan"), {"float": "nan"}),
    (1 - 2j, {"complex": ["1.0", "-2.0"]}),
    (np.int64(1), {"numpy": ["int64", "1"]}),
    (np.float64(1), {"numpy": ["float64", "1.0"]}),
    (np.float32("nan"), {"numpy": ["float32", "nan"]}),
    (np.True_, {"numpy": ["bool", "True"]}),
    (np.str_("a"), {"numpy": ["str", "a"]}),
    (np.datetime64("2026-11-23", "D"), {"numpy": ["datetime64[D]", "20780"]}),
    (b"\x00\xff", {"bytes": "00ff"}),
    (Decimal("1.10"), {"decimal": "1.10"}),
    (dt.date(2026, 11, 23), {"date": "2026-11-23"}),
    (dt.datetime.fromisoformat("2026-11-23T06:00"), {"datetime": ["2026-11-23T06:00:00", 0, None]}),
    (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), {"datetime": ["2026-01-02T00:00:00", 0, {"offset": [0, 0, 0]}]}),
    (dt.time(1, 2, tzinfo=ZoneInfo("UTC")), {"time": ["01:02:00", 0, {"zone": "UTC"}]}),
    (dt.timedelta(days=-1, microseconds=3), {"timedelta": [-1, 0, 3]}),
    (uuid.UUID(int=1), {"uuid": "00000000-0000-0000-0000-000000000001"}),
    (range(1, 9, 2), {"range": [1, 9, 2]}),
    (pathlib.PureWindowsPath("a\\b"), {"purepath": "a/b"}),
    (pathlib.Path("a/b"), {"path": "a/b"}),
    ([1, (2,)], [1, {"tuple": [2]}]),
    ({"b": 1, "a": 2, 3: 4}, {"dict": [["a", 2], ["b", 1], [3, 4]]}),
    ({2, 1}, {"set": [1, 2]}),
    (frozenset({"b", "a"}), {"frozenset": ["a", "b"]}),
    (Kind.LARGE, {"enum": [f"{__name__}:Kind", "LARGE", {"tuple": [2, "l"]}]}),
    (Access.READ | Access.WRITE, {"flag": [f"{__name__}:Access", 3]}),
    (Size(1, None), {"namedtuple": [f"{__name__}:Size", {"height": None, "width": 1}]}),
    (Colour(1), {"attrs": [f"{__name__}:Colour", {"green": 0, "red": 1}]}),
    (Point(1), {"dataclass": [f"{__name__}:Point", {"x": 1, "y": 0}]}),
]


@pytest.mark.parametrize(
    ("value", "encoded"),
    PINNED,
    ids=[f"{number}-{type(value).__name__}" for number, (value, _) in enumerate(PINNED)],
)
def test_the_encoding_is_this(value: object, encoded: object) -> None:
    assert encode_value(value) == encoded


def test_digests_are_the_same_in_every_process_under_every_hash_seed() -> None:
    code = (
        "from stagelang_compiler.fingerprint import digest_value; from pathlib import PurePath;"
        "print(digest_value({'b': {'x', 'y', 'z'}, 'a': frozenset(range(9)), 3: [1.5, PurePath('q')]}))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    here = digest_value({3: [1.5, pathlib.PurePath("q")], "a": frozenset(range(9)), "b": {"z", "y", "x"}})
    assert seen == {f"{here}\n".encode()}


class Plain:
    pass


@attrs.define
class Changeable:
    fn: object = None


class Text(str):
    __slots__ = ()


REFUSED: list[tuple[object, str]] = [
    (
        {"x": Colour(lambda: 1)},
        "params.options['x'].red: a value of type builtins:function can't be hashed by its content",
    ),
    ([1, Plain()], f"params.options[1]: a value of type {__name__}:Plain can't be hashed by its content"),
    (
        Changeable(),
        f"params.options: a value of type {__name__}:Changeable can't be hashed by its content: make the class frozen",
    ),
    (Text("a"), f"params.options: a value of type {__name__}:Text can't be hashed by its content"),
    (np.zeros(2), "params.options: a value of type numpy:ndarray can't be hashed by its content"),
    (np.array(1), "params.options: a value of type numpy:ndarray can't be hashed by its content"),
    (int, "params.options: a value of type builtins:type can't be hashed by its content"),
    (
        {(1, len): 2},
        "params.options (a key)[1]: a value of type builtins:builtin_function_or_method can't be hashed by its content",
    ),
    (object(), "params.options: a value of type builtins:object can't be hashed by its content"),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[type(value).__name__ for value, _ in REFUSED])
def test_a_value_that_is_not_known_by_its_content_is_refused_by_name(value: object, message: str) -> None:
    with pytest.raises(UnhashableValue) as refused:
        encode_value(value, "params.options")
    assert str(refused.value) == message


def test_a_list_that_contains_itself_is_refused() -> None:
    loop: list[object] = [1]
    loop.append(loop)
    with pytest.raises(UnhashableValue, match=r"^p\[1\]: a value of type list .*: it contains itself$"):
        encode_value(loop, "p")


MALFORMED: list[tuple[Any, str]] = [
    ({"fload": "1.0"}, "value: expected a known kind of value, got 'fload'"),
    ({}, "value: expected an object with one key that names its kind"),
    ({"float": "1.0", "int": 1}, "value: expected an object with one key that names its kind"),
    ([{"range": "x"}], "value[0]: expected the content of a range, got 'x': "),
    ({"dict": [[[], 1]]}, "value: expected a hashable key"),
    (
        {"attrs": [f"{__name__}:Point", {"x": 1}]},
        f"value: expected {__name__}:Point to be a class of kind attrs",
    ),
    ({"dataclass": ["os:system", {}]}, "value: expected the content of a dataclass, got ['os:system', {}]: "),
    ({"enum": [f"{__name__}:Point", "x", 1]}, f"value: expected {__name__}:Point to be an enum"),
    (
        {"enum": [f"{__name__}:Kind", "LARGE", 7]},
        f"value: expected {__name__}:Kind.LARGE to have the value that was written",
    ),
    ({"dataclass": [f"{__name__}:Point", {"z": 1}]}, "value: expected the content of a dataclass, got "),
]


@pytest.mark.parametrize(("encoded", "message"), MALFORMED)
def test_data_that_is_no_encoded_value_is_refused(encoded: Any, message: str) -> None:
    with pytest.raises(MalformedValue) as refused:
        decode_value(encoded, resolve)
    assert str(refused.value).startswith(message)
