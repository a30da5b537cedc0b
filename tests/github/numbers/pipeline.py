"""Numbers, their halves, and how large both are: four nodes, of which a workflow makes four jobs."""

from stagelang import Column, Contract, PerRow, Pipeline, Table, column, mean, metric, source, stage
from stagelang import units as u


class Numbers(Contract, version="1.0"):
    """A number a row."""

    row: Column[int] = column(key=True)
    number: Column[float] = column(ge=0, le=100, unit=u.RATIO)


class Halves(Contract, version="1.0"):
    """Half of a number a row."""

    row: Column[int] = column(key=True)
    half: Column[float] = column(ge=0, unit=u.RATIO)


@stage
def halves(numbers: Table[Numbers]) -> Table[Halves]:
    """Halve each number."""
    frame = numbers.pandas
    return numbers.derive(Halves, frame.assign(half=frame["number"] / 2).drop(columns="number"))


@metric(unit=u.RATIO, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def half(halves: Table[Halves]) -> PerRow[u.RATIO]:
    """How large halves are."""
    return PerRow(halves.pandas["half"])


@metric(unit=u.RATIO, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def whole(numbers: Table[Numbers]) -> PerRow[u.RATIO]:
    """How large numbers are."""
    return PerRow(numbers.pandas["number"])


numbers = source(Numbers, "data/numbers.csv")
mean_half = half(halves(numbers))
pipeline = Pipeline(
    "numbers",
    seed=1,
    metrics=[mean_half, whole(numbers)],
    gates=[mean_half.at_most(30)],
    schedule="17 3 * * 1",
)
