"""Reads `[tool.stagelang.gha]` of pyproject.toml: what a workflow needs to know and no pipeline says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, final

import attrs
from attrs import frozen

from stagelang_backends.protocol import WrongSettings
from stagelang_compiler.quantities import size

Merging: TypeAlias = Literal["auto", "one", "each"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOSTED = re.compile(r"(ubuntu|windows|macos)-[\w.-]+")
_LIST: Any = list
_TABLE: Any = dict
"""Any, so that what is in them is Any too, and not unknown."""
HOSTED_MINUTES, OWN_MINUTES = 360, 5 * 24 * 60
"""After these GitHub stops a job: on its own runners, and on a project's."""


@final
@frozen(kw_only=True)
class Runner:
    """A kind of machine that jobs run on, and how much of it there is."""

    labels: tuple[str, ...] = ("ubuntu-24.04",)
    cpus: int = 2
    memory: str = "8GB"
    gpus: int = 0

    @property
    def is_hosted(self) -> bool:
        """Whether GitHub owns it, by its label."""
        return len(self.labels) == 1 and _HOSTED.fullmatch(self.labels[0]) is not None

    @property
    def minutes(self) -> int:
        """The most minutes that a job may take on it."""
        return HOSTED_MINUTES if self.is_hosted else OWN_MINUTES

    @property
    def memory_bytes(self) -> int:
        """How much memory it has."""
        return size(self.memory)


@final
@frozen(kw_only=True)
class Settings:
    """What may stand in `[tool.stagelang.gha]`.

    Args:
        python: the version that the jobs run.
        lock: the requirements file with hashes that the jobs install from, seen from the repository's root.
        install: the command that installs it; for another installer.
        runners: the kinds of machines; a job takes the first that has what its stages need.
        jobs: how nodes are put into jobs: 'auto' weighs time against minutes billed, 'one' makes as few jobs as
            runners and secrets allow, 'each' makes one for each node.
        secrets: the declared environment variables that are secrets of `environment`.
        variables: those that are plain variables of the repository or of the environment.
        environment: the environment that a job needs to see a secret.
        push: the branches whose pushes are validated.
        merge_group: validate in a merge queue, too.
        retention_days: how long a run's artifacts are kept.
        comment: whether a pull request gets a comment.
        sarif: whether findings are sent to code scanning.
        actions: own pins, such as "v7.0.1 3d3c…", by action.
    """

    python: str = "3.12"
    lock: str = "requirements.lock"
    install: str = ""
    runners: tuple[Runner, ...] = (Runner(),)
    jobs: Merging = "auto"
    secrets: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    environment: str = "stagelang"
    push: tuple[str, ...] = ("main",)
    merge_group: bool = False
    retention_days: int = 3
    comment: bool = True
    sarif: bool = True
    actions: Mapping[str, str] = attrs.field(factory=dict[str, str])


def settings_of(table: Mapping[str, Any]) -> Settings:
    """Read the settings strictly.

    Raises:
        WrongSettings: a name is unknown, or a value can't be meant.
    """
    known = {each.name for each in attrs.fields(Settings)}
    for name in table:
        if name not in known:
            raise WrongSettings(
                f"[tool.stagelang.gha] has no setting {name!r}\n  help: expected one of {', '.join(sorted(known))}",
                (name,),
            )
    found = {name: _READERS[name](name, value) for name, value in table.items()}
    settings = Settings(**found)
    both = set(settings.secrets) & set(settings.variables)
    if both:
        raise WrongSettings(
            f"[tool.stagelang.gha] names {min(both)!r} as a secret and as a variable\n  help: take it out of one of them",
            ("variables",),
        )
    return settings


def _wrong(name: str, expected: str, value: object) -> WrongSettings:
    said = f"[tool.stagelang.gha] {name} = {value!r}\n  help: expected {expected}"
    return WrongSettings(said, (name.partition(".")[0],))


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\n" in value or not value.isprintable():
        raise _wrong(name, "a text of one line", value)
    if "${{" in value:
        raise _wrong(name, "a text without an expression", value)
    return value


def _path(name: str, value: Any) -> str:
    text = _text(name, value)
    if text.startswith("/") or ".." in text.split("/") or not re.fullmatch(r"[\w./ -]+", text):
        raise _wrong(name, "a path below the repository's root", value)
    return text


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, "true or false", value)
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, _LIST):
        raise _wrong(name, "a list of texts", value)
    return tuple(_text(name, each) for each in value)


def _names(name: str, value: Any) -> tuple[str, ...]:
    found = _texts(name, value)
    for each in found:
        if not _VARIABLE.fullmatch(each):
            raise _wrong(name, "names of environment variables", each)
    return found


def _merging(name: str, value: Any) -> Merging:
    ways: tuple[Merging, ...] = ("auto", "one", "each")
    for way in ways:
        if value == way:
            return way
    raise _wrong(name, "'auto', 'one' or 'each'", value)


def _days(name: str, value: Any) -> int:
    return _number(name, value, 1, 90)


def _number(name: str, value: Any, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _wrong(name, f"a whole number from {low} to {high}", value)
    return value


def _runners(name: str, value: Any) -> tuple[Runner, ...]:
    if not isinstance(value, _LIST) or not value:
        raise _wrong(name, "tables such as { labels = ['ubuntu-24.04'], cpus = 4, memory = '16GB' }", value)
    return tuple(_runner(each) for each in value)


def _runner(value: Any) -> Runner:
    if not isinstance(value, _TABLE):
        raise _wrong(
            "runners", "tables such as { labels = ['ubuntu-24.04'], cpus = 4, memory = '16GB' }", value
        )
    table: Mapping[str, Any] = value
    for each in table:
        if each not in {"labels", "cpus", "memory", "gpus"}:
            raise _wrong("runners", "labels, cpus, memory, gpus", each)
    labels = _texts("runners.labels", table.get("labels", ["ubuntu-24.04"]))
    if not labels:
        raise _wrong("runners.labels", "at least one label", [])
    memory = _text("runners.memory", table.get("memory", "8GB"))
    try:
        size(memory)
    except ValueError:
        raise _wrong("runners.memory", "a size such as '16GB'", memory) from None
    return Runner(
        labels=labels,
        cpus=_number("runners.cpus", table.get("cpus", 2), 1, 1024),
        memory=memory,
        gpus=_number("runners.gpus", table.get("gpus", 0), 0, 64),
    )


def _actions(name: str, value: Any) -> Mapping[str, str]:
    if not isinstance(value, _TABLE):
        raise _wrong(name, "a table such as { 'actions/checkout' = 'v7.0.1 3d3c…' }", value)
    table: Mapping[str, Any] = value
    return {each: _text(f"actions.{each}", text) for each, text in table.items()}


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "python": _text,
    "lock": _path,
    "install": _text,
    "runners": _runners,
    "jobs": _merging,
    "secrets": _names,
    "variables": _names,
    "environment": _text,
    "push": _texts,
    "merge_group": _flag,
    "retention_days": _days,
    "comment": _flag,
    "sarif": _flag,
    "actions": _actions,
}
