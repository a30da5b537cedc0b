"""A program ends with an error."""

from __future__ import annotations

from stagelang import Files, Pipeline, Value, command, stage


@command("sh", "-c", "echo it failed >&2; exit 7; : {out}")
def tool() -> Files:
    raise NotImplementedError


@stage
def after(made: Files) -> Value[int]:
    return Value.of(len(list(made.paths)))


pipeline = Pipeline("failing_program", seed=1, outputs=[after(tool())])
