"""The `skops` codec: scikit-learn estimators as a typed tree and arrays, with equal bytes for equal models.

skops names nodes and members after memory addresses and stamps members with the time. Here the archive is rewritten:

- members are named in order of first appearance, one for equal bytes; padding within tree nodes is zeroed;
- nodes are numbered in order of first appearance. Two places that hold one mutable object still do after reading;
  for immutable ones, whether they are one object or two equal ones is nobody's business and leaves no trace;
- the items of sets are sorted, and an address that text vectorisers remember is forgotten.

Nothing is read whose types lie outside scikit-learn, numpy and scipy, and nothing of the kind is written.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import zipfile
from typing import Any, cast, final

from stagelang_runtime.store.array_codecs import array_bytes, read_array
from stagelang_runtime.store.errors import CodecError, NoCodec
from stagelang_runtime.store.plain_zip import read_members, write_members

TRUSTED_PACKAGES = ("numpy", "scipy", "sklearn")
_SCHEMA = "schema.json"
_IMMUTABLE = frozenset(
    {
        "BytesNode",
        "DTypeNode",
        "FunctionNode",
        "JsonNode",
        "OperatorFuncNode",
        "SliceNode",
        "TupleNode",
        "TypeNode",
    }
)


@final
class SkopsCodec:
    """One estimator. Raises NoCodec when skops isn't installed."""

    name = "skops"

    def __init__(self) -> None:
        try:
            self._skops: Any = importlib.import_module("skops.io")
        except ImportError as error:
            raise NoCodec("codec 'skops' needs the package skops", "install stagelang[sklearn]") from error

    def encode(self, value: Any, /) -> bytes:
        """Write an estimator. Raises CodecError, naming the types that the store wouldn't read back."""
        try:
            data = rewritten(self._skops.dumps(value))
        except Exception as error:
            # skops raises its own types, and whatever an estimator's __reduce__ raises.
            raise CodecError(
                f"skops can't store a {type(value).__name__}: {error}",
                "name another codec, or store its parts",
            ) from error
        self._trusted_types(data)
        return data

    def decode(self, data: bytes, /) -> Any:
        """Read an estimator. Raises CodecError, naming the types that aren't trusted, before any is made."""
        try:
            return self._skops.loads(data, trusted=self._trusted_types(data))
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            raise CodecError(
                f"the stored model can't be read: {error}", "run the stage that makes it again"
            ) from error

    def _trusted_types(self, data: bytes) -> list[str]:
        types: list[str] = self._skops.get_untrusted_types(data=data)
        foreign = sorted(name for name in types if name.partition(".")[0] not in TRUSTED_PACKAGES)
        if foreign:
            raise CodecError(
                f"the model holds {', '.join(foreign)}, and only types of {', '.join(TRUSTED_PACKAGES)} are trusted",
                "store the parts that are scikit-learn's, or name the codec 'pickle'",
            )
        return types


def rewritten(archive: bytes) -> bytes:
    """Give the archive that skops would write if memory addresses, time and the hash seed were the same each time."""
    members = read_members(archive)
    rewriter = _Rewriter(members)
    schema = rewriter.rewrite(json.loads(members[_SCHEMA]))
    text = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    return write_members({**rewriter.renamed, _SCHEMA: f"{text}\n".encode()})


@final
class _Rewriter:
    """Renames members and renumbers nodes in one walk over the schema."""

    def __init__(self, members: dict[str, bytes]) -> None:
        self._members = members
        self._names: dict[bytes, str] = {}
        self._numbers: dict[str, int] = {}
        self.renamed: dict[str, bytes] = {}

    def rewrite(self, node: Any) -> Any:
        match node:
            case [*items]:
                return [self.rewrite(item) for item in items]
            case {"__loader__": str(loader)}:
                return self._rewrite_node(loader, cast("dict[str, Any]", node))
            case dict():
                return {key: self.rewrite(value) for key, value in cast("dict[str, Any]", node).items()}
            case _:
                return node

    def _rewrite_node(self, loader: str, node: dict[str, Any]) -> dict[str, Any]:
        if loader == "SetNode":
            node = {**node, "content": sorted(node["content"], key=self._without_numbers)}
        if loader == "ObjectNode":
            node = _without_address(node)
        new = {key: self.rewrite(value) for key, value in node.items() if key != "__id__"}
        if isinstance(new.get("file"), str):
            new["file"] = self._renamed(new["file"])
        if "__id__" in node:
            identity = json.dumps(new) if _is_immutable(node) else f"object {node['__id__']}"
            # skops takes a node numbered 0 for one without a number.
            new["__id__"] = self._numbers.setdefault(identity, len(self._numbers) + 1)
        return new

    def _renamed(self, name: str) -> str:
        data = self._canonical(name)
        key = hashlib.sha256(data).digest()
        if key not in self._names:
            self._names[key] = f"{len(self._names)}.{name.rpartition('.')[2]}"
            self.renamed[self._names[key]] = data
        return self._names[key]

    def _canonical(self, name: str) -> bytes:
        data = self._members[name]
        if name.endswith(".npy"):
            return array_bytes(read_array(data))
        return write_members(read_members(data)) if name.endswith(".npz") else data

    def _without_numbers(self, node: Any) -> str:
        """Give a text that orders the items of a set whatever their addresses."""
        match node:
            case [*items]:
                return f"[{','.join(map(self._without_numbers, items))}]"
            case dict():
                known = {key: value for key, value in cast("dict[str, Any]", node).items() if key != "__id__"}
                if isinstance(known.get("file"), str):
                    known["file"] = hashlib.sha256(self._canonical(known["file"])).hexdigest()
                return json.dumps({key: self._without_numbers(value) for key, value in known.items()})
            case _:
                return json.dumps(node)


def _without_address(node: dict[str, Any]) -> dict[str, Any]:
    """Forget the address by which scikit-learn's text vectorisers know that they have checked their stop words."""
    match node:
        case {
            "content": {"content": {"_stop_words_id": {"content": str()} as checked} as attributes} as state
        }:
            unchecked = {**attributes, "_stop_words_id": {**checked, "content": "0"}}
            return {**node, "content": {**state, "content": unchecked}}
        case _:
            return node


def _is_immutable(node: dict[str, Any]) -> bool:
    """Tell whether a node is a value; numpy's scalars are stored like its arrays."""
    if node["__loader__"] == "NdArrayNode":
        return bool(node["__class__"] != "ndarray")
    return node["__loader__"] in _IMMUTABLE
