"""Stages called with arguments that don't fit."""

from __future__ import annotations

from collections.abc import Sequence

from stagelang import Budget, Model, S, Table, Value, source, split, stage
from tests.typing.ok_digit_reader import (
    CleanScans,
    Scans,
    Weights,
    archive,
    best_components,
    decide,
    decide_above,
    denoise,
    embed,
    fit,
    halves,
    model,
    scans,
    thresholds,
    tuned,
    unpack,
)


@stage
def sharpen(clean: Table[CleanScans, S]) -> Table[CleanScans, S]:
    """Need the refined contract."""
    return clean


@stage
def pool(*tables: Table[Scans, S]) -> Table[Scans, S]:
    """Take any number of tables."""
    return tables[0]


@stage
def blend(models: Sequence[Model[Weights]]) -> Model[Weights]:
    """Take a list of models."""
    return models[0]


@stage
def repeat(rows: Table[Scans, S], times: Value[int]) -> Table[Scans, S]:
    """Take a value that another stage makes."""
    return rows


def wrong_contract() -> None:
    fit(halves.train)  # wrong: wrong-contract


def missing_argument() -> None:
    decide(model)  # wrong: missing-argument


def no_arguments() -> None:
    embed()  # wrong: no-arguments


def unknown_argument() -> None:
    embed(scans, component=3)  # wrong: unknown-argument


def keyword_given_by_position() -> None:
    embed(scans, 24)  # wrong: keyword-given-by-position


def one_argument_twice() -> None:
    embed(scans, scans=scans)  # wrong: one-argument-twice


def text_for_a_number() -> None:
    embed(scans, components="24")  # wrong: text-for-a-number


def fraction_for_a_whole_number() -> None:
    embed(scans, components=24.5)  # wrong: fraction-for-a-whole-number


def none_for_a_number() -> None:
    embed(scans, components=None)  # wrong: none-for-a-number


def none_for_a_table() -> None:
    embed(None)  # wrong: none-for-a-table


def optional_table_for_a_table(maybe: Table[Scans] | None) -> None:
    embed(maybe)  # wrong: optional-table-for-a-table


def swapped_order() -> None:
    decide(embed(halves.test), model)  # wrong: swapped-order


def wrong_model_type() -> None:
    decide(thresholds(embed(halves.train)), embed(halves.test))  # wrong: wrong-model-type


def model_for_a_table() -> None:
    embed(model)  # wrong: model-for-a-table


def files_for_a_table() -> None:
    embed(archive)  # wrong: files-for-a-table


def table_for_files() -> None:
    unpack(scans)  # wrong: table-for-files


def path_for_files() -> None:
    unpack("data/archive/")  # wrong: path-for-files


def lazy_value_for_a_parameter() -> None:
    embed(scans, components=best_components(halves.train))  # wrong: lazy-value-for-a-parameter


def parameter_for_a_lazy_value() -> None:
    repeat(scans, 3)  # wrong: parameter-for-a-lazy-value


def wrong_value_type() -> None:
    repeat(scans, tuned.threshold)  # wrong: wrong-value-type


def stage_for_its_output() -> None:
    fit(embed)  # wrong: stage-for-its-output


def all_outputs_for_one() -> None:
    decide(tuned, embed(halves.test))  # wrong: all-outputs-for-one


def another_output_of_several() -> None:
    decide(tuned.threshold, embed(halves.test))  # wrong: another-output-of-several


def outputs_in_the_wrong_order() -> None:
    threshold, chosen = tuned
    decide_above(chosen, threshold, embed(halves.test))  # wrong: outputs-in-the-wrong-order


def misspelt_output() -> None:
    decide(tuned.modle, embed(halves.test))  # wrong: misspelt-output


def misspelt_half() -> None:
    embed(halves.tset)  # wrong: misspelt-half


def base_for_a_refined_contract() -> None:
    sharpen(scans)  # wrong: base-for-a-refined-contract


def result_of_another_contract() -> None:
    rows: Table[Scans] = embed(scans)  # wrong: result-of-another-contract
    print(rows)


def another_contract_among_many() -> None:
    pool(scans, embed(scans))  # wrong: another-contract-among-many


def another_model_in_a_list() -> None:
    blend([tuned.model, thresholds(embed(halves.train))])  # wrong: another-model-in-a-list


def one_handle_for_a_list() -> None:
    blend(model)  # wrong: one-handle-for-a-list


def wrong_argument_of_a_named_stage() -> None:
    fit.named("again")(embed(halves.train), d=1.0)  # wrong: wrong-argument-of-a-named-stage


def wrong_argument_of_a_stage_with_options() -> None:
    denoise.options(owner="ops")(scans, radius="1")  # wrong: wrong-argument-of-a-stage-with-options


def misspelt_stage_option() -> None:
    @stage(onwer="vision")  # wrong: misspelt-stage-option
    def anything(rows: Table[Scans]) -> Table[Scans]:
        return rows

    print(anything)


def unknown_call_option() -> None:
    embed.options(ownr="vision")  # wrong: unknown-call-option


def budget_without_a_unit() -> None:
    Budget(wall=20)  # wrong: budget-without-a-unit


def swapped_source_arguments() -> None:
    source("data/scans.parquet", Scans)  # wrong: swapped-source-arguments


def source_of_no_contract() -> None:
    source(int, "data/scans.parquet")  # wrong: source-of-no-contract


def unknown_source_format() -> None:
    source(Scans, "data/scans", format="xlsx")  # wrong: unknown-source-format


def too_many_halves() -> None:
    train, validation, test = split(scans, by=Scans.writer, test=0.2)  # wrong: too-many-halves
    print(train, validation)
