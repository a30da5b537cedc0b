"""One node on its way through a worker: where it is carried out, what it has loaded and what was checked so far."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

from attrs import define, field, frozen

from stagelang_compiler.plan import Contract, Node, Output, Plan, Stage
from stagelang_runtime.execute.failure import Failure, NodeFailed
from stagelang_runtime.execute.job import Job, LostInput
from stagelang_runtime.execute.key import Artifact, Read
from stagelang_runtime.execute.loading import Loader
from stagelang_runtime.store import DamagedObject, MissingObject, Store
from stagelang_runtime.store.codecs import Codec, codec_for


@final
@frozen(kw_only=True)
class Place:
    """Where nodes are carried out: the plan, the pipeline's folder, the store, and the modules loaded so far."""

    plan: Plan
    root: Path
    store: Store
    loader: Loader
    scratch: Path

    def contract(self, name: str) -> Contract | None:
        """Give a contract by name; None for the empty name."""
        return self.plan.contracts[name] if name else None

    def input_codec(self, read: Read) -> Codec:
        """Give the codec by which an input's producer stored it: its own annotation says how to read it."""
        producer = self.plan.node(read.input.node)
        declared = self.loader.declared(self.plan.stages[producer.stage])
        return codec_for(declared.signature.outputs[read.input.output].inner, read.artifact.codec)

    def output_codec(self, stage: Stage, output: Output) -> Codec:
        """Give the codec for what a stage gives at a port. Raises NoCodec."""
        declared = self.loader.declared(stage)
        return codec_for(declared.signature.outputs[output.name].inner, output.codec or None)


@final
@define(kw_only=True)
class Work:
    """One node on its way.

    `folder` is its own, made by whoever needs it; `memory` is what a program used of it, `beyond` what its body reached that its
    stage doesn't declare.
    """

    place: Place
    node: Node
    job: Job
    folder: Path
    entry: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    exit: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    memory: dict[str, Any] = field(factory=dict[str, Any])
    beyond: list[list[str]] = field(factory=list[list[str]])

    @property
    def stage(self) -> Stage:
        """The stage that the node is a use of. Raises KeyError for a source or a split."""
        return self.place.plan.stages[self.node.stage]

    @property
    def reads(self) -> Iterator[Read]:
        """The artifacts that the node reads, each with the argument that it goes into."""
        for bound, artifact in zip(self.node.inputs, self.job.reads, strict=True):
            yield Read(input=bound, artifact=artifact)

    @property
    def params(self) -> dict[str, Any]:
        """The values of the node's parameters. Raises NodeFailed where one can't be read."""
        if all(value is None or isinstance(value, bool | int | str) for value in self.node.params.values()):
            return dict(self.node.params)  # these stand for themselves, and decoding takes long to load
        from stagelang_compiler.plan_values import MalformedValue, decode_value

        try:
            resolve = self.place.loader.class_of
            return {name: decode_value(value, resolve, name) for name, value in self.node.params.items()}
        except (MalformedValue, AttributeError) as error:
            raise NodeFailed(
                Failure(
                    kind="loading",
                    message=f"a parameter of {self.node.name!r} can't be read: {error}",
                    where=self.where,
                    help="compile the pipeline again: its code changed after the plan was made",
                )
            ) from None

    @property
    def where(self) -> str:
        """The place of the stage, or of the source or split, as 'file:line'."""
        return str(self.stage.origin if self.node.stage else self.node.origin)


@contextmanager
def own_folder(scratch: Path) -> Generator[Path]:
    """Name a folder for a node's files; it is gone afterwards."""
    folder = scratch / os.urandom(8).hex()
    try:
        yield folder
    finally:
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def found(artifact: Artifact) -> Generator[None]:
    """Turn an artifact that isn't there any more, or isn't what it was, into LostInput."""
    try:
        yield
    except (MissingObject, DamagedObject) as error:
        raise LostInput(artifact) from error
