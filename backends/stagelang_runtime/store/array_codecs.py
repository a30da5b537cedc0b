"""The `npy` and `npz` codecs: numpy arrays in numpy's own format, with equal bytes for equal arrays.

Arrays are stored in C order and little-endian; the bytes of NaNs and zeros stay as they are. Padding in structured
arrays, which numpy leaves as it finds it, is zeroed. Objects are refused, so that reading never unpickles.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, cast, final

import numpy as np
from numpy.lib import format as npy_format

from stagelang_runtime.store.errors import CodecError
from stagelang_runtime.store.plain_zip import read_members, write_members


@final
class NpyCodec:
    """One numpy array."""

    name = "npy"

    def encode(self, value: Any, /) -> bytes:
        """Write an array. Raises CodecError when it isn't exactly an ndarray, or holds objects."""
        return array_bytes(_checked(value, "the value"))

    def decode(self, data: bytes, /) -> Any:
        """Read an array. Raises CodecError."""
        return read_array(data)


@final
class NpzCodec:
    """A dict of numpy arrays, readable by `numpy.load`; the order of its keys doesn't count."""

    name = "npz"

    def encode(self, value: Any, /) -> bytes:
        """Write the arrays, sorted by name. Raises CodecError."""
        if not isinstance(value, Mapping):
            raise CodecError(f"codec 'npz' got a {type(value).__name__}", "give a dict of numpy arrays")
        arrays = cast("Mapping[object, object]", value)
        for key in arrays:
            if not isinstance(key, str) or "\0" in key:
                raise CodecError(f"codec 'npz' can't name an array {key!r}", "use text as keys")
        return write_members(
            {f"{key}.npy": array_bytes(_checked(arrays[key], repr(key))) for key in sorted(map(str, arrays))}
        )

    def decode(self, data: bytes, /) -> Any:
        """Read the arrays. Raises CodecError."""
        try:
            members = read_members(data)
        except zipfile.BadZipFile as error:
            raise CodecError(
                f"the stored value is not npz: {error}", "run the stage that makes it again"
            ) from None
        return {name.removesuffix(".npy"): read_array(member) for name, member in members.items()}


def array_bytes(array: Any) -> bytes:
    """Give an array's bytes in the npy format, in its own memory order, little-endian, with padding zeroed."""
    array = array.astype(array.dtype.newbyteorder("<"), order="K", copy=False)
    clean = _without_padding(array)
    sink = io.BytesIO()
    npy_format.write_array(sink, clean, version=None, allow_pickle=False)
    data = sink.getvalue()
    if not clean.dtype.names or not clean.nbytes:
        return data
    # numpy writes field by field, through memory whose padding is anything; opaque items are copied whole.
    opaque = clean.reshape(-1, order="A").view(f"V{clean.itemsize}")
    return data[: len(data) - clean.nbytes] + bytes(opaque.tobytes())


def read_array(data: bytes) -> Any:
    """Read what `array_bytes` wrote. Raises CodecError."""
    try:
        return npy_format.read_array(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise CodecError(
            f"the stored value is not npy: {error}", "run the stage that makes it again"
        ) from None


def _checked(value: Any, what: str) -> Any:
    if type(value) is not np.ndarray:
        raise CodecError(
            f"{what} is a {type(value).__name__}, not a numpy array", "give a plain numpy.ndarray"
        )
    if value.dtype.hasobject or value.dtype.kind not in "biufcmMSUV":
        raise CodecError(
            f"{what} is an array of {value.dtype}, which holds objects", "convert it to numbers or text"
        )
    return np.asarray(value, order="C")


def _without_padding(array: Any) -> Any:
    if not array.dtype.names:
        return array
    # Not zeros_like: it fills the fields alone.
    clean = np.zeros(array.shape, array.dtype, order="F" if array.flags.fnc else "C")
    for name in array.dtype.names:
        clean[name] = _without_padding(array[name])
    return clean
