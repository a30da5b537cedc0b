"""Stand in for code scanning: takes a SARIF file by the limits that GitHub sets, if the run's token may write."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

MOST_RUNS, MOST_RESULTS, MOST_BYTES = 20, 25_000, 10_000_000


class Refused(Exception):
    """What the real action fails with."""


def check(text: str) -> None:
    """Refuse what code scanning refuses."""
    sarif: dict[str, Any] = json.loads(text)
    if sarif.get("version") != "2.1.0":
        raise Refused(f"expected SARIF 2.1.0, got {sarif.get('version')!r}")
    runs: list[dict[str, Any]] = sarif["runs"]
    if len(runs) > MOST_RUNS or any(len(run.get("results", ())) > MOST_RESULTS for run in runs):
        raise Refused(f"at most {MOST_RUNS} runs of {MOST_RESULTS} results are taken")
    if len(gzip.compress(text.encode())) > MOST_BYTES:
        raise Refused("at most 10 MB of gzipped SARIF are taken")


def _receive() -> None:
    file = Path(os.environ["GITHUB_WORKSPACE"]) / os.environ["INPUT_SARIF_FILE"]
    if not file.exists():
        raise Refused(f"path does not exist: {os.environ['INPUT_SARIF_FILE']}")
    if os.environ["STANDIN_TOKEN"] != "write":
        raise Refused("resource not accessible by integration")
    text = file.read_text()
    check(text)
    kept = Path(os.environ["STANDIN_STORE"]) / "sarif" / f"{os.environ['GITHUB_RUN_ID']}.sarif"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(text)


def main() -> int:
    """Be the step."""
    try:
        _receive()
    except Refused as why:
        print(f"::error::{why}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
