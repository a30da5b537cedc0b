"""Measures stagelang beside its peers.

make bench                        everything
make bench ARGS="noop start"      some of it
make bench ARGS="--rounds 9 --json found.json noop"
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

BENCHES = {
    "start": "help and import",
    "noop": "a run with nothing to do, 200 and 1,000 stages",
    "stage": "what a trivial stage costs in a local run",
    "compile": "check and compile, 1,000 to 20,000 stages",
    "check": "all checks of all families, 500 to 10,000 stages",
    "leakage": "all rules of leakage, 500 to 2,000 stages",
    "diff": "compare two plans, 1,000 to 10,000 stages",
    "dask": "500 variants on a Dask cluster of this machine",
    "make": "an emitted Makefile with nothing to do, 200 and 1,000 nodes",
    "gates": "the contract gate on a million rows",
    "paired": "paired comparison of two runs over 100,000 units",
}


def main() -> None:
    """Run what is asked for, print a table for each, and write all as JSON if asked."""
    arguments = _arguments()
    found: list[dict[str, Any]] = []
    for name in arguments.names or BENCHES:
        begun = time.perf_counter()
        print(f"\n== {name}: {BENCHES[name]} ({_machine()})", flush=True)
        module: Any = importlib.import_module(f"tests.benchmarks.bench_{name}")
        if name == "gates":
            module.main()
            continue
        for table in module.bench(arguments.rounds):
            print("\n" + table.text(), flush=True)
            found.append({"bench": name, "machine": _machine(), **table.to_json()})
        print(f"\n(took {time.perf_counter() - begun:.0f} s)", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    listed = "\n".join(f"  {name:<9} {what}" for name, what in BENCHES.items())
    parser = argparse.ArgumentParser(
        prog="make bench",
        usage='make bench [ARGS="[--rounds N] [--json FILE] [NAME ...]"]',
        description=f"Measure stagelang beside its peers, in turns.\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default: 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every timing, in seconds")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in BENCHES:
            parser.error(f"there is no benchmark {name!r}: choose from {', '.join(BENCHES)}")
    return arguments


def _machine() -> str:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}"


if __name__ == "__main__":
    main()
