"""A stage breaks the contract that it promises, and its readers never run."""

from __future__ import annotations

import pyarrow as pa

from stagelang import Column, Contract, Pipeline, Table, Value, column, source, stage


class Rows(Contract):
    """Rows with a number each."""

    row_id: Column[int] = column(key=True)
    amount: Column[float] = column(ge=0)


@stage
def negated(rows: Table[Rows]) -> Table[Rows]:
    table = rows.arrow
    return rows.derive(Rows, pa.table({"row_id": table["row_id"], "amount": [-1.0] * table.num_rows}))


@stage
def count(rows: Table[Rows]) -> Value[int]:
    return Value.of(rows.arrow.num_rows)


rows = source(Rows, "rows.csv")
pipeline = Pipeline("broken_promise", seed=1, outputs=[count(negated(rows)), count.named("untouched")(rows)])
