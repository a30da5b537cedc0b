"""Experiments that can't be run."""

from __future__ import annotations

from stagelang import Ablate, Files, Perturb, Pipeline, S, Seeds, Swap, Sweep, Table, Train, Waiver, missing, noisy, scope, shifted, stage
from tests.typing.ok_digit_reader import CleanScans, Decisions, Scans, Vectors, accuracy, decisions, denoise, embed, fit, halves, handling_cost, model, scans, tune, unpack


@stage
def embed_from_vectors(vectors: Table[Vectors, S], *, components: int = 24) -> Table[Vectors, S]:
    """Take another contract."""
    return vectors


@stage
def embed_to_decisions(scans: Table[Scans, S], *, components: int = 24) -> Table[Decisions, S]:
    """Give another contract."""
    return scans.derive(Decisions, scans.pandas)


@stage
def embed_by_another_parameter(scans: Table[Scans, S], *, size: int = 24) -> Table[Vectors, S]:
    """Take another parameter."""
    return scans.derive(Vectors, scans.pandas)


@stage
def embed_with_text(scans: Table[Scans, S], *, components: str = "24") -> Table[Vectors, S]:
    """Take a parameter of another type."""
    return scans.derive(Vectors, scans.pandas)


@stage
def embed_with_more(scans: Table[Scans, S], extra: Files, *, components: int = 24) -> Table[Vectors, S]:
    """Need one more input."""
    return scans.derive(Vectors, scans.pandas)


@stage
def embed_and_denoise(scans: Table[Scans, S], *, radius: float = 1.0) -> Table[Vectors, S]:
    """Give another contract."""
    return scans.derive(Vectors, scans.pandas)


@stage
def keep(scans: Table[Scans, S], *, radius: float = 1.0) -> Table[Scans, S]:
    """Give the base contract."""
    return scans


@stage
def keep_clean(scans: Table[CleanScans, S], *, radius: float = 1.0) -> Table[Scans, S]:
    """Need the refined contract."""
    return scans


@stage
def keep_training_rows(scans: Table[Scans, Train], *, radius: float = 1.0) -> Table[Scans, Train]:
    """Need training rows."""
    return scans


@stage
def keep_without_parameters(scans: Table[Scans, S]) -> Table[Scans, S]:
    """Take no parameter."""
    return scans


def swap_with_another_signature() -> None:
    Swap(embed, fit)  # wrong: swap-with-another-signature


def swap_with_another_input() -> None:
    Swap(embed, embed_from_vectors)  # wrong: swap-with-another-input


def swap_with_another_parameter() -> None:
    Swap(embed, embed_by_another_parameter)  # wrong: swap-with-another-parameter


def swap_with_another_parameter_type() -> None:
    Swap(embed, embed_with_text)  # wrong: swap-with-another-parameter-type


def swap_with_one_input_more() -> None:
    Swap(embed, embed_with_more)  # wrong: swap-with-one-input-more


def swap_with_a_table() -> None:
    Swap(embed, scans)  # wrong: swap-with-a-table


def swap_with_nothing() -> None:
    Swap(embed)  # wrong: swap-with-nothing


def swap_with_one_input_fewer() -> None:
    Swap(embed_with_more, embed)  # wrong: swap-with-one-input-fewer


def swap_with_another_result() -> None:
    Swap(denoise, embed_and_denoise)  # wrong: swap-with-another-result


def swap_with_another_kind_of_result() -> None:
    Swap(fit, tune)  # wrong: swap-with-another-kind-of-result


def swap_with_a_base_result() -> None:
    Swap(denoise, keep)  # wrong: swap-with-a-base-result


def swap_with_a_narrower_contract() -> None:
    Swap(keep, keep_clean)  # wrong: swap-with-a-narrower-contract


def swap_with_a_narrower_population() -> None:
    Swap(keep, keep_training_rows)  # wrong: swap-with-a-narrower-population


def swap_without_a_parameter() -> None:
    Swap(keep, keep_without_parameters)  # wrong: swap-without-a-parameter


def swap_of_metrics() -> None:
    Swap(accuracy, handling_cost)  # wrong: swap-of-metrics


def ablated_metric() -> None:
    Ablate(accuracy)  # wrong: ablated-metric


def ablated_function() -> None:
    Ablate(print)  # wrong: ablated-function


def swept_metric() -> None:
    Sweep(accuracy, day=[1])  # wrong: swept-metric


def ablated_table() -> None:
    Ablate(scans)  # wrong: ablated-table


def perturbed_column_of_another_contract() -> None:
    Perturb(scans, missing(Decisions.cost, rates=[0.1]))  # wrong: perturbed-column-of-another-contract


def perturbed_column_of_a_refined_contract() -> None:
    Perturb(scans, missing(CleanScans.sharpness, rates=[0.1]))  # wrong: perturbed-column-of-a-refined-contract


def misspelt_perturbed_column() -> None:
    Perturb(scans, missing(Scans.inkk, rates=[0.1]))  # wrong: misspelt-perturbed-column


def one_rate_without_a_list() -> None:
    missing(Scans.ink, rates=0.1)  # wrong: one-rate-without-a-list


def rates_as_texts() -> None:
    missing(Scans.ink, rates=["10%"])  # wrong: rates-as-texts


def no_rates() -> None:
    missing(Scans.ink)  # wrong: no-rates


def shifted_text() -> None:
    shifted(Scans.sorting_office, by=[1.0])  # wrong: shifted-text


def noisy_date() -> None:
    noisy(Scans.scanned_at, scales=[0.1])  # wrong: noisy-date


def noisy_vector() -> None:
    noisy(Scans.pixels, scales=[0.1])  # wrong: noisy-vector


def perturbed_column_by_name() -> None:
    missing("ink", rates=[0.1])  # wrong: perturbed-column-by-name


def perturbed_model() -> None:
    Perturb(model, missing(Scans.ink, rates=[0.1]))  # wrong: perturbed-model


def swept_table() -> None:
    Sweep(decisions, cost=[1, 2])  # wrong: swept-table


def one_swept_value_without_a_list() -> None:
    Sweep(embed, components=8)  # wrong: one-swept-value-without-a-list


def seeds_as_a_text() -> None:
    Seeds("5")  # wrong: seeds-as-a-text


def stage_among_the_experiments() -> None:
    Pipeline(name="x", seed=1, outputs=[model], experiments=[embed])  # wrong: stage-among-the-experiments


def waiver_without_an_owner() -> None:
    Waiver(rule="SL204", where="embed", reason="known", expires="2027-01-01")  # wrong: waiver-without-an-owner


def scope_of_a_number() -> None:
    with scope(1):  # wrong: scope-of-a-number
        unpack.named("again")


def result_of_a_swap_as_a_table() -> None:
    embed(Perturb(halves.test, missing(CleanScans.ink, rates=[0.1])))  # wrong: perturbation-as-a-table
