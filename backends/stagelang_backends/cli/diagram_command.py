"""Draw the pipeline as a page to explore, or as SVG, DOT or Mermaid."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import FINDINGS, OK, UsageError
from stagelang_backends.cli.spec_arguments import add_spec, add_store, home_of, store_of
from stagelang_backends.cli.written import shown

if TYPE_CHECKING:
    from stagelang_backends.lineage.drawing import Drawing
    from stagelang_compiler.plan import Contract, Plan

ENDINGS = {"html": ".html", "svg": ".svg", "dot": ".dot", "mermaid": ".mmd"}
HOPS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_spec(parser)
    add_store(parser)
    parser.add_argument(
        "--format",
        choices=tuple(ENDINGS),
        default=None,
        help="what to draw (default: what the output's name ends in, else html)",
    )
    parser.add_argument(
        "-o",
        "--output",
        "--out",
        type=Path,
        default=None,
        metavar="FILE",
        help="where to write, '-' for the standard output (default: the pipeline's name, beside the pipeline)",
    )
    parser.add_argument("--focus", default="", metavar="NODE", help="draw only what is near a node")
    parser.add_argument(
        "--hops",
        type=int,
        default=None,
        metavar="N",
        help=f"with --focus: how many steps up and down to follow (default: {HOPS})",
    )
    parser.add_argument(
        "--expand", action="append", default=[], metavar="SCOPE", help="keep a scope open (may be repeated)"
    )
    parser.add_argument("--all", action="store_true", help="draw every node, however many there are")
    parser.add_argument("--contracts", action="store_true", help="list the columns of each table")


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile, draw, and write the picture."""
    from stagelang_backends.cli.compiling import compiled

    form = _format(arguments)
    found = compiled(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    plan = found[0]
    text = _picture(plan, form, arguments)
    if arguments.output == Path("-"):
        sys.stdout.write(text)
        return OK
    root = arguments.spec.absolute().parent
    path: Path = arguments.output.absolute() if arguments.output else root / f"{plan.name}{ENDINGS[form]}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"can't write {shown(path)}: {error.strerror}\n  help: name another file with --output"
        ) from None
    print(f"wrote {shown(path)}")
    return OK


def _format(arguments: argparse.Namespace) -> str:
    endings = {ending: form for form, ending in ENDINGS.items()}
    suffix = arguments.output.suffix if arguments.output else ""
    form: str = arguments.format or endings.get(suffix, "html")
    large = {"--contracts": arguments.contracts, "--all": arguments.all, "--expand": arguments.expand}
    for option, given in large.items():
        if given and form == "mermaid":
            raise UsageError(
                f"a Mermaid diagram is kept small enough to be drawn anywhere, so it takes no {option}\n"
                "  help: choose another format, for example --format svg"
            )
    if arguments.hops is not None and (arguments.hops < 0 or not arguments.focus):
        raise UsageError(
            "--hops is a number of steps from the node of --focus\n  help: name one with --focus"
        )
    return form


def _picture(plan: Plan, form: str, arguments: argparse.Namespace) -> str:
    from stagelang_backends.lineage.boxes import drawing_of
    from stagelang_backends.lineage.collapse import focused, folded
    from stagelang_runtime.session import read_outcome

    outcome = read_outcome(store_of(arguments).root, plan.name) if form == "html" else None
    whole = drawing_of(plan, outcome)
    _known(arguments.expand, {outer for box in whole.boxes for outer in _scopes(box.scope)}, "scope", plan)
    if arguments.focus:
        _known([arguments.focus], {box.key for box in whole.boxes}, "node", plan)
        whole = focused(whole, arguments.focus, hops=HOPS if arguments.hops is None else arguments.hops)
    seen = whole if arguments.all else folded(whole, expand=arguments.expand)
    return _written(plan, form, seen, whole, arguments.contracts, outcome)


def _written(
    plan: Plan,
    form: str,
    seen: Drawing,
    whole: Drawing,
    contracts: bool,
    outcome: dict[str, object] | None,
) -> str:
    listed: Mapping[str, Contract] = plan.contracts if contracts else {}
    match form:
        case "svg":
            from stagelang_backends.lineage.picture import svg_text

            return svg_text(seen, listed)
        case "dot":
            from stagelang_backends.lineage.dot import dot_text

            return dot_text(seen, listed)
        case "mermaid":
            from stagelang_backends.lineage.mermaid import mermaid_text

            return mermaid_text(whole)
        case _:
            from stagelang_backends.lineage.page import html_of

            return html_of(plan, contracts=contracts, outcome=outcome, whole=whole, overview=seen)


def _scopes(scope: str) -> list[str]:
    parts = scope.split("/") if scope else []
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _known(names: Collection[str], there: Collection[str], word: str, plan: Plan) -> None:
    from stagelang_compiler.diagnostics import did_you_mean

    for name in names:
        if name in there:
            continue
        meant = did_you_mean(name, there)
        action = f"did you mean {meant!r}?" if meant else f"name one of: {_few(there)}"
        raise UsageError(f"pipeline {plan.name!r} has no {word} {name!r}\n  help: {action}")


def _few(names: Collection[str]) -> str:
    shown_names = sorted(names)[:20]
    rest = len(names) - len(shown_names)
    return ", ".join(shown_names or ["(there are none)"]) + (f" and {rest} more" if rest else "")
