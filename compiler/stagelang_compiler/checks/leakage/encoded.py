"""SL605, by bodies: a feature that is computed from the label across rows, without cross-fitting."""

from __future__ import annotations

from collections.abc import Iterator

from stagelang.contract import columns_of
from stagelang.origin import Origin
from stagelang_compiler.checks.leakage.body_value import Mixing
from stagelang_compiler.checks.leakage.follow import Event, Followed
from stagelang_compiler.checks.leakage.reading import Bodies
from stagelang_compiler.checks.leakage.roles import kind_of
from stagelang_compiler.checks.leakage.rules import LABEL_AS_FEATURE
from stagelang_compiler.diagnostics import Diagnostic, Place


def encoded_labels(followed: Followed, bodies: Bodies) -> Iterator[Diagnostic]:
    """Find features that were computed from labels across rows, each row's own label among them."""
    used = _used(followed)
    for bit, event in followed.happened((1 << len(followed.events)) - 1):
        if event.kind != "mix" or event.certain or not used & bit or not _is_divided(followed, event):
            continue
        labels = _labels(event)
        for mixing in bodies.mixings(event) if labels else ():
            if mixing.column in labels:
                yield _encoded(event, mixing, labels[mixing.column])
                break


def _used(followed: Followed) -> int:
    """Give the events behind tables that something is fitted to."""
    return followed.ways.union(event.before for event in followed.events if event.kind == "fit")


def _is_divided(followed: Followed, event: Event) -> bool:
    """Tell whether all of its rows went through a split; else another rule sees them mixed before one."""
    return all(len(way) > 1 for way in followed.ways.each(event.rows))


def _labels(event: Event) -> dict[str, Origin]:
    found: dict[str, Origin] = {}
    for edge in event.node.inputs:
        contract = edge.given.contract if edge.given and kind_of(edge) == "table" else None
        for name, column in (columns_of(contract) if contract else {}).items():
            if column.limits.role == "label":
                found[name] = column.origin or edge.origin
    return found


def _encoded(event: Event, mixing: Mixing, label: Origin) -> Diagnostic:
    name = event.node.base
    return Diagnostic(
        rule=LABEL_AS_FEATURE,
        message=f"{name!r} computes what models learn from out of the label {mixing.column!r}, each row's own label among them",
        places=(
            Place(event.node.origin, "used here"),
            Place(Origin(mixing.file, mixing.line), "computed here"),
            Place(label, "the label here"),
        ),
        subject=event.node.name,
        found=f"{mixing.word} of {mixing.column!r}",
        help="encode by cross-fitting: compute each row's value from other folds' labels only",
    )
