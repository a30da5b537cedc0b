"""Three hundred nodes in ten chains, with bridges between them."""

from __future__ import annotations

from stagelang import Pipeline, Value, scope, stage


@stage
def start(*, k: int) -> Value[int]:
    return Value.of(k)


@stage
def step(*xs: Value[int], k: int) -> Value[int]:
    return Value.of((sum(x.value for x in xs) * 31 + k) % 1_000_003)


CHAINS, LENGTH = 10, 30
rows: list[list[Value[int]]] = []
for chain in range(CHAINS):
    with scope(f"chain_{chain}"):
        row = [start(k=chain)]
        for at in range(1, LENGTH):
            bridge = [rows[chain - 1][at - 1]] if chain and at % 5 == 0 else []
            row.append(step.named(f"step_{at}")(row[-1], *bridge, k=at))
    rows.append(row)
pipeline = Pipeline("three_hundred", seed=1, outputs=[row[-1] for row in rows])
