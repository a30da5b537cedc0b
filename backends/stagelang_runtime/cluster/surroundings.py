"""Compares a worker's surroundings with those that the run's keys name: results under a key must not depend on where they are made."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any, final

from attrs import asdict, frozen

from stagelang_compiler.plan import Plan
from stagelang_runtime.execute import environment


@final
@frozen(kw_only=True)
class Surroundings:
    """What a stage finds where it runs.

    Args:
        stagelang: the version of stagelang.
        python: the interpreter's minor version.
        distributions: the versions of the distributions that stages reach, by name.
        variables: the digests of the values of the environment variables that stages declare; 'unset' for none.
    """

    stagelang: str
    python: str
    distributions: Mapping[str, str]
    variables: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Give them as plain data."""
        return asdict(self)


def surroundings(plan: Plan) -> Surroundings:
    """Describe this process as a place for a plan's stages."""
    stages = plan.stages.values()
    names = {name for stage in stages for name in stage.code.distributions}
    variables = sorted({name for stage in stages for name in stage.env})
    return Surroundings(
        stagelang=version("stagelang"),
        python=environment.python_minor(),
        distributions=environment.versions(names),
        variables={name: _digest(os.environ.get(name)) for name in variables},
    )


def differences(here: Surroundings, there: Surroundings, where: str) -> Iterator[str]:
    """Say in what a worker's surroundings differ from those here, one difference a text.

    Args:
        here: the run's.
        there: the worker's.
        where: the worker's name.
    """
    if here.stagelang != there.stagelang:
        yield f"stagelang is {here.stagelang} here and {there.stagelang} on {where}"
    if here.python != there.python:
        yield f"Python is {here.python} here and {there.python} on {where}"
    for name in sorted({*here.distributions, *there.distributions}):
        mine, other = here.distributions.get(name, "missing"), there.distributions.get(name, "missing")
        if mine != other:
            yield f"distribution {name!r} is {mine} here and {other} on {where}"
    for name, mine in here.variables.items():
        other = there.variables.get(name, "unset")
        if mine != other:
            yield f"variable {name!r} is {_told(mine)} here and {_told(other, mine)} on {where}"


def _told(digest: str, than: str = "") -> str:
    """Say of a variable what may be said: its value may be a secret."""
    if digest == "unset":
        return "unset"
    return "set to something else" if than and than != "unset" else "set"


def _digest(value: str | None) -> str:
    return "unset" if value is None else "sha256:" + hashlib.sha256(value.encode()).hexdigest()
