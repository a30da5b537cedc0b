"""The contract gate beside pandera, dataframely and hand-written numpy and pandas, on the same rows in the same run.

    python tests/benchmarks/bench_gates.py

Each figure is the best of interleaved rounds, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import datetime as dt
import importlib
import re
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa

from stagelang.origin import Origin
from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.gates.check import check_table

ROWS = 1_000_000
ROUNDS = 7
KINDS = tuple(f"kind {number}" for number in range(20))
PATTERN = r"[A-Z]{2}-\d{6}"
HERE = Origin("bench_gates.py", 1)


def columns_of(rows: int) -> dict[str, Any]:
    """Give eight columns: unique ints, ranges, a set of 20, a pattern over 5,000 distinct texts, dates."""
    rng = np.random.default_rng(20261123)
    codes = np.array([f"AB-{number:06d}" for number in range(5000)], dtype=object)
    return {
        "id": rng.permutation(rows),
        "ratio": rng.random(rows),
        "count": rng.integers(0, 100, rows),
        "kind": np.array(KINDS, dtype=object)[rng.integers(0, 20, rows)],
        "code": codes[rng.integers(0, 5000, rows)],
        "day": (rng.integers(10_000, 20_000, rows)).astype("datetime64[D]"),
        "x": rng.normal(size=rows),
        "y": rng.random(rows) * 100,
    }


def contract(*, broken: bool) -> Contract:
    """Give a contract that every row keeps, or one that every row breaks wherever it can."""
    limits: dict[str, tuple[str, dict[str, Any]]] = {
        "id": ("int", {"unique": True} if not broken else {"lt": 0}),
        "ratio": ("float", {"ge": 0, "le": 1} if not broken else {"ge": 2, "le": -1}),
        "count": ("int", {"ge": 0, "lt": 100} if not broken else {"ge": 200, "lt": -1}),
        "kind": ("str", {"isin": KINDS if not broken else ("none",)}),
        "code": ("str", {"pattern": PATTERN if not broken else "none"}),
        "day": ("date", {"ge": "1990-01-01", "lt": "2030-01-01"} if not broken else {"ge": "2090-01-01"}),
        "x": ("float", {"ge": -100, "le": 100} if not broken else {"ge": 100, "le": -100}),
        "y": ("float", {"gt": -1, "lt": 101} if not broken else {"gt": 1000, "lt": -1}),
    }  # fmt: skip
    return Contract(
        name="Bench", version="1", owner="", description="", closed=False, min_rows=1, max_rows=None, digest="",
        columns=tuple(Column(name=name, type=kind, origin=HERE, **limit) for name, (kind, limit) in limits.items()),
        origin=HERE,
    )  # fmt: skip


def with_numpy(columns: dict[str, Any]) -> bool:
    """Check the same promises as a patient numpy user would write them."""
    ordered = np.sort(columns["id"])
    day = columns["day"]
    return bool(
        not (ordered[1:] == ordered[:-1]).any()
        and columns["ratio"].min() >= 0 and columns["ratio"].max() <= 1 and not np.isnan(columns["ratio"]).any()
        and columns["count"].min() >= 0 and columns["count"].max() < 100
        and set(columns["kind"]) <= set(KINDS)
        and all(re.fullmatch(PATTERN, code) for code in set(columns["code"]))
        and day.min() >= np.datetime64("1990-01-01") and day.max() < np.datetime64("2030-01-01")
        and columns["x"].min() >= -100 and columns["x"].max() <= 100 and not np.isnan(columns["x"]).any()
        and columns["y"].min() > -1 and columns["y"].max() < 101 and not np.isnan(columns["y"]).any()
    )  # fmt: skip


def with_pandera(frame: pd.DataFrame) -> Callable[[], object]:
    """Give pandera's check of the same promises."""
    pandera: Any = importlib.import_module("pandera.pandas")
    check = pandera.Check
    first, last = pd.Timestamp("1990-01-01"), pd.Timestamp("2030-01-01")
    schema = pandera.DataFrameSchema({
        "id": pandera.Column("int64", unique=True),
        "ratio": pandera.Column("float64", [check.ge(0), check.le(1)]),
        "count": pandera.Column("int64", [check.ge(0), check.lt(100)]),
        "kind": pandera.Column(None, check.isin(KINDS)),
        "code": pandera.Column(None, check.str_matches(rf"\A(?:{PATTERN})\Z")),
        "day": pandera.Column(None, [check.ge(first), check.lt(last)]),
        "x": pandera.Column("float64", [check.ge(-100), check.le(100)]),
        "y": pandera.Column("float64", [check.gt(-1), check.lt(101)]),
    })  # fmt: skip
    return lambda: schema.validate(frame, lazy=True)


def as_objects(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the texts as Python objects, as pandas kept them before its version 3."""
    return frame.astype({"kind": "object", "code": "object"})


def with_dataframely(table: pa.Table) -> Callable[[], object]:
    """Give dataframely's check of the same promises."""
    dy: Any = importlib.import_module("dataframely")
    pl: Any = importlib.import_module("polars")

    def is_kind(column: Any) -> Any:
        return column.is_in(KINDS)

    schema: Any = type("Bench", (dy.Schema,), {
        "id": dy.Int64(primary_key=True), "ratio": dy.Float64(min=0, max=1),
        "count": dy.Int64(min=0, max_exclusive=100),
        "kind": dy.String(check=is_kind), "code": dy.String(regex=f"^(?:{PATTERN})$"),
        "day": dy.Date(min=dt.date(1990, 1, 1), max_exclusive=dt.date(2030, 1, 1)), "x": dy.Float64(min=-100, max=100),
        "y": dy.Float64(min_exclusive=-1, max_exclusive=101),
    })  # fmt: skip
    frame = pl.from_arrow(table)
    return lambda: schema.validate(frame)


def small_by_hand(frame: pd.DataFrame) -> bool:
    """Check five columns of a small frame as one would by hand, in pandas."""
    return bool(
        frame["id"].is_unique
        and frame["ratio"].between(0, 1).all()
        and ((frame["count"] >= 0) & (frame["count"] < 100)).all()
        and frame["x"].between(-100, 100).all()
        and ((frame["y"] > -1) & (frame["y"] < 101)).all()
        and not frame.isna().any().any()
    )


def best(runs: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Give the least seconds of each, run in turns."""
    seconds = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return seconds


def optional(name: str, make: Callable[[], Callable[[], object]]) -> dict[str, Callable[[], object]]:
    """Give a peer's run, or say visibly that it isn't there."""
    try:
        return {name: make()}
    except ImportError:
        print(f"{name} is not installed: skipped")
        return {}


def large() -> None:
    """A million rows that pass: rows a second, and the ratio to us."""
    columns = columns_of(ROWS)
    table = pa.table(columns)
    frame = pd.DataFrame(columns)
    kept = contract(broken=False)
    runs: dict[str, Callable[[], object]] = {
        "stagelang": lambda: check_table(table, kept),
        "numpy by hand": lambda: with_numpy(columns),
        **optional("pandera", lambda: with_pandera(frame)),
        **optional("pandera, objects", lambda: with_pandera(as_objects(frame))),
        **optional("dataframely", lambda: with_dataframely(table)),
    }
    seconds = best(runs)
    print(f"\n{ROWS:,} rows x {len(columns)} columns, all rows pass")
    for name, each in seconds.items():
        print(
            f"  {name:16} {ROWS / each / 1e6:6.1f} M rows/s   {each / seconds['stagelang']:5.1f} x our time"
        )


def failing() -> None:
    """The cost of a million rows that all fail, against rows that all pass."""
    table = pa.table(columns_of(ROWS))
    kept, broken = contract(broken=False), contract(broken=True)
    seconds = best({"pass": lambda: check_table(table, kept), "fail": lambda: check_table(table, broken)})
    print(
        f"\nall rows fail: {seconds['fail'] / seconds['pass']:.2f} x the time of all rows pass (to hold: 2)"
    )


def memory() -> None:
    """The most memory that a gate takes beside the table."""
    table = pa.table(columns_of(ROWS))
    usual = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(pool)
    tracemalloc.start()
    check_table(table, contract(broken=False))
    taken = tracemalloc.get_traced_memory()[1] + pool.max_memory()
    tracemalloc.stop()
    pa.set_memory_pool(usual)
    print(f"memory of the gate: {taken / table.nbytes:.1%} of the table (to hold: 20%)")


def small() -> None:
    """A thousand frames of 1,440 rows and 5 columns."""
    names = ["id", "ratio", "count", "x", "y"]
    columns = {name: column for name, column in columns_of(1440).items() if name in names}
    frame, table = pd.DataFrame(columns), pa.table(columns)
    whole = contract(broken=False)
    plain = attrs.evolve(whole, columns=tuple(column for column in whole.columns if column.name in names))
    seconds = best(
        {
            "stagelang": lambda: [check_table(table, plain) for _ in range(1000)],
            "by hand": lambda: [small_by_hand(frame) for _ in range(1000)],
        },
        rounds=3,
    )
    ratio = seconds["stagelang"] / seconds["by hand"]
    print(
        f"1,000 frames of 1,440 x 5: {seconds['stagelang']:.2f} s, {ratio:.2f} x pandas by hand (to hold: 2)"
    )


def main() -> None:
    """Run all and print."""
    large()
    failing()
    memory()
    small()


if __name__ == "__main__":
    main()
