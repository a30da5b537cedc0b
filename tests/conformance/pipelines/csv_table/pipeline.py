"""A table is read from CSV and made smaller."""

from __future__ import annotations

from stagelang import Column, Contract, Pipeline, Table, column, source, stage


class Rows(Contract):
    """Rows with a number each."""

    row_id: Column[int] = column(key=True)
    amount: Column[float] = column(ge=0)


@stage
def large(rows: Table[Rows], *, floor: float = 5.0) -> Table[Rows]:
    table = rows.arrow
    return rows.derive(Rows, table.filter([each >= floor for each in table["amount"].to_pylist()]))


pipeline = Pipeline("csv_table", seed=1, outputs=[large(source(Rows, "rows.csv"))])
