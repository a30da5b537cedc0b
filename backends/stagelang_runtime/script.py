"""What an emitted script calls: run the plan that lies beside it, as 'stagelang run' would, without loading the spec."""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path


def main(*, plan: Path, root: Path, digest: str, arguments: Sequence[str] | None = None) -> int:
    """Run a plan from its file.

    Args:
        plan: the plan's file.
        root: the pipeline's folder.
        digest: the digest that the script was made for; a plan of another digest is refused.
        arguments: the command line's; those of this process unless said.
    """
    parser = argparse.ArgumentParser(description=f"Run the plan in {plan.name}.", allow_abbrev=False)
    parser.add_argument(
        "-j",
        "--jobs",
        type=int,
        default=None,
        metavar="N",
        help="threads to use together (default: all cores)",
    )
    parser.add_argument(
        "-k", "--keep-going", action="store_true", help="finish what doesn't depend on a failed stage"
    )
    parser.add_argument("--force", action="store_true", help="run everything, even what is up to date")
    parser.add_argument(
        "--store", default=None, metavar="LOCATION", help="where results are kept: a folder or a URL"
    )
    parser.add_argument(
        "--trace", action="store_true", help="show the frames of libraries too when a stage fails"
    )
    asked = parser.parse_args(arguments)
    if asked.jobs is not None and asked.jobs < 1:
        parser.error(f"expected --jobs above 0, got {asked.jobs}")
    text = plan_text(plan, digest)
    return 2 if text is None else _run(text, digest, root.resolve(), asked)


def plan_text(plan: Path, digest: str) -> str | None:
    """Read a plan's file; where it can't be read, or is of another digest than its script was made for, say so and give None."""
    try:
        text = plan.read_text(encoding="utf-8")
    except OSError as error:
        print(f"error: the plan can't be read: {error}\n  help: compile the pipeline again", file=sys.stderr)
        return None
    found = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    if found != digest:
        lines = (
            f"error: {plan.name} isn't the plan that this script was made for",
            f"expected: {digest}",
            f"found: {found}",
        )
        print(*lines, "help: compile the pipeline again", sep="\n  ", file=sys.stderr)
        return None
    return text


def _run(text: str, digest: str, root: Path, asked: argparse.Namespace) -> int:
    from stagelang_compiler.plan_codec import loads
    from stagelang_runtime.execute.results import RunOptions
    from stagelang_runtime.location import locate_store
    from stagelang_runtime.session import run_session

    location = locate_store(asked.store, root / ".stagelang")
    jobs = {} if asked.jobs is None else {"jobs": asked.jobs}
    options = RunOptions(keep_going=asked.keep_going, force=asked.force, **jobs)
    return run_session(
        loads(text), digest=digest, root=root, location=location, options=options, trace=asked.trace
    )
