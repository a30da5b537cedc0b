"""Says why a stage, a node or a contract differs: one reason for each thing that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, final

from attrs import evolve, frozen

from stagelang_compiler.diff.code import CodeComparison
from stagelang_compiler.diff.matching import Matching
from stagelang_compiler.diff.model import Cause, Kind, Reason
from stagelang_compiler.plan import Budget, Column, Contract, Input, Node, Output, Plan, Resources, Stage
from stagelang_compiler.plan_text import column_words, table_words, value_words


@final
@frozen
class Reasons:
    """Compares what was matched."""

    base: Plan
    head: Plan
    matching: Matching
    code: CodeComparison

    def of_stage(self, old: Stage, new: Stage) -> tuple[tuple[Reason, ...], bool]:
        """Compare two declarations; also say whether their code only lies elsewhere."""
        pieces, moved = self.code.reasons(old.code, new.code)
        found = (
            *_one("code", "kind", old.kind, new.kind),
            *pieces,
            *_command(old, new),
            *_sets("environment", "distribution", old.code.distributions, new.code.distributions),
            *_sets("environment", "variable", old.env, new.env),
            *_one("environment", "network", _flag(old.network), _flag(new.network), counts=False),
            *_one("environment", "always run", _flag(old.always_run), _flag(new.always_run), counts=False),
            *_one(
                "environment",
                "resources",
                resources_words(old.resources),
                resources_words(new.resources),
                counts=False,
            ),
            *_one("environment", "budget", budget_words(old.budget), budget_words(new.budget), counts=False),
            *_one("owner", "owner", old.owner, new.owner, counts=False),
            *(evolve(each, counts=False) for each in _sets("setting", "tag", old.tags, new.tags)),
        )
        return found, moved

    def of_node(self, old: Node, new: Node, of_stage: tuple[Reason, ...]) -> tuple[Reason, ...]:
        """Compare two nodes; `of_stage` is what differs between their stages, where these were matched."""
        same_stage = self.matching.stages.get(old.stage, "") == new.stage
        return (
            *_one("code", "kind", old.kind, new.kind),
            *(of_stage if same_stage else _one("code", "stage", old.stage, new.stage)),
            *(() if new.stage else _one("owner", "owner", old.owner, new.owner, counts=False)),
            *_mappings("parameter", "parameter", old.params, new.params),
            *_data(old, new),
            *self._inputs(old, new),
            *self._outputs(old, new),
            *_one("seed", "seed", str(old.seed), str(new.seed)),
        )

    def of_contract(self, old: Contract, new: Contract) -> tuple[Reason, ...]:
        """Compare two contracts column by column."""
        promises = (
            *_one("contract", "version", old.version, new.version),
            *_one("contract", "rows", _rows(old), _rows(new)),
            *_one("contract", "closed", _flag(old.closed), _flag(new.closed)),
            *_one("contract", "order and age", ", ".join(table_words(old)), ", ".join(table_words(new))),
            *_columns(old, new),
        )
        if not promises and old.digest != new.digest:
            promises = (Reason(cause="contract", what="what it promises"),)
        return *promises, *_one("owner", "owner", old.owner, new.owner, counts=False)

    def _inputs(self, old: Node, new: Node) -> Iterator[Reason]:
        before = {label(each): each for each in old.inputs}
        after = {label(each): each for each in new.inputs}
        for what, each in after.items():
            there = before.get(what)
            if there is None:
                yield Reason(cause="wiring", what=f"input {what}", kind="added", new=artifact(each))
                continue
            if (self.matching.nodes.get(there.node), there.output) != (each.node, each.output):
                yield Reason(cause="wiring", what=f"input {what}", old=artifact(there), new=artifact(each))
            yield from self._promise(f"contract of input {what}", there.contract, each.contract)
        for what, there in before.items():
            if what not in after:
                yield Reason(cause="wiring", what=f"input {what}", kind="removed", old=artifact(there))

    def _outputs(self, old: Node, new: Node) -> Iterator[Reason]:
        before = {each.name: each for each in old.outputs}
        for each in new.outputs:
            there = before.pop(each.name, None)
            if there is None:
                yield Reason(cause="contract", what=f"output {each.name}", kind="added", new=_kept(each))
                continue
            yield from self._promise(f"contract of output {each.name}", there.contract, each.contract)
            yield from _one("contract", f"output {each.name}", _kept(there), _kept(each))
            yield from _one("contract", f"rows of output {each.name}", there.rows, each.rows)
        for name, there in before.items():
            yield Reason(cause="contract", what=f"output {name}", kind="removed", old=_kept(there))

    def _promise(self, what: str, old: str, new: str) -> Iterator[Reason]:
        before, after = self.base.contracts.get(old), self.head.contracts.get(new)
        if (before and before.digest) == (after and after.digest):
            return
        words = [f"{each.name} {each.version}".strip() if each else "" for each in (before, after)]
        if words[0] == words[1]:
            yield Reason(cause="contract", what=what)
        else:
            yield from _one("contract", what, *words)


def label(each: Input) -> str:
    """Name an input as a reader would: 'train', or 'parts[2]'."""
    return each.argument if each.index is None else f"{each.argument}[{each.index}]"


def artifact(each: Input) -> str:
    """Name the artifact that an input reads; a node's only output goes without its name."""
    return each.node if each.output == "out" else f"{each.node}.{each.output}"


def changed(
    cause: Cause,
    what: str,
    old: object,
    new: object,
    words: Callable[[Any], str] = str,
    *,
    counts: bool = True,
) -> Iterator[Reason]:
    """Compare two values; None is none."""
    if old != new:
        yield from _one(
            cause,
            what,
            "" if old is None else words(old),
            "" if new is None else words(new),
            counts=counts,
        )


def _one(cause: Cause, what: str, old: str, new: str, *, counts: bool = True) -> Iterator[Reason]:
    if old != new:
        kind: Kind = "changed" if old and new else "added" if new else "removed"
        yield Reason(cause=cause, what=what, kind=kind, old=old, new=new, counts=counts)


def _sets(cause: Cause, what: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Reason]:
    for name in old:
        if name not in new:
            yield Reason(cause=cause, what=f"{what} {name}", kind="removed")
    for name in new:
        if name not in old:
            yield Reason(cause=cause, what=f"{what} {name}", kind="added")


def _mappings(cause: Cause, what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Reason]:
    if old == new and list(map(repr, old.values())) == list(map(repr, new.values())):
        return  # 1 and True are equal, and two values all the same
    for name in [*new, *(name for name in old if name not in new)]:
        before, after = (value_words(each[name]) if name in each else "" for each in (old, new))
        yield from _one(cause, f"{what} {name}", before, after)


def _command(old: Stage, new: Stage) -> Iterator[Reason]:
    before, after = old.command, new.command
    if before is None or after is None or before == after:
        return  # a stage that became a command is of another kind
    yield from changed("code", "arguments", before.argv, after.argv, " ".join)
    for name in [*after.files, *(name for name in before.files if name not in after.files)]:
        if before.files.get(name) != after.files.get(name):
            kind: Kind = (
                "added" if name not in before.files else "removed" if name not in after.files else "changed"
            )
            yield Reason(cause="code", what=f"program file {name}", kind=kind)


def _data(old: Node, new: Node) -> Iterator[Reason]:
    if old.source and new.source:
        yield from _one("data", "location", old.source.location, new.source.location)
        yield from _one("data", "format", old.source.format, new.source.format)
    if old.split and new.split:
        yield from _one("data", "method", old.split.method, new.split.method)
        yield from _one("data", "by", old.split.by, new.split.by)
        yield from changed("data", "test", old.split.test, new.split.test)
        yield from changed("data", "validation", old.split.validation, new.split.validation)
        yield from changed("data", "fold", old.split.fold or None, new.split.fold or None)
        yield from changed("data", "folds", old.split.folds or None, new.split.folds or None)
        yield from changed("data", "embargo", old.split.embargo or None, new.split.embargo or None)


def _columns(old: Contract, new: Contract) -> Iterator[Reason]:
    before = {column.name: column_text(column) for column in old.columns}
    after = {column.name: column_text(column) for column in new.columns}
    kept = [{column.name: _seen_by_stages(column) for column in each.columns} for each in (old, new)]
    gone = [name for name in before if name not in after]
    come = [name for name in after if name not in before]
    for name in list(come):
        meant = [each for each in gone if before[each] == after[name]]
        alike = [each for each in come if after[each] == after[name]]
        if len(meant) == len(alike) == 1:
            yield Reason(cause="contract", what="column", kind="renamed", old=meant[0], new=name)
            gone.remove(meant[0])
            come.remove(name)
    for name, text in after.items():
        if name in come:
            yield Reason(cause="contract", what=f"column {name}", kind="added", new=text)
        elif name in before and before[name] != text:
            counts = kept[0][name] != kept[1][name]
            yield Reason(cause="contract", what=f"column {name}", old=before[name], new=text, counts=counts)
    for name in gone:
        yield Reason(cause="contract", what=f"column {name}", kind="removed", old=before[name])
    shared = [name for name in before if name in after], [name for name in after if name in before]
    if shared[0] != shared[1]:
        yield Reason(cause="contract", what="order of columns", old=", ".join(before), new=", ".join(after))


def _seen_by_stages(column: Column) -> str:
    """Write what a column promises but for what its values may be used for, which no result depends on."""
    return column_text(evolve(column, scale="", adds="", known_after_seconds=None))


def column_text(column: Column) -> str:
    """Write all that a column promises."""
    return " ".join((column.type, *column_words(column)))


def _rows(contract: Contract) -> str:
    low, high = contract.min_rows, contract.max_rows
    return f"{low or 0} or more" if high is None else f"{low or 0} to {high}"


def _kept(output: Output) -> str:
    of = f" of {output.type}" if output.type else ""
    return f"{output.kind}{of}{f' as {output.codec}' if output.codec else ''}"


def _flag(value: bool) -> str:
    return "yes" if value else "no"


def budget_words(budget: Budget | None) -> str:
    """Write a budget's limits."""
    if budget is None:
        return ""
    parts = [_time(budget.wall_seconds), _bytes(budget.memory_bytes)]
    return ", ".join(part for part in parts if part) or "no limits"


def resources_words(resources: Resources | None) -> str:
    """Write what a stage needs from the machine."""
    if resources is None:
        return ""
    cpus = f"{resources.cpus} cpu{'s' if resources.cpus != 1 else ''}"
    gpus = f"{resources.gpus} gpu{'s' if resources.gpus != 1 else ''}" if resources.gpus else ""
    attempts = f"{resources.attempts} attempts" if resources.attempts != 1 else ""
    parts = [cpus, gpus, _bytes(resources.memory_bytes), _time(resources.time_seconds), attempts]
    return ", ".join(part for part in parts if part)


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.10g} s"


def _bytes(count: int | None) -> str:
    if count is None:
        return ""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size and count % (size // 1000) == 0:
            return f"{count / size:.10g} {unit}"
    return f"{count} B"
