"""Compiles a spec for the commands that need its plan, and keeps the plan for the next of them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_compiler import plan_cache

if TYPE_CHECKING:
    from stagelang_compiler.plan import Plan


def plans_folder(home: Path) -> Path:
    """Give the folder in which compiled plans are kept."""
    return home / "plans"


def compiled(spec: Path, pipeline: str, home: Path) -> tuple[Plan, str] | None:
    """Give a spec's plan and its digest, from what is kept if nothing changed; None, with the findings printed, where errors stand."""
    from stagelang_compiler.plan_codec import dumps, loads, text_digest

    kept = plan_cache.kept(spec, pipeline, plans_folder(home))
    if kept is not None:
        if kept["findings"]:
            sys.stderr.write(kept["findings"])
        return loads(kept["text"]), kept["digest"]
    from stagelang_compiler.compiler import check_file
    from stagelang_compiler.rendering import render, wants_colour

    since = time.time_ns()
    result = check_file(spec, pipeline=pipeline)
    root = spec.absolute().parent
    if result.diagnostics:
        sys.stderr.write(
            render(result.diagnostics, format="text", root=root, colour=wants_colour(sys.stderr))
        )
    if result.plan is None:
        return None
    text = dumps(result.plan)
    plan, mark = result.plan, text_digest(text)
    if result.cacheable:
        findings = (
            render(result.diagnostics, format="text", root=root, colour=False) if result.diagnostics else ""
        )
        content = {"name": plan.name, "digest": mark, "text": text, "findings": findings}
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
