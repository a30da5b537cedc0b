"""A post office reads digits: clean, embed, classify, calibrate, decide (accept, or send to a human)."""

import numpy as np
import pandas as pd
from scipy.fft import dctn
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from stagelang import (
    Budget,
    Column,
    Contract,
    Model,
    PerRow,
    Pipeline,
    S,
    Seeds,
    Swap,
    Sweep,
    Table,
    Test,
    Train,
    Validation,
    Value,
    calibration_error,
    column,
    mean,
    metric,
    seed,
    source,
    split,
    stage,
    vector,
)
from stagelang import units as u


class Scans(Contract, version="1.1", owner="mailroom"):
    """One scanned digit a row, as the scanner wrote it."""

    scan_id: Column[int] = column(key=True)
    pixels: Column[list[float]] = vector(length=64, ge=0.0, le=16.0, unit=u.PIXEL_VALUE)
    """Ink in each cell of an 8 × 8 grid, row by row."""
    label: Column[int] = column(ge=0, le=9, role="label")
    """The digit that the writer meant."""


class CleanScans(Contract, version="1.0", owner="vision"):
    """Scans on a common scale: the darkest cell of each has ink 1."""

    scan_id: Column[int] = column(key=True)
    pixels: Column[list[float]] = vector(length=64, ge=0.0, le=1.0, unit=u.RATIO)
    ink: Column[float] = column(gt=0, le=1, unit=u.RATIO)
    """The mean ink over all cells."""
    label: Column[int] = column(ge=0, le=9, role="label")


class Vectors(Contract, version="1.0", owner="vision"):
    """What the classifier sees of a scan."""

    scan_id: Column[int] = column(key=True)
    features: Column[list[float]] = vector()
    label: Column[int] = column(ge=0, le=9, role="label")


class Scores(Contract, version="1.0", owner="vision"):
    """One log-odds for each digit."""

    scan_id: Column[int] = column(key=True)
    logits: Column[list[float]] = vector(length=10)
    label: Column[int] = column(ge=0, le=9, role="label")


class Decisions(Contract, version="1.0", owner="post-office"):
    """What happens to each letter, and what it costs."""

    scan_id: Column[int] = column(key=True)
    chosen: Column[int] = column(ge=0, le=9, role="prediction")
    confidence: Column[float] = column(ge=0, le=1, unit=u.RATIO)
    to_human: Column[bool]
    cost: Column[float] = column(ge=0, unit=u.USD)
    label: Column[int] = column(ge=0, le=9, role="label")


def grid(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Stack a column of lists into an array of shape (rows, length)."""
    return np.stack(frame[name].to_list()) if len(frame) else np.empty((0, 0))


def rows(values: np.ndarray, like: pd.DataFrame) -> pd.Series:
    """Give each row of an array as a list, beside the rows of a frame."""
    return pd.Series(values.tolist(), index=like.index)


def probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Turn log-odds of shape (rows, 10) into probabilities."""
    scaled = logits / temperature
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


@stage(owner="vision")
def clean(scans: Table[Scans, S]) -> Table[CleanScans, S]:
    """Drop blank scans and bring the rest to a common scale."""
    frame = scans.pandas
    pixels = grid(frame, Scans.pixels)
    inked = np.flatnonzero(pixels.max(axis=1) > 0)
    kept, scaled = frame.take(inked), pixels[inked] / pixels[inked].max(axis=1, keepdims=True)
    return scans.derive(CleanScans, kept.assign(pixels=rows(scaled, kept), ink=scaled.mean(axis=1)))


@stage(owner="vision", budget=Budget(wall="20s", memory="1GB"))
def embed(scans: Table[CleanScans, S], *, components: int = 6) -> Table[Vectors, S]:
    """Keep the low frequencies of each picture's cosine transform, `components` in each direction."""
    frame = scans.pandas
    pictures = grid(frame, CleanScans.pixels).reshape(-1, 8, 8)
    low = dctn(pictures, axes=(1, 2), norm="ortho")[:, :components, :components]
    return scans.derive(
        Vectors,
        frame.assign(features=rows(low.reshape(len(frame), -1), frame))[["scan_id", "features", "label"]],
    )


@stage(owner="vision")
def raw_pixels(scans: Table[CleanScans, S], *, components: int = 6) -> Table[Vectors, S]:
    """Let the classifier see the pixels themselves."""
    frame = scans.pandas.rename(columns={"pixels": "features"})
    return scans.derive(Vectors, frame[["scan_id", "features", "label"]])


@stage(owner="vision")
def fit(train: Table[Vectors, Train], *, c: float = 1.0) -> Model[LogisticRegression]:
    """Fit one logistic regression over all digits."""
    frame = train.pandas
    model = LogisticRegression(C=c, max_iter=500, random_state=seed())
    return Model.of(model.fit(grid(frame, Vectors.features), frame[Vectors.label]))


@stage(owner="vision")
def score(model: Model[LogisticRegression], vectors: Table[Vectors, S]) -> Table[Scores, S]:
    """Give each scan its log-odds."""
    frame = vectors.pandas
    logits = model.value.decision_function(grid(frame, Vectors.features))
    return vectors.derive(Scores, frame.assign(logits=rows(logits, frame))[["scan_id", "logits", "label"]])


@stage(owner="vision")
def temperature(scores: Table[Scores, Validation]) -> Value[float]:
    """Find the temperature under which the validation labels are likeliest (Guo et al. 2017)."""
    frame = scores.pandas
    logits, labels = grid(frame, Scores.logits), frame[Scores.label].to_numpy()

    def loss(log_temperature: float) -> float:
        chosen = probabilities(logits, float(np.exp(log_temperature)))[np.arange(len(labels)), labels]
        return float(-np.log(np.clip(chosen, 1e-12, None)).mean())

    return Value.of(float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x)))


@stage(owner="post-office")
def decide(
    scores: Table[Scores, S], heat: Value[float], *, human: float = 0.08, mistake: float = 2.5
) -> Table[Decisions, S]:
    """Send a scan to a human where that is cheaper than the mistakes to be expected, in dollars."""
    frame = scores.pandas
    chance = probabilities(grid(frame, Scores.logits), heat.value)
    chosen, confidence = chance.argmax(axis=1), chance.max(axis=1)
    to_human = (1 - confidence) * mistake > human
    wrong = chosen != frame[Scores.label].to_numpy()
    cost = np.where(to_human, human, wrong * mistake)
    told = frame.assign(chosen=chosen, confidence=confidence, to_human=to_human, cost=cost)
    return scores.derive(Decisions, told.drop(columns="logits"))


@metric(
    unit=u.RATIO,
    better="higher",
    range=(0, 1),
    aggregate=mean(),
    undefined="error",
    version="1",
    owner="vision",
)
def accuracy(decisions: Table[Decisions, Test]) -> PerRow[u.RATIO]:
    """The share of scans whose digit the classifier reads right."""
    frame = decisions.pandas
    return PerRow(frame[Decisions.chosen] == frame[Decisions.label])


@metric(
    unit=u.RATIO,
    better="lower",
    range=(0, 1),
    aggregate=calibration_error(),
    undefined="error",
    version="1",
    owner="vision",
)
def miscalibration(decisions: Table[Decisions, Test]) -> PerRow[u.RATIO]:
    """How far confidence is from the share of right answers, over ten bins."""
    frame = decisions.pandas
    return PerRow(frame[Decisions.confidence], frame[Decisions.chosen] == frame[Decisions.label])


@metric(
    unit=u.USD,
    better="lower",
    range=(0, None),
    aggregate=mean(),
    undefined="error",
    version="1",
    owner="post-office",
)
def handling_cost(decisions: Table[Decisions, Test]) -> PerRow[u.USD]:
    """What an item costs: a human's look, or a mistake."""
    return PerRow(decisions.pandas[Decisions.cost])


@metric(
    unit=u.RATIO,
    better="lower",
    range=(0, 1),
    aggregate=mean(),
    undefined="error",
    version="1",
    owner="post-office",
)
def human_share(decisions: Table[Decisions, Test]) -> PerRow[u.RATIO]:
    """The share of scans that a human looks at."""
    return PerRow(decisions.pandas[Decisions.to_human])


scans = source(Scans, "data/scans.parquet", owner="mailroom")
parts = split(clean(scans), by=CleanScans.scan_id, test=0.3, validation=0.2)

model = fit(embed(parts.train))
heat = temperature(score(model, embed(parts.validation)))
decisions = decide(score(model, embed(parts.test)), heat)

read_right = accuracy(decisions)
cost = handling_cost(decisions)
to_human = human_share(decisions)

pipeline = Pipeline(
    "digit-reader",
    seed=20261123,
    owner="post-office",
    metrics=[read_right, miscalibration(decisions), cost, to_human],
    gates=[read_right.at_least(0.93), cost.at_most(0.12), to_human.at_most(0.35)],
    experiments=[Swap(embed, raw_pixels), Sweep(embed, components=[4, 6, 8]), Seeds(5)],
    schedule="0 6 * * 1",
    budget=Budget(wall="2min"),
)
