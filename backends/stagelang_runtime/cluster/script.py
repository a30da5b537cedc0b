"""What an emitted `run_dask.py` calls: run the plan that lies beside it on a Dask cluster."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from stagelang_runtime.script import plan_text

INSTALL = "pip install 'stagelang[dask]'"


def main(*, plan: Path, root: Path, digest: str, arguments: Sequence[str] | None = None) -> int:
    """Run a plan from its file on a cluster, and give the exit code.

    Args:
        plan: the plan's file.
        root: the pipeline's folder.
        digest: the digest that the script was made for; a plan of another digest is refused.
        arguments: the command line's; those of this process unless said.
    """
    asked = _arguments(plan.name, arguments)
    if importlib.util.find_spec("distributed") is None:
        print(f"error: Dask distributed isn't installed\n  help: {INSTALL}", file=sys.stderr)
        return 2
    text = plan_text(plan, digest)
    return 2 if text is None else _run(text, digest, root.resolve(), asked)


def _arguments(name: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=f"Run the plan in {name} on a Dask cluster; workers.md says how to start one.",
        allow_abbrev=False,
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--local", type=int, metavar="N", help="a cluster on this machine with N threads (default: all cores)"
    )
    where.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a scheduler, such as tcp://10.0.0.1:8786"
    )
    where.add_argument(
        "--scheduler-file", default="", metavar="FILE", help="the file in which a scheduler left its address"
    )
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="wait for N workers before the first stage"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="for how long to wait for workers where there are none (default: 60)",
    )
    parser.add_argument(
        "--store",
        default=None,
        metavar="LOCATION",
        help="where results are kept: a folder that all workers see, or a URL such as s3://bucket/prefix",
    )
    parser.add_argument(
        "-k", "--keep-going", action="store_true", help="finish what doesn't depend on a failed stage"
    )
    parser.add_argument("--force", action="store_true", help="run everything, even what is up to date")
    parser.add_argument(
        "--trace", action="store_true", help="show the frames of libraries too when a stage fails"
    )
    asked = parser.parse_args(arguments)
    for option, value in (("--local", asked.local), ("--workers", asked.workers)):
        if value is not None and value < 1:
            parser.error(f"expected {option} above 0, got {value}")
    if not asked.patience > 0:
        parser.error(f"expected --patience above 0, got {asked.patience:g}")
    if asked.local is None and not (asked.scheduler or asked.scheduler_file):
        asked.local = os.cpu_count() or 1
    return asked


def _run(text: str, digest: str, root: Path, asked: argparse.Namespace) -> int:
    from stagelang_compiler.plan_codec import loads
    from stagelang_runtime.cluster.dask_engine import dask_engine
    from stagelang_runtime.cluster.options import ClusterOptions
    from stagelang_runtime.execute.results import RunOptions
    from stagelang_runtime.location import locate_store
    from stagelang_runtime.session import run_session

    cluster = ClusterOptions(
        local=asked.local,
        scheduler=asked.scheduler,
        scheduler_file=asked.scheduler_file,
        workers=asked.workers,
        patience=asked.patience,
    )
    return run_session(
        loads(text),
        digest=digest,
        root=root,
        location=locate_store(asked.store, root / ".stagelang"),
        options=RunOptions(keep_going=asked.keep_going, force=asked.force),
        trace=asked.trace,
        make_engine=dask_engine(cluster, text),
    )
