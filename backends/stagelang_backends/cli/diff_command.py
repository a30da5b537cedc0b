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
from stagelang_backends.cli.plan_files import is_plan_file, no_such_file, read_plan
from stagelang_backends.cli.spec_arguments import add_store, home_of, store_of

if TYPE_CHECKING:
    from stagelang_backends.review.forecast import Forecast
    from stagelang_backends.review.gathered import Review
    from stagelang_compiler.diff import Beside, PlanDiff
    from stagelang_compiler.plan import Plan
    from stagelang_runtime.judge import MetricDifference

ENDINGS = {".md": "md", ".html": "html", ".svg": "svg", ".mmd": "mermaid", ".json": "json", ".txt": "text"}
FORMATS = ("text", "md", "html", "svg", "mermaid", "json")
FINDINGS_ONLY = ("sarif", "github", "junit")
"""Formats that hold findings and nothing else, as those of 'stagelang check'."""
WORKING_TREE = ""
"""What HEAD is unless it is named."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "base",
        metavar="BASE",
        nargs="?",
        default="",
        help="a branch, tag or commit, or a plan in a .json file",
    )
    parser.add_argument("--base", dest="base_named", default="", metavar="REF", help="the same as BASE")
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
        "--format",
        choices=(*FORMATS, *FINDINGS_ONLY),
        default=None,
        help="default: what the output's name ends in, else text; the last three hold the findings alone",
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
    parser.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever is found")


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile both, compare them, and write what differs."""
    from stagelang_backends.review.gathered import Review
    from stagelang_compiler.diff import diff, nothing, version_findings

    _name_sides(arguments)
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
    if base.commit and base.commit == head.commit:
        print(
            f"note: {base.name!r} and {head.name!r} are one commit, {base.commit[:12]}: it never differs from itself",
            file=sys.stderr,
        )
    found = diff(base.plan or nothing(head.plan), head.plan, _beside(base, head, arguments))
    review = Review(
        diff=found,
        findings=version_findings(
            found,
            base=base.name,
            head=_revision(arguments.head),
            folder=arguments.spec.absolute().parent,
        ),
        differences=_differences(found, base, head, arguments),
        forecast=_forecast(head.plan, arguments) if arguments.head == WORKING_TREE else None,
    )
    _write(_text(review, base, head, arguments), arguments.output)
    differs = arguments.exit_code and not found.is_empty
    return FINDINGS if not arguments.exit_zero and (differs or review.has_errors) else OK


def _name_sides(arguments: argparse.Namespace) -> None:
    """Let '--base REF HEAD' say the same as 'REF HEAD'."""
    if arguments.base_named:
        if arguments.head:
            raise UsageError(
                f"the base is named twice, {arguments.base_named!r} and {arguments.base!r}\n"
                "  help: leave one of them out"
            )
        arguments.base, arguments.head = arguments.base_named, arguments.base
    if not arguments.base:
        raise UsageError(
            "there is nothing to compare with\n  help: name a revision, as in 'stagelang diff main'"
        )


def _revision(head: str) -> str:
    """Give the revision that the head's lines are to be read in: none where they are those of the working tree."""
    return head if head != WORKING_TREE else ""


def _not_one_file(base: str, head: str) -> None:
    both = [Path(name) for name in (base, head) if is_plan_file(name)]
    if len(both) == 2 and both[0].samefile(both[1]):
        raise UsageError(
            f"{base!r} and {head!r} are one file: a plan that is compared with itself never differs\n"
            "  help: name the plan of the base first, such as the one that the main branch's CI kept"
        )


def _side(name: str, arguments: argparse.Namespace) -> Side | None:
    """Give one side; None where the working tree's findings, which are printed, leave it without a plan."""
    if name == WORKING_TREE:
        from stagelang_backends.cli.compiling import compiled
        from stagelang_runtime.session import keep_out_of_git

        home = home_of(arguments.spec)
        found = compiled(arguments.spec, arguments.pipeline, home)
        if home.is_dir():
            keep_out_of_git(home)
        return found and Side(name="the working tree", commit="", plan=found[0], is_here=True)
    if is_plan_file(name):
        return Side(name=name, commit="", plan=read_plan(Path(name)))
    if name.endswith(".json"):
        raise no_such_file(name)
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


def _beside(base: Side, head: Side, arguments: argparse.Namespace) -> Beside:
    """Look which sources' files differ, where both sides are of git and have the pipeline."""
    from stagelang_compiler.diff import SAME, Beside

    if base.plan is None or head.plan is None or not base.commit or not (head.commit or head.is_here):
        return SAME
    from stagelang_backends.cli.changed_data import changed_data, changed_locks
    from stagelang_backends.cli.git import Repository

    folder = arguments.spec.absolute().parent
    files = Repository.around(folder).changed(base.commit, head.commit, folder)
    for lock in changed_locks(files):
        print(
            f"note: {lock!r} differs: what it installs counts when a stage runs, which no plan can tell",
            file=sys.stderr,
        )
    return Beside(files=changed_data(head.plan, files))


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


def _text(review: Review, base: Side, head: Side, arguments: argparse.Namespace) -> str:
    root = arguments.spec.absolute().parent
    match _format(arguments):
        case "json":
            return json.dumps(_json(review, base, head, root), indent=1, ensure_ascii=False) + "\n"
        case "sarif" | "github" | "junit" as form:
            from stagelang_compiler.rendering import render

            return render(review.findings, format=form, root=root)
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
            text += f"\n{review.forecast.words()}\n" if review.forecast is not None else ""
            return text + _findings_text(review, arguments.output is None, root)


def _findings_text(review: Review, to_terminal: bool, root: Path) -> str:
    if not review.findings:
        return ""
    from stagelang_compiler.rendering import render, wants_colour

    colour = to_terminal and wants_colour(sys.stdout)
    return "\n" + render(review.findings, format="text", root=root, colour=colour)


def _json(review: Review, base: Side, head: Side, root: Path) -> dict[str, object]:
    import attrs

    from stagelang_compiler.diff import to_json
    from stagelang_compiler.rendering import render

    content = to_json(review.diff)
    for name, side in (("base", base), ("head", head)):
        content[name] |= {"revision": side.name, "commit": side.commit}
    differences = review.differences
    content["differences"] = None if differences is None else [each.to_json() for each in differences]
    content["findings"] = json.loads(render(review.findings, format="json", root=root))
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
