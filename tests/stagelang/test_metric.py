"""Metrics: meaning, expressions, gates, and a metric called with loaded data."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from stagelang import (
    Aggregate,
    Column,
    Contract,
    DeclarationError,
    Gate,
    LazyHandleError,
    Metric,
    PerRow,
    S,
    Table,
    Test,
    calibration_error,
    column,
    f1,
    mean,
    mean_of_ratios,
    metric,
    quantile,
    ratio,
    rmse,
    scope,
    smooth,
    source,
    split,
    stage,
    total,
)
from stagelang import units as u
from stagelang.metric import Expression, Meaning, MetricCall
from stagelang.recording import record
from stagelang.running import running


class Rows(Contract):
    """Rows."""

    row: Column[int] = column(key=True)
    cost: Column[float] = column(unit=u.USD)


@metric(
    unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1", cluster=Rows.row,
    owner="ops", name="price",
)  # fmt: skip
def cost_of_rows(rows: Table[Rows, Test], *, factor: float = 1.0) -> PerRow[u.USD]:
    """What rows cost."""
    return PerRow(rows.pandas[Rows.cost] * factor)


@metric(unit=u.SECOND, better="lower", range=(0, 9), aggregate=ratio(), undefined=0.0, version="2")
def seconds(rows: Table[Rows, Test]) -> PerRow[u.SECOND]:
    """How long."""
    return PerRow(rows.pandas[Rows.cost], rows.pandas[Rows.row])


rows = split(source(Rows, "rows.csv"), by=Rows.row, test=0.5).test
price = cost_of_rows(rows, factor=2.0)
duration = seconds(rows)


def _by(measured: Metric[Any]) -> Any:
    """Give what declared a lazy metric."""
    assert measured._bound is not None  # pyright: ignore[reportPrivateUsage]
    return measured._bound.by  # pyright: ignore[reportPrivateUsage]


def _loaded() -> Table[Rows, Test]:
    return Table.of(Rows, pd.DataFrame({"row": [1, 2], "cost": [0.5, 1.5]}), Test)


def test_the_meaning_is_what_was_declared() -> None:
    assert cost_of_rows.meaning == Meaning(
        unit=u.USD, better="lower", range=(0, None), aggregate=Aggregate(kind="mean", columns=1), undefined="error",
        version="1", cluster="row", owner="ops", name="price",
    )  # fmt: skip
    assert (cost_of_rows.name, seconds.name) == ("price", "seconds")


def test_a_lazy_call_is_a_metric_bound_to_its_call() -> None:
    call = _by(price)
    assert isinstance(call, MetricCall)
    assert (call.stage, call.args, call.kwargs, call.label) == (
        cost_of_rows,
        (rows,),
        {"factor": 2.0},
        "price",
    )


def test_a_loaded_call_gives_its_values_a_row() -> None:
    measured = cost_of_rows(_loaded(), factor=2.0)
    assert not measured.is_lazy
    assert [list(values) for values in measured.rows.columns] == [[1.0, 3.0]]
    assert len(seconds(_loaded()).rows.columns) == 2


def test_a_lazy_metric_has_no_values_yet() -> None:
    with pytest.raises(LazyHandleError, match=r"^\.rows of 'price', wired at "):
        print(price.rows)


def test_a_metric_is_plain_in_a_running_stage() -> None:
    with running(1):
        assert not cost_of_rows(_loaded()).is_lazy


def test_a_definition_keeps_name_docstring_and_signature() -> None:
    assert cost_of_rows.__name__ == "cost_of_rows"
    assert cost_of_rows.__doc__ == "What rows cost."
    assert inspect.signature(cost_of_rows) == inspect.signature(cost_of_rows.function)
    assert pickle.loads(pickle.dumps(seconds)) is seconds
    assert cost_of_rows.signature.problems == ()
    assert repr(seconds) == f"<metric 'seconds' at {seconds.origin}>"


@pytest.mark.parametrize(
    ("made", "operation", "operands"),
    [
        (price + price, "+", (price, price)),
        (price - price, "-", (price, price)),
        (-price, "neg", (price,)),
        (price * 3, "*", (price, 3)),
        (3 * price, "*", (price, 3)),
        (price.times(duration), "*", (price, duration)),
        (price.per(duration), "/", (price, duration)),
    ],
)
def test_an_expression_holds_its_operation_and_operands(
    made: Metric[Any], operation: str, operands: tuple[object, ...]
) -> None:
    expression = _by(made)
    assert isinstance(expression, Expression)
    assert (expression.operation, expression.operands, expression.unit) == (operation, operands, None)


def test_a_conversion_holds_its_unit() -> None:
    expression = _by(duration.to(u.MINUTE))
    assert (expression.operation, expression.operands, expression.unit) == ("convert", (duration,), u.MINUTE)


def test_expressions_nest() -> None:
    outer = _by((price + price) * 2)
    inner = _by(outer.operands[0])
    assert (outer.operation, inner.operation, inner.operands) == ("*", "+", (price, price))


def test_an_expression_takes_a_name_scope_and_line() -> None:
    frame = inspect.currentframe()
    assert frame is not None
    with scope("eu"):
        named = (price + price).named("both")
    line = frame.f_lineno - 1
    expression = _by(named)
    assert (expression.name, expression.scope, expression.label) == ("both", "eu/", "eu/both")
    assert (expression.origin.file, expression.origin.line) == (__file__, line)
    assert _by(price + price).label == "expression +"


def test_a_measured_metric_is_not_renamed() -> None:
    with pytest.raises(DeclarationError) as refusal:
        price.named("x")
    assert str(refusal.value) == (
        "only an expression over metrics is named here: expected name=... at @metric, got .named on a measured metric"
    )


def test_a_loaded_metric_is_not_calculated_with() -> None:
    loaded = cost_of_rows(_loaded())
    for calculate in (
        lambda: loaded + price,
        lambda: -loaded,
        lambda: 2 * loaded,
        lambda: loaded.per(loaded),
    ):
        with pytest.raises(DeclarationError) as refusal:
            calculate()
        assert str(refusal.value) == (
            "a metric's number is made by a run: expected a metric of a pipeline, got one called with loaded data"
        )


def test_metrics_do_not_compare_while_wiring() -> None:
    measured: Any = price
    with pytest.raises(LazyHandleError, match=r"^arithmetic or comparison \(lt\) of 'price'"):
        print(measured < 3)


def test_gates_hold_what_was_asked() -> None:
    def fields(gate: Gate) -> tuple[object, ...]:
        return (gate.kind, gate.low, gate.high, gate.alias, gate.tolerance, gate.judged_on)

    assert fields(price.at_least(1)) == ("at_least", 1, None, "", None, "interval")
    assert fields(price.at_most(2, judged_on="estimate")) == ("at_most", None, 2, "", None, "estimate")
    assert fields(price.between(1, 2)) == ("between", 1, 2, "", None, "interval")
    assert fields(price.not_worse_than("known-good", tolerance=0.1)) == (
        "not_worse_than", None, None, "known-good", 0.1, "interval",
    )  # fmt: skip
    assert price.at_least(1).metric is price


def test_gates_in_slices_and_of_what_is_usual_hold_what_was_asked() -> None:
    assert price.at_least(1, in_each=Rows.row).in_each == "row"
    assert (
        price.between(0, 1, in_each=Rows.row).in_each == price.at_most(1, in_each=Rows.row).in_each == "row"
    )
    gate = price.as_usual(windows=19, alpha=0.05)
    assert (gate.kind, gate.windows, gate.alpha, gate.in_each) == ("as_usual", 19, 0.05, "")


@pytest.mark.parametrize("slices", [3, "row", Rows.row])
def test_slices_are_a_list_of_columns(slices: Any) -> None:
    with pytest.raises(DeclarationError, match=r"^a metric's slices are a list of columns, got "):
        metric(
            unit=u.USD,
            better="none",
            range=(None, None),
            aggregate=mean(),
            undefined="error",
            version="1",
            slices=slices,
        )


def test_a_gate_knows_its_line() -> None:
    frame = inspect.currentframe()
    assert frame is not None
    gate = price.at_least(1)
    assert (gate.origin.file, gate.origin.line) == (__file__, frame.f_lineno - 1)


def test_definitions_and_calls_are_recorded() -> None:
    with record() as recording:
        declared = metric(
            unit=u.USD,
            better="none",
            range=(None, None),
            aggregate=total(),
            undefined="not_evaluated",
            version="1",
        )(seconds.function)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] # the unit is another one
        declared(rows)
    assert recording.stages == [declared]
    assert [call.stage for call in recording.calls] == [declared]


def test_a_metric_of_a_stages_output_is_lazy() -> None:
    @stage
    def keep(rows: Table[Rows, S]) -> Table[Rows, S]:
        return rows

    assert cost_of_rows(keep(rows)).is_lazy


def test_aggregations_say_how_many_columns_they_take() -> None:
    def third(means: Any) -> float:
        return float(means[2])

    assert [mean(), total(), ratio(), rmse(), f1()] == [
        Aggregate(kind="mean", columns=1),
        Aggregate(kind="total", columns=1),
        Aggregate(kind="ratio", columns=2),
        Aggregate(kind="rmse", columns=1),
        Aggregate(kind="f1", columns=2),
    ]
    assert calibration_error() == Aggregate(kind="calibration_error", columns=2, parameter=10)
    assert mean_of_ratios() == Aggregate(kind="mean", columns=1, of_ratios=True)
    assert quantile(0.9) == Aggregate(kind="quantile", columns=1, parameter=0.9)
    assert smooth(third, columns=3) == Aggregate(kind="smooth", columns=3, finalise=third)


INSTEAD: list[tuple[Callable[[Any], object], str]] = [
    (lambda measured: measured / 2, "divide by a metric with .per(...), or multiply by a number"),
    (lambda measured: measured >= 2, "gate it with .at_least(...), in the pipeline's gates=[...]"),
    (lambda measured: measured < 2, "gate it with .at_most(...), in the pipeline's gates=[...]"),
    (
        lambda measured: measured % 2,
        "do this inside a stage, which is called with loaded data: move the line into a function under @stage",
    ),
]


@pytest.mark.parametrize(("operation", "help_"), INSTEAD)
def test_an_operation_that_metrics_do_not_have_says_what_to_write(
    operation: Callable[[Any], object], help_: str
) -> None:
    with pytest.raises(LazyHandleError) as refusal:
        operation(price)
    assert str(refusal.value).endswith(f"\n  help: {help_}")
