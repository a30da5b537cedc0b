"""What a worker is told to do: one node, the artifacts that it reads, and the key under which its receipt goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from attrs import asdict, frozen

from stagelang_runtime.execute.key import Artifact


@final
@frozen(kw_only=True)
class Job:
    """One node to carry out.

    Args:
        node: its name in the plan.
        key: the hash over `components`.
        components: what its result depends on, by name, in order.
        reads: the artifacts that it reads, in the order of the node's inputs.
        passed: pairs of content and contract digests whose gate was passed before.
        source_files: for a source, the digests of its files by path relative to the pipeline's folder.
    """

    node: str
    key: str
    components: Mapping[str, str]
    reads: tuple[Artifact, ...]
    passed: frozenset[tuple[str, str]] = frozenset()
    source_files: Mapping[str, str] = {}

    def to_json(self) -> dict[str, Any]:
        """Give the job as plain JSON data."""
        return {
            "node": self.node,
            "key": self.key,
            "components": dict(self.components),
            "reads": [asdict(read) for read in self.reads],
            "passed": sorted(self.passed),
            "source_files": dict(self.source_files),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Job:
        """Read what `to_json` gave."""
        return Job(
            node=data["node"],
            key=data["key"],
            components=data["components"],
            reads=tuple(Artifact(**read) for read in data["reads"]),
            passed=frozenset((content, contract) for content, contract in data["passed"]),
            source_files=data["source_files"],
        )


@final
class LostInput(Exception):
    """An artifact that a node reads is gone from the store, or damaged: its producer must run again."""

    def __init__(self, artifact: Artifact) -> None:
        super().__init__(artifact.node)
        self.artifact = artifact
