"""A receipt's key: every component that decides what a node computes, by name, and the hash over all of them.

The components, in the order in which `why` compares them:

    format                       the version of this list
    kind                         source, split, stage, command or metric
    code                         the digest of all first-party code that the function reaches
    argument vector              a command's arguments, as written
    program file FILE            the digest of a file that a command is made of
    source                       where a source reads, and in which format
    source file FILE             the digest of a file that a source reads
    split                        the method, column and shares of a split
    measure                      how many values a row a metric gives, and which columns group and name the rows
    parameter NAME               the value
    seed                         the node's seed, but for a source's
    contract of input ARGUMENT   the digest of what the reader needs
    contract of output PORT      the digest of what is promised
    storage of output PORT       the kind, type and codec of an artifact
    rows of output PORT          how a table's rows relate to those that they are made of
    variable NAME                the digest of a declared environment variable's value, or 'unset'
    python                       the interpreter's minor version
    distribution NAME            the version of an installed distribution that the code reaches
    input ARGUMENT               the content digest of what was read
    run                          a word of its own for each run, for a stage that is always run and a table whose age is judged

No name of a node, stage, path, host or user is in it: what computes the same has the same key.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, final

from attrs import frozen

from stagelang_compiler.plan import Input, Node, Output, Plan, Stage
from stagelang_runtime.execute import environment

FORMAT = "1"
_LONGEST_SHOWN = 200


@final
@frozen(kw_only=True)
class Artifact:
    """One stored artifact as a reader finds it: which node and port made it, its content, and where its bytes are."""

    node: str
    port: str
    kind: str
    codec: str
    content: str
    object: str
    size: int
    rows: int | None = None


@final
@frozen(kw_only=True)
class Read:
    """An artifact bound to an argument of its reader."""

    input: Input
    artifact: Artifact


def label(bound: Input) -> str:
    """Name an input as a reader of messages would: 'train', or 'parts[2]'."""
    return bound.argument if bound.index is None else f"{bound.argument}[{bound.index}]"


def components(
    plan: Plan,
    node: Node,
    reads: Sequence[Read],
    *,
    source_files: Mapping[str, str],
    variables: Mapping[str, str],
) -> dict[str, str]:
    """List what the node's result depends on, each a short text or a digest.

    Args:
        plan: the plan, for stages and contracts.
        node: the node.
        reads: the artifacts that it reads, with the contents that are there now.
        source_files: the digests of the files that a source reads, by path relative to the pipeline's folder.
        variables: the environment, for the variables that the stage declares.
    """
    stage = plan.stages[node.stage] if node.stage else None
    found = dict(static_components(plan, node, stage, source_files))
    if stage is not None:
        found |= {f"variable {name}": _variable(variables.get(name)) for name in sorted(stage.env)}
        found["python"] = environment.python_minor()
        installed = environment.versions(stage.code.distributions)
        found |= {f"distribution {name}": version for name, version in installed.items()}
    found |= {f"input {label(read.input)}": read.artifact.content for read in reads}
    if plan.is_always_run(node):
        found["run"] = uuid.uuid4().hex
    return found


def key_of(components: Mapping[str, str]) -> str:
    """Hash the components, as 'sha256:<hex>'; their order doesn't matter."""
    return _digest(_canonical(components))


def static_components(
    plan: Plan, node: Node, stage: Stage | None, source_files: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Give the components that are known without any artifact or environment."""
    yield "format", FORMAT
    yield "kind", node.kind
    if stage is not None:
        yield "code", stage.code.digest
        if stage.command is not None:
            yield "argument vector", _shown(stage.command.argv)
            yield from ((f"program file {name}", digest) for name, digest in stage.command.files.items())
    if node.source is not None:
        yield "source", _shown([node.source.location, node.source.format])
        yield from ((f"source file {name}", digest) for name, digest in sorted(source_files.items()))
    if node.split is not None:
        yield "split", _shown(node.split.settings)
    if node.kind == "metric":
        yield "measure", _shown(measure(plan, node))
        if apart := measured_apart(plan, node):
            yield "measured apart by", _shown(apart)
    yield from ((f"parameter {name}", _shown(value)) for name, value in sorted(node.params.items()))
    if node.kind != "source":
        yield "seed", str(node.seed)
    yield from _contracts(plan, node.inputs)
    yield from _storage(plan, node.outputs)


def measure(plan: Plan, node: Node) -> tuple[int | None, str, Mapping[str, Sequence[str]]]:
    """Give what a metric node's table holds.

    How many columns of values (None if not said), the column that groups its rows, and the key columns of each argument.
    """
    keys = dict(_keys(plan, node))
    for metric in plan.metrics:
        if metric.node == node.name:
            return (metric.aggregate.columns if metric.aggregate else None), metric.cluster, keys
    return None, "", keys


def measured_apart(plan: Plan, node: Node) -> Mapping[str, str]:
    """Give the columns that tell a metric node's rows apart, by their names in its table: those of its slices and its window."""
    for metric in plan.metrics:
        if metric.node == node.name:
            window = {"window": metric.window.by} if metric.window else {}
            return {**{f"slice.{name}": name for name in metric.slices}, **window}
    return {}


def _keys(plan: Plan, node: Node) -> Iterator[tuple[str, list[str]]]:
    for bound in node.inputs:
        contract = plan.contracts.get(bound.contract or bound.promised)
        keys = [column.name for column in contract.columns if column.key] if contract else []
        if keys and bound.index is None:
            yield bound.argument, keys


def contract_digest(plan: Plan, name: str) -> str:
    """Give a contract's digest; the empty text for no contract."""
    return plan.contracts[name].digest if name else ""


def _contracts(plan: Plan, inputs: Iterable[Input]) -> Iterator[tuple[str, str]]:
    for bound in inputs:
        if bound.contract:
            yield f"contract of input {label(bound)}", contract_digest(plan, bound.contract)


def _storage(plan: Plan, outputs: Iterable[Output]) -> Iterator[tuple[str, str]]:
    for output in outputs:
        if output.contract:
            yield f"contract of output {output.name}", contract_digest(plan, output.contract)
        yield f"storage of output {output.name}", _shown([output.kind, output.type, output.codec])
        if output.rows:
            yield f"rows of output {output.name}", f"{output.rows} of {output.rows_of}"


def _variable(value: str | None) -> str:
    return "unset" if value is None else _digest(value)


def _shown(value: Any) -> str:
    text = _canonical(value)
    return text if len(text) <= _LONGEST_SHOWN else _digest(text)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
