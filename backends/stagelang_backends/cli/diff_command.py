"""Say what changes between two revisions of a pipeline: in its graph, why, which metrics that can reach, and what will run."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, final

from attrs import frozen

from stagelang_backends.cli.main import FINDINGS, OK, USAGE, UsageError
from stagelang_backends.cli.spec_arguments import add_store, home_of, store_of

if TYPE_CHECKING:
    from stagelang_backends.review.forecast import Forecast
    from stagelang_compiler.diff import PlanDiff
    from stagelang_compiler.plan import Plan

FORMATS = ("text", "json", "md")
WORKING_TREE = ""
"""What HEAD is unless it is named."""


@final
@frozen(kw_only=True)
class Side:
    """One of the two: what it was called, its commit ("" for the working tree or a file), and its plan if it has the pipeline."""

    name: str
    commit: str
    plan: Plan | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("base", metavar="BASE", help="a branch, tag or commit, or a plan in a .json file")
    parser.add_argument(
        "head", metavar="HEAD", nargs="?", default=WORKING_TREE, help="the same (default: the working tree)"
    )
    parser.add_argument(
        "--spec",
        default="pipeline.py",
        type=Path,
        metavar="PIPELINE.py",
        help="the pipeline's file (default: pipeline.py)",
    )
    parser.add_argument(
        "--pipeline", default="", metavar="NAME", help="the pipeline's name, where the file declares several"
    )
    add_store(parser)
    parser.add_argument(
        "--format", choices=FORMATS, default=None, help="default: what the output's name ends in, else text"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=None,
        metavar="FILE",
        help="where to write (default: the standard output)",
    )
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 if anything changed")


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile both, compare them, and write what differs."""
    from stagelang_compiler.diff import diff, nothing

    _not_one_file(arguments.base, arguments.head)
    head = _side(arguments.head, arguments)
    if head is None:
        return USAGE
    if head.plan is None:
        raise UsageError(
            f"{head.name!r} has no pipeline {str(arguments.spec)!r}{_called(arguments.pipeline)}\n"
            "  help: name its file with --spec, or swap BASE and HEAD"
        )
    base = _side(arguments.base, arguments)
    assert base is not None, "only the working tree reports findings itself"
    if base.plan is None:
        print(f"note: {base.name!r} has no such pipeline: all of it is new", file=sys.stderr)
    found = diff(base.plan or nothing(head.plan), head.plan)
    forecast = _forecast(head.plan, arguments) if arguments.head == WORKING_TREE else None
    _write(_text(found, forecast, base, head, _format(arguments)), arguments.output)
    return FINDINGS if arguments.exit_code and not found.is_empty else OK


def _not_one_file(base: str, head: str) -> None:
    both = [Path(name) for name in (base, head) if _is_plan_file(name)]
    if len(both) == 2 and both[0].samefile(both[1]):
        raise UsageError(
            f"{base!r} and {head!r} are one file: a plan that is compared with itself never differs\n"
            "  help: name the plan of the base first, such as the one that the main branch's CI kept"
        )


def _is_plan_file(name: str) -> bool:
    return name.endswith(".json") and Path(name).is_file()


def _side(name: str, arguments: argparse.Namespace) -> Side | None:
    """Give one side; None where the working tree's findings, which are printed, leave it without a plan."""
    if name == WORKING_TREE:
        from stagelang_backends.cli.compiling import compiled
        from stagelang_runtime.session import keep_out_of_git

        home = home_of(arguments.spec)
        found = compiled(arguments.spec, arguments.pipeline, home)
        if home.is_dir():
            keep_out_of_git(home)
        return found and Side(name="the working tree", commit="", plan=found[0])
    if _is_plan_file(name):
        return Side(name=name, commit="", plan=_read_plan(Path(name)))
    if name.endswith(".json"):
        raise UsageError(f"there is no file {name!r}\n  help: 'stagelang plan --format json' writes a plan")
    from stagelang_backends.cli.git import Repository
    from stagelang_backends.cli.revision_plan import plan_at

    folder = arguments.spec.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"there is no folder {str(folder)!r}\n  help: name the pipeline's file with --spec")
    repository = Repository.around(folder)
    commit = repository.commit(name)
    return Side(
        name=name, commit=commit, plan=plan_at(repository, commit, name, arguments.spec, arguments.pipeline)
    )


def _read_plan(path: Path) -> Plan:
    from stagelang_compiler.plan_codec import PlanError, loads

    help_ = "write it anew with 'stagelang plan --format json'"
    try:
        plan = loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"can't read {str(path)!r}: {error}\n  help: {help_}") from None
    except PlanError as error:
        raise UsageError(f"{str(path)!r} is no plan: {error}\n  help: {help_}") from None
    broken = _broken(plan)
    if broken:
        raise UsageError(f"{str(path)!r} is no plan: {broken}\n  help: {help_}")
    return plan


def _broken(plan: Plan) -> str:
    """Say what a plan mentions and doesn't hold: one that was written by hand, or for another program."""
    seen: set[str] = set()
    for node in plan.nodes:
        for each in node.inputs:
            if each.node not in seen:
                return f"node {node.name!r} reads {each.node!r}, which doesn't stand before it"
        if node.stage and node.stage not in plan.stages:
            return f"node {node.name!r} is of stage {node.stage!r}, which isn't there"
        seen.add(node.name)
    metrics: set[str] = set()
    for metric in plan.metrics:
        operands = metric.expression.operands if metric.expression else ()
        missing = [each for each in operands if isinstance(each, str) and each not in metrics]
        if (metric.node and metric.node not in seen) or missing:
            return f"metric {metric.name!r} is made of {(missing or [metric.node])[0]!r}, which doesn't stand before it"
        metrics.add(metric.name)
    return ""


def _called(pipeline: str) -> str:
    return f" called {pipeline!r}" if pipeline else ""


def _forecast(plan: Plan, arguments: argparse.Namespace) -> Forecast | None:
    """Ask what a run would do, where results are kept at all."""
    location = store_of(arguments)
    if not location.is_shared and not location.root.is_dir():
        return None
    from stagelang_backends.review.forecast import Forecast
    from stagelang_runtime.execute.dry import dry_run
    from stagelang_runtime.store import StoreError

    try:
        steps = dry_run(plan, root=arguments.spec.absolute().parent, store=location.open())
    except StoreError as error:
        print(f"note: what a run would do can't be told: {error}", file=sys.stderr)
        return None
    return Forecast.of(steps.values())


def _format(arguments: argparse.Namespace) -> str:
    endings = {".md": "md", ".json": "json"}
    suffix = arguments.output.suffix if arguments.output else ""
    form: str = arguments.format or endings.get(suffix, "text")
    return form


def _text(found: PlanDiff, forecast: Forecast | None, base: Side, head: Side, form: str) -> str:
    match form:
        case "json":
            return json.dumps(_json(found, forecast, base, head), indent=1, ensure_ascii=False) + "\n"
        case "md":
            from stagelang_backends.review.markdown import assembled, structure_sections

            return assembled(structure_sections(found, forecast))
        case _:
            from stagelang_compiler.diff import diff_text

            return diff_text(found) + (f"\n{forecast.words()}\n" if forecast is not None else "")


def _json(found: PlanDiff, forecast: Forecast | None, base: Side, head: Side) -> dict[str, object]:
    import attrs

    from stagelang_compiler.diff import to_json

    content = to_json(found)
    for name, side in (("base", base), ("head", head)):
        content[name] |= {"revision": side.name, "commit": side.commit}
    content["forecast"] = attrs.asdict(forecast) if forecast is not None else None
    return content


def _write(text: str, path: Path | None) -> None:
    if path is None or path == Path("-"):
        sys.stdout.write(text)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"can't write {str(path)!r}: {error.strerror}\n  help: name another file with --output"
        ) from None
    print(f"wrote {path}")
