"""Say what changes between two revisions of a pipeline: in its graph, why, which metrics that can reach, and what will run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import FINDINGS, OK, USAGE, UsageError
from stagelang_backends.cli.measured_sides import Side
from stagelang_backends.cli.spec_arguments import add_store, home_of, store_of

if TYPE_CHECKING:
    from stagelang_backends.review.forecast import Forecast
    from stagelang_backends.review.gathered import Review
    from stagelang_compiler.diff import PlanDiff
    from stagelang_compiler.plan import Plan
    from stagelang_runtime.judge import MetricDifference

ENDINGS = {".md": "md", ".html": "html", ".svg": "svg", ".mmd": "mermaid", ".json": "json", ".txt": "text"}
FORMATS = ("text", "md", "html", "svg", "mermaid", "json")
WORKING_TREE = ""
"""What HEAD is unless it is named."""


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
    from stagelang_backends.review.gathered import Review
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
    review = Review(
        diff=found,
        differences=_differences(found, base, head, arguments),
        forecast=_forecast(head.plan, arguments) if arguments.head == WORKING_TREE else None,
    )
    _write(_text(review, base, head, _format(arguments)), arguments.output)
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
    from stagelang_backends.cli.measured_sides import source_files
    from stagelang_backends.cli.revision_plan import plan_at

    folder = arguments.spec.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"there is no folder {str(folder)!r}\n  help: name the pipeline's file with --spec")
    repository = Repository.around(folder)
    commit = repository.commit(name)
    files: dict[str, Mapping[str, str]] = {}

    def look(plan: Plan, folder: Path) -> None:
        if _has_results(arguments):
            files.update(source_files(plan, folder))

    plan = plan_at(repository, commit, name, arguments.spec, arguments.pipeline, look=look)
    return Side(name=name, commit=commit, plan=plan, files=files)


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


def _has_results(arguments: argparse.Namespace) -> bool:
    location = store_of(arguments)
    return location.is_shared or location.root.is_dir()


def _differences(
    found: PlanDiff, base: Side, head: Side, arguments: argparse.Namespace
) -> Sequence[MetricDifference] | None:
    """Compare what both sides measured, where results are kept at all."""
    if not _has_results(arguments):
        return None
    from stagelang_backends.cli.measured_sides import differences
    from stagelang_runtime.store import StoreError

    root = arguments.spec.absolute().parent
    try:
        store = store_of(arguments).open()
        return differences(found, base.files, head.files, root=root, store=store)
    except StoreError as error:
        print(f"note: what was measured can't be told: {error}", file=sys.stderr)
        return None


def _forecast(plan: Plan, arguments: argparse.Namespace) -> Forecast | None:
    """Ask what a run would do, where results are kept at all."""
    if not _has_results(arguments):
        return None
    from stagelang_backends.review.forecast import Forecast
    from stagelang_runtime.execute.dry import dry_run
    from stagelang_runtime.store import StoreError

    try:
        steps = dry_run(plan, root=arguments.spec.absolute().parent, store=store_of(arguments).open())
    except StoreError as error:
        print(f"note: what a run would do can't be told: {error}", file=sys.stderr)
        return None
    return Forecast.of(steps.values())


def _format(arguments: argparse.Namespace) -> str:
    suffix = arguments.output.suffix if arguments.output else ""
    form: str = arguments.format or ENDINGS.get(suffix, "text")
    return form


def _text(review: Review, base: Side, head: Side, form: str) -> str:
    match form:
        case "json":
            return json.dumps(_json(review, base, head), indent=1, ensure_ascii=False) + "\n"
        case "md":
            from stagelang_backends.review.markdown import assembled, review_sections

            return assembled(review_sections(review))
        case "svg":
            from stagelang_backends.review.picture import diff_svg

            return diff_svg(review.diff, review.differences or ())
        case "mermaid":
            from stagelang_backends.review.picture import diff_mermaid

            return diff_mermaid(review.diff, review.differences or ())
        case "html":
            from stagelang_backends.review.page import review_html

            return review_html(review, base=base.name, head=head.name)
        case _:
            from stagelang_backends.review.differences import lines, sentence
            from stagelang_compiler.diff import diff_text

            said = sentence(review.diff, review.differences)
            text = diff_text(review.diff, said, tuple(lines(review.diff, review.differences)))
            return text + (f"\n{review.forecast.words()}\n" if review.forecast is not None else "")


def _json(review: Review, base: Side, head: Side) -> dict[str, object]:
    import attrs

    from stagelang_compiler.diff import to_json

    content = to_json(review.diff)
    for name, side in (("base", base), ("head", head)):
        content[name] |= {"revision": side.name, "commit": side.commit}
    differences = review.differences
    content["differences"] = None if differences is None else [each.to_json() for each in differences]
    content["forecast"] = attrs.asdict(review.forecast) if review.forecast is not None else None
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
