"""The same stages for several regions."""

from __future__ import annotations

from stagelang import Column, Contract, Pipeline, Table, Value, column, scope, source, stage


class Rows(Contract):
    """Rows with a number each."""

    row_id: Column[int] = column(key=True)
    amount: Column[float] = column(ge=0)


@stage
def count(rows: Table[Rows], *, floor: float) -> Value[int]:
    return Value.of(sum(each >= floor for each in rows.arrow["amount"].to_pylist()))


@stage
def most(*counts: Value[int]) -> Value[int]:
    return Value.of(max(each.value for each in counts))


rows = source(Rows, "rows.csv")
counts: list[Value[int]] = []
for region, floor in (("eu", 1.0), ("us", 2.0)):
    with scope(region):
        for step in range(2):
            with scope(f"step-{step}"):
                counts.append(count(rows, floor=floor + step))
pipeline = Pipeline("scopes", seed=1, outputs=[most(*counts)])
