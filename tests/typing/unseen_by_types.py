"""Mistakes that no type checker sees: touching lazy data raises at once, and the rest is for the compiler to find."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from stagelang import (
    Ablate,
    Budget,
    Column,
    Contract,
    Files,
    Model,
    PerRow,
    Perturb,
    Pipeline,
    S,
    Seeds,
    Swap,
    Sweep,
    Table,
    Test,
    Train,
    Waiver,
    column,
    command,
    mean,
    metric,
    missing,
    ratio,
    scope,
    source,
    split,
    split_by_time,
    stage,
)
from stagelang import units as u
from tests.typing.ok_digit_reader import (
    Decisions,
    Scans,
    Vectors,
    Weights,
    cost,
    decisions,
    denoise,
    embed,
    fit,
    halves,
    model,
    scans,
    share,
    time_taken,
    tuned,
)


@stage
def fit_any(rows: Table[Vectors, S]) -> Model[Weights]:
    """Take rows of any population, although it fits."""
    return Model.of(Weights((float(len(rows.pandas)),)))


def truth_of_a_table() -> None:
    if scans:  # unseen: truth-of-a-table
        print("always")


def frame_of_a_lazy_table() -> None:
    print(scans.pandas)  # unseen: frame-of-a-lazy-table


def value_of_a_lazy_handle() -> None:
    print(tuned.threshold.value)  # unseen: value-of-a-lazy-handle


def comparison_of_a_lazy_value() -> None:
    print(tuned.threshold == 0.5)  # unseen: comparison-of-a-lazy-value


def negated_metric() -> None:
    print(not cost)  # unseen: negated-metric


def test_rows_into_a_stage_that_takes_any() -> None:
    fit_any(embed(halves.test))  # unseen: test-rows-into-a-stage-that-fits-any-rows


def test_rows_relabelled() -> None:
    @stage
    def relabel(rows: Table[Scans, Test]) -> Table[Scans, Train]:
        return Table.of(Scans, rows.pandas, Train)  # unseen: test-rows-relabelled-as-training-rows

    fit(embed(relabel(halves.test)))


def split_twice() -> None:
    split(halves.train, by=Scans.writer, test=0.2)  # unseen: training-rows-split-into-test-rows


def two_splits_of_one_source() -> None:
    other = split(scans, by=Scans.scan_id, test=0.5)
    fit(embed(other.train))  # unseen: training-rows-of-one-split-with-test-rows-of-another


def split_by_neither_key_nor_group() -> None:
    split(scans, by=Scans.ink, test=0.2)  # unseen: split-by-a-column-that-is-neither-key-nor-group


def split_through_a_group() -> None:
    split(scans, by=Scans.scan_id, test=0.2)  # unseen: split-that-divides-a-group


def split_by_label() -> None:
    split(scans, by=Scans.label, test=0.2)  # unseen: split-by-the-label


def share_above_one() -> None:
    split(scans, by=Scans.writer, test=25)  # unseen: share-above-one


def shares_that_leave_nothing() -> None:
    split(scans, by=Scans.writer, test=0.5, validation=0.5)  # unseen: shares-that-leave-nothing-for-training


def validation_after_test() -> None:
    split_by_time(
        scans,
        by=Scans.scanned_at,
        test_from=dt.date(2026, 1, 1),
        validation_from=dt.date(2026, 6, 1),  # unseen: validation-after-test
    )


def rows_of_another_table_into_a_frame() -> None:
    @stage
    def wrong(scans: Table[Scans, S]) -> Table[Vectors, S]:
        return scans.derive(
            Vectors, scans.pandas[[Decisions.cost]]
        )  # unseen: frame-by-a-column-of-another-contract

    print(wrong)


def misspelt_text_key() -> None:
    @stage
    def wrong(scans: Table[Scans, S]) -> Table[Vectors, S]:
        return scans.derive(Vectors, scans.pandas[["scn_id"]])  # unseen: frame-by-a-misspelt-text

    print(wrong)


def view_that_does_not_hold() -> None:
    scans.as_contract(Decisions)  # unseen: view-that-does-not-hold


def bounds_that_exclude_all() -> None:
    class Wrong(Contract):
        a: Column[int] = column(ge=9, le=0)  # unseen: bounds-that-exclude-all

    print(Wrong)


def pattern_that_does_not_compile() -> None:
    class Wrong(Contract):
        a: Column[str] = column(pattern="[A-")  # unseen: pattern-that-does-not-compile

    print(Wrong)


def pattern_of_a_number() -> None:
    class Wrong(Contract):
        a: Column[int] = column(pattern="[0-9]+")  # unseen: pattern-of-a-number

    print(Wrong)


def unit_of_a_text() -> None:
    class Wrong(Contract):
        a: Column[str] = column(unit=u.USD)  # unseen: unit-of-a-text

    print(Wrong)


def nullable_key() -> None:
    class Wrong(Contract):
        a: Column[int] = column(key=True, nullable=True)  # unseen: nullable-key

    print(Wrong)


def time_that_is_no_time() -> None:
    class Wrong(Contract):
        a: Column[int] = column(time=True)  # unseen: time-column-that-holds-no-time

    print(Wrong)


def unknown_column_type() -> None:
    class Wrong(Contract):
        a: Column[complex]  # unseen: column-type-without-a-name-in-the-plan

    print(Wrong)


def refined_contract_that_widens() -> None:
    class Wrong(Scans):
        ink: Column[float] = column(ge=-1, le=2, nullable=True)  # unseen: refinement-that-widens

    print(Wrong)


def refined_contract_in_another_unit() -> None:
    class Wrong(Decisions):
        cost: Column[float] = column(ge=0, unit=u.EUR)  # unseen: refinement-in-another-unit

    print(Wrong)


def annotation_that_is_no_column() -> None:
    class Wrong(Contract):
        a: int  # unseen: annotation-that-is-no-column

    print(Wrong)


def instance_of_a_contract() -> None:
    print(Scans())  # unseen: instance-of-a-contract


def conversion_to_another_dimension() -> None:
    print(time_taken.to(u.USD))  # unseen: conversion-to-another-dimension


def sum_of_different_columns_by_percent() -> None:
    print(share.to(u.PERCENT).at_least(0.95))  # unseen: bound-in-another-unit


def bound_outside_the_range() -> None:
    share.at_least(95)  # unseen: bound-outside-the-range


def bounds_in_the_wrong_order() -> None:
    share.between(0.9, 0.1)  # unseen: bounds-in-the-wrong-order


def bound_against_the_direction() -> None:
    cost.at_least(1)  # unseen: bound-against-the-direction


def negative_tolerance() -> None:
    share.not_worse_than("known-good", tolerance=-0.1)  # unseen: negative-tolerance


def too_few_columns() -> None:
    @metric(unit=u.RATIO, better="none", range=(0, 1), aggregate=ratio(), undefined="error", version="1")
    def wrong(decisions: Table[Decisions, Test]) -> PerRow[u.RATIO]:
        return PerRow(decisions.pandas[Decisions.cost])  # unseen: fewer-columns-than-the-aggregation-takes

    print(wrong(decisions))


def cluster_of_another_contract() -> None:
    @metric(
        unit=u.USD, better="lower", range=(0, 9), aggregate=mean(), undefined="error", version="1",
        cluster=Scans.writer,  # unseen: cluster-of-another-contract
    )  # fmt: skip
    def wrong(decisions: Table[Decisions, Test]) -> PerRow[u.USD]:
        return PerRow(decisions.pandas[Decisions.cost])

    print(wrong(decisions))


def range_in_the_wrong_order() -> None:
    metric(
        unit=u.USD, better="lower", range=(1, 0), aggregate=mean(), undefined="error", version="1"
    )  # unseen: range-in-the-wrong-order


def metric_without_a_version() -> None:
    metric(
        unit=u.USD, better="lower", range=(0, 1), aggregate=mean(), undefined="error", version=""
    )  # unseen: metric-without-a-version


def swap_with_a_plain_function() -> None:
    def plain(scans: Table[Scans, S], *, components: int = 24) -> Table[Vectors, S]:
        return scans.derive(Vectors, scans.pandas)

    Swap(embed, plain)  # unseen: swap-with-a-plain-function


def swap_with_itself() -> None:
    Swap(embed, embed)  # unseen: swap-with-itself


def ablation_that_does_not_fit() -> None:
    Ablate(fit)  # unseen: ablation-whose-input-does-not-fit


def sweep_of_an_unknown_parameter() -> None:
    Sweep(embed, component=[8, 16])  # unseen: sweep-of-an-unknown-parameter


def sweep_of_the_wrong_type() -> None:
    Sweep(embed, components=["8", "16"])  # unseen: sweep-of-the-wrong-type


def sweep_of_an_input() -> None:
    Sweep(embed, scans=[scans])  # unseen: sweep-of-an-input


def sweep_of_letters() -> None:
    Sweep(embed, components="816")  # unseen: sweep-of-a-text


def empty_sweep() -> None:
    Sweep(embed, components=[])  # unseen: empty-sweep


def rate_above_one() -> None:
    Perturb(scans, missing(Scans.ink, rates=[20]))  # unseen: rate-above-one


def no_rate() -> None:
    Perturb(scans, missing(Scans.ink, rates=[]))  # unseen: empty-rates


def perturbation_that_its_contract_refuses() -> None:
    Perturb(scans, missing(Scans.scan_id, rates=[0.5]))  # unseen: perturbation-of-a-key


def one_seed() -> None:
    Seeds(1)  # unseen: too-few-seeds


def negative_seed() -> None:
    Pipeline(name="x", seed=-1, metrics=[cost])  # unseen: negative-seed


def schedule_that_is_none() -> None:
    Pipeline(name="x", seed=1, metrics=[cost], schedule="daily")  # unseen: schedule-that-is-none


def pipeline_without_a_name() -> None:
    Pipeline(name="", seed=1, metrics=[cost])  # unseen: pipeline-without-a-name


def empty_pipeline() -> None:
    Pipeline(name="x", seed=1)  # unseen: empty-pipeline


def gate_on_a_metric_that_is_not_listed() -> None:
    Pipeline(
        name="x", seed=1, metrics=[cost], gates=[share.at_least(0.9)]
    )  # unseen: gate-on-an-unlisted-metric


def experiment_on_a_stage_that_is_not_used() -> None:
    Pipeline(
        name="x", seed=1, outputs=[scans], experiments=[Ablate(denoise)]
    )  # unseen: experiment-out-of-the-pipeline


def budget_that_is_none() -> None:
    Budget(wall="20 bananas")  # unseen: budget-that-is-none


def waiver_of_an_unknown_rule() -> None:
    Waiver(
        rule="SL999", where="*", owner="x", reason="x", expires=dt.date(2099, 1, 1)
    )  # unseen: waiver-of-an-unknown-rule


def waiver_that_expired() -> None:
    Waiver(
        rule="SL204", where="*", owner="x", reason="x", expires=dt.date(2020, 1, 1)
    )  # unseen: waiver-that-expired


def unknown_codec() -> None:
    @stage(codec="pikcle")  # unseen: unknown-codec
    def wrong(train: Table[Vectors, Train]) -> Model[Weights]:
        return Model.of(Weights(()))

    print(wrong)


def unknown_placeholder() -> None:
    @command("sort", "{row}", "{out}")  # unseen: unknown-placeholder
    def wrong(rows: Table[Scans, S]) -> Table[Scans, S]:
        raise NotImplementedError

    print(wrong)


def two_stages_of_one_name() -> None:
    fit.named("embed")(embed(halves.train))  # unseen: two-stages-of-one-name


def scope_that_is_no_name() -> None:
    with scope("e/u ü"):  # unseen: scope-that-is-no-name
        fit(embed(halves.train))


def source_without_an_ending() -> None:
    source(Scans, "data/scans")  # unseen: source-without-a-known-ending


def absolute_source() -> None:
    source(Scans, "/data/scans.parquet")  # unseen: source-that-only-one-machine-has


def stage_result_that_nobody_uses() -> None:
    fit(embed(halves.train))  # unseen: result-that-nobody-uses


def handles_in_a_dictionary() -> None:
    @stage
    def wrong(tables: dict[str, Table[Scans]]) -> Table[Scans]:  # unseen: handles-in-a-dictionary
        return tables["eu"]

    print(wrong({"eu": scans}))


def handles_in_a_list_of_lists() -> None:
    @stage
    def wrong(tables: list[list[Table[Scans]]]) -> Table[Scans]:  # unseen: handles-in-a-list-of-lists
        return tables[0][0]

    print(wrong([[scans]]))


def argument_of_two_kinds() -> None:
    @stage
    def wrong(rows: Table[Scans] | Model[Weights]) -> Files:  # unseen: argument-of-two-kinds
        return Files.of(Path(str(rows)))

    print(wrong(scans))


def stage_with_keywords() -> None:
    @stage
    def wrong(
        rows: Table[Scans, S], **options: int
    ) -> Table[Scans, S]:  # unseen: stage-that-takes-any-keywords
        print(options)
        return rows

    print(wrong(scans, anything=3))


def parameter_that_has_no_canonical_form() -> None:
    @stage
    def wrong(rows: Table[Scans, S], *, options: object = None) -> Table[Scans, S]:
        print(options)
        return rows

    print(wrong(scans, options=lambda: 3))  # unseen: parameter-that-cannot-be-written-down


def mutable_default() -> None:
    @stage
    def wrong(rows: Table[Scans, S], *, sizes: list[int] = []) -> Table[Scans, S]:  # unseen: default-that-can-change
        print(sizes)
        return rows

    print(wrong)


def stage_called_inside_a_loaded_stage_with_a_lazy_handle() -> None:
    @stage
    def wrong(rows: Table[Scans, S]) -> Table[Vectors, S]:
        return rows.derive(Vectors, embed(scans).pandas)  # unseen: lazy-handle-used-in-a-body

    print(wrong)


def model_used_under_another_name() -> None:
    print(model.is_lazy)  # unseen: question-that-is-always-true
