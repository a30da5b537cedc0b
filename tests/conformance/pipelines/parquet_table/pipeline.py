"""A table is read from Parquet."""

from __future__ import annotations

from stagelang import Column, Contract, Pipeline, Table, Value, column, source, stage


class Rows(Contract):
    """Rows with a number each."""

    row_id: Column[int] = column(key=True)
    amount: Column[float] = column(ge=0)


@stage
def total(rows: Table[Rows]) -> Value[float]:
    return Value.of(sum(rows.arrow["amount"].to_pylist()))


pipeline = Pipeline("parquet_table", seed=1, outputs=[total(source(Rows, "rows.parquet"))])
