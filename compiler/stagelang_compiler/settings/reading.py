"""Reads `[tool.stagelang]`, of several files the nearest first; what can't be meant is a problem, and all are found at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, final

from attrs import define, field, frozen

from stagelang.origin import Origin
from stagelang_compiler.diagnostics import did_you_mean
from stagelang_compiler.settings.known import SETTINGS, Rules, Unfit
from stagelang_compiler.settings.places import settings_files
from stagelang_compiler.settings.toml_lines import Key, Lines, lines_of

_TABLE: Key = ("tool", "stagelang")
_DICT: Any = dict
_KNOWN = {setting.key: setting for setting in SETTINGS}
_GROUPS = tuple(dict.fromkeys(key.partition(".")[0] for key in _KNOWN if "." in key))


@final
@frozen(kw_only=True)
class Problem:
    """Something in `[tool.stagelang]` that can't be meant: where, what, and what to do; `other` is its other end."""

    message: str
    origin: Origin
    other: Origin | None = None
    subject: str = ""
    expected: str = ""
    found: str = ""
    help: str


@final
@frozen(kw_only=True)
class Settings:
    """What holds for a pipeline, and where each part of it was written.

    `written` has a setting's key, or a target's name and its own key; what isn't in it is a default. `files` are those that were
    looked for, whether they are there or not.
    """

    rules: Rules = field(factory=Rules)
    targets: Mapping[str, Mapping[str, Any]] = field(factory=dict[str, Mapping[str, Any]])
    written: Mapping[str, Origin] = field(factory=dict[str, Origin])
    files: tuple[Path, ...] = ()
    lines: Mapping[str, Lines] = field(factory=dict[str, Lines], repr=False)

    def origin(self, key: str) -> Origin:
        """Say where a setting was written; of a default, nowhere."""
        return self.written.get(key, Origin("", 0))

    def origin_in_target(self, target: str, way: Key) -> Origin:
        """Say where a part of a target's table was written, as near as can be told."""
        at = self.written.get(f"{target}.{way[0]}") if way else None
        if at is None:
            return self.written.get(target, Origin("", 0))
        return Origin(at.file, self.lines[at.file].line((*_TABLE, target, *way)) or at.line)


def read_settings(folder: Path) -> tuple[Settings, list[Problem]]:
    """Read the settings that hold for the pipelines of a folder; what is wrong is left out, and said."""
    files = settings_files(folder)
    reader = _Reader()
    for path in files:
        if path.is_file():
            reader.take(path)
    settings = Settings(
        rules=Rules(**reader.rules),
        targets=reader.targets,
        written=reader.written,
        files=files,
        lines=reader.lines,
    )
    return settings, reader.problems


@define
class _Reader:
    rules: dict[str, Any] = field(factory=dict[str, Any])
    targets: dict[str, dict[str, Any]] = field(factory=dict[str, dict[str, Any]])
    written: dict[str, Origin] = field(factory=dict[str, Origin])
    lines: dict[str, Lines] = field(factory=dict[str, Lines])
    problems: list[Problem] = field(factory=list[Problem])

    def take(self, path: Path) -> None:
        """Take what a file says and a nearer one doesn't."""
        text = path.read_bytes().decode(errors="replace")
        if "stagelang" not in text:
            return
        try:
            document: Any = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.problems += _unreadable(path, text, error)
            return
        table: Any = document
        for name in _TABLE:
            table = table.get(name, {}) if isinstance(table, _DICT) else table
        lines = self.lines[str(path)] = lines_of(text) if table != {} else Lines()

        def at(*way: str | int) -> Origin:
            return Origin(str(path), lines.line((*_TABLE, *way)))

        if not isinstance(table, _DICT):
            self.problems.append(_no_table("[tool.stagelang]", at(), table))
            return
        for name, value in table.items():
            self._entry(name, value, at)

    def _entry(self, name: str, value: Any, at: Callable[..., Origin]) -> None:
        if name in _KNOWN:
            self._setting(name, value, at)
        elif name in _GROUPS:
            self._group(name, value, at)
        elif name in backend_names():
            self._target(name, value, at)
        else:
            known = [*_GROUPS, *(key for key in _KNOWN if "." not in key), *backend_names()]
            self.problems.append(_unknown("[tool.stagelang]", name, known, at(name)))

    def _group(self, group: str, table: Any, at: Callable[..., Origin]) -> None:
        if not isinstance(table, _DICT):
            self.problems.append(_no_table(f"[tool.stagelang.{group}]", at(group), table))
            return
        for name, value in table.items():
            key = f"{group}.{name}"
            if key in _KNOWN:
                self._setting(key, value, at)
            else:
                known = [each.partition(".")[2] for each in _KNOWN if each.startswith(f"{group}.")]
                self.problems.append(_unknown(f"[tool.stagelang.{group}]", name, known, at(group, name)))

    def _setting(self, key: str, value: Any, at: Callable[..., Origin]) -> None:
        setting, way = _KNOWN[key], key.split(".")
        try:
            read = setting.read(value)
        except Unfit as error:
            self.problems.append(_unfit(key, error, at(*way, *error.way), setting.example))
            return
        if key not in self.written:
            self.written[key] = at(*way)
            self.rules[setting.field] = read

    def _target(self, target: str, table: Any, at: Callable[..., Origin]) -> None:
        if not isinstance(table, _DICT):
            self.problems.append(_no_table(f"[tool.stagelang.{target}]", at(target), table))
            return
        self.written.setdefault(target, at(target))
        for name, value in table.items():
            if f"{target}.{name}" not in self.written:
                self.written[f"{target}.{name}"] = at(target, name)
                self.targets.setdefault(target, {})[name] = value


def backend_names() -> tuple[str, ...]:
    """Name the targets that are installed: each may have a table of its own."""
    return tuple(sorted(point.name for point in entry_points(group="stagelang.backends")))


def _unreadable(path: Path, text: str, error: tomllib.TOMLDecodeError) -> Iterator[Problem]:
    twice = lines_of(text).twice
    for key, (line, earlier) in twice.items():
        yield Problem(
            message=f"{'.'.join(map(str, key))!r} is written twice",
            origin=Origin(str(path), line),
            other=Origin(str(path), earlier),
            subject=str(key[-1]),
            help="remove one of them",
        )
    if not twice:
        at = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        reason = str(error)[: at.start()] if at else str(error)
        line = int(at[1]) if at and at[1] else text.count("\n")
        yield Problem(
            message=f"'pyproject.toml' is no TOML: {reason[:1].lower() + reason[1:]}",
            origin=Origin(str(path), line),
            help="mend the line; nothing of the file was read",
        )


def _no_table(name: str, origin: Origin, found: Any) -> Problem:
    return Problem(
        message=f"{name} is no table",
        origin=origin,
        expected="a table",
        found=repr(found),
        help=f"write it as one, below {name}",
    )


def _unknown(table: str, name: str, known: list[str], origin: Origin) -> Problem:
    meant = did_you_mean(name, known)
    return Problem(
        message=f"{table} has no setting {name!r}",
        origin=origin,
        subject=name,
        expected=", ".join(sorted(known)),
        help=f"did you mean {meant!r}?" if meant else "remove it; 'stagelang config' lists what may be said",
    )


def _unfit(key: str, error: Unfit, origin: Origin, example: str) -> Problem:
    group, _, name = key.rpartition(".")
    table = f"[tool.stagelang.{group}]" if group else "[tool.stagelang]"
    return Problem(
        message=f"{name!r} in {table} can't be {error.found!r}",
        origin=origin,
        subject=key,
        expected=error.expected,
        help=f"did you mean {error.meant!r}?" if error.meant else f"write it such as {name} = {example}",
    )
