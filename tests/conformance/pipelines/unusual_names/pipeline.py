"""Names that mean something to an engine, or to a shell."""

from __future__ import annotations

from stagelang import Pipeline, Value, scope, stage


@stage
def one(*, k: int) -> Value[int]:
    return Value.of(k)


@stage
def total(*xs: Value[int]) -> Value[int]:
    return Value.of(sum(x.value for x in xs))


WORDS = (
    "all",
    "clean",
    "help",
    "verdict",
    "plan",
    "report",
    "rule",
    "end",
    "graph",
    "if",
    "Makefile",
    "PHONY",
    "a.b-c_d",
    "receipts",
    "index",
    "-x"[1:],
    "0",
)
found = [one.named(word)(k=k) for k, word in enumerate(WORDS)]
with scope("all"), scope("plan.json"):
    found.append(one.named("clean")(k=100))
pipeline = Pipeline("unusual-names.v1", seed=1, outputs=[total.named("default")(*found)])
