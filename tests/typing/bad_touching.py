"""Data touched while the pipeline is being wired, where types can tell."""

from __future__ import annotations

from tests.typing.ok_digit_reader import Scans, archive, cost, decisions, halves, model, scans, tuned


def table_plus_a_number() -> None:
    print(scans + 1)  # wrong: table-plus-a-number


def table_minus_a_table() -> None:
    print(halves.train - halves.test)  # wrong: table-minus-a-table


def length_of_a_table() -> None:
    print(len(scans))  # wrong: length-of-a-table


def rows_of_a_table() -> None:
    for _ in scans:  # wrong: rows-of-a-table
        print("row")


def table_by_column() -> None:
    print(scans[Scans.ink])  # wrong: table-by-column


def member_of_a_table() -> None:
    print(3 in scans)  # wrong: member-of-a-table


def negative_value() -> None:
    print(-tuned.threshold)  # wrong: negative-value


def value_as_a_number() -> None:
    print(float(tuned.threshold))  # wrong: value-as-a-number


def value_times_a_number() -> None:
    print(tuned.threshold * 2)  # wrong: value-times-a-number


def value_below_a_number() -> None:
    print(tuned.threshold < 0.5)  # wrong: value-below-a-number


def metric_above_a_number() -> None:
    print(cost > 2)  # wrong: metric-above-a-number


def rounded_metric() -> None:
    print(round(cost, 2))  # wrong: rounded-metric


def attribute_of_the_fitted_model() -> None:
    print(model.values)  # wrong: attribute-of-the-fitted-model


def frame_method_of_a_table() -> None:
    decisions.head()  # wrong: frame-method-of-a-table


def value_of_a_table() -> None:
    print(scans.value)  # wrong: value-of-a-table


def frame_of_a_model() -> None:
    print(model.pandas)  # wrong: frame-of-a-model


def loop_over_files() -> None:
    for _ in archive:  # wrong: loop-over-files
        print("path")


def sorted_table() -> None:
    sorted(scans)  # wrong: sorted-table


def unpacked_table() -> None:
    [*scans]  # wrong: unpacked-table


def population_of_a_table() -> None:
    print(scans.train)  # wrong: population-of-a-table
