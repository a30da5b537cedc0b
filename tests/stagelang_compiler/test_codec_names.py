"""Which codec stores what, by the type alone."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from stagelang_compiler.codec_names import codec_name, type_name


@dataclasses.dataclass
class Point:
    x: float


@attrs.frozen
class Spot:
    x: float


class Pair(NamedTuple):
    a: int


class Net:
    pass


@pytest.mark.parametrize(
    ("inner", "name"),
    [
        (int, "json"), (dict[str, list[float]], "json"), (tuple[int, ...], "json"), (int | None, "json"), (Point, "json"), (Spot, "json"),
        (Pair, "json"), (list[Point], "json"), (Any, "json"), (NDArray[np.float64], "npy"), (np.ndarray, "npy"),
        (dict[str, NDArray[np.float64]], "npz"), (dict[str, np.ndarray], "npz"), (LogisticRegression, "skops"), (Pipeline, "skops"),
        (Net, None), (list[Net], None), (object, None), (set[int], None), (bytes, None),
    ],
)  # fmt: skip
def test_the_type_tells_the_codec(inner: Any, name: str | None) -> None:
    assert codec_name("model", inner, "") == name
    assert codec_name("value", inner, "") == name


def test_a_named_codec_counts_for_models_only() -> None:
    assert codec_name("model", Net, "pickle") == "pickle"
    assert codec_name("model", int, "npz") == "npz"
    assert codec_name("value", Net, "pickle") is None


def test_an_unknown_codec_is_none() -> None:
    assert codec_name("model", int, "skopz") is None


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (None, ""),
        (int, "int"),
        (Net, f"{__name__}:Net"),
        (dict[str, float], "dict[str, float]"),
        (int | None, "int | None"),
    ],
)
def test_types_are_spelled_so_that_they_can_be_found(inner: Any, text: str) -> None:
    assert type_name(inner) == text
