"""Right stages: options, names, commands, scopes and experiments."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_type

from stagelang import (
    Ablate,
    Budget,
    Experiment,
    Files,
    Model,
    Perturb,
    Pipeline,
    Resources,
    S,
    Seeds,
    Swap,
    Sweep,
    Table,
    Test,
    Train,
    command,
    missing,
    noisy,
    scope,
    shifted,
    shuffled,
    stage,
)
from tests.typing.ok_digit_reader import (
    CleanScans,
    Decisions,
    Scans,
    Vectors,
    Weights,
    cost,
    denoise,
    embed,
    fit,
    halves,
    model,
    raw_pixels,
    scans,
)


@stage(
    owner="vision",
    name="fit_many",
    budget=Budget(wall="1min"),
    resources=Resources(cpus=2, memory="4GB", gpus=1, time="10min"),
    env=["HF_TOKEN"],
    network=True,
    always_run=True,
    codec="pickle",
    tags=("slow", "nightly"),
)
def fit_with_everything(
    train: Table[Vectors, Train],
    depth: int,
    /,
    rate: float,
    *,
    names: tuple[str, ...] = (),
    penalty: float | None = None,
) -> Model[Weights]:  # right: every-option
    """Use every option and every kind of parameter."""
    return Model.of(Weights((rate, float(depth))))


@command(
    "Rscript", "fit.R", "--rows", "{rows:csv}", "{out}", "{seed}", "{degree}", files=["fit.R"], owner="stats"
)
def fit_in_r(rows: Table[Vectors, Train], *, degree: int = 3) -> Model[Weights]:  # right: command
    """Fit in R."""
    raise NotImplementedError


@command("tar", "-C", "{out}", "-xf", "{archive}", budget=Budget(wall="1min"), tags=["io"])
def untar(archive: Files) -> Files:  # right: command-of-files
    """Unpack."""
    raise NotImplementedError


@command("sort", "{rows:csv}", "-o", "{out:csv}")
def sort_rows(rows: Table[Decisions, S]) -> Table[Decisions, S]:  # right: command-of-any-population
    """Sort."""
    raise NotImplementedError


@stage
def whiten(scans: Table[Scans, S], *, components: int = 24) -> Table[Vectors, S]:
    """Project and scale."""
    return scans.derive(Vectors, embed(scans, components=components).pandas)  # right: stage-called-in-a-stage


@stage
def keep(scans: Table[Scans, S], *, radius: float = 1.0) -> Table[Scans, S]:
    """Do nothing."""
    return scans


@stage
def embed_sharply(
    scans: Table[Scans, S], *, components: float = 24, sharp: bool = False
) -> Table[Vectors, S]:
    """Take what `embed` takes, and more."""
    return scans.derive(Vectors, scans.pandas)


def a_stage_keeps_its_signature() -> None:  # right: stage-type
    assert_type(fit(embed(halves.train), c=0.5), Model[Weights])
    assert_type(embed(scans=scans, components=8), Table[Vectors])
    fitted: Callable[[Table[Vectors, Train]], Model[Weights]] = fit
    print(fitted)


def arguments_of_every_kind() -> None:  # right: parameters-of-every-kind
    print(fit_with_everything(embed(halves.train), 3, 0.1, names=("a", "b"), penalty=None))
    print(fit_with_everything(embed(halves.train), 3, rate=1))


def a_stage_under_another_name() -> None:  # right: named-stage
    assert_type(fit.named("fit_again")(embed(halves.train), c=2.0), Model[Weights])
    assert_type(embed.named("embed_test")(halves.test), Table[Vectors, Test])


def a_stage_with_other_options() -> None:  # right: stage-options
    other = embed.options(owner="ops", budget=Budget(memory="1GB"), resources=Resources(cpus=1), tags=["x"])
    assert_type(other(halves.test, components=4), Table[Vectors, Test])


def a_command_is_called_like_a_stage() -> None:  # right: command-call
    assert_type(fit_in_r(embed(halves.train), degree=2), Model[Weights])
    print(untar, sort_rows)


def a_loop_under_scopes() -> None:  # right: scopes
    for region in ("eu", "us"):
        with scope(region), scope("fit"):
            print(fit(embed(halves.train)))


def stages_of_one_signature_swap() -> None:  # right: swap
    experiments: list[Experiment] = [Swap(embed, raw_pixels), Swap(raw_pixels, embed), Swap(embed, whiten)]
    print(experiments, Swap(fit, fit.named("other")), Swap(whiten, embed.options(owner="ops")))


def a_stage_that_takes_more_and_promises_more_swaps_in() -> None:  # right: swap-with-a-compatible-signature
    print(Swap(embed, embed_sharply), Swap(keep, denoise))


def stages_are_ablated_and_swept() -> None:  # right: ablate-and-sweep
    print(
        Ablate(denoise),
        Ablate(sort_rows),
        Sweep(embed, components=[8, 16]),
        Sweep(fit, c=(0.1, 1.0)),
        Seeds(5),
    )


def tables_are_perturbed() -> None:  # right: perturbations
    print(
        Perturb(scans, missing(Scans.ink, rates=[0.1])),
        Perturb(scans, shuffled(Scans.sorting_office, rates=[0.1, 1])),
        Perturb(scans, shifted(Scans.label, by=[1, 2])),
        Perturb(halves.test, noisy(CleanScans.sharpness, scales=[0.1])),
    )


def a_column_of_the_base_perturbs_a_refined_table() -> None:  # right: perturbed-base-column
    print(Perturb(halves.test, missing(Scans.ink, rates=[0.1])))


def the_least_pipeline() -> None:  # right: least-pipeline
    print(Pipeline("least", seed=1, outputs=[model]), Pipeline(name="one", seed=2, metrics=(cost,)))
