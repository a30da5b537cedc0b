"""Says of each changed contract, metric and gate whom it can break.

before  Change(subject="contract", kind="changed", new="Warnings", reasons=(Reason(what="column cost", ...),))
after   Graded(subject="contract", new=Promise(name="Warnings", ...), grade=Grade(consumers="breaking", ...), consumers=(...))
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import final

from attrs import frozen

from stagelang_compiler.diff.grade_metrics import grade_gate, grade_metric
from stagelang_compiler.diff.grades import (
    BREAKING,
    BREAKS_CONSUMERS,
    BREAKS_PRODUCERS,
    SAFE,
    Grade,
    worst,
)
from stagelang_compiler.diff.matching import Matching
from stagelang_compiler.diff.model import Change, Graded, GradedReason, Kind, Promise, Reason
from stagelang_compiler.diff.reasons import label
from stagelang_compiler.diff.users import Users
from stagelang_compiler.plan import Contract, Input, Metric, Node, Plan


@final
@frozen(kw_only=True)
class Grading:
    """Grades what was found to have changed between two plans."""

    base: Plan
    head: Plan
    matching: Matching
    metric_names: Mapping[str, str]
    """The names of metrics: in the base -> in the head."""

    def of_contracts(self, changes: Iterable[Change]) -> Iterator[Graded]:
        """Grade contracts; one whose owner alone is another isn't among them."""
        for change in changes:
            old, new = self.base.contracts.get(change.old), self.head.contracts.get(change.new)
            found, reasons = _contract(old, new, change)
            if change.kind == "changed" and not reasons:
                continue
            users, name = (self._now, change.new) if new else (self._before, change.old)
            yield Graded(
                subject="contract",
                kind=change.kind,
                old=old and _promise(old),
                new=new and _promise(new),
                grade=found,
                reasons=reasons,
                producers=users.makers_of(name),
                consumers=users.readers_of(name),
            )

    def of_metrics(self, metrics: Iterable[Change], nodes: Iterable[Change]) -> Iterator[Graded]:
        """Grade metrics by what they say and by how they are measured."""
        before = {each.name: each for each in self.base.metrics}
        back = {new: old for old, new in self.metric_names.items()}
        said = {change.name: change for change in metrics}
        measured = {change.new: change.reasons for change in nodes if change.kind in ("changed", "renamed")}
        for new in self.head.metrics:
            old = before.get(back.get(new.name, ""))
            if old is None:
                yield self._metric("added", None, new, SAFE)
                continue
            own = said[new.name].reasons if new.name in said else ()
            reasons = tuple(dict.fromkeys((*own, *measured.get(new.node, ()))))
            graded = (
                *grade_metric(old, new, reasons),
                *self._needs(old, new, reasons),
                *self._wiring(old, new, reasons),
            )
            grades = [each.grade for each in graded]
            if old.name != new.name:
                yield self._metric("renamed", old, new, worst((BREAKS_CONSUMERS, *grades)), graded)
            elif graded:
                yield self._metric("changed", old, new, worst(grades), graded)
        for name, old in before.items():
            if name not in self.metric_names:
                yield self._metric("removed", old, None, BREAKS_CONSUMERS)

    def _needs(self, old: Metric, new: Metric, reasons: Sequence[Reason]) -> Iterator[GradedReason]:
        """Grade another contract under which a metric reads its table; what one contract changed is told of that."""
        was, now = self.base.by_name.get(old.node), self.head.by_name.get(new.node)
        if was is None or now is None:
            return
        before = _needed(was, self.base)
        for argument, contract in _needed(now, self.head).items():
            needed = before.get(argument)
            if needed is None or self.matching.contracts.get(needed.name) == contract.name:
                continue
            from stagelang_compiler.diff.grade_contracts import is_safe_need

            safe = is_safe_need(needed, contract)
            what = f"contract of input {argument}"
            for reason in (each for each in reasons if each.what == what):
                yield GradedReason(reason=reason, grade=SAFE if safe else BREAKS_PRODUCERS)

    def _wiring(self, old: Metric, new: Metric, reasons: Sequence[Reason]) -> Iterator[GradedReason]:
        """Grade another artifact to measure on: safe if its rows are shown to be the same ones, else the number may be of others."""
        wired = [each for each in reasons if each.cause == "wiring"]
        if not wired:
            return
        before, after = (
            {label(each): _rows_of(plan, each) for each in plan.by_name[metric.node].inputs}
            for plan, metric in ((self.base, old), (self.head, new))
        )
        for reason in wired:
            argument = reason.what.removeprefix("input ")
            was, now = before.get(argument), after.get(argument)
            same = was is not None and now == (self.matching.nodes.get(was[0]), was[1])
            yield GradedReason(reason=reason, grade=SAFE if same else BREAKING)

    def _metric(
        self,
        kind: Kind,
        old: Metric | None,
        new: Metric | None,
        found: Grade,
        reasons: tuple[GradedReason, ...] = (),
    ) -> Graded:
        there, users = (new, self._now) if new else (old, self._before)
        assert there is not None, "a metric that changed is in one of the plans"
        return Graded(
            subject="metric",
            kind=kind,
            old=old and _promise(old),
            new=new and _promise(new),
            grade=found,
            reasons=reasons,
            producers=users.measured_by(there),
            consumers=users.users_of(there),
        )

    @functools.cached_property
    def _now(self) -> Users:
        return Users(self.head)

    @functools.cached_property
    def _before(self) -> Users:
        return Users(self.base)

    def of_gates(self, changes: Iterable[Change]) -> Iterator[Graded]:
        """Grade gates; one whose metric alone is called otherwise isn't among them."""
        before, after = ({each.name: each for each in plan.gates} for plan in (self.base, self.head))
        for change in changes:
            if change.kind == "renamed":
                continue
            old, new = before.get(change.old), after.get(change.new)
            ends = [
                each and Promise(name=each.name, version="", owner=plan.owner, origin=each.origin)
                for each, plan in ((old, self.base), (new, self.head))
            ]
            found = grade_gate(old, new)
            told = tuple(GradedReason(reason=reason, grade=found) for reason in change.reasons)
            yield Graded(
                subject="gate", kind=change.kind, old=ends[0], new=ends[1], grade=found, reasons=told
            )


def _contract(
    old: Contract | None, new: Contract | None, change: Change
) -> tuple[Grade, tuple[GradedReason, ...]]:
    if old is None:
        return SAFE, ()
    if new is None:
        return BREAKS_CONSUMERS, ()
    # the checks know how promises are compared; they are loaded only where one has changed
    from stagelang_compiler.diff.grade_contracts import grade_contract

    return grade_contract(old, new, change.reasons)


def _promise(each: Contract | Metric) -> Promise:
    return Promise(name=each.name, version=each.version, owner=each.owner, origin=each.origin)


def _rows_of(plan: Plan, read: Input) -> tuple[str, str]:
    """Give the artifact whose rows, one for one and with the same keys, are those of one that is read."""
    name, port = read.node, read.output
    while True:
        node = plan.by_name[name]
        made = next((each for each in node.outputs if each.name == port), None)
        giver = next((each for each in node.inputs if made and each.argument == made.rows_of), None)
        if made is None or made.rows != "one-to-one" or giver is None:
            return name, port
        name, port = giver.node, giver.output


def _needed(node: Node, plan: Plan) -> Mapping[str, Contract]:
    return {
        label(each): plan.contracts[each.contract] for each in node.inputs if each.contract in plan.contracts
    }
