"""Compiles specs and prints, as JSON, their plans and all that every backend emits of them. Run as a script, in varied processes."""

from __future__ import annotations

import json
import sys
from pathlib import Path, PurePosixPath

from stagelang_backends.protocol import EmitOptions, backend_names, find_backend
from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan_codec import dumps
from stagelang_compiler.plan_text import plan_text


def emitted(spec: Path) -> dict[str, str]:
    """Give the plan, its text and every emitted file, by name."""
    plan = check_file(spec).plan
    assert plan is not None
    files = {"plan.json": dumps(plan), "plan.txt": plan_text(plan)}
    for name in backend_names():
        options = EmitOptions(to_root=PurePosixPath("../.."))
        for path, text in find_backend(name).emit(plan, options).items():
            files[f"{name}/{path}"] = text
    return files


if __name__ == "__main__":
    json.dump({name: emitted(Path(name)) for name in sys.argv[1:]}, sys.stdout)
