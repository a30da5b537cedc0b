"""Two teams' contracts, related by structure: what the compiler can't prove of an edge, a gate checks."""

from __future__ import annotations

from stagelang import Column, Contract, Pipeline, Table, Value, column, source, stage


class Rows(Contract):
    """Rows with a number and a code each."""

    row_id: Column[int] = column(key=True)
    amount: Column[float] = column(ge=0)
    code: Column[str] = column(pattern="(?:A|B)[0-9]{1,2}")


class Coded(Contract):
    """What another team needs."""

    code: Column[str] = column(pattern=r"\p{Lu}[0-9]+")


class Known(Contract):
    """What a third team needs."""

    amount: Column[float] = column(ge=-1)


@stage
def longest(rows: Table[Coded]) -> Value[int]:
    return Value.of(max(len(each) for each in rows.arrow["code"].to_pylist()))


@stage
def least(rows: Table[Known]) -> Value[float]:
    return Value.of(min(rows.arrow["amount"].to_pylist()))


rows = source(Rows, "rows.csv")
pipeline = Pipeline(
    "related_contracts", seed=1, outputs=[longest(rows.as_contract(Coded)), least(rows.as_contract(Known))]
)
