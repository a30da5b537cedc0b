"""SL601 to SL604 and SL609: by which events the rows that a metric is measured on came to influence what it judges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import final

from attrs import frozen

from stagelang.contract import columns_of
from stagelang.origin import Origin
from stagelang.population import Validation
from stagelang.split import Split
from stagelang_compiler.checks.leakage.body_value import Mixing
from stagelang_compiler.checks.leakage.encoded import encoded_labels
from stagelang_compiler.checks.leakage.follow import Event, Followed, follow
from stagelang_compiler.checks.leakage.lattice import EventKind, Flow
from stagelang_compiler.checks.leakage.reading import Bodies
from stagelang_compiler.checks.leakage.refit import measured_refit, refits
from stagelang_compiler.checks.leakage.roles import declared_role, kind_of
from stagelang_compiler.checks.leakage.rules import (
    CHOSEN_BY_JUDGED_ROWS,
    CHOSEN_IN_REPORTED_FOLDS,
    COPIED_BEFORE_SPLIT,
    JUDGED_BY_LEARNT_ROWS,
    MIXED_BEFORE_SPLIT,
    NO_INDEPENDENT_TEST,
)
from stagelang_compiler.checks.leakage.strands import Strands, strands
from stagelang_compiler.checks.leakage.told import is_told, is_training
from stagelang_compiler.checks.leakage.ways import Rows, Way
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule
from stagelang_compiler.graph import Edge, Graph, GraphNode


def check_judged_rows(graph: Graph) -> Iterator[Diagnostic]:
    """Check that no metric is measured on rows that had a part in what it judges."""
    followed, bodies = follow(graph), Bodies()
    apart = strands(followed, bodies)
    judged: list[_Judged] = []
    for node in graph.nodes:
        if node.kind == "metric":
            each = list(_each(followed, bodies, apart, node))
            yield from _told_once(each)
            judged += each
    fitting = [each for each in judged if each.fits]
    yield from _untested(graph, [*dict.fromkeys(each.node for each in fitting)])
    yield from refits(graph, followed, [(each.node, each.near) for each in fitting])
    yield from encoded_labels(followed, bodies)


def _told_once(strands: Sequence[_Judged]) -> Iterator[Diagnostic]:
    """Give what is found in a table's strands; what lies at the same places in several of them is one mistake."""
    told: set[object] = set()
    for strand in strands:
        found = list(strand.findings())
        yield from (each for each in found if (each.rule, each.places[:2]) not in told)
        told |= {(each.rule, each.places[:2]) for each in found}


def _each(followed: Followed, bodies: Bodies, apart: Strands, node: GraphNode) -> Iterator[_Judged]:
    """Give the metric once for each strand of the table that it is measured on."""
    whole = followed.all(node.inputs)
    judged = [edge for edge in node.inputs if not is_training(edge)]
    pooled = [edge for edge in judged if (id(edge.producer), edge.port) in apart]
    if len(pooled) != 1:
        rows = followed.ways.union(followed.read(edge).rows for edge in judged)
        yield _Judged(followed, bodies, node, Flow(rows, whole.events))
        return
    beside = followed.ways.union(followed.read(edge).rows for edge in judged if edge is not pooled[0])
    events = followed.all([edge for edge in node.inputs if edge is not pooled[0]]).events
    for strand in apart[id(pooled[0].producer), pooled[0].port]:
        yield _Judged(followed, bodies, node, Flow(strand.rows | beside, strand.events | events))


@final
@frozen
class _Apart:
    """Two ways that a split keeps apart: one to learn from, one to judge by."""

    learnt: Way
    judged: Way
    split: GraphNode
    position: int


@final
class _Judged:
    """One metric, the rows it is measured on, and the events before it."""

    def __init__(self, followed: Followed, bodies: Bodies, node: GraphNode, flow: Flow) -> None:
        self.followed = followed
        self.ways = followed.ways
        self.bodies = bodies
        self.node = node
        self.judged = flow.rows
        self.near = self.ways.sharing(self.judged)
        self.events = flow.events
        self.settings = by_settings(followed, node)
        self.fits = self.of_kind("fit")

    def of_kind(self, kind: EventKind) -> list[tuple[int, Event]]:
        """List the events of one kind before the metric, with their bits."""
        return self.followed.happened(
            self.events & self.followed.kinds.get(kind, 0) & ~self.followed.harmless
        )

    def findings(self) -> Iterator[Diagnostic]:
        if not self.judged:
            return
        guilty = {id(event): (bit, event) for bit, event in self.fits if event.rows & self.near}
        for bit, event in guilty.values():
            if is_told(event.node) or bit & self.settings:
                continue
            if declared_role(event.node) == "deploy":
                yield measured_refit(self.node, event)
            elif self._has_scored(event) and self._in_folds(event):
                yield self._chosen_in_folds(event)
            else:
                yield self._learnt(event, "has learnt from", "learnt here")
        for bit, event in self.of_kind("select"):
            if event.rows & self.near and not is_told(event.node) and not bit & self.settings:
                yield self._chosen_in_folds(event) if self._in_folds(event) else self._chosen(event)
        learnt_right = [event for _, event in self.fits if id(event) not in guilty]
        yield from self._mixed(learnt_right)
        yield from self._joined()

    # learnt from, chosen by, joined to

    def _learnt(self, event: Event, did: str, here: str) -> Diagnostic:
        return Diagnostic(
            rule=JUDGED_BY_LEARNT_ROWS,
            message=f"metric {self.node.base!r} is measured on rows that {event.node.name!r} {did}",
            places=(Place(self.node.origin, "measured here"), Place(event.node.origin, here)),
            subject=self.node.name,
            help="fit on the train part of a split and measure on its test part; annotate what fits with Table[..., Train]",
        )

    def _chosen(self, event: Event) -> Diagnostic:
        return Diagnostic(
            rule=CHOSEN_BY_JUDGED_ROWS,
            message=f"metric {self.node.base!r} is measured on rows by which {event.node.name!r} has chosen",
            places=(Place(self.node.origin, "measured here"), Place(event.node.origin, "chosen here")),
            subject=self.node.name,
            help="choose by the validation part of a split(..., validation=...), and measure on its test part",
        )

    def _has_scored(self, event: Event) -> bool:
        """Tell whether what was learnt from were rows that something fitted had been used on, or came with it."""
        return bool(event.before & self.followed.kinds.get("fit", 0))

    def _in_folds(self, event: Event) -> bool:
        """Tell whether rows were used that folds hold out, as are those that are judged."""
        return self._held_out(event.rows & self.near) and self._held_out(self.judged)

    def _held_out(self, rows: Rows) -> bool:
        nodes = self.followed.nodes
        return any(
            part != "train" and getattr(nodes[split].declared, "folds", 0)
            for way in self.ways.each(rows)
            for split, part in way[1:]
        )

    def _chosen_in_folds(self, event: Event) -> Diagnostic:
        return Diagnostic(
            rule=CHOSEN_IN_REPORTED_FOLDS,
            message=f"metric {self.node.base!r} is measured on held-out rows by whose scores {event.node.name!r} has chosen",
            places=(Place(self.node.origin, "measured here"), Place(event.node.origin, "chosen here")),
            subject=self.node.name,
            expected="each fold's choice made within its train part",
            help="choose in folds of each fold's train part: folds(fold.train, ..., held_out=Validation)",
        )

    def _joined(self) -> Iterator[Diagnostic]:
        for _, event in self.of_kind("join"):
            if is_told(event.node):
                continue
            own = self.ways.union(
                self.followed.read(edge).rows
                for edge in event.node.inputs
                if edge.argument not in event.reads
            )
            guilty = [name for name, rows in event.reads.items() if rows & self.near & ~own]
            found = (
                [each for each in self.bodies.mixings(event) if each.parameters & {*guilty}] if guilty else []
            )
            if found:
                yield self._learnt(event, "has joined to other rows", "joined here")

    # mixed, copied

    def _mixed(self, fits: Sequence[Event]) -> Iterator[Diagnostic]:
        for bit, event in self.of_kind("mix") if fits else ():
            if not event.rows & self.near:
                continue
            mixings = self.bodies.mixings(event)
            if not mixings:
                self.followed.harmless |= bit  # and so it is for every other metric
            after = [each for each in fits if each.before & bit] if mixings else []
            if not after or is_told(event.node):
                continue
            told: set[Rule] = set()
            for mixing in mixings:
                found = self._unsafe(event, bit, mixing, after)
                if found is not None and found.rule not in told:
                    told.add(found.rule)
                    yield found

    def _unsafe(self, event: Event, bit: int, mixing: Mixing, fits: Sequence[Event]) -> Diagnostic | None:
        """Say of a place that computes across rows whether a split after it keeps apart what it has mixed."""
        rows = self.ways.union(rows for name, rows in event.reads.items() if name in mixing.parameters)
        if not rows & self.near:
            return None
        for fit in fits:
            for apart in self._apart(fit.rows):
                if (
                    mixing.copies
                    and self.followed.into[apart.position].events & bit
                    and not _keeps_copies(apart)
                ):
                    return self._copied(event, mixing, fit, apart)
                if mixing.mixes and not _keeps(apart.split, mixing):
                    return self._mixed_in(event, mixing, fit, apart)
        return None

    def _apart(self, learnt: Rows) -> Iterator[_Apart]:
        """Give the pairs of ways, one learnt from and one judged by, with the split that keeps them apart."""
        for one in self.ways.each(learnt):
            for other in self.ways.each(self.judged):
                for (split, part), (also, other_part) in zip(one, other, strict=False):
                    if (split, part) != (also, other_part):
                        if part:  # else they are of different sources
                            yield _Apart(one, other, self.followed.nodes[also], also)
                        break

    def _mixed_in(self, event: Event, mixing: Mixing, fit: Event, apart: _Apart) -> Diagnostic:
        name = event.node.name
        return Diagnostic(
            rule=MIXED_BEFORE_SPLIT,
            message=f"metric {self.node.base!r} is measured on rows that {name!r} has mixed into those which {fit.node.name!r} learns from",
            places=(
                Place(self.node.origin, "measured here"),
                _place_of(event, mixing, "computed across rows here"),
                Place(apart.split.origin, "divided here, too late"),
            ),
            subject=self.node.name,
            expected="each row treated by itself before the rows are divided",
            found=f"{mixing.word} across rows",
            help=f'divide first and compute it from the train part; if {name!r} treats each row by itself, declare role="map"',
        )

    def _copied(self, event: Event, mixing: Mixing, fit: Event, apart: _Apart) -> Diagnostic:
        name = event.node.name
        return Diagnostic(
            rule=COPIED_BEFORE_SPLIT,
            message=(
                f"metric {self.node.base!r} is measured on copies, made by {name!r}, of rows that {fit.node.name!r} has learnt from"
            ),
            places=(
                Place(self.node.origin, "measured here"),
                _place_of(event, mixing, "copied here"),
                Place(apart.split.origin, "divided here, too late"),
            ),
            subject=self.node.name,
            expected="copies of one row in one part",
            found=f"{mixing.word} before the split",
            help=f"divide first, and give {name!r} the train part alone",
        )


def _untested(graph: Graph, metrics: Sequence[GraphNode]) -> Iterator[Diagnostic]:
    """Say of a pipeline that fits something that none of its metrics is measured on rows kept for that."""
    edges = [edge for node in metrics for edge in node.inputs if edge.given and edge.given.kind == "table"]
    if (
        not edges
        or any(map(is_told, metrics))
        or not all(_is_for_training(edge) or _is_for_choosing(edge) for edge in edges)
    ):
        return
    word = "training" if all(map(_is_for_training, edges)) else "training and validation"
    yield Diagnostic(
        rule=NO_INDEPENDENT_TEST,
        message=f"pipeline {graph.pipeline.name!r} measures what it has fitted on {word} rows only",
        places=(Place(graph.pipeline.origin), *(Place(node.origin, "measured here") for node in metrics[:1])),
        subject=metrics[0].name,
        help="measure a metric on the test part of a split",
    )


def _is_for_training(edge: Edge) -> bool:
    """Tell whether a metric asks for training rows itself; one that doesn't is another rule's."""
    return edge.needed is not None and getattr(edge.needed.population, "__name__", "") == "Train"


def _is_for_choosing(edge: Edge) -> bool:
    given = edge.given.population if edge.given is not None else None
    return isinstance(given, type) and issubclass(given, Validation)


def _place_of(event: Event, mixing: Mixing, text: str) -> Place:
    return Place(Origin(mixing.file, mixing.line), text)


def _keeps(split: GraphNode, mixing: Mixing) -> bool:
    """Tell whether rows that were mixed with each other all go into one part, or only ever from earlier to later."""
    declared = split.declared
    if not isinstance(declared, Split):
        return False
    if declared.method == "time" and mixing.past:
        return True
    if mixing.within is None or str(declared.by) in mixing.within:
        return True
    return mixing.matched and _has_key(split, mixing.within)


def _has_key(split: GraphNode, columns: frozenset[str]) -> bool:
    """Tell whether columns hold the key of what is divided, so that rows which share them are one."""
    given = split.inputs[0].given if split.inputs else None
    own = columns_of(given.contract) if given and given.contract else {}
    keys = {name for name, each in own.items() if each.limits.key}
    return bool(keys) and keys <= columns


def _keeps_copies(apart: _Apart) -> bool:
    """Tell whether copies of a row all go into one part: they share their group and their time."""
    declared = apart.split.declared
    if not isinstance(declared, Split) or declared.method == "time":
        return True
    given = apart.split.inputs[0].given if apart.split.inputs else None
    column = columns_of(given.contract).get(str(declared.by)) if given and given.contract else None
    return column is not None and column.limits.group


def by_settings(followed: Followed, node: GraphNode) -> int:
    """Give the bits of the events that reach a metric only by its own settings, values that it reads beside what it judges (SL524)."""
    settings = [edge for edge in node.inputs if kind_of(edge) == "value"]
    if not settings:
        return 0
    others = followed.all([edge for edge in node.inputs if edge not in settings]).events
    return followed.all(settings).events & ~others


CHECKS = (check_judged_rows,)
