"""The Plan: what is to be computed, as frozen data. The only thing that crosses from the compiler to the wings above.

Names of nodes are unique and safe in files, Make and YAML (`[A-Za-z0-9_./-]`); every `Origin` is relative to the pipeline's folder.
Mappings are sorted by key and nodes stand after the nodes they read, so that equal plans have equal bytes (`plan_codec`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, final

from attrs import field, frozen

from stagelang.origin import Origin

SCHEMA_VERSION = 1
"""Raised when a plan of before can't be read any more."""

ELSEWHERE = "(elsewhere)"
"""Stands for a folder that isn't below the pipeline's: another machine may have it in another place."""
Json: TypeAlias = Any
"""A plain JSON value."""


@final
@frozen(kw_only=True)
class Unit:
    """A unit of measure: as written, and its normal form (a factor and powers of base units)."""

    text: str
    factor: float
    powers: Mapping[str, int]


@final
@frozen(kw_only=True)
class Column:
    """What one column promises. Limits of date and time columns are ISO 8601 texts; limits of lists hold for the items."""

    name: str
    type: str
    nullable: bool = False
    unique: bool = False
    key: bool = False
    group: bool = False
    time: bool = False
    ge: Json = None
    gt: Json = None
    le: Json = None
    lt: Json = None
    isin: tuple[Json, ...] | None = None
    pattern: str | None = None
    length: int | None = None
    unit: Unit | None = None
    scale: Literal["", "nominal", "ordinal", "interval", "ratio"] = ""
    adds: Literal["", "always", "not_over_time", "never"] = ""
    role: str = ""
    known_after_seconds: float | None = None
    made_of: tuple[str, ...] | None = None
    description: str = ""
    origin: Origin


@final
@frozen(kw_only=True)
class Contract:
    """What a table promises; `digest` covers what is promised, not the words about it."""

    name: str
    version: str
    owner: str
    description: str
    closed: bool
    min_rows: int | None
    max_rows: int | None
    sorted_by: tuple[str, ...] = ()
    max_age_seconds: float | None = None
    columns: tuple[Column, ...]
    digest: str
    origin: Origin


@final
@frozen(kw_only=True)
class Component:
    """One piece of first-party code that a stage reaches: its kind and 'module:qualname', and its normalised text's digest."""

    name: str
    digest: str


@final
@frozen(kw_only=True)
class Code:
    """Where a function is found, and what identifies it.

    `digest` covers all `components`; `distributions` are those whose versions belong to a receipt's key besides; `conservative` says
    where dynamic code made the components more than are reached by name.
    """

    module: str
    qualname: str
    file: str
    digest: str
    components: tuple[Component, ...] = ()
    distributions: tuple[str, ...] = ()
    conservative: tuple[str, ...] = ()


@final
@frozen(kw_only=True)
class Budget:
    """Limits that the run measures and judges: elapsed seconds and bytes of peak memory."""

    wall_seconds: float | None
    memory_bytes: int | None


@final
@frozen(kw_only=True)
class Resources:
    """What a stage needs from the machine: threads, bytes, processors, seconds; and how often it is tried."""

    cpus: int = 1
    memory_bytes: int | None = None
    gpus: int = 0
    time_seconds: float | None = None
    attempts: int = 1


@final
@frozen(kw_only=True)
class Command:
    """A program's arguments with `{placeholders}`, and the files it is made of with their digests."""

    argv: tuple[str, ...]
    files: Mapping[str, str]


@final
@frozen(kw_only=True)
class ColumnLineage:
    """What a column of an output depends on, as pairs of an argument and a column of it.

    The column `"*"` is any, and the empty one a whole model, value or folder. `how` says whether it was declared, was read from the
    stage's code, or isn't known: then it may be anything. Where `column` is empty, it is what decides which rows of a table are there; of
    a metric, a model or a value, what all of it depends on.
    """

    output: str
    column: str = ""
    of: tuple[tuple[str, str], ...] = ()
    how: Literal["declared", "read", "unknown"]


@final
@frozen(kw_only=True)
class Stage:
    """A declared computation: what all nodes of it share."""

    name: str
    kind: Literal["stage", "command", "metric"]
    code: Code
    owner: str
    description: str
    budget: Budget | None = None
    resources: Resources | None = None
    env: tuple[str, ...] = ()
    network: bool = False
    always_run: bool = False
    tags: tuple[str, ...] = ()
    command: Command | None = None
    lineage: tuple[ColumnLineage, ...] = ()
    origin: Origin


@final
@frozen(kw_only=True)
class Input:
    """One artifact that a node reads: into `argument`, at `index` if it takes several.

    `contract` is what the reader needs of a table ("" for none), `promised` the producer's own contract, and `proved` whether the
    compiler showed that the promise implies the need; otherwise the entry gate must check it, and `unknown` says in words what is
    left to it.
    """

    argument: str
    index: int | None = None
    node: str
    output: str
    contract: str = ""
    promised: str = ""
    proved: bool = False
    unknown: tuple[str, ...] = ()
    population: str = ""


@final
@frozen(kw_only=True)
class Output:
    """One artifact that a node makes; `type` names a model's or value's Python type, `codec` how it is stored.

    `rows` says how a table's rows relate to those of the input `rows_of`, which the exit gate judges.
    """

    name: str
    kind: Literal["table", "model", "value", "files", "metric"]
    contract: str = ""
    population: str = ""
    type: str = ""
    codec: str = ""
    rows: Literal["", "one-to-one", "filter", "expand", "aggregate"] = ""
    rows_of: str = ""


@final
@frozen(kw_only=True)
class Source:
    """Where a source node reads: a path relative to the pipeline's folder, a glob, or an fsspec URL."""

    location: str
    format: Literal["parquet", "csv", "jsonl", "files"]


@final
@frozen(kw_only=True)
class Split:
    """How a split node divides: by the hash of `by` into shares or folds, or by time from given moments (ISO 8601).

    `fold` of `folds` counts from 1. `depth` is how many splits lie before it, so that each draws anew; `embargo` is in seconds.
    """

    method: Literal["hash", "time", "fold"]
    by: str
    test: Json
    validation: Json = None
    fold: int = 0
    folds: int = 0
    depth: int = 0
    embargo: float = 0.0

    @property
    def settings(self) -> list[Json]:
        """What decides where a row goes; what isn't used is left out."""
        said: dict[str, Json] = {
            "fold": self.fold, "folds": self.folds, "depth": self.depth, "embargo": self.embargo
        }  # fmt: skip
        used = {name: value for name, value in said.items() if value}
        return [self.method, self.by, self.test, self.validation, *([used] if used else [])]


@final
@frozen(kw_only=True)
class Node:
    """A computation with its inputs bound; `id` is the hash of what it computes, known before anything runs."""

    name: str
    id: str
    kind: Literal["source", "split", "stage", "command", "metric"]
    stage: str = ""
    scope: str = ""
    owner: str = ""
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    params: Mapping[str, Json] = field(factory=dict[str, Json])
    seed: int = 0
    source: Source | None = None
    split: Split | None = None
    origin: Origin


@final
@frozen(kw_only=True)
class Aggregate:
    """How a metric's rows become one number; `finalise` is where a user's own finaliser is found."""

    kind: Literal["mean", "total", "ratio", "rmse", "f1", "calibration_error", "quantile", "smooth"]
    columns: int
    parameter: float | None = None
    finalise: Code | None = None


@final
@frozen(kw_only=True)
class Expression:
    """A metric made of metrics: an operation over names of metrics or numbers."""

    operation: Literal["+", "-", "*", "/", "neg", "convert"]
    operands: tuple[str | float, ...]


@final
@frozen(kw_only=True)
class Window:
    """The calendar window that a metric is a number of, told by the column `by` in a time zone ("" for days without one)."""

    every: Literal["hour", "day", "week", "month", "quarter", "year"]
    zone: str
    by: str


@final
@frozen(kw_only=True)
class Metric:
    """What a number means. It is measured by `node`, or computed by `expression`.

    `slices` are the columns by whose values it is measured apart as well; an expression has those that all its metrics have.
    """

    name: str
    node: str = ""
    expression: Expression | None = None
    unit: Unit
    better: Literal["higher", "lower", "none"]
    low: float | None
    high: float | None
    aggregate: Aggregate | None
    undefined: str | float
    version: str
    cluster: str
    population: str
    owner: str
    description: str
    reported: bool
    slices: tuple[str, ...] = ()
    window: Window | None = None
    origin: Origin


@final
@frozen(kw_only=True)
class Gate:
    """What a metric must satisfy, in its own unit; with `in_each`, for every value of that column.

    "as_usual" compares the last window with `windows` before it, at a chance of at most `alpha` to fail one that is like them.
    """

    name: str
    metric: str
    kind: Literal["at_least", "at_most", "between", "not_worse_than", "as_usual"]
    low: float | None = None
    high: float | None = None
    alias: str = ""
    tolerance: float | None = None
    judged_on: Literal["interval", "estimate"]
    in_each: str = ""
    windows: int | None = None
    alpha: float | None = None
    origin: Origin


@final
@frozen(kw_only=True)
class Experiment:
    """A declared experiment: its kind, the stages or node it concerns, and its settings."""

    kind: Literal["swap", "ablate", "perturb", "seeds", "sweep"]
    stage: str = ""
    other: str = ""
    node: str = ""
    output: str = ""
    settings: Mapping[str, Json] = field(factory=dict[str, Json])
    origin: Origin


@final
@frozen(kw_only=True)
class Waiver:
    """An accepted finding; `expires` is an ISO 8601 date, the last day on which it holds."""

    rule: str
    where: str
    owner: str
    reason: str
    expires: str
    origin: Origin


@final
@frozen(kw_only=True)
class Plan:
    """A whole pipeline, checked and lowered. `spec` is the pipeline's file, relative to its folder.

    `files` are the first-party files whose code the stages reach, and their SHA-256: a plan is carried out only with the code that it
    was compiled from. They are relative to that folder; those that are imported from outside of it stand below `(elsewhere)`,
    relative to the folder that Python would look in.
    """

    schema: int = SCHEMA_VERSION
    name: str
    seed: int
    owner: str = ""
    spec: str
    files: Mapping[str, str] = field(factory=dict[str, str])
    contracts: Mapping[str, Contract]
    stages: Mapping[str, Stage]
    nodes: tuple[Node, ...]
    metrics: tuple[Metric, ...]
    gates: tuple[Gate, ...]
    outputs: tuple[tuple[str, str], ...] = ()
    experiments: tuple[Experiment, ...] = ()
    schedule: str = ""
    budget: Budget | None = None
    waivers: tuple[Waiver, ...] = ()
    origin: Origin

    def node(self, name: str) -> Node:
        """Give a node by name.

        Raises:
            KeyError: there is none of that name.
        """
        return self.by_name[name]

    def ages(self, node: Node, output: Output) -> bool:
        """Tell whether the age of a table is judged where a node makes it: of a whole one, since a part may lack the newest rows."""
        contract = self.contracts.get(output.contract)
        is_whole = node.kind != "split" and output.population in ("", "Population")
        return contract is not None and contract.max_age_seconds is not None and is_whole

    def is_always_run(self, node: Node) -> bool:
        """Tell whether a node is carried out each time: its stage says so, or the clock has a say in its gates."""
        stage = self.stages.get(node.stage)
        return bool(stage and stage.always_run) or any(self.ages(node, output) for output in node.outputs)

    @functools.cached_property
    def by_name(self) -> Mapping[str, Node]:
        """The nodes by name."""
        return {node.name: node for node in self.nodes}
