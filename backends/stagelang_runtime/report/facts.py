"""Gathers what the report says besides verdicts: data, digests, distributions, licences."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any, cast, final

from attrs import frozen

from stagelang_compiler.plan import Plan


@final
@frozen(kw_only=True)
class Distribution:
    """An installed package that a stage's code reaches: its name, version and licence as its metadata state it."""

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
        Distribution(name=name, version=versions[name], licence=licence_of(name)) for name in sorted(versions)
    ]


def licence_of(name: str) -> str:
    """Read a distribution's licence: its SPDX expression (PEP 639), else its classifiers, else its free text if that is short."""
    try:
        found = cast(Message, metadata(name))
    except PackageNotFoundError:
        return "not installed here"
    expression = found.get("License-Expression")
    if expression:
        return str(expression)
    classifiers: list[str] = found.get_all("Classifier") or []
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::")]
    text = str(found.get("License") or "")
    return ", ".join(named) or (text if 0 < len(text) < 60 and "\n" not in text else "not stated")


def sources(plan: Plan, receipts: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Give each source's name, location, rows and content digest."""
    rows: list[tuple[str, str, str, str]] = []
    for node in plan.nodes:
        if node.source is not None and node.name in receipts:
            output = receipts[node.name]["outputs"][0]
            count = "" if output["rows"] is None else f"{output['rows']:,}"
            rows.append((node.name, node.source.location, count, str(output["content"])))
    return rows
