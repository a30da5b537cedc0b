"""Lowers declarations: a `@stage`, `@command` or `@metric` becomes `stages[name]`, with the identity of its code.

before  @stage(owner="vision") def embed(...)
after   Stage(name="embed", kind="stage", code=Code(module="pipeline", qualname="embed", digest="sha256:..."), owner="vision")
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stagelang.governance import Budget, Resources
from stagelang.metric import MetricDefinition
from stagelang.origin import relative_file
from stagelang.stage import Stage
from stagelang_compiler import plan
from stagelang_compiler.column_lineage import Columns
from stagelang_compiler.fingerprint import Fingerprinter
from stagelang_compiler.quantities import seconds, size


def lower_code(
    function: Any, root: Path, fingerprinter: Fingerprinter, libraries: Iterable[str] = ()
) -> plan.Code:
    """Say where a function is found and what identifies it; `libraries` are those it depends on without importing them by name."""
    printed = fingerprinter.fingerprint(function)
    return plan.Code(
        module=function.__module__,
        qualname=function.__qualname__,
        file=relative_file(function.__code__.co_filename, root),
        digest=printed.digest,
        components=tuple(
            plan.Component(name=f"{each.kind} {each.name}", digest=each.digest) for each in printed.components
        ),
        distributions=tuple(sorted({*printed.distributions, *libraries})),
        conservative=tuple(printed.conservative),
    )


def lower_stage(
    stage: Stage[Any, Any] | MetricDefinition[Any, Any],
    root: Path,
    fingerprinter: Fingerprinter,
    frames: Sequence[str],
    columns: Columns,
) -> plan.Stage:
    """Lower one declaration.

    Args:
        stage: the declaration.
        root: the pipeline's folder.
        fingerprinter: identifies its code.
        frames: the libraries through which it may see its tables.
        columns: what is known of what its columns are made of.
    """
    code = lower_code(stage.function, root, fingerprinter, frames if _sees_tables(stage) else ())
    description = inspect.cleandoc(stage.function.__doc__ or "")
    if isinstance(stage, MetricDefinition):
        return plan.Stage(
            name=stage.name,
            kind="metric",
            code=code,
            owner=stage.meaning.owner,
            description=description,
            lineage=_lineage(columns),
            origin=stage.origin.relative_to(root),
        )
    settings = stage.settings
    return plan.Stage(
        name=stage.name,
        kind="command" if stage.command else "stage",
        code=code,
        owner=settings.owner,
        description=description,
        budget=lower_budget(settings.budget),
        resources=_lower_resources(settings.resources),
        env=tuple(sorted(settings.env)),
        network=settings.network,
        always_run=settings.always_run,
        tags=tuple(sorted(settings.tags)),
        command=plan.Command(
            argv=stage.command.argv,
            files={file: _digest(root / file) for file in sorted(stage.command.files)},
        )
        if stage.command
        else None,
        lineage=_lineage(columns),
        origin=stage.origin.relative_to(root),
    )


def _lineage(columns: Columns) -> tuple[plan.ColumnLineage, ...]:
    return tuple(
        plan.ColumnLineage(output=each.port, column=each.column, of=tuple(sorted(each.of)), how=each.how)
        for each in columns
    )


def file_digests(files: Mapping[str, Path]) -> dict[str, str]:
    """Digest first-party files."""
    return {name: _digest(files[name]) for name in sorted(files)}


def frame_libraries(files: Iterable[Path]) -> tuple[str, ...]:
    """Tell which data frame libraries first-party code asks handles for, with `.pandas` or `.polars`, besides Arrow itself."""
    texts = [file.read_bytes() for file in files if file.is_file()]
    return (
        "pyarrow",
        *(name for name in ("pandas", "polars") if any(f".{name}".encode() in text for text in texts)),
    )


def _sees_tables(stage: Stage[Any, Any] | MetricDefinition[Any, Any]) -> bool:
    shapes = [argument.shape for argument in stage.signature.arguments.values()]
    is_command = isinstance(stage, Stage) and stage.command is not None
    return not is_command and any(shape is not None and shape.kind == "table" for shape in shapes)


def lower_budget(budget: Budget | None) -> plan.Budget | None:
    """Lower a budget; its texts were checked before."""
    if budget is None:
        return None
    return plan.Budget(
        wall_seconds=seconds(budget.wall) if budget.wall else None,
        memory_bytes=size(budget.memory) if budget.memory else None,
    )


def _lower_resources(resources: Resources | None) -> plan.Resources | None:
    if resources is None:
        return None
    return plan.Resources(
        cpus=resources.cpus,
        memory_bytes=size(resources.memory) if resources.memory else None,
        gpus=resources.gpus,
        time_seconds=seconds(resources.time) if resources.time else None,
        attempts=resources.attempts,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return "sha256:" + hashlib.file_digest(opened, "sha256").hexdigest()
