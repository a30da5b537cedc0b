"""Right metrics: units, expressions, gates, and metrics that many tables share."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_type

import numpy as np

from stagelang import (
    Column,
    Contract,
    Gate,
    Metric,
    PerRow,
    Table,
    Test,
    Window,
    calibration_error,
    column,
    f1,
    mean,
    metric,
    quantile,
    ratio,
    rmse,
    smooth,
    source,
    split,
    total,
)
from stagelang import units as u
from tests.typing.ok_digit_reader import (
    Decisions,
    cost,
    decisions,
    handling_cost,
    latency,
    postage,
    scans,
    share,
    time_taken,
)


class PARCEL(u.Unit, symbol="parcel"):
    """A unit of one's own."""


class Outcomes(Contract):
    """What every model's outcome has in common."""

    correct: Column[bool] = column()


class ReadOutcomes(Outcomes):
    """A reader's outcome, with how sure it was."""

    case: Column[int] = column(group=True)
    confidence: Column[float] = column(ge=0, le=1)


@metric(unit=u.RATIO, better="higher", range=(0, 1), aggregate=mean(), undefined="not_evaluated", version="3")
def share_correct(outcomes: Table[Outcomes, Test]) -> PerRow[u.RATIO]:
    """A metric of the base contract."""
    return PerRow(outcomes.pandas[Outcomes.correct])


@metric(
    unit=PARCEL,
    better="none",
    range=(0, None),
    aggregate=total(),
    undefined=0.0,
    version="1",
    cluster=Decisions.scan_id,
    owner="post-office",
    name="parcels_a_day",
)
def parcels(decisions: Table[Decisions, Test], *, day: int = 0) -> PerRow[PARCEL]:
    """A metric in a unit of one's own, with a parameter."""
    return PerRow(decisions.polars[Decisions.chosen])


@metric(
    unit=u.RATIO, better="lower", range=(0, 1), aggregate=calibration_error(), undefined="error", version="1"
)
def miscalibration(outcomes: Table[ReadOutcomes, Test], *, bins: int = 10) -> PerRow[u.RATIO]:
    """Two columns a row."""
    frame = outcomes.pandas
    return PerRow(frame[ReadOutcomes.confidence], frame[ReadOutcomes.correct])


@metric(
    unit=u.Per[u.USD, u.ROW],
    better="lower",
    range=(0, None),
    aggregate=ratio(),
    undefined="error",
    version="1",
)
def cost_a_row(decisions: Table[Decisions, Test]) -> PerRow[u.Per[u.USD, u.ROW]]:
    """A metric in a composed unit."""
    frame = decisions.pandas
    return PerRow(frame[Decisions.cost], np.ones(len(frame)))


def a_metric_has_its_definitions_unit() -> None:  # right: unit-of-a-metric
    assert_type(handling_cost(decisions), Metric[u.USD])
    assert_type(parcels(decisions, day=3), Metric[PARCEL])
    assert_type(cost_a_row(decisions), Metric[u.Per[u.USD, u.ROW]])


def metrics_of_one_unit_add() -> None:  # right: sum-of-metrics
    assert_type(cost + postage(decisions), Metric[u.USD])
    assert_type(cost - postage(decisions), Metric[u.USD])
    assert_type(-cost, Metric[u.USD])


def metrics_scale() -> None:  # right: scaled-metric
    assert_type(cost * 2, Metric[u.USD])
    assert_type(0.5 * cost, Metric[u.USD])


def units_multiply_and_divide() -> None:  # right: product-and-quotient-of-metrics
    assert_type(cost.per(time_taken), Metric[u.Per[u.USD, u.SECOND]])
    assert_type(cost.times(share), Metric[u.Times[u.USD, u.RATIO]])


def units_convert() -> None:  # right: converted-metric
    assert_type(time_taken.to(u.MILLISECOND), Metric[u.MILLISECOND])
    assert_type(time_taken.to(u.MINUTE) + latency(decisions).to(u.MINUTE), Metric[u.MINUTE])
    assert_type(cost.per(time_taken).to(u.Per[u.USD, u.HOUR]), Metric[u.Per[u.USD, u.HOUR]])


def an_expression_has_a_name() -> None:  # right: named-expression
    assert_type((cost + postage(decisions)).named("cost_of_a_letter"), Metric[u.USD])


def gates_of_every_kind() -> None:  # right: gates
    gates: list[Gate] = [
        share.at_least(0.95),
        cost.at_most(2, judged_on="estimate"),
        time_taken.between(0.1, 0.5),
        cost.not_worse_than("known-good", tolerance=0.01),
        (cost + cost).at_most(4),
    ]
    print(gates)


def a_metric_of_the_base_takes_a_refined_table() -> None:  # right: base-metric-on-a-refined-table
    outcomes = split(source(ReadOutcomes, "o.csv"), by=ReadOutcomes.case, test=0.5).test
    assert_type(share_correct(outcomes), Metric[u.RATIO])
    assert_type(miscalibration(outcomes, bins=15), Metric[u.RATIO])


def metrics_of_several_units_in_one_list() -> None:  # right: metrics-of-several-units
    metrics: list[Metric[u.USD] | Metric[u.RATIO] | Metric[u.SECOND]] = [cost, share, time_taken]
    print(metrics, share_correct.name, scans)


def a_definition_is_a_value() -> None:  # right: metric-definition-as-a-value
    definitions: list[Callable[[Table[Decisions, Test]], Metric[u.USD]]] = [handling_cost, postage]
    print([definition(decisions) for definition in definitions])


def every_aggregation() -> None:  # right: aggregations
    print(mean(), total(), ratio(), rmse(), f1(), calibration_error(15), quantile(0.9))
    print(smooth(lambda means: float(means[0] / means[1]), columns=2))


def values_of_a_metric_in_a_test(decisions: Table[Decisions, Test]) -> None:  # right: rows-of-a-metric
    assert_type(handling_cost(decisions).rows, PerRow[u.USD])


@metric(
    unit=u.RATIO,
    better="higher",
    range=(0, 1),
    aggregate=mean(),
    undefined="error",
    version="1",
    slices=[Outcomes.correct, ReadOutcomes.case],
    window=Window("week", zone="Europe/Vienna"),
)
def sure(outcomes: Table[ReadOutcomes, Test]) -> PerRow[u.RATIO]:  # right: slices-and-a-window
    return PerRow(outcomes.pandas[ReadOutcomes.confidence])


def gates_in_slices_and_windows() -> None:  # right: gates-in-slices-and-windows
    found = sure(split(source(ReadOutcomes, "o.csv"), by=ReadOutcomes.case, test=0.5).test)
    gates: list[Gate] = [
        found.at_least(0.5, in_each=ReadOutcomes.case),
        found.between(0.1, 0.9, in_each=Outcomes.correct),
        found.as_usual(windows=19, alpha=0.05),
    ]
    print(gates)
