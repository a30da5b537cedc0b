"""Ships a plan with its code through the store: each file is an object named by the digest that the plan itself gives it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import loads
from stagelang_runtime.execute.own_code import located
from stagelang_runtime.store import Store, sha256_bytes

PLAN_FILE = "plan.json"
CODE_FOLDER = "code"


def ship(plan: Plan, text: str, root: Path, store: Store) -> str:
    """Put a plan and the files that its stages are made of into the store, and give the plan's digest.

    Args:
        plan: the plan.
        text: its canonical text.
        root: the pipeline's folder.
        store: where to.

    Raises:
        OSError: a file can't be read.
        StoreError: the store can't be used.
    """
    files = _files(plan)
    found = {**{name: root / name for name in files}, **located(plan, root)}
    for name, digest in files.items():
        if not store.has(digest):
            store.put_file(found[name])
    data = text.encode()
    digest = sha256_bytes(data)
    return digest if store.has(digest, len(data)) else store.put_bytes(data)


def unpack(digest: str, store: Store, folder: Path) -> Plan:
    """Write a plan and its code into a folder of their own, whole or not at all, and give the plan.

    Args:
        digest: the plan's.
        store: where from; every object is hashed when it is read.
        folder: will hold the plan's file and the folder of its code.

    Raises:
        StoreError: the store can't be used, or has no such plan.
        PlanError: what is there is no plan that this version can read.
        ValueError: a file's name leads out of the folder.
    """
    text = store.get_bytes(digest).decode()
    plan = loads(text)
    shutil.rmtree(folder, ignore_errors=True)
    programs = {name for stage in plan.stages.values() if stage.command for name in stage.command.files}
    code = folder / CODE_FOLDER
    code.mkdir(parents=True)
    for name, expected in _files(plan).items():
        path = _within(code, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(store.get_bytes(expected))
        # A program is started by name, as on the machine that it comes from; the mode isn't part of its digest.
        path.chmod(0o755 if name in programs else 0o644)
    (folder / PLAN_FILE).write_text(text, encoding="utf-8")
    return plan


def _files(plan: Plan) -> Mapping[str, str]:
    """List the files that stages are made of: modules, and the files of programs."""
    commands = (stage.command for stage in plan.stages.values() if stage.command)
    return {**plan.files, **{name: digest for each in commands for name, digest in each.files.items()}}


def _within(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{name!r} leads out of the pipeline's folder")
    return folder / path
