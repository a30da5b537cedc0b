"""Computes what a node's result depends on, from the artifacts that are there, and looks whether it has been made."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from attrs import field, frozen

from stagelang_compiler.plan import Node, Plan, Source
from stagelang_runtime.execute.failure import Failure, NodeFailed
from stagelang_runtime.execute.job import Job
from stagelang_runtime.execute.key import Artifact, Read, components, key_of
from stagelang_runtime.execute.present import outputs_present
from stagelang_runtime.execute.results import Receipt
from stagelang_runtime.store import Store

if TYPE_CHECKING:
    from stagelang_runtime.inputs.errors import InputError


@final
@frozen(kw_only=True)
class Preparation:
    """What turns a node and the artifacts that it reads into a job."""

    plan: Plan
    root: Path
    store: Store
    variables: Mapping[str, str] = field(factory=lambda: dict(os.environ))
    files: Mapping[str, Mapping[str, str]] = field(factory=dict[str, Mapping[str, str]])
    """The digests of the files of sources that were read elsewhere, by node and path."""

    def job(
        self, node: Node, artifact: Callable[[str, str], Artifact], passed: Mapping[str, set[str]]
    ) -> Job:
        """Prepare a node whose producers are settled.

        Args:
            node: the node.
            artifact: gives what a node has at a port.
            passed: the digests of the contracts whose gates a content has passed.

        Raises:
            NodeFailed: a source can't be found or read.
        """
        reads = [Read(input=bound, artifact=artifact(bound.node, bound.output)) for bound in node.inputs]
        files: Mapping[str, str] = self._source_files(node, node.source) if node.source else {}
        found = components(self.plan, node, reads, source_files=files, variables=self.variables)
        contents = {read.artifact.content for read in reads if not read.input.proved}
        return Job(
            node=node.name,
            key=key_of(found),
            components=found,
            reads=tuple(read.artifact for read in reads),
            passed=frozenset((content, digest) for content in contents for digest in passed.get(content, ())),
            source_files=files,
        )

    def hit(self, job: Job) -> Receipt | None:
        """Give the receipt of a job's key where all that it names is there."""
        receipt = self.store.get_receipt(job.key)
        return receipt if receipt is not None and outputs_present(self.store, receipt) else None

    def sources_now(self, node: Node) -> Mapping[str, str] | None:
        """Give the digests of the files that a source reads now, by path; None where it can't be read, or the node is no source."""
        try:
            return self._source_files(node, node.source) if node.source else None
        except NodeFailed:
            return None

    def _source_files(self, node: Node, source: Source) -> Mapping[str, str]:
        if node.name in self.files:
            return self.files[node.name]
        from stagelang_runtime.inputs.errors import InputError
        from stagelang_runtime.inputs.files import locate

        try:
            files = locate(source, self.root, source_cache(self.store))
        except InputError as error:
            raise NodeFailed(unreadable(node, error)) from None
        return {file.name: file.digest for file in files}


def source_cache(store: Store) -> Path:
    """Name the file that remembers the digests of source files."""
    return store.root.parent / "state" / "sources.json"


def unreadable(node: Node, error: InputError) -> Failure:
    """Put into words that a source can't be read: its first problem, and how many there are."""
    first, *more = error.problems
    count = f" (and {len(more)} more problems)" if more else ""
    place = f"{first.file}:{first.line}" if first.line else first.file
    message = f"source {node.name!r} can't be read: {place}: {first.message}{count}"
    return Failure(kind="source", message=message, where=str(node.origin), help=first.help)


def gates_passed(receipt: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Give the pairs of content and contract digests whose gates a receipt shows as passed."""
    by_port = {output["port"]: output["content"] for output in receipt["outputs"]}
    gates = [gate for gate in receipt["gates"]["exit"] if gate["digest"] and gate["verdict"] == "pass"]
    return {(by_port[gate["port"]], gate["digest"]) for gate in gates}
