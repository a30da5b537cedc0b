from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from stagelang_runtime.store import CodecError
from stagelang_runtime.store.array_codecs import NpyCodec, NpzCodec, array_bytes, read_array

NPY, NPZ = NpyCodec(), NpzCodec()
SCALARS = st_numpy.scalar_dtypes()
ARRAYS: st.SearchStrategy[Any] = SCALARS.flatmap(
    lambda dtype: st_numpy.arrays(dtype, st_numpy.array_shapes(min_dims=0, max_side=3))
)


def same(one: Any, other: Any) -> bool:
    native = other.astype(one.dtype)
    return (one.dtype, one.shape, one.tobytes()) == (
        other.dtype.newbyteorder("<"),
        native.shape,
        native.tobytes(),
    )


@given(ARRAYS)
def test_an_array_comes_back_with_its_shape_type_and_bits(array: Any) -> None:
    assert same(NPY.decode(NPY.encode(array)), array)


@given(ARRAYS)
def test_numpy_reads_what_was_written(array: Any) -> None:
    assert same(np.load(io.BytesIO(NPY.encode(array)), allow_pickle=False), array)


@given(ARRAYS)
def test_memory_order_byte_order_and_strides_leave_no_trace(array: Any) -> None:
    expected = NPY.encode(array)
    assert NPY.encode(np.asfortranarray(array) if array.ndim else array) == expected
    assert NPY.encode(array.astype(array.dtype.newbyteorder(">"))) == expected
    assert NPY.encode(np.repeat(array, 2, axis=0)[::2] if array.ndim else array) == expected


def test_an_array_keeps_its_bits_of_zeros_and_nans() -> None:
    bits = np.array([0x8000000000000000, 0x7FF8000000000001], dtype=np.uint64)
    assert NPY.decode(NPY.encode(bits.view(np.float64))).view(np.uint64).tolist() == bits.tolist()


def test_padding_leaves_no_trace() -> None:
    kind = np.dtype([("a", "u1"), ("b", "<f8"), ("c", [("d", "u1"), ("e", "<i4")])], align=True)
    one, other = np.zeros(2, kind), np.frombuffer(b"\xaa" * (2 * kind.itemsize), kind).copy()
    for name in ("a", "b"):
        other[name] = one[name]
    other["c"]["d"] = 0
    other["c"]["e"] = 0
    assert one.tobytes() != other.tobytes()
    # Buffers come from memory that others left full.
    junk = [np.frombuffer(b"\xaa" * size, "u1").copy() for size in range(16, 512, 16)]
    del junk
    assert NPY.encode(one) == NPY.encode(other)
    assert NPY.encode(one)[-2 * kind.itemsize :] == b"\0" * (2 * kind.itemsize)
    assert NPY.decode(NPY.encode(one)).dtype == kind


def test_records_keep_their_memory_order_within_a_model() -> None:
    records = np.asfortranarray(np.array([[(1, 2.0), (3, 4.0)], [(5, 6.0), (7, 8.0)]], dtype="u1,f8"))
    back = read_array(array_bytes(records))
    assert back.flags.f_contiguous
    assert back.tolist() == records.tolist()


NO_ARRAYS: list[tuple[Any, str]] = [
    ([1, 2], "the value is a list, not a numpy array\n  help: give a plain numpy.ndarray"),
    (np.float64(1), "the value is a float64, not a numpy array\n  help: give a plain numpy.ndarray"),
    (
        np.ma.masked_array([1], [True]),
        "the value is a MaskedArray, not a numpy array\n  help: give a plain numpy.ndarray",
    ),
    (
        np.array([{}], dtype=object),
        "the value is an array of object, which holds objects\n  help: convert it to numbers or text",
    ),
    (
        np.array(["a"], dtype=np.dtypes.StringDType()),
        "the value is an array of StringDType(), which holds objects\n  help: convert it to numbers or text",
    ),
]


@pytest.mark.parametrize(("value", "message"), NO_ARRAYS, ids=[row[1][:30] for row in NO_ARRAYS])
def test_what_is_no_plain_array_is_refused(value: Any, message: str) -> None:
    with pytest.raises(CodecError) as caught:
        NPY.encode(value)
    assert str(caught.value) == message


def test_a_pickle_within_npy_is_not_read() -> None:
    sink = io.BytesIO()
    np.save(sink, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(CodecError, match=r"^the stored value is not npy: Object arrays cannot be loaded"):
        NPY.decode(sink.getvalue())


@pytest.mark.parametrize("data", [b"", b"junk", NPY.encode(np.arange(9))[:-4]])
def test_broken_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(CodecError, match=r"^the stored value is not npy: .*\n  help: run the stage"):
        NPY.decode(data)
    with pytest.raises(CodecError, match=r"^the stored value is not npz: .*\n  help: run the stage"):
        NPZ.decode(data)


KEYS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)


@given(st.dictionaries(KEYS, st_numpy.arrays(np.int64, (2,)), max_size=3), st.randoms())
def test_a_dict_of_arrays_comes_back_whatever_its_names_and_order(arrays: dict[str, Any], order: Any) -> None:
    data = NPZ.encode(arrays)
    back = NPZ.decode(data)
    assert {key: array.tolist() for key, array in back.items()} == {
        key: array.tolist() for key, array in arrays.items()
    }
    keys = list(arrays)
    order.shuffle(keys)
    assert NPZ.encode({key: arrays[key] for key in keys}) == data


def test_numpy_reads_the_dict_and_the_archive_says_nothing_of_when_it_was_made() -> None:
    data = NPZ.encode({"w": np.arange(3), "b": np.array(1.5)})
    loaded = np.load(io.BytesIO(data), allow_pickle=False)
    assert {key: loaded[key].tolist() for key in loaded.files} == {"b": 1.5, "w": [0, 1, 2]}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {(info.date_time, info.compress_type) for info in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0)
        }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1], "codec 'npz' got a list\n  help: give a dict of numpy arrays"),
        ({1: np.arange(2)}, "codec 'npz' can't name an array 1\n  help: use text as keys"),
        ({"a\0b": np.arange(2)}, "codec 'npz' can't name an array 'a\\x00b'\n  help: use text as keys"),
        ({"a": [1]}, "'a' is a list, not a numpy array\n  help: give a plain numpy.ndarray"),
    ],
)
def test_what_is_no_dict_of_arrays_is_refused(value: Any, message: str) -> None:
    with pytest.raises(CodecError) as caught:
        NPZ.encode(value)
    assert str(caught.value) == message
