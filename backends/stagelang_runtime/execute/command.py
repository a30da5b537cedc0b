"""Runs a command stage: inputs laid out as files, arguments filled in, no shell; its outputs read back."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

from attrs import define, field, frozen

from stagelang_compiler.plan import Node, Stage
from stagelang_runtime.execute.failure import Failure, NodeFailed
from stagelang_runtime.store import sha256_file

_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)(?:\.([A-Za-z_][A-Za-z0-9_]*))?(?::([a-z]+))?\}"
)


@final
@frozen
class Given:
    """An input as a command may ask for it: by format, '' being the one that it is stored in."""

    argument: str
    index: int | None
    files: Mapping[str, Path]


@final
@define
class Layout:
    """The folder in which a command finds its inputs and leaves its outputs."""

    folder: Path
    given: Sequence[Given]
    asked: dict[str, tuple[Path, str]] = field(factory=dict[str, tuple[Path, str]])
    """The path and format in which each output is expected."""


def filled_in(stage: Stage, node: Node, params: Mapping[str, Any], layout: Layout) -> list[str]:
    """Give the command's arguments with every placeholder replaced. Raises NodeFailed for an unknown one."""
    assert stage.command is not None
    arguments: list[str] = []
    for text in stage.command.argv:
        whole = _PLACEHOLDER.fullmatch(text)
        several = [
            each for each in layout.given if whole and each.argument == whole[1] and each.index is not None
        ]
        if whole and several:
            arguments += [str(each.files[whole[3] or ""]) for each in several]
        else:
            arguments.append(_PLACEHOLDER.sub(lambda match: _value(stage, node, params, layout, match), text))
    return arguments


def _value(stage: Stage, node: Node, params: Mapping[str, Any], layout: Layout, match: re.Match[str]) -> str:
    if match[0] in ("{{", "}}"):
        return match[0][0]
    name, port, kind = match[1], match[2], match[3] or ""
    found = [each for each in layout.given if each.argument == name and each.index is None]
    outputs = {output.name: output for output in node.outputs}
    wanted = port or (next(iter(outputs)) if name == "out" and len(outputs) == 1 else name)
    if found and not port and kind in found[0].files:
        return str(found[0].files[kind])
    if wanted in outputs and (not port or name == "out"):
        return str(_output_path(layout, wanted, outputs[wanted].kind, kind))
    if name == "seed" and not port:
        return str(node.seed % 2**32)
    if name in params and not port:
        value = params[name]
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list | tuple | dict) else str(value)
    raise NodeFailed(
        Failure(
            kind="command",
            message=f"command {node.name!r} names '{match[0]}', which is none of its inputs, outputs or parameters",
            where=str(stage.origin),
            help="correct the name; braces of the program's own are written {{ and }}",
        )
    )


def _output_path(layout: Layout, port: str, kind: str, asked: str) -> Path:
    ending = {"table": asked or "parquet", "value": "json", "model": "model", "files": ""}[kind]
    path = layout.folder / "out" / (f"{port}.{ending}" if ending else port)
    (path if kind == "files" else path.parent).mkdir(parents=True, exist_ok=True)
    layout.asked[port] = (path, ending)
    return path


def run(stage: Stage, node: Node, params: Mapping[str, Any], layout: Layout, root: Path) -> dict[str, Any]:
    """Run the program to its end; give its peak memory. Raises NodeFailed where it can't be started or fails."""
    check_files(stage, root)
    arguments = filled_in(stage, node, params, layout)
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # A program named without a path is looked for beside the interpreter first, so that 'python' is this one.
    program = shutil.which(arguments[0], path=beside) or arguments[0]
    try:
        process = subprocess.Popen(
            [program, *arguments[1:]], cwd=root, stdin=subprocess.DEVNULL, env={**os.environ, "PATH": beside}
        )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise _failed(
            stage, f"command {node.name!r} can't start {arguments[0]!r}: {reason}", _INSTALL
        ) from None
    peak, code = _wait(process)
    if code:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise _failed(
            stage, f"command {node.name!r} {how}: {' '.join(stage.command.argv) if stage.command else ''}"
        )
    # Linux counts what the process was before it became the program.
    return (
        {"peak_bytes": peak, "measured": "the larger of the program's peak and its worker's"} if peak else {}
    )


_INSTALL = "install the program, or correct its name"


def check_files(stage: Stage, root: Path) -> None:
    """See that the program's files are those that the plan was made from. Raises NodeFailed."""
    assert stage.command is not None
    for name, digest in stage.command.files.items():
        try:
            found = sha256_file(root / name)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise _failed(stage, f"file {name!r} of command {stage.name!r} can't be read: {reason}") from None
        if found != digest:
            message = f"file {name!r} of command {stage.name!r} changed after the plan was made"
            raise _failed(stage, message, "compile the pipeline again")


def made(layout: Layout, stage: Stage, node: Node, port: str) -> tuple[Path, str]:
    """Give the path and format of an output that the program has left. Raises NodeFailed where it has left none."""
    path, kind = layout.asked.get(port, (None, ""))
    if path is None:
        message = f"command {node.name!r} is never told where to write its output {port!r}"
        raise _failed(stage, message, f"add '{{{port}}}' to its arguments")
    if not path.exists():
        raise _failed(
            stage, f"command {node.name!r} ended without writing its output {port!r}", "write it to '{out}'"
        )
    return path, kind


def _wait(process: subprocess.Popen[bytes]) -> tuple[int | None, int]:
    if not hasattr(os, "wait4"):
        return None, process.wait()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), process.returncode


def _failed(stage: Stage, message: str, action: str = "") -> NodeFailed:
    return NodeFailed(Failure(kind="command", message=message, where=str(stage.origin), help=action))
