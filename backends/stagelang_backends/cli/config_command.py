"""Show the settings that hold for a pipeline, and where each was written.

They stand in `[tool.stagelang]` of the pyproject.toml beside the pipeline and of those above it, up to the repository's root; the nearest
counts. What none of them says is a default.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stagelang_backends.cli.main import FINDINGS, OK

if TYPE_CHECKING:
    from stagelang_compiler.settings import Settings

_DEFAULT = "default"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "spec",
        nargs="?",
        default="pipeline.py",
        type=Path,
        metavar="PIPELINE.py",
        help="the pipeline's file (default: pipeline.py); only where it lies counts",
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="how the settings are written"
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Print what holds; say what can't be meant on the standard error."""
    from stagelang_backends.cli.target_findings import check_tables
    from stagelang_compiler.checks.settings_problems import settings_findings
    from stagelang_compiler.rendering import render, wants_colour
    from stagelang_compiler.settings import read_settings

    root = arguments.spec.absolute().parent
    settings, problems = read_settings(root)
    findings = [*settings_findings(problems), *check_tables(settings)]
    rows = {key: (_plain(value), _from(settings, key)) for key, value in _effective(settings)}
    if arguments.format == "json":
        said = {key: {"value": value, "from": origin} for key, (value, origin) in rows.items()}
        print(json.dumps(said, indent=2))
    else:
        width = max(map(len, rows))
        wide = max(min(len(_text(value)), 60) for value, _ in rows.values())
        for key, (value, origin) in rows.items():
            print(f"{key:<{width}}  {_text(value):<{wide}}  {origin}")
    if findings:
        colour = wants_colour(sys.stderr)
        sys.stderr.write(render(findings, format="text", root=root, colour=colour))
    return FINDINGS if findings else OK


def _effective(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Give every setting and its value: the project's, then those of each target."""
    from stagelang_backends.protocol import Configured, WrongSettings, backend_names, find_backend
    from stagelang_compiler.settings import SETTINGS

    for setting in SETTINGS:
        yield setting.key, getattr(settings.rules, setting.field)
    for target in backend_names():
        backend = find_backend(target)
        table = settings.targets.get(target, {})
        values: Mapping[str, Any] = table
        if isinstance(backend, Configured):
            try:
                values = backend.settings(table)
            except WrongSettings:  # which is said besides
                values = {**backend.settings({}), **table}
        yield from ((f"{target}.{name}", value) for name, value in values.items())


def _from(settings: Settings, key: str) -> str:
    from stagelang.origin import Origin
    from stagelang_backends.cli.written import shown

    origin = settings.written.get(key)
    return _DEFAULT if origin is None else str(Origin(shown(Path(origin.file)), origin.line))


_TUPLE: Any = tuple


def _plain(value: Any) -> Any:
    return [*value] if isinstance(value, _TUPLE) else value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
