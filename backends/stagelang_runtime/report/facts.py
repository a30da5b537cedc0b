"""Gathers what the report says besides verdicts: data, digests, distributions, licences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from attrs import frozen

from stagelang_compiler.licences.declared import licence_of
from stagelang_compiler.plan import Plan


@final
@frozen(kw_only=True)
class Distribution:
    """An installed package that a stage's code reaches: its name, version, and licence as far as its metadata tell."""

    name: str
    version: str
    licence: str


def distributions(receipts: Mapping[str, Mapping[str, Any]]) -> list[Distribution]:
    """Collect the distributions in the receipts' environments, by name."""
    versions: dict[str, str] = {}
    for receipt in receipts.values():
        for name, value in receipt["components"]:
            if name.startswith("distribution "):
                versions[name.removeprefix("distribution ")] = value
    return [
        Distribution(name=name, version=versions[name], licence=licence_text(name))
        for name in sorted(versions)
    ]


def licence_text(name: str) -> str:
    """Write a distribution's licence as `stagelang licences` does: as an SPDX expression, or "unknown" with what is declared."""
    declared = licence_of(name, {})
    return declared.licence or f"unknown ({declared.words})"


def sources(plan: Plan, receipts: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Give each source's name, location, rows and content digest."""
    rows: list[tuple[str, str, str, str]] = []
    for node in plan.nodes:
        if node.source is not None and node.name in receipts:
            output = receipts[node.name]["outputs"][0]
            count = "" if output["rows"] is None else f"{output['rows']:,}"
            rows.append((node.name, node.source.location, count, str(output["content"])))
    return rows
