"""A program in another language's place: its script belongs to the stage."""

from __future__ import annotations

from stagelang import Column, Contract, Pipeline, Table, column, command, source


class Rows(Contract):
    """Rows with a number each."""

    row_id: Column[int] = column(key=True)
    amount: Column[float] = column(ge=0)


@command("python3", "double.py", "{rows:csv}", "{out:csv}", "{factor}", files=["double.py"])
def doubled(rows: Table[Rows], *, factor: int = 2) -> Table[Rows]:
    raise NotImplementedError


pipeline = Pipeline("program", seed=1, outputs=[doubled(source(Rows, "rows.csv"), factor=3)])
