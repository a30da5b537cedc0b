"""A whole right spec; the other files here wire its stages in right and in wrong ways."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pandas as pd
from attrs import frozen

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
    Value,
    Waiver,
    column,
    files,
    mean,
    metric,
    missing,
    source,
    split,
    stage,
    vector,
)
from stagelang import units as u


class Scans(Contract, version="1.1"):
    """One scanned digit a row."""

    scan_id: Column[int] = column(key=True)
    writer: Column[int] = column(group=True)
    scanned_at: Column[dt.datetime] = column(time=True)
    ink: Column[float] = column(ge=0, le=1, unit=u.RATIO)
    """The share of dark pixels."""
    pixels: Column[list[float]] = vector(length=64, ge=0.0, le=16.0)
    label: Column[int] = column(ge=0, le=9, role="label")
    """The digit that the writer meant."""
    sorting_office: Column[str]


class CleanScans(Scans, version="1.1"):
    """Scans without noise, with a score of how sharp they are."""

    sharpness: Column[float] = column(ge=0)


class Vectors(Contract):
    """One embedded scan a row."""

    scan_id: Column[int] = column(key=True)
    vector: Column[list[float]] = vector()
    writer: Column[int] = column(group=True)


class Decisions(Contract):
    """What was decided about each scan."""

    scan_id: Column[int] = column(key=True)
    chosen: Column[int] = column(ge=0, le=9, nullable=True)
    correct: Column[bool] = column()
    writer: Column[int] = column(group=True)
    cost: Column[float] = column(ge=0, unit=u.USD)
    elapsed: Column[float] = column(ge=0, unit=u.SECOND)


@frozen
class Weights:
    """A model: one weight a component."""

    values: tuple[float, ...]


@frozen
class Thresholds:
    """Another kind of model."""

    low: float
    high: float


class Tuned(NamedTuple):
    """Two outputs of one stage."""

    model: Model[Weights]
    threshold: Value[float]


@stage(owner="vision", budget=Budget(wall="20s", memory="512MB"))
def embed(scans: Table[Scans, S], *, components: int = 24) -> Table[Vectors, S]:
    """Project each scan onto its principal components."""
    return scans.derive(Vectors, scans.pandas)


@stage
def raw_pixels(scans: Table[Scans, S], *, components: int = 24) -> Table[Vectors, S]:
    """Take the pixels as they are."""
    return scans.derive(Vectors, scans.pandas)


@stage
def denoise(scans: Table[Scans, S], *, radius: float = 1.0) -> Table[CleanScans, S]:
    """Remove specks."""
    return scans.derive(CleanScans, scans.arrow)


@stage(owner="vision")
def fit(train: Table[Vectors, Train], *, c: float = 1.0) -> Model[Weights]:
    """Fit the reader."""
    return Model.of(Weights((c,)))


@stage
def tune(train: Table[Vectors, Train]) -> Tuned:
    """Fit the reader and choose its threshold."""
    return Tuned(Model.of(Weights((1.0,))), Value.of(0.5))


@stage
def thresholds(train: Table[Vectors, Train]) -> Model[Thresholds]:
    """Learn when to ask a person."""
    return Model.of(Thresholds(0.1, 0.9))


@stage
def best_components(train: Table[Scans, Train]) -> Value[int]:
    """Choose the number of components."""
    return Value.of(24)


@stage(owner="post-office")
def decide(model: Model[Weights], vectors: Table[Vectors, S]) -> Table[Decisions, S]:
    """Decide where each letter goes."""
    return vectors.derive(Decisions, vectors.pandas)


@stage
def decide_above(
    model: Model[Weights], threshold: Value[float], vectors: Table[Vectors, S]
) -> Table[Decisions, S]:
    """Decide where each letter goes, if the model is sure enough."""
    return vectors.derive(Decisions, vectors.pandas)


@stage
def unpack(archive: Files) -> Table[Scans]:
    """Read the scans from an archive."""
    return Table.of(Scans, pd.DataFrame({Scans.scan_id: [path.stem for path in archive.paths]}))


@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def handling_cost(decisions: Table[Decisions, Test]) -> PerRow[u.USD]:
    """What it costs to handle a letter."""
    return PerRow(decisions.pandas[Decisions.cost])


@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def postage(decisions: Table[Decisions, Test]) -> PerRow[u.USD]:
    """What it costs to send a letter on."""
    return PerRow(decisions.pandas[Decisions.cost])


@metric(unit=u.SECOND, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def latency(decisions: Table[Decisions, Test]) -> PerRow[u.SECOND]:
    """How long a decision takes."""
    return PerRow(decisions.pandas[Decisions.elapsed])


@metric(unit=u.RATIO, better="higher", range=(0, 1), aggregate=mean(), undefined="error", version="1")
def accuracy(decisions: Table[Decisions, Test]) -> PerRow[u.RATIO]:
    """The share of letters sent to where they should go."""
    return PerRow(decisions.pandas[Decisions.correct])


scans = source(Scans, "data/scans.parquet")  # right: source
archive = files("data/archive/*.png")  # right: files
halves = split(denoise(scans), by=CleanScans.writer, test=0.25)  # right: split-of-a-stage
model = fit(embed(halves.train))  # right: training-rows-into-fit
tuned = tune(embed(halves.train))  # right: several-outputs
decisions = decide(model, embed(halves.test))  # right: handles-in-order
cost = handling_cost(decisions)  # right: metric-of-test-rows
share = accuracy(decisions)
time_taken = latency(decisions)

pipeline = Pipeline(  # right: whole-pipeline
    name="digit-reader",
    seed=20261123,
    metrics=[cost, share, time_taken],
    gates=[share.at_least(0.95), cost.not_worse_than("known-good", tolerance=0.01)],
    outputs=[tuned.model, tuned.threshold, unpack(archive)],
    experiments=[
        Swap(embed, raw_pixels),
        Ablate(denoise),
        Perturb(scans, missing(Scans.ink, rates=[0.01, 0.05, 0.2])),
        Seeds(5),
        Sweep(embed, components=[8, 16]),
    ],
    schedule="0 6 * * 1",
    waivers=[
        Waiver(rule="SL204", where="embed", owner="vision", reason="known", expires=dt.date(2027, 1, 1))
    ],
)
