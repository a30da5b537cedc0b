"""Compiles a spec for the commands that need its plan, and keeps the plan for the next of them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_compiler import plan_cache

if TYPE_CHECKING:
    from stagelang_compiler.compiler import Checked
    from stagelang_compiler.plan import Plan


def plans_folder(home: Path) -> Path:
    """Give the folder in which compiled plans are kept."""
    return home / "plans"


def compiled(spec: Path, pipeline: str, home: Path, *, notes: bool = False) -> tuple[Plan, str] | None:
    """Give a spec's plan and its digest, from what is kept if nothing changed; None where errors stand.

    Findings are printed to the standard error; notes among them only if they are asked for.
    """
    from stagelang_compiler.plan_codec import dumps, loads, text_digest

    kept = plan_cache.kept(spec, pipeline, plans_folder(home))
    if kept is not None:
        sys.stderr.write(kept["notes" if notes else "findings"])
        return loads(kept["text"]), kept["digest"]
    from stagelang_compiler.compiler import check_file
    from stagelang_compiler.rendering import wants_colour

    since = time.time_ns()
    result = check_file(spec, pipeline=pipeline)
    sys.stderr.write(_said(result, spec, notes=notes, colour=wants_colour(sys.stderr)))
    if result.plan is None:
        return None
    text = dumps(result.plan)
    plan, mark = result.plan, text_digest(text)
    if result.cacheable:
        told = {
            name: _said(result, spec, notes=name == "notes", colour=False) for name in ("findings", "notes")
        }
        content = {"name": plan.name, "digest": mark, "text": text, **told}
        last_day = min((waiver.expires for waiver in plan.waivers), default="")
        plan_cache.keep(
            spec,
            pipeline,
            plans_folder(home),
            files=result.files,
            since=since,
            last_day=last_day,
            content=content,
        )
    return plan, mark


def _said(result: Checked, spec: Path, *, notes: bool, colour: bool) -> str:
    """Write the findings, with or without the notes; nothing where there are none."""
    from stagelang_compiler.diagnostics import Severity
    from stagelang_compiler.rendering import render

    wanted = [each for each in result.diagnostics if notes or each.rule.severity is not Severity.NOTE]
    return render(wanted, format="text", root=spec.absolute().parent, colour=colour) if wanted else ""
