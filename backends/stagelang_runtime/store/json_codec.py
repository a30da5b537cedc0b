"""The `json` codec: typed plain data as canonical JSON, which comes back equal and of the same types.

The annotated type says how to read the text; a value that doesn't fit it is an error when it is written, not when
it is read. Numbers of numpy become Python's. Infinities and NaN aren't JSON and are refused.
"""

from __future__ import annotations

import json
from typing import Any, final

from stagelang_runtime.store.errors import CodecError
from stagelang_runtime.store.json_shapes import Misfit, shape_of


@final
class JsonCodec:
    """JSON for values of one type. Raises NoCodec, naming the field, when the type isn't plain data."""

    name = "json"

    def __init__(self, value_type: object) -> None:
        self._shape = shape_of(value_type, "")

    def encode(self, value: Any, /) -> bytes:
        """Write canonical JSON: sorted keys, no spaces, UTF-8, one line. Raises CodecError."""
        try:
            data = self._shape.dump(value, "$")
            text = json.dumps(
                data, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
            )
            return f"{text}\n".encode()
        except Misfit as error:
            raise CodecError(
                f"the value doesn't fit its type: {error}", "change the value or its annotation"
            ) from None
        except UnicodeEncodeError as error:
            raise CodecError(
                f"the value holds text that UTF-8 can't: {error.object!a}", "decode it first"
            ) from None

    def decode(self, data: bytes, /) -> Any:
        """Read what `encode` wrote. Raises CodecError."""
        try:
            return self._shape.load(json.loads(data, parse_constant=_refuse), "$")
        except Misfit as error:
            raise CodecError(
                f"the stored value has another type: {error}", "run the stage that makes it again"
            ) from None
        except ValueError as error:
            raise CodecError(
                f"the stored value is not JSON: {error}", "run the stage that makes it again"
            ) from None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
