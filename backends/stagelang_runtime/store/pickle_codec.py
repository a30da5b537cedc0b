"""The `pickle` codec, chosen only by name: reading it executes what the file says.

The versions that wrote a pickle stand before it in plain JSON; others refuse to read it before anything is executed.
"""

from __future__ import annotations

import json
import pickle
import pickletools
import sys
from importlib.metadata import packages_distributions, version
from typing import Any, final

from stagelang_runtime.store.errors import CodecError

_PROTOCOL = 5


@final
class PickleCodec:
    """Anything picklable. Equal values may give different bytes, which costs runs but no correctness."""

    name = "pickle"

    def encode(self, value: Any, /) -> bytes:
        """Write one line of JSON and the pickle. Raises CodecError."""
        try:
            data = pickle.dumps(value, protocol=_PROTOCOL)
        except Exception as error:
            # What an object's own __reduce__ raises can be anything.
            raise CodecError(
                f"can't pickle a {type(value).__name__}: {error}", "name another codec"
            ) from error
        header = json.dumps(_versions(_modules(data)), sort_keys=True, separators=(",", ":"))
        return f"{header}\n".encode() + data

    def decode(self, data: bytes, /) -> Any:
        """Unpickle, under the versions that pickled. Raises CodecError, before unpickling where versions differ."""
        header, _, pickled = data.partition(b"\n")
        try:
            wrote: Any = json.loads(header)
        except ValueError:
            raise CodecError(
                "the stored value is not a pickle", "run the stage that makes it again"
            ) from None
        for name, old in sorted(wrote.items()):
            new = _version_of(name)
            if new != old:
                raise CodecError(
                    f"the pickle was written under {name} {old}, and this is {name} {new or '(not installed)'}",
                    "run the stage that makes it again",
                )
        return pickle.loads(pickled)


def _modules(data: bytes) -> set[str]:
    """Give the top-level modules that a pickle may import: every text in it that names a loaded module."""
    texts = {
        text
        for _, argument, _ in pickletools.genops(data)
        if isinstance(argument, str)
        for text in argument.split()
    }
    return {text.partition(".")[0] for text in texts if text in sys.modules}


def _versions(modules: set[str]) -> dict[str, str]:
    owners = packages_distributions()
    names = sorted({name for module in modules for name in owners.get(module, ())})
    return {"python": _version_of("python") or "", **{name: version(name) for name in names}}


def _version_of(name: str) -> str | None:
    if name == "python":
        return f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        return version(name)
    except ModuleNotFoundError:
        return None
