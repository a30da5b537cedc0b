from __future__ import annotations

import json
import pickle
import sys
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stagelang_runtime.store import CodecError
from stagelang_runtime.store.pickle_codec import PickleCodec

CODEC = PickleCodec()
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def under(header: dict[str, str], data: bytes) -> bytes:
    return json.dumps(header).encode() + b"\n" + data.partition(b"\n")[2]


def test_a_value_comes_back() -> None:
    assert CODEC.decode(CODEC.encode({"a": {1, 2}, "b": Decimal("1.5")})) == {
        "a": {1, 2},
        "b": Decimal("1.5"),
    }


def test_the_versions_that_wrote_it_stand_before_the_pickle() -> None:
    header, _, data = CODEC.encode({"x": np.arange(2)}).partition(b"\n")
    assert json.loads(header) == {"python": PYTHON, "numpy": version("numpy")}
    assert pickle.loads(data)["x"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"python": "2.7"}, f"the pickle was written under python 2.7, and this is python {PYTHON}"),
        ({"numpy": "0.1"}, f"the pickle was written under numpy 0.1, and this is numpy {version('numpy')}"),
        (
            {"no-such-thing": "1"},
            "the pickle was written under no-such-thing 1, and this is no-such-thing (not installed)",
        ),
    ],
)
def test_other_versions_refuse_it_before_anything_is_executed(
    tmp_path: Path, header: dict[str, str], message: str
) -> None:
    mark = tmp_path / "executed"
    data = CODEC.encode(Trap(mark))
    with pytest.raises(CodecError) as caught:
        CODEC.decode(under(header, data))
    assert str(caught.value) == f"{message}\n  help: run the stage that makes it again"
    assert not mark.exists()
    CODEC.decode(data)
    assert mark.exists()


def test_what_can_not_be_pickled_is_refused() -> None:
    with pytest.raises(CodecError, match=r"^can't pickle a function: "):
        CODEC.encode(lambda: 1)


@pytest.mark.parametrize("data", [b"", b"junk", pickle.dumps(1)])
def test_bytes_without_versions_are_refused(data: bytes) -> None:
    with pytest.raises(CodecError, match=r"^the stored value is not a pickle\n"):
        CODEC.decode(data)
