"""Says what went wrong where a pull request shows it: as annotations of lines, and as SARIF for code scanning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, final
from urllib.parse import quote

from attrs import frozen

from stagelang_runtime.execute.state import read_object

MOST, LONGEST = 9, 4096
"""GitHub shows ten annotations of a kind from one step, each of so many characters; the tenth counts the rest."""


@final
@frozen(kw_only=True)
class Remark:
    """Something to be said about a line: `kind` names the rule it falls under, `subject` the gate or node."""

    level: Literal["error", "warning"] = "error"
    kind: str
    subject: str
    text: str
    file: str
    line: int = 0


def commands(remarks: Sequence[Remark]) -> list[str]:
    """Write remarks as workflow commands, errors first; those beyond what GitHub shows are counted."""
    lines: list[str] = []
    levels: tuple[Literal["error", "warning"], ...] = ("error", "warning")
    for level in levels:
        said = [remark for remark in remarks if remark.level == level]
        lines += [_command(remark) for remark in said[:MOST]]
        if len(said) > MOST:
            lines.append(f"::{level} title=stagelang::{len(said) - MOST} more: see the summary of the run")
    return lines


def _command(remark: Remark) -> str:
    line = f",line={remark.line}" if remark.line else ""
    title = _property(f"{remark.kind}: {remark.subject}")
    text = remark.text if len(remark.text) <= LONGEST else f"{remark.text[: LONGEST - 1]}…"
    return f"::{remark.level} file={_property(remark.file)}{line},title={title}::{_data(text)}"


def _data(text: str) -> str:
    """Escape a command's message (actions/toolkit, packages/core/src/command.ts, escapeData)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a command's property (the same file, escapeProperty)."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sarif(findings: Path, folder: str, remarks: Iterable[Remark]) -> str:
    """Join the compiler's findings and remarks into one SARIF log of one run.

    Args:
        findings: the compiler's log; where it isn't there, there are only remarks.
        folder: the pipeline's, to which the findings' files are relative.
        remarks: what the run has to say.
    """
    log: Any = read_object(findings, "runs") or _empty()
    (run,) = log["runs"]
    rules: list[dict[str, Any]] = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        for location in (*result["locations"], *result.get("relatedLocations", ())):
            place = location["physicalLocation"]["artifactLocation"]
            place["uri"] = f"{quote(folder)}/{place['uri']}" if folder != "." else place["uri"]
    for remark in remarks:
        index = next((number for number, rule in enumerate(rules) if rule["id"] == remark.kind), len(rules))
        if index == len(rules):
            rules.append(
                {"id": remark.kind, "shortDescription": {"text": _RULES.get(remark.kind, remark.kind)}}
            )
        run["results"].append(_result(remark, index))
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


_RULES: Mapping[str, str] = {
    "gate": "a gate that didn't pass",
    "failure": "a node that failed",
    "workflow": "a workflow that isn't what would be compiled",
}


def _empty() -> dict[str, Any]:
    driver = {"name": "stagelang", "rules": list[dict[str, Any]]()}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": list[dict[str, Any]]()}],
    }


def _result(remark: Remark, index: int) -> dict[str, Any]:
    where: dict[str, Any] = {"artifactLocation": {"uri": quote(remark.file)}}
    if remark.line:
        where["region"] = {"startLine": remark.line}
    mark = hashlib.sha256(f"{remark.kind}\0{remark.subject}".encode()).hexdigest()[:16]
    return {
        "ruleId": remark.kind,
        "ruleIndex": index,
        "level": remark.level,
        "message": {"text": f"{remark.subject}: {remark.text}"},
        "locations": [{"physicalLocation": where}],
        "partialFingerprints": {"primaryLocationLineHash": f"{mark}:1"},
    }
