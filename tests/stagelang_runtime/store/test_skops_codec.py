from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io as skops_io
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from stagelang_runtime.store import CodecError, sha256_bytes
from stagelang_runtime.store.plain_zip import read_members, write_members
from stagelang_runtime.store.skops_codec import SkopsCodec, rewritten

NUMBERS = np.random.default_rng(0)
X = NUMBERS.normal(size=(60, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
TEXTS = ["a cat", "a dog", "the cat", "the dog and the cat"] * 15


class Own(StandardScaler):
    """An estimator that the store doesn't know."""


def fitted(model: Any, *data: Any) -> Any:
    return model.fit(*data)


def models() -> dict[str, Any]:
    steps: list[tuple[str, Any]] = [("scale", StandardScaler()), ("classify", LogisticRegression())]
    return {
        "pipeline": fitted(Pipeline(steps), X, Y),
        "boosting": fitted(GradientBoostingClassifier(n_estimators=3, random_state=0), X, Y),
        "histogram": fitted(HistGradientBoostingRegressor(max_iter=3, random_state=0), X, Y),
        "forest": fitted(RandomForestClassifier(n_estimators=3, random_state=0), X, Y),
        "isolation": fitted(IsolationForest(n_estimators=3, random_state=0), X),
        "calibrated": fitted(CalibratedClassifierCV(LogisticRegression(), cv=3), X, Y),
        "columns": fitted(ColumnTransformer([("a", OneHotEncoder(sparse_output=False), [0])]), X.round()),
        "sparse": fitted(SGDClassifier(random_state=0), X, Y).sparsify(),
        "neighbours": fitted(KNeighborsClassifier(algorithm="brute"), X, Y),
        "clusters": fitted(KMeans(2, random_state=np.random.RandomState(0), n_init=1), X),
        "machine": fitted(SVC(random_state=0), X, Y),
        "isotonic": fitted(IsotonicRegression(), X[:, 0], Y),
        "words": fitted(TfidfVectorizer(stop_words=["the", "a"]), TEXTS),
        "set": FunctionTransformer(np.arctan, kw_args={"of": {"cat", "dog", "fox", "owl", "elk"}}),
        "function": fitted(FunctionTransformer(np.arctan), X),
    }


MODELS = models()
CODEC = SkopsCodec()


def predictions(name: str, model: Any) -> Any:
    if name == "words":
        return model.transform(TEXTS).toarray()
    data = X[:, 0] if name == "isotonic" else X.round() if name == "columns" else X
    if name == "set":
        return sorted(model.kw_args["of"])
    return model.transform(data) if hasattr(model, "transform") else model.predict(data)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back_and_predicts_the_same_bits(name: str) -> None:
    back = CODEC.decode(CODEC.encode(MODELS[name]))
    assert type(back) is type(MODELS[name])
    assert np.array_equal(predictions(name, back), predictions(name, MODELS[name]))


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_came_back_has_the_same_bytes(name: str) -> None:
    data = CODEC.encode(MODELS[name])
    assert CODEC.encode(CODEC.decode(data)) == data


def test_a_model_fitted_again_has_the_same_bytes_where_skops_gives_others() -> None:
    again = models()
    assert [name for name in MODELS if CODEC.encode(again[name]) != CODEC.encode(MODELS[name])] == []
    assert skops_io.dumps(again["pipeline"]) != skops_io.dumps(MODELS["pipeline"])


def test_a_model_fitted_in_a_process_of_another_hash_seed_has_the_same_bytes() -> None:
    folder = str(Path(__file__).parent)
    code = (
        "import test_skops_codec as t; from stagelang_runtime.store import sha256_bytes; import json;"
        "print(json.dumps({name: sha256_bytes(t.CODEC.encode(model)) for name, model in t.MODELS.items()}))"
    )
    here = {name: sha256_bytes(CODEC.encode(model)) for name, model in MODELS.items()}
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join([folder, *sys.path])}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == here


def test_skops_itself_reads_the_rewritten_archive() -> None:
    model = skops_io.loads(CODEC.encode(MODELS["pipeline"]))
    assert np.array_equal(model.predict(X), MODELS["pipeline"].predict(X))


def test_the_archive_says_nothing_of_addresses_and_times() -> None:
    with zipfile.ZipFile(io.BytesIO(CODEC.encode(MODELS["pipeline"]))) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        names = archive.namelist()
        schema = json.loads(archive.read("schema.json"))
    assert names == [f"{i}.npy" for i in range(len(names) - 1)] + ["schema.json"]
    numbers = {int(number) for number in re.findall(r'"__id__": (\d+)', json.dumps(schema))}
    assert numbers == set(range(1, len(numbers) + 1))


def with_parameters(**parameters: object) -> bytes:
    return CODEC.encode(FunctionTransformer(np.arctan, kw_args=parameters))


def test_two_names_of_one_array_still_are_one_after_reading() -> None:
    array = np.arange(3.0)
    shared, apart = {"a": array, "b": array}, {"a": array, "b": array.copy()}
    back: Any = CODEC.decode(with_parameters(**shared)).kw_args
    assert back["a"] is back["b"]
    back = CODEC.decode(with_parameters(**apart)).kw_args
    assert back["a"] is not back["b"]
    assert np.array_equal(back["a"], back["b"])


def test_whether_an_immutable_value_is_one_object_or_two_leaves_no_trace() -> None:
    for make in (
        lambda: float("1.5"),
        lambda: str(b"xy", "ascii"),
        lambda: (float("2.5"), "z"),
        lambda: np.float64(7),
    ):
        value = make()
        assert with_parameters(a=value, b=value) == with_parameters(a=make(), b=make())
    assert with_parameters(a=1, b=2) != with_parameters(a=2, b=1)
    assert with_parameters(a=1) != with_parameters(a=1.0) != with_parameters(a=True)


def test_keys_named_like_the_formats_own_words_survive() -> None:
    parameters = {"file": "x.npy", "__id__": 3, "__loader__": "SetNode", "content": [1]}
    assert CODEC.decode(with_parameters(**parameters)).kw_args == parameters


def test_a_model_with_types_of_others_is_refused_by_their_names_when_written_and_when_read() -> None:
    model = fitted(Own(), X)
    name = f"{Own.__module__}.Own"
    message = (
        f"the model holds {name}, and only types of numpy, scipy, sklearn are trusted\n"
        "  help: store the parts that are scikit-learn's, or name the codec 'pickle'"
    )
    with pytest.raises(CodecError) as caught:
        CODEC.encode(model)
    assert str(caught.value) == message
    with pytest.raises(CodecError) as caught:
        CODEC.decode(rewritten(skops_io.dumps(model)))
    assert str(caught.value) == message


def test_a_package_whose_name_begins_like_a_trusted_one_is_not_trusted() -> None:
    members = read_members(CODEC.encode(MODELS["pipeline"]))
    members["schema.json"] = members["schema.json"].replace(b'"sklearn.pipeline"', b'"sklearn_pipeline"')
    with pytest.raises(CodecError, match=r"^the model holds sklearn_pipeline\.Pipeline, and only types of"):
        CODEC.decode(write_members(members))


def test_what_skops_can_not_store_is_refused() -> None:
    with pytest.raises(CodecError, match=r"^skops can't store a generator: "):
        CODEC.encode(i for i in range(3))


@pytest.mark.parametrize("data", [b"", b"junk"])
def test_broken_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(CodecError, match=r"^the stored model can't be read: "):
        CODEC.decode(data)
