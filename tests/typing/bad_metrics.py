"""Metrics and gates that mean nothing."""

from __future__ import annotations

from stagelang import Metric, PerRow, Pipeline, Table, Test, Window, mean, metric
from stagelang import units as u
from tests.typing.ok_digit_reader import (
    Decisions,
    Scans,
    accuracy,
    cost,
    decisions,
    halves,
    handling_cost,
    model,
    scans,
    share,
    time_taken,
)


def dollars_plus_a_ratio() -> None:
    print(cost + share)  # wrong: dollars-plus-a-ratio


def dollars_minus_seconds() -> None:
    print(cost - time_taken)  # wrong: dollars-minus-seconds


def dollars_plus_dollars_a_second() -> None:
    print(cost + cost.per(time_taken))  # wrong: dollars-plus-dollars-a-second


def seconds_plus_milliseconds() -> None:
    print(time_taken + time_taken.to(u.MILLISECOND))  # wrong: seconds-plus-milliseconds


def metric_plus_a_number() -> None:
    print(cost + 1)  # wrong: metric-plus-a-number


def number_minus_a_metric() -> None:
    print(1 - share)  # wrong: number-minus-a-metric


def metric_times_a_metric() -> None:
    print(cost * share)  # wrong: metric-times-a-metric


def metric_divided_by_a_metric() -> None:
    print(cost / time_taken)  # wrong: metric-divided-by-a-metric


def metric_under_another_unit() -> None:
    price: Metric[u.USD] = share  # wrong: metric-under-another-unit
    print(price)


def conversion_to_a_text() -> None:
    print(time_taken.to("ms"))  # wrong: conversion-to-a-text


def conversion_used_as_what_it_was() -> None:
    seconds: Metric[u.SECOND] = time_taken.to(u.MINUTE)  # wrong: conversion-used-as-what-it-was
    print(seconds)


def return_unit_other_than_the_declared() -> None:
    @metric(unit=u.RATIO, better="higher", range=(0, 1), aggregate=mean(), undefined="error", version="1")  # wrong: return-unit-other-than-the-declared
    def wrong(decisions: Table[Decisions, Test]) -> PerRow[u.USD]:
        return PerRow(decisions.pandas[Decisions.cost])

    print(wrong)


def metric_that_gives_a_number() -> None:
    @metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")  # wrong: metric-that-gives-a-number
    def wrong(decisions: Table[Decisions, Test]) -> float:
        return float(decisions.pandas[Decisions.cost].mean())

    print(wrong)


def unknown_direction() -> None:
    metric(unit=u.USD, better="up", range=(0, None), aggregate=mean(), undefined="error", version="1")  # wrong: unknown-direction


def no_direction() -> None:
    metric(unit=u.USD, range=(0, None), aggregate=mean(), undefined="error", version="1")  # wrong: no-direction


def no_range() -> None:
    metric(unit=u.USD, better="lower", aggregate=mean(), undefined="error", version="1")  # wrong: no-range


def no_rule_for_the_undefined() -> None:
    metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), version="1")  # wrong: no-rule-for-the-undefined


def unknown_rule_for_the_undefined() -> None:
    metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="skip", version="1")  # wrong: unknown-rule-for-the-undefined


def aggregation_as_a_text() -> None:
    metric(unit=u.USD, better="lower", range=(0, None), aggregate="mean", undefined="error", version="1")  # wrong: aggregation-as-a-text


def aggregation_that_was_not_called() -> None:
    metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean, undefined="error", version="1")  # wrong: aggregation-that-was-not-called


def range_as_one_number() -> None:
    metric(unit=u.USD, better="lower", range=0, aggregate=mean(), undefined="error", version="1")  # wrong: range-as-one-number


def unit_instance() -> None:
    metric(unit=u.USD(), better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")  # wrong: unit-instance


def cluster_as_a_text() -> None:
    metric(unit=u.USD, better="lower", range=(0, 1), aggregate=mean(), undefined="error", version="1", cluster="writer")  # wrong: cluster-as-a-text


def misspelt_cluster() -> None:
    metric(unit=u.USD, better="lower", range=(0, 1), aggregate=mean(), undefined="error", version="1", cluster=Scans.wrtier)  # wrong: misspelt-cluster


def metric_of_another_contract() -> None:
    accuracy(halves.test)  # wrong: metric-of-another-contract


def metric_of_a_model() -> None:
    accuracy(model)  # wrong: metric-of-a-model


def bound_as_a_text() -> None:
    share.at_least("95%")  # wrong: bound-as-a-text


def gate_without_a_tolerance() -> None:
    cost.not_worse_than("known-good")  # wrong: gate-without-a-tolerance


def gate_judged_on_something_unknown() -> None:
    share.at_least(0.9, judged_on="mean")  # wrong: gate-judged-on-something-unknown


def gate_from_a_table() -> None:
    decisions.at_least(0.9)  # wrong: gate-from-a-table


def gate_from_a_definition() -> None:
    accuracy.at_least(0.9)  # wrong: gate-from-a-definition


def table_among_the_metrics() -> None:
    Pipeline(name="x", seed=1, metrics=[cost, decisions])  # wrong: table-among-the-metrics


def definition_among_the_metrics() -> None:
    Pipeline(name="x", seed=1, metrics=[handling_cost])  # wrong: definition-among-the-metrics


def metric_among_the_gates() -> None:
    Pipeline(name="x", seed=1, metrics=[cost], gates=[cost])  # wrong: metric-among-the-gates


def comparison_among_the_gates() -> None:
    Pipeline(name="x", seed=1, metrics=[cost], gates=[cost < 2])  # wrong: comparison-among-the-gates


def gate_among_the_metrics() -> None:
    Pipeline(name="x", seed=1, metrics=[cost.at_most(2)])  # wrong: gate-among-the-metrics


def pipeline_without_a_seed() -> None:
    Pipeline(name="x", metrics=[cost])  # wrong: pipeline-without-a-seed


def seed_as_a_text() -> None:
    Pipeline(name="x", seed="1", metrics=[cost])  # wrong: seed-as-a-text


def output_that_is_a_stage_result_type() -> None:
    Pipeline(name="x", seed=1, outputs=[Scans])  # wrong: contract-among-the-outputs


def one_metric_without_a_list() -> None:
    Pipeline(name="x", seed=1, metrics=cost)  # wrong: one-metric-without-a-list


def schedule_as_a_number() -> None:
    Pipeline(name="x", seed=1, outputs=[scans], schedule=6)  # wrong: schedule-as-a-number


def window_of_no_calendar() -> None:
    print(Window("fortnight"))  # wrong: window-of-no-calendar


def gate_in_each_of_a_text() -> None:
    print(share.at_least(0.5, in_each="chosen"))  # wrong: gate-in-each-of-a-text


def as_usual_without_a_chance() -> None:
    print(cost.as_usual(windows=19))  # wrong: as-usual-without-a-chance
