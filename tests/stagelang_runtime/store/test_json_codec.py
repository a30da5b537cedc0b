from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, cast

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang_runtime.store import CodecError, NoCodec
from stagelang_runtime.store.json_codec import JsonCodec


@dataclass(frozen=True)
class Span:
    low: float
    high: float | None = None


@attrs.frozen
class Report:
    name: str
    spans: tuple[Span, ...]
    _counts: dict[str, int]
    mode: Literal["fast", "exact"] = "fast"


class Pair(NamedTuple):
    left: int
    right: list[str]


@dataclass(frozen=True)
class Wide(Span):
    unit: str = "m"


@dataclass
class Loop:
    inner: list[Loop]


@dataclass
class Hidden:
    made: int = field(init=False, default=3)


@dataclass
class Deep:
    report: Report
    action: object = None
    callbacks: list[set[int]] = field(default_factory=list[set[int]])


REPORT = Report("é", (Span(1.0), Span(-0.0, 2.5)), {"a": 2, "b": 1}, "exact")
ROUND_TRIPS: list[tuple[Any, Any, str]] = [
    (None, None, "null"),
    (bool, True, "true"),
    (int, 2**80, str(2**80)),
    (float, 0.1, "0.1"),
    (float, -0.0, "-0.0"),
    (str, 'é"\n', '"é\\"\\n"'),
    (list[int], [1, 2], "[1,2]"),
    (Sequence[int], [1], "[1]"),
    (tuple[int, str], (1, "a"), '[1,"a"]'),
    (tuple[float, ...], (1.0, 2.0), "[1.0,2.0]"),
    (dict[str, float], {"a": 2.0, "b": 1.0}, '{"a":2.0,"b":1.0}'),
    (Mapping[str, bool], {"a": False}, '{"a":false}'),
    (dict, {"a": [1, None, {"b": "c"}]}, '{"a":[1,null,{"b":"c"}]}'),
    (list, [1, 1.0, True], "[1,1.0,true]"),
    (int | None, None, "null"),
    (int | float | str, 1.0, "1.0"),
    (list[int] | dict[str, int], {"a": 1}, '{"a":1}'),
    (Literal["a", 1], 1, "1"),
    (Pair, Pair(1, ["x"]), '{"left":1,"right":["x"]}'),
    (
        Report,
        REPORT,
        '{"_counts":{"a":2,"b":1},"mode":"exact","name":"é","spans":[{"high":null,"low":1.0},{"high":2.5,"low":-0.0}]}',
    ),
]


@pytest.mark.parametrize(("kind", "value", "text"), ROUND_TRIPS, ids=[str(row[0]) for row in ROUND_TRIPS])
def test_a_value_comes_back_equal_and_of_its_types(kind: Any, value: Any, text: str) -> None:
    codec = JsonCodec(kind)
    assert codec.encode(value).decode() == f"{text}\n"
    assert codec.decode(codec.encode(value)) == value
    assert repr(codec.decode(codec.encode(value))) == repr(value)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(PLAIN)
def test_any_plain_data_comes_back_and_is_what_json_reads(value: Any) -> None:
    codec = JsonCodec(object)
    data = codec.encode(value)
    assert codec.decode(data) == json.loads(data) == value
    assert codec.encode(codec.decode(data)) == data


@given(st.dictionaries(st.text(), st.integers(), min_size=2), st.randoms())
def test_the_order_of_keys_leaves_no_trace(value: dict[str, int], order: Any) -> None:
    keys = list(value)
    order.shuffle(keys)
    codec = JsonCodec(dict[str, int])
    assert codec.encode({key: value[key] for key in keys}) == codec.encode(value)


def test_whether_parts_are_shared_leaves_no_trace() -> None:
    part = Span(1.0)
    codec = JsonCodec(list[Span])
    assert codec.encode([part, part]) == codec.encode([Span(1.0), Span(1.0)])


@pytest.mark.parametrize(
    ("kind", "value", "plain"),
    [
        (int, np.int64(1), 1),
        (float, np.float32(0.5), 0.5),
        (float, np.float64(0.5), 0.5),
        (float, 1, 1.0),
        (float | None, 1, 1.0),
        (bool, np.bool_(True), True),
        (str, np.str_("a"), "a"),
        (dict, {"a": np.float64(1.0)}, {"a": 1.0}),
        (int | None, np.int8(3), 3),
    ],
)
def test_scalars_of_numpy_and_whole_floats_become_the_annotated_type(
    kind: Any, value: Any, plain: Any
) -> None:
    back = JsonCodec(kind).decode(JsonCodec(kind).encode(value))
    assert (type(back), back) == (type(plain), plain)


def test_one_and_true_and_one_point_nought_are_three_values() -> None:
    assert len({JsonCodec(object).encode(value) for value in (1, 1.0, True, "1")}) == 4


MISFITS: list[tuple[Any, Any, str]] = [
    (int, True, "expected int, got bool True @ $"),
    (int, 1.0, "expected int, got float 1.0 @ $"),
    (bool, 1, "expected bool, got int 1 @ $"),
    (float, math.nan, "expected float, got float nan @ $"),
    (float, math.inf, "expected float, got float inf @ $"),
    (float, 2**53 + 1, "expected float, got int 9007199254740993 @ $"),
    (str, b"x", "expected str, got bytes b'x' @ $"),
    (list[int], (1,), "expected list, got tuple (1,) @ $"),
    (tuple[int, int], (1,), "expected 2 items, got tuple (1,) @ $"),
    (tuple[int, ...], [1], "expected tuple, got list [1] @ $"),
    (dict[str, int], {1: 2}, "expected str as key, got int 1 @ $"),
    (dict[str, list[int]], {"a": [1, "x"]}, "expected int, got str 'x' @ $.a[1]"),
    (object, {"a": (1, 2)}, "expected plain JSON data, got tuple (1, 2) @ $.a"),
    (int | None, "x", "expected int or null, got str 'x' @ $"),
    (Literal["a", "b"], "c", "expected one of 'a', 'b', got str 'c' @ $"),
    (Span, Pair(1, []), "expected Span, got Pair Pair(left=1, right=[]) @ $"),
    (Span, Wide(1.0), "expected Span, got Wide Wide(low=1.0, high=None, unit='m') @ $"),
    (Span, Span(math.nan), "expected float, got float nan @ $.low"),
    (list[int], ["x" * 90], f"expected int, got str '{'x' * 56}... @ $[0]"),
]


@pytest.mark.parametrize(("kind", "value", "message"), MISFITS, ids=[row[2] for row in MISFITS])
def test_a_value_that_does_not_fit_is_refused_by_place(kind: Any, value: Any, message: str) -> None:
    with pytest.raises(CodecError) as caught:
        JsonCodec(kind).encode(value)
    assert (
        str(caught.value)
        == f"the value doesn't fit its type: {message}\n  help: change the value or its annotation"
    )


STORED_MISFITS: list[tuple[Any, bytes, str]] = [
    (int, b"1.0", "the stored value has another type: expected int, got float 1.0 @ $"),
    (float, b"1", "the stored value has another type: expected float, got int 1 @ $"),
    (list[int], b'[1,"x"]', "the stored value has another type: expected int, got str 'x' @ $[1]"),
    (
        Span,
        b'{"low":1.0}',
        "the stored value has another type: expected the fields low, high, got dict {'low': 1.0} @ $",
    ),
    (float, b"NaN", "the stored value is not JSON: NaN is not JSON"),
    (int, b"1 1", "the stored value is not JSON: Extra data: line 1 column 3 (char 2)"),
]


@pytest.mark.parametrize(("kind", "data", "message"), STORED_MISFITS)
def test_a_text_of_another_type_is_refused_by_place(kind: Any, data: bytes, message: str) -> None:
    with pytest.raises(CodecError) as caught:
        JsonCodec(kind).decode(data)
    assert str(caught.value) == f"{message}\n  help: run the stage that makes it again"


def test_text_that_utf_8_can_not_hold_is_refused() -> None:
    with pytest.raises(CodecError, match=r"^the value holds text that UTF-8 can't: "):
        JsonCodec(str).encode("\ud800")


HELP = "use numbers, text, lists, dicts and dataclasses of them, or name a codec: npy, npz, skops, pickle"
UNSUPPORTED: list[tuple[Any, str]] = [
    (bytes, "the type 'bytes' isn't plain data"),
    (dict[int, str], "the type 'dict[int, str]' has keys that aren't str"),
    (list[bytes], "field '[]' of type 'bytes' isn't plain data"),
    (
        dict[str, int] | dict[str, str],
        "the type 'dict[str, int] | dict[str, str]' has members that look alike in JSON",
    ),
    (Loop, "field 'Loop.inner[]' of type 'Loop' contains itself"),
    (Hidden, "the type 'Hidden' isn't plain data"),
    (Deep, "field 'Deep.callbacks[]' of type 'set[int]' isn't plain data"),
]


@pytest.mark.parametrize(("kind", "message"), UNSUPPORTED, ids=[row[1] for row in UNSUPPORTED])
def test_a_type_that_json_can_not_hold_is_refused_at_once_by_field(kind: Any, message: str) -> None:
    with pytest.raises(NoCodec) as caught:
        JsonCodec(kind)
    assert str(caught.value) == f"{message}, so JSON can't hold it\n  help: {HELP}"


def test_a_class_with_a_name_that_can_not_be_read_is_refused() -> None:
    unread: Any = attrs.field(type=cast("type", "Nowhere"))
    local = attrs.make_class("Local", {"a": unread})
    with pytest.raises(
        NoCodec, match=r"^the type 'Local' has annotations that can't be read \(name 'Nowhere'"
    ):
        JsonCodec(local)
