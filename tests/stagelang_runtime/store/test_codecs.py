from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from stagelang_runtime.store import NoCodec
from stagelang_runtime.store.codecs import codec_for


@dataclass
class Settings:
    rate: float


class Own(ClassifierMixin, BaseEstimator):
    pass


class Point(NamedTuple):
    x: float


class Shout:
    name = "shout"

    def encode(self, value: Any, /) -> bytes:
        return str(value).upper().encode()

    def decode(self, data: bytes, /) -> Any:
        return data.decode()


BY_TYPE: list[tuple[Any, str]] = [
    (int, "json"),
    (None, "json"),
    (float | None, "json"),
    (dict[str, list[int]], "json"),
    (Settings, "json"),
    (Point, "json"),
    (np.ndarray, "npy"),
    (npt.NDArray[np.float64], "npy"),
    (dict[str, np.ndarray[Any, Any]], "npz"),
    (dict[str, npt.NDArray[np.float64]], "npz"),
    (LogisticRegression, "skops"),
    (Pipeline, "skops"),
    (ClassifierMixin, "skops"),
    (LogisticRegression | Pipeline, "skops"),
    (Own, "skops"),
]


@pytest.mark.parametrize(("kind", "name"), BY_TYPE, ids=[str(row[0]) for row in BY_TYPE])
def test_the_type_tells_the_codec(kind: Any, name: str) -> None:
    assert codec_for(kind).name == name


@pytest.mark.parametrize("name", ["json", "npy", "npz", "skops", "pickle"])
def test_a_named_codec_is_taken(name: str) -> None:
    assert codec_for(object, name).name == name


def test_a_value_goes_through_the_codec_of_its_type() -> None:
    codec = codec_for(Settings)
    assert codec.decode(codec.encode(Settings(0.5))) == Settings(0.5)
    arrays = codec_for(dict[str, npt.NDArray[np.float64]])
    assert arrays.decode(arrays.encode({"w": np.ones(2)}))["w"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("kind", [object, Any])
def test_a_value_of_any_type_needs_a_named_codec(kind: Any) -> None:
    with pytest.raises(NoCodec) as caught:
        codec_for(kind)
    assert str(caught.value) == (
        "a value of any type has no codec\n  help: annotate what the value is, or name a codec"
    )


def test_a_type_without_a_codec_is_named_with_the_options() -> None:
    with pytest.raises(NoCodec) as caught:
        codec_for(subprocess.Popen)
    assert str(caught.value) == (
        "the type 'Popen' isn't plain data, so JSON can't hold it\n"
        "  help: use numbers, text, lists, dicts and dataclasses of them, or name a codec: npy, npz, skops, pickle"
    )


def test_codecs_of_other_distributions_are_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("shout", f"{Shout.__module__}:Shout", "stagelang.codecs")
    monkeypatch.setitem(sys.modules, Shout.__module__, sys.modules[Shout.__module__])

    def installed(**selection: Any) -> EntryPoints:
        return EntryPoints([point]).select(**selection)

    monkeypatch.setattr("stagelang_runtime.store.codecs.entry_points", installed)
    assert codec_for(str, "shout").encode("hi") == b"HI"
    with pytest.raises(NoCodec) as caught:
        codec_for(str, "whisper")
    assert str(caught.value) == (
        "there is no codec 'whisper'\n  help: name one of json, npy, npz, skops, pickle, shout"
    )


def test_choosing_the_plain_codec_loads_no_data_library() -> None:
    code = (
        "import sys; from stagelang_runtime.store import Store; from stagelang_runtime.store.codecs import codec_for;"
        "codec_for(dict[str, int]);"
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'scipy', 'sklearn', 'skops'} & set(sys.modules)))"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
