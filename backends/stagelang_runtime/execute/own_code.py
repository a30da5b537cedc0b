"""Sees that the code beside a plan is the code that it was compiled from: else new code would run under the old code's keys."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from stagelang_compiler.plan import ELSEWHERE, Plan

_PROBE = """\
import json, sys
from pathlib import Path
from stagelang_runtime.execute.own_code import located_elsewhere
from stagelang_runtime.execute.loading import Loader
root, spec, names = json.load(sys.stdin)
said, sys.stdout = sys.stdout, sys.stderr
Loader(Path(root), spec).load_spec()
json.dump({name: str(path) for name, path in located_elsewhere(names).items()}, said)
"""


def changed_files(plan: Plan, root: Path) -> list[str]:
    """Name the first-party files that are gone or have changed since the plan was compiled."""
    found = located(plan, root)
    return [
        name for name, digest in plan.files.items() if name not in found or _digest(found[name]) != digest
    ]


def located(plan: Plan, root: Path) -> Mapping[str, Path]:
    """Find the first-party files of a plan by name; one of outside of the pipeline's folder, where Python would import it from.

    Where a pipeline itself adds to Python's path, it is imported for that, in a process of its own.
    """
    found = {name: root / name for name in plan.files if not is_elsewhere(name)}
    sought = [name for name in plan.files if is_elsewhere(name)]
    found |= located_elsewhere(sought)
    missing = [name for name in sought if name not in found]
    return found | _told_by_the_spec(plan, root, missing) if missing else found


def is_elsewhere(name: str) -> bool:
    """Tell whether a first-party file of a plan lies outside of the pipeline's folder."""
    return name.startswith(f"{ELSEWHERE}/")


def located_elsewhere(names: Collection[str]) -> dict[str, Path]:
    """Find files of outside of the pipeline's folder by their names, those that this process can import."""
    found = {name: _importable(PurePosixPath(name).relative_to(ELSEWHERE)) for name in names}
    return {name: path for name, path in found.items() if path is not None}


def changed_elsewhere(files: Mapping[str, str]) -> list[str]:
    """Name those of outside of the pipeline's folder that this process would import, or has imported, with other bytes."""
    found = located_elsewhere([name for name in files if is_elsewhere(name)])
    return [name for name, path in found.items() if _digest(path) != files[name]]


def _importable(file: PurePosixPath) -> Path | None:
    top = file.parts[0].partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (
        ImportError,
        ValueError,
        AttributeError,
    ):  # what a module or a finder says of itself can be anything
        spec = None
    if spec is None:
        return None
    if spec.submodule_search_locations is not None:
        bases = [Path(each).parent for each in spec.submodule_search_locations]
    else:
        bases = [Path(spec.origin).parent] if spec.origin is not None and spec.has_location else []
    return next((base / file for base in bases if (base / file).is_file()), None)


def _told_by_the_spec(plan: Plan, root: Path, names: Collection[str]) -> dict[str, Path]:
    asked = subprocess.run(
        [sys.executable, "-c", _PROBE],
        input=json.dumps([str(root), plan.spec, [*names]]),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    # A spec that can't be imported says why by itself, and its files are as good as gone.
    return {name: Path(path) for name, path in json.loads(asked.stdout or "{}").items()}


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return "sha256:" + hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""
