"""The actions that a workflow uses, each pinned to a commit: from the settings, from the committed workflow, or from the table here.

Nothing is looked up while compiling. A newer release of the same major that Dependabot or Renovate put into the committed file stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import final

from attrs import frozen

from stagelang_backends.protocol import WrongSettings


@final
@frozen(kw_only=True)
class Pin:
    """A release of an action and the commit that it is."""

    version: str
    sha: str


TABLE: Mapping[str, Pin] = {
    "actions/checkout": Pin(version="v7.0.1", sha="3d3c42e5aac5ba805825da76410c181273ba90b1"),
    "actions/setup-python": Pin(version="v7.0.0", sha="5fda3b95a4ea91299a34e894583c3862153e4b97"),
    "actions/upload-artifact": Pin(version="v7.0.1", sha="043fb46d1a93c77aae656e7c1c64a875d1fc6a0a"),
    "actions/download-artifact": Pin(version="v8.0.1", sha="3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"),
    "actions/cache": Pin(version="v6.1.0", sha="55cc8345863c7cc4c66a329aec7e433d2d1c52a9"),
    "github/codeql-action": Pin(version="v4.38.0", sha="b96794f015dfd88f77b49b1c93e0fa7110f94c63"),
}
"""The releases that the emitted steps were written for, as of November 2026."""

_PIN = re.compile(r"(v\d+\.\d+\.\d+)[ @]([0-9a-f]{40})")
_USED = re.compile(
    r"^\s*(?:- )?uses: ([\w.-]+/[\w.-]+)(?:/[\w./-]+)?@([0-9a-f]{40}) +# (v\d+\.\d+\.\d+)\s*$", re.MULTILINE
)


def pins(chosen: Mapping[str, str], committed: str) -> Mapping[str, Pin]:
    """Give the pin of each action.

    Args:
        chosen: the settings' own pins, such as 'v7.0.1 3d3c…', by action; they win.
        committed: the text of the workflow that is there, or nothing.

    Raises:
        WrongSettings: a chosen pin names no action that is used, or isn't a release and a commit.
    """
    found = dict(TABLE)
    for name, sha, version in _USED.findall(committed):
        if name in found and _is_newer(version, found[name].version):
            found[name] = Pin(version=version, sha=sha)
    return found | {name: _chosen(name, text) for name, text in chosen.items()}


ACTIONS_LOCK = PurePosixPath(".github/workflows/actions.lock")
"""GitHub's own lock of actions; a workflow that uses one that isn't in it doesn't start."""


def used_pins(text: str) -> list[str]:
    """Give the commits of the actions that a workflow uses."""
    return sorted({sha for _, sha, _ in _USED.findall(text)})


def _chosen(name: str, text: str) -> Pin:
    if name not in TABLE:
        raise WrongSettings(
            f"[tool.stagelang.gha.actions] names {name!r}, which no emitted job uses\n  help: expected {', '.join(TABLE)}"
        )
    found = _PIN.fullmatch(text)
    if found is None:
        raise WrongSettings(
            f"[tool.stagelang.gha.actions] {name} = {text!r} is no release and commit\n"
            f"  help: write both, such as {f'{TABLE[name].version} {TABLE[name].sha}'!r}"
        )
    return Pin(version=found[1], sha=found[2])


def _is_newer(one: str, other: str) -> bool:
    first, second = ([int(part) for part in text[1:].split(".")] for text in (one, other))
    return first[0] == second[0] and first > second
